/**
 * Linux control plane pairs: lcp.api, of linux_cp_plugin.so (its messages are missing when the plugin is not loaded).
 */

import { details, reply, request, stream } from '../message.ts';
import { bool, enumeration8, fixedString, u16, u32, u8 } from '../schema.ts';
import { interfaceIndex } from '../types.ts';

export const LcpHostType = { tap: 0, tun: 1 } as const;
const lcpItfHostType = enumeration8('lcp_itf_host_type');

export const lcpItfPairAddDelV2 = request(
  'lcp_itf_pair_add_del_v2',
  0x40482b80,
  {
    is_add: bool,
    sw_if_index: interfaceIndex,
    host_if_name: fixedString(16),
    host_if_type: lcpItfHostType,
    netns: fixedString(32),
  },
  reply('lcp_itf_pair_add_del_v2_reply', 0x39452f52, { host_sw_if_index: interfaceIndex }),
);

export const lcpItfPairGet = stream(
  'lcp_itf_pair_get',
  0xf75ba505,
  reply('lcp_itf_pair_get_reply', 0x53b48f5d, { cursor: u32 }),
  details('lcp_itf_pair_details', 0x8b5481af, {
    phy_sw_if_index: interfaceIndex,
    host_sw_if_index: interfaceIndex,
    vif_index: u32,
    host_if_name: fixedString(16),
    host_if_type: lcpItfHostType,
    netns: fixedString(32),
  }),
  {},
);

/** Since 25.06. */
export const lcpEthertypeEnable = request('lcp_ethertype_enable', 0xf893dae1, { ethertype: u16 });

/** Since 25.06; handled by osi_plugin.so. */
export const lcpOsiProtoEnable = request('lcp_osi_proto_enable', 0xbdd70c87, { osi_proto: u8 });
