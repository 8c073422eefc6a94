/** Interfaces: interface.api. */

import { details, dump, event, reply, request } from '../message.ts';
import { bool, fixedArray, fixedString, u16, u32, u8, varString } from '../schema.ts';
import {
  addressWithPrefix,
  ifStatusFlags,
  ifType,
  interfaceIndex,
  linkDuplex,
  macAddress,
  ofInterface,
  subIfFlags,
  tableNumber,
} from '../types.ts';

/** sw_interface_details, 295 bytes with its header. */
export const swInterfaceDetails = details('sw_interface_details', 0x6c221fc7, {
  sw_if_index: interfaceIndex,
  sup_sw_if_index: u32,
  l2_address: macAddress,
  flags: ifStatusFlags,
  type: ifType,
  link_duplex: linkDuplex,
  link_speed: u32,
  link_mtu: u16,
  mtu: fixedArray(u32, 4),
  sub_id: u32,
  sub_number_of_tags: u8,
  sub_outer_vlan_id: u16,
  sub_inner_vlan_id: u16,
  sub_if_flags: subIfFlags,
  vtr_op: u32,
  vtr_push_dot1q: u32,
  vtr_tag1: u32,
  vtr_tag2: u32,
  outer_tag: u16,
  b_dmac: macAddress,
  b_smac: macAddress,
  b_vlanid: u16,
  i_sid: u32,
  interface_name: fixedString(64),
  interface_dev_type: fixedString(64),
  tag: fixedString(64),
});

/** The name filter is a substring match. */
export const swInterfaceDump = dump(
  'sw_interface_dump',
  0xaa610c27,
  { sw_if_index: interfaceIndex, name_filter_valid: bool, name_filter: varString },
  swInterfaceDetails,
);

export const wantInterfaceEventsRequest = request('want_interface_events', 0x476f5a08, {
  enable_disable: u32,
  pid: u32,
});

export const swInterfaceEvent = event('sw_interface_event', 0x2d3d95a7, {
  sw_if_index: interfaceIndex,
  flags: ifStatusFlags,
  deleted: bool,
});

export const swInterfaceSetFlags = request('sw_interface_set_flags', 0xf5aec1b8, {
  sw_if_index: interfaceIndex,
  flags: ifStatusFlags,
});

/** mtu: layer 3, IPv4, IPv6, MPLS; zero for the last three means that they follow the first. */
export const swInterfaceSetMtu = request('sw_interface_set_mtu', 0x5cbe85e5, {
  sw_if_index: interfaceIndex,
  mtu: fixedArray(u32, 4),
});

export const hwInterfaceSetMtu = request('hw_interface_set_mtu', 0xe6746899, {
  sw_if_index: interfaceIndex,
  mtu: u16,
});

export const swInterfaceAddDelAddress = request('sw_interface_add_del_address', 0x5463d73b, {
  sw_if_index: interfaceIndex,
  is_add: bool,
  del_all: bool,
  prefix: addressWithPrefix,
});

export const swInterfaceSetTable = request('sw_interface_set_table', 0xdf42a577, {
  sw_if_index: interfaceIndex,
  is_ipv6: bool,
  vrf_id: u32,
});

export const swInterfaceGetTable = request(
  'sw_interface_get_table',
  0x2d033de4,
  { sw_if_index: interfaceIndex, is_ipv6: bool },
  reply('sw_interface_get_table_reply', 0xa6eb0109, { vrf_id: tableNumber }),
);

export const swInterfaceTagAddDel = request('sw_interface_tag_add_del', 0x426f8bc1, {
  is_add: bool,
  sw_if_index: interfaceIndex,
  tag: fixedString(64),
});

/** An all-zero MAC address lets VPP choose. */
export const createLoopbackInstance = request(
  'create_loopback_instance',
  0xd36a3ee2,
  { mac_address: macAddress, is_specified: bool, user_instance: u32 },
  reply('create_loopback_instance_reply', 0x5383d31f, ofInterface),
);

export const deleteLoopbackRequest = request('delete_loopback', 0xf9e6675e, ofInterface);

/** One sub-interface; its parent is a hardware interface, also of one with two tags. */
export const createSubif = request(
  'create_subif',
  0x790ca755,
  {
    sw_if_index: interfaceIndex,
    sub_id: u32,
    sub_if_flags: subIfFlags,
    outer_vlan_id: u16,
    inner_vlan_id: u16,
  },
  reply('create_subif_reply', 0x5383d31f, ofInterface),
);

export const deleteSubif = request('delete_subif', 0xf9e6675e, ofInterface);

/** Of a sub-interface: its parent's. */
export const swInterfaceSetMacAddress = request('sw_interface_set_mac_address', 0xc536e7eb, {
  sw_if_index: interfaceIndex,
  mac_address: macAddress,
});

/** `unnumbered_sw_if_index` borrows the addresses of `sw_if_index`. */
export const swInterfaceSetUnnumbered = request('sw_interface_set_unnumbered', 0x154a6439, {
  sw_if_index: interfaceIndex,
  unnumbered_sw_if_index: interfaceIndex,
  is_add: bool,
});

/** Of the hardware: VPP does not tell whether it is. */
export const swInterfaceSetPromisc = request('sw_interface_set_promisc', 0xd40860d4, {
  sw_if_index: interfaceIndex,
  promisc_on: bool,
});
