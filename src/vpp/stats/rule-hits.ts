/** What rules of filters have matched, under the names of the configuration. Pure. */

/** A filter of the configuration, by VPP's number for it. */
export interface FilterNames {
  readonly name: string;
  /** By VPP's rule: the number of the rule of the configuration that it was made of. */
  readonly numbers: readonly number[];
}

/** One rule of the configuration. */
export interface RuleHits {
  readonly filter: string;
  readonly rule: number;
  readonly packets: number;
  readonly bytes: number;
}

interface Counted {
  readonly index: number;
  readonly packets: Float64Array;
  readonly bytes: Float64Array;
}

/** The sums of the rules of VPP that one of the configuration became; filters without a name are left out. */
export function ruleHits(
  acls: readonly Counted[],
  names: ReadonlyMap<number, FilterNames>,
): readonly RuleHits[] {
  return acls.flatMap(({ index, packets, bytes }) => {
    const filter = names.get(index);
    if (filter === undefined) return [];
    const sums = new Map<number, { packets: number; bytes: number }>();
    for (const [at, rule] of filter.numbers.entries()) {
      const sum = sums.get(rule) ?? { packets: 0, bytes: 0 };
      sum.packets += packets[at] ?? 0;
      sum.bytes += bytes[at] ?? 0;
      sums.set(rule, sum);
    }
    return [...sums].map(([rule, sum]) => ({ filter: filter.name, rule, ...sum }));
  });
}
