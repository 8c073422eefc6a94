/** Which VPP is emulated, as far as releases differ. */

/** `[26, 6]` */
export type Release = readonly [year: number, month: number];

/** The release that a version such as `26.06-release` is of; throws on a text that names none. */
export function releaseOf(version: string): Release {
  const match = /^(\d\d)\.(\d\d)/.exec(version);
  if (match === null) throw new Error(`"${version}" is no version of VPP: 26.06-release would be one`);
  return [Number(match[1]), Number(match[2])];
}

export function isFrom([year, month]: Release, [firstYear, firstMonth]: Release): boolean {
  return year > firstYear || (year === firstYear && month >= firstMonth);
}
