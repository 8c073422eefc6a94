/** Filters: `[acl.NAME]`. */
import { expandAcl, filterLists } from '../../config/mod.ts';
import {
  aclAddReplace,
  aclDel,
  aclDump,
  aclStatsIntfCountersEnable,
  addReplaceAcl,
  deleteAcl,
  dumpAcls,
  setAclCounters,
} from '../../vpp/api/mod.ts';
import { ruleSetKind } from './rule-set.ts';

export const acl = ruleSetKind({
  name: 'acl',
  noun: 'filter',
  messages: [aclAddReplace, aclDel, aclDump, aclStatsIntfCountersEnable],
  desired: (config) => {
    const lists = filterLists(config);
    return new Map(config.acls.map(({ name, rules }) => [name, { rules: expandAcl(rules, lists) }]));
  },
  dump: dumpAcls,
  addReplace: addReplaceAcl,
  delete: deleteAcl,
  // What a rule hits is counted from the first filter on; VPP does not tell whether it counts.
  prepare: (client) => setAclCounters(client, true),
});
