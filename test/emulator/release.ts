/** The emulated release of VPP, as far as releases differ. */

/** `[26, 6]` */
export type Release = readonly [year: number, month: number];

/** The release of a version such as `26.06-release`; throws on an invalid version. */
export function releaseOf(version: string): Release {
  const match = /^(\d\d)\.(\d\d)/.exec(version);
  if (match === null) throw new Error(`expected a version of VPP such as 26.06-release, got "${version}"`);
  return [Number(match[1]), Number(match[2])];
}

export function isFrom([year, month]: Release, [firstYear, firstMonth]: Release): boolean {
  return year > firstYear || (year === firstYear && month >= firstMonth);
}
