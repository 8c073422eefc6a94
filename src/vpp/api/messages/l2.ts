/** Bridges and cross-connects: l2.api. */

import { details, dump, reply, request } from '../message.ts';
import { struct } from '../block.ts';
import { bool, count, fixedString, u32, u8, variableArray } from '../schema.ts';
import { bridgeFlags, bridgePortType, interfaceIndex, macAddress, ofInterface } from '../types.ts';

const bridge = {
  bd_id: u32,
  flood: bool,
  uu_flood: bool,
  forward: bool,
  learn: bool,
  arp_term: bool,
  arp_ufwd: bool,
  mac_age: u8,
  bd_tag: fixedString(64),
};

/** Every flag that is left out is off: a domain with none forwards nothing. */
export const bridgeAddDel = request(
  'bridge_domain_add_del_v2',
  0x600b7170,
  { ...bridge, is_add: bool },
  reply('bridge_domain_add_del_v2_reply', 0xfcb1e980, { bd_id: u32 }),
);

const bridgeMember = struct('bridge_domain_sw_if', { context: u32, sw_if_index: interfaceIndex, shg: u8 });

const bridgeDetails = details('bridge_domain_details', 0x0fa506fd, {
  ...bridge,
  bvi_sw_if_index: interfaceIndex,
  uu_fwd_sw_if_index: interfaceIndex,
  n_sw_ifs: count('sw_if_details', u32),
  sw_if_details: variableArray(bridgeMember, 'n_sw_ifs'),
});

/** VPP answers nothing to an interface as filter. */
export const bridgeDump = dump(
  'bridge_domain_dump',
  0x74396a43,
  { bd_id: u32, sw_if_index: interfaceIndex },
  bridgeDetails,
);

export const bridgeSetFlags = request(
  'bridge_flags',
  0x1b0c5fbd,
  { bd_id: u32, is_set: bool, flags: bridgeFlags },
  reply('bridge_flags_reply', 0x29b2a2b3, { resulting_feature_bitmap: u32 }),
);

/** mac_age in minutes. */
export const bridgeSetMacAge = request('bridge_domain_set_mac_age', 0xb537ad7b, { bd_id: u32, mac_age: u8 });

export const setL2Bridge = request('sw_interface_set_l2_bridge', 0xd0678b13, {
  rx_sw_if_index: interfaceIndex,
  bd_id: u32,
  port_type: bridgePortType,
  shg: u8,
  enable: bool,
});

export const setL2CrossConnect = request('sw_interface_set_l2_xconnect', 0x4fa28a85, {
  rx_sw_if_index: interfaceIndex,
  tx_sw_if_index: interfaceIndex,
  enable: bool,
});

const crossConnectDetails = details('l2_xconnect_details', 0x472b6b67, {
  rx_sw_if_index: interfaceIndex,
  tx_sw_if_index: interfaceIndex,
});

export const crossConnectDump = dump('l2_xconnect_dump', 0x51077d14, {}, crossConnectDetails);

export const tagRewrite = request('l2_interface_vlan_tag_rewrite', 0x62cc0bbc, {
  sw_if_index: interfaceIndex,
  vtr_op: u32,
  push_dot1q: u32,
  tag1: u32,
  tag2: u32,
});

/** An all-zero MAC address lets VPP choose, the same one on every box; an instance of all ones is the next free one. */
export const bviCreate = request(
  'bvi_create',
  0xf5398559,
  { mac: macAddress, user_instance: u32 },
  reply('bvi_create_reply', 0x5383d31f, ofInterface),
);

export const bviDelete = request('bvi_delete', 0xf9e6675e, ofInterface);

export const l2FibAddDel = request('l2fib_add_del', 0xeddda487, {
  mac: macAddress,
  bd_id: u32,
  sw_if_index: interfaceIndex,
  is_add: bool,
  static_mac: bool,
  filter_mac: bool,
  bvi_mac: bool,
});

const l2FibDetails = details('l2_fib_table_details', 0xa44ef6b8, {
  bd_id: u32,
  mac: macAddress,
  sw_if_index: interfaceIndex,
  static_mac: bool,
  filter_mac: bool,
  bvi_mac: bool,
});

export const l2FibDump = dump('l2_fib_table_dump', 0xc25fdce6, { bd_id: u32 }, l2FibDetails);
