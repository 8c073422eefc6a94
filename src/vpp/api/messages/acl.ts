/** Filters: acl.api of the ACL plugin. */

import { struct } from '../block.ts';
import { autoreply, details, dump, replyOfFields, request } from '../message.ts';
import { bool, count, enumeration, fixedString, i32, u16, u32, u8, variableArray } from '../schema.ts';
import { interfaceIndex, macAddress, prefix } from '../types.ts';

export const AclActionCode = { deny: 0, permit: 1, permitReflect: 2 } as const;
const aclAction = enumeration(
  'acl_action',
  { ACL_ACTION_API_DENY: 0, ACL_ACTION_API_PERMIT: 1, ACL_ACTION_API_PERMIT_REFLECT: 2 },
  1,
);
const ipProto = enumeration(
  'ip_proto',
  {
    IP_API_PROTO_HOPOPT: 0,
    IP_API_PROTO_ICMP: 1,
    IP_API_PROTO_IGMP: 2,
    IP_API_PROTO_TCP: 6,
    IP_API_PROTO_UDP: 17,
    IP_API_PROTO_GRE: 47,
    IP_API_PROTO_ESP: 50,
    IP_API_PROTO_AH: 51,
    IP_API_PROTO_ICMP6: 58,
    IP_API_PROTO_EIGRP: 88,
    IP_API_PROTO_OSPF: 89,
    IP_API_PROTO_SCTP: 132,
    IP_API_PROTO_RESERVED: 255,
  },
  1,
);

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

const madeAcl = { acl_index: u32, retval: i32 };

/** 0xffffffff makes a new one; another index is replaced at one moment for all that use it. */
export const aclAddReplace = request(
  'acl_add_replace',
  0xee5c2f18,
  { acl_index: u32, tag: fixedString(64), count: count('r', u32), r: variableArray(aclRule, 'count') },
  replyOfFields('acl_add_replace_reply', 0xac407b0c, madeAcl),
);

export const aclDel = request('acl_del', 0xef34fea4, { acl_index: u32 }, autoreply('acl_del'));

export const aclDump = dump(
  'acl_dump',
  0xef34fea4,
  { acl_index: u32 },
  details('acl_details', 0x95babae0, {
    acl_index: u32,
    tag: fixedString(64),
    count: count('r', u32),
    r: variableArray(aclRule, 'count'),
  }),
);

const aclList = {
  sw_if_index: interfaceIndex,
  count: count('acls', u8),
  n_input: u8,
  acls: variableArray(u32, 'count'),
};

export const aclInterfaceSetAclList = request(
  'acl_interface_set_acl_list',
  0x473982bd,
  aclList,
  autoreply('acl_interface_set_acl_list'),
);

/** Of all interfaces, also of those without a list. */
export const aclInterfaceListDump = dump(
  'acl_interface_list_dump',
  0xf9e6675e,
  { sw_if_index: interfaceIndex },
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
  { acl_index: u32, tag: fixedString(64), count: count('r', u32), r: variableArray(macipRule, 'count') },
  replyOfFields('macip_acl_add_replace_reply', 0xac407b0c, madeAcl),
);

export const macipAclDel = request(
  'macip_acl_del',
  0xef34fea4,
  { acl_index: u32 },
  autoreply('macip_acl_del'),
);

export const macipAclDump = dump(
  'macip_acl_dump',
  0xef34fea4,
  { acl_index: u32 },
  details('macip_acl_details', 0x27135b59, {
    acl_index: u32,
    tag: fixedString(64),
    count: count('r', u32),
    r: variableArray(macipRule, 'count'),
  }),
);

export const macipAclInterfaceAddDel = request(
  'macip_acl_interface_add_del',
  0x4b8690b1,
  { is_add: bool, sw_if_index: interfaceIndex, acl_index: u32 },
  autoreply('macip_acl_interface_add_del'),
);

/** Of all interfaces that have one. */
export const macipAclInterfaceListDump = dump(
  'macip_acl_interface_list_dump',
  0xf9e6675e,
  { sw_if_index: interfaceIndex },
  details('macip_acl_interface_list_details', 0xa0c5d56d, {
    sw_if_index: interfaceIndex,
    count: count('acls', u8),
    acls: variableArray(u32, 'count'),
  }),
);
