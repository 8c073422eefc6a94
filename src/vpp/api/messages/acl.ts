/** Filters: acl.api of the ACL plugin. */

import { struct } from '../block.ts';
import { autoreply, details, dump, replyOfFields, request } from '../message.ts';
import { bool, count, enumeration8, fixedString, i32, u16, u32, u8, variableArray } from '../schema.ts';
import { interfaceIndex, macAddress, ofInterface, prefix } from '../types.ts';

export const AclActionCode = { deny: 0, permit: 1, permitReflect: 2 } as const;
const aclAction = enumeration8('acl_action');
const ipProto = enumeration8('ip_proto');

const aclRule = struct('acl_rule', {
  is_permit: aclAction,
  src_prefix: prefix,
  dst_prefix: prefix,
  proto: ipProto,
  srcport_or_icmptype_first: u16,
  srcport_or_icmptype_last: u16,
  dstport_or_icmpcode_first: u16,
  dstport_or_icmpcode_last: u16,
  tcp_flags_mask: u8,
  tcp_flags_value: u8,
});

const macipRule = struct('macip_acl_rule', {
  is_permit: aclAction,
  src_mac: macAddress,
  src_mac_mask: macAddress,
  src_prefix: prefix,
});

const namedAcl = { acl_index: u32, tag: fixedString(64) };
const aclFields = { ...namedAcl, count: count('r', u32), r: variableArray(aclRule, 'count') };
const macipFields = { ...namedAcl, count: count('r', u32), r: variableArray(macipRule, 'count') };
const aclIndex = { acl_index: u32 };
const madeAcl = { acl_index: u32, retval: i32 };

/** 0xffffffff makes a new one; another index is replaced at one moment for all that use it. */
export const aclAddReplace = request(
  'acl_add_replace',
  0xee5c2f18,
  aclFields,
  replyOfFields('acl_add_replace_reply', 0xac407b0c, madeAcl),
);

export const aclDel = request('acl_del', 0xef34fea4, aclIndex);

export const aclDump = dump('acl_dump', 0xef34fea4, aclIndex, details('acl_details', 0x95babae0, aclFields));

const aclList = {
  sw_if_index: interfaceIndex,
  count: count('acls', u8),
  n_input: u8,
  acls: variableArray(u32, 'count'),
};

export const aclInterfaceSetAclList = request('acl_interface_set_acl_list', 0x473982bd, aclList);

/** Of all interfaces, also of those without a list. */
export const aclInterfaceListDump = dump(
  'acl_interface_list_dump',
  0xf9e6675e,
  ofInterface,
  details('acl_interface_list_details', 0xe695d256, aclList),
);

/** VPP answers it with the reply of another message (acl.c, up to 26.06): both are a retval. */
export const aclStatsIntfCountersEnable = request(
  'acl_stats_intf_counters_enable',
  0xb3e225d2,
  { enable: bool },
  autoreply('acl_del'),
);

export const macipAclAddReplace = request(
  'macip_acl_add_replace',
  0x2a461dd4,
  macipFields,
  replyOfFields('macip_acl_add_replace_reply', 0xac407b0c, madeAcl),
);

export const macipAclDel = request('macip_acl_del', 0xef34fea4, aclIndex);

export const macipAclDump = dump(
  'macip_acl_dump',
  0xef34fea4,
  aclIndex,
  details('macip_acl_details', 0x27135b59, macipFields),
);

export const macipAclInterfaceAddDel = request('macip_acl_interface_add_del', 0x4b8690b1, {
  is_add: bool,
  sw_if_index: interfaceIndex,
  acl_index: u32,
});

/** Of all interfaces that have one. */
export const macipAclInterfaceListDump = dump(
  'macip_acl_interface_list_dump',
  0xf9e6675e,
  ofInterface,
  details('macip_acl_interface_list_details', 0xa0c5d56d, {
    sw_if_index: interfaceIndex,
    count: count('acls', u8),
    acls: variableArray(u32, 'count'),
  }),
);
