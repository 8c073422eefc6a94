/** Filters: `[acl.NAME]`. */
import { expandAcl, filterLists, ruleNumbers } from '../../config/mod.ts';
import type { Config } from '../../config/types.ts';
import * as api from '../../vpp/api/mod.ts';
import type { Found } from '../kind.ts';
import { ruleSetKind } from './rule-set.ts';

export const acl = ruleSetKind({
  name: 'acl',
  noun: 'filter',
  messages: [api.aclAddReplace, api.aclDel, api.aclDump, api.aclStatsIntfCountersEnable],
  desired: (config) => {
    const lists = filterLists(config);
    return new Map(config.acls.map(({ name, rules }) => [name, { rules: expandAcl(rules, lists) }]));
  },
  dump: api.dumpAcls,
  addReplace: api.addReplaceAcl,
  delete: api.deleteAcl,
  // What a rule hits is counted from the first filter on; VPP does not tell whether it counts.
  prepare: (client) => api.setAclCounters(client, true),
});

/** A filter, by what VPP counts for it. */
export interface FilterNames {
  readonly name: string;
  /** By VPP's rule: the number of the rule of the configuration that it was made of. */
  readonly numbers: readonly number[];
}

/** By the rules of a filter: asked after each run. */
const numbered = new WeakMap<object, readonly number[]>();

/** The filters of the configuration among those that VPP has, by VPP's number. */
export function filterNames(
  config: Config,
  found: ReadonlyMap<string, Found>,
): ReadonlyMap<number, FilterNames> {
  const lists = filterLists(config);
  return new Map(
    config.acls.flatMap(({ name, rules }) => {
      const handle = found.get(name)?.handle;
      if (handle === undefined) return [];
      const numbers = numbered.get(rules) ?? ruleNumbers(rules, lists);
      numbered.set(rules, numbers);
      return [[handle, { name, numbers }] as const];
    }),
  );
}
