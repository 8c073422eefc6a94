/** Filters of source MAC addresses: `[macip.NAME]`. */
import { expandMacip } from '../../config/mod.ts';
import {
  addReplaceMacip,
  deleteMacip,
  dumpMacips,
  macipAclAddReplace,
  macipAclDel,
  macipAclDump,
} from '../../vpp/api/mod.ts';
import { ruleSetKind } from './rule-set.ts';

export const macip = ruleSetKind({
  name: 'macip',
  noun: 'MAC filter',
  messages: [macipAclAddReplace, macipAclDel, macipAclDump],
  desired: ({ macips }) => new Map(macips.map(({ name, rules }) => [name, { rules: expandMacip(rules) }])),
  dump: dumpMacips,
  addReplace: addReplaceMacip,
  delete: deleteMacip,
});
