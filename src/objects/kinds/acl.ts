/** Filters: `[acl.NAME]`. */
import { expandAcl, filterLists } from '../../config/mod.ts';
import * as api from '../../vpp/api/mod.ts';
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
