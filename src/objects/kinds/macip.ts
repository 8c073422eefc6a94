/** Filters of source MAC addresses: `[macip.NAME]`. */
import { expandMacip } from '../../config/mod.ts';
import * as api from '../../vpp/api/mod.ts';
import { ruleSetKind } from './rule-set.ts';

export const macip = ruleSetKind({
  name: 'macip',
  noun: 'MAC filter',
  messages: [api.macipAclAddReplace, api.macipAclDel, api.macipAclDump],
  desired: ({ macips }) => new Map(macips.map(({ name, rules }) => [name, { rules: expandMacip(rules) }])),
  dump: api.dumpMacips,
  addReplace: api.addReplaceMacip,
  delete: api.deleteMacip,
});
