/**
 * Filters: `[acl.NAME]`. Rules are replaced in place, which VPP does at one moment for all interfaces that use the
 * filter; it is never deleted and made anew while one of them does.
 */
import { expandAcl, filterLists, type FilterRule } from '../../config/mod.ts';
import {
  aclAddReplace,
  aclDel,
  aclDump,
  aclStatsIntfCountersEnable,
  addReplaceAcl,
  deleteAcl,
  dumpAcls,
  OWN_TAG,
  setAclCounters,
} from '../../vpp/api/mod.ts';
import type { Kind } from '../kind.ts';
import { isOwnTag, namesByTag } from '../own-tag.ts';

interface Rules extends Readonly<Record<string, unknown>> {
  readonly rules: readonly FilterRule[];
}

export const countRules = (count: number): string => `${count} ${count === 1 ? 'rule' : 'rules'}`;

export const acl: Kind<Rules> = {
  name: 'acl',
  messages: [aclAddReplace, aclDel, aclDump, aclStatsIntfCountersEnable],
  plugin: 'acl_plugin.so',
  desired: (config) => {
    const lists = filterLists(config);
    return new Map(config.acls.map(({ name, rules }) => [name, { rules: expandAcl(rules, lists) }]));
  },
  actual: async (client) => {
    const all = await dumpAcls(client);
    const names = namesByTag(all);
    return new Map(
      all.map(({ index, tag, rules }) => [
        names.get(index)!,
        { attributes: { rules }, handle: index, isOurs: isOwnTag(tag) },
      ]),
    );
  },
  refersTo: () => [],
  create: (name, { rules }) => [
    {
      rank: 'filters',
      words: `create filter ${name} (${countRules(rules.length)})`,
      run: async (vpp) => {
        // What a rule hits is counted from the first filter on; VPP does not tell whether it counts.
        await setAclCounters(vpp.client, true);
        vpp.numbered(`acl/${name}`, await addReplaceAcl(vpp.client, { tag: OWN_TAG + name, rules }));
      },
    },
  ],
  change: (name, _found, { rules }) => [
    {
      rank: 'filters',
      words: `replace the rules of filter ${name} (${countRules(rules.length)})`,
      run: async (vpp) => {
        const index = vpp.handleOf(`acl/${name}`);
        await addReplaceAcl(vpp.client, { index, tag: OWN_TAG + name, rules });
      },
    },
  ],
  remove: (name) => [
    {
      rank: 'filtersGone',
      words: `delete filter ${name}`,
      run: (vpp) => deleteAcl(vpp.client, vpp.handleOf(`acl/${name}`)),
    },
  ],
  observe: async (client) => {
    const all = await dumpAcls(client);
    const names = namesByTag(all);
    return new Map(all.map(({ index, rules }) => [names.get(index)!, { index, rules: rules.length }]));
  },
};
