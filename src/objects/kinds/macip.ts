/** Filters of source MAC addresses: `[macip.NAME]`. Rules are replaced in place. */
import { expandMacip, type MacFilterRule } from '../../config/mod.ts';
import {
  addReplaceMacip,
  deleteMacip,
  dumpMacips,
  macipAclAddReplace,
  macipAclDel,
  macipAclDump,
  OWN_TAG,
} from '../../vpp/api/mod.ts';
import type { Kind } from '../kind.ts';
import { isOwnTag, namesByTag } from '../own-tag.ts';
import { countRules } from './acl.ts';

interface Rules extends Readonly<Record<string, unknown>> {
  readonly rules: readonly MacFilterRule[];
}

export const macip: Kind<Rules> = {
  name: 'macip',
  messages: [macipAclAddReplace, macipAclDel, macipAclDump],
  plugin: 'acl_plugin.so',
  desired: ({ macips }) => new Map(macips.map(({ name, rules }) => [name, { rules: expandMacip(rules) }])),
  actual: async (client) => {
    const all = await dumpMacips(client);
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
      words: `create MAC filter ${name} (${countRules(rules.length)})`,
      run: async (vpp) => {
        vpp.numbered(`macip/${name}`, await addReplaceMacip(vpp.client, { tag: OWN_TAG + name, rules }));
      },
    },
  ],
  change: (name, _found, { rules }) => [
    {
      rank: 'filters',
      words: `replace the rules of MAC filter ${name} (${countRules(rules.length)})`,
      run: async (vpp) => {
        const index = vpp.handleOf(`macip/${name}`);
        await addReplaceMacip(vpp.client, { index, tag: OWN_TAG + name, rules });
      },
    },
  ],
  remove: (name) => [
    {
      rank: 'filtersGone',
      words: `delete MAC filter ${name}`,
      run: (vpp) => deleteMacip(vpp.client, vpp.handleOf(`macip/${name}`)),
    },
  ],
  observe: async (client) => {
    const all = await dumpMacips(client);
    const names = namesByTag(all);
    return new Map(all.map(({ index, rules }) => [names.get(index)!, { index, rules: rules.length }]));
  },
};
