/** Bonds: bond.api, and lacp.api of the plugin. */

import { details, dump, reply, request } from '../message.ts';
import { bool, fixedString, u16, u32, u8 } from '../schema.ts';
import { bondLoadBalance, bondMode, interfaceIndex, macAddress, ofInterface } from '../types.ts';

/** An id of all ones: VPP takes the next free one. */
export const bondCreate = request(
  'bond_create2',
  0x912fda76,
  {
    mode: bondMode,
    lb: bondLoadBalance,
    numa_only: bool,
    enable_gso: bool,
    use_custom_mac: bool,
    mac_address: macAddress,
    id: u32,
  },
  reply('bond_create2_reply', 0x5383d31f, ofInterface),
);

export const bondDelete = request('bond_delete', 0xf9e6675e, ofInterface);

export const bondAddMember = request('bond_add_member', 0xe7d14948, {
  sw_if_index: interfaceIndex,
  bond_sw_if_index: interfaceIndex,
  is_passive: bool,
  is_long_timeout: bool,
});

export const bondDetachMember = request('bond_detach_member', 0xf9e6675e, ofInterface);

const bondDetails = details('sw_bond_interface_details', 0x9428a69c, {
  sw_if_index: interfaceIndex,
  id: u32,
  mode: bondMode,
  lb: bondLoadBalance,
  numa_only: bool,
  active_members: u32,
  members: u32,
  interface_name: fixedString(64),
});

export const bondDump = dump('sw_bond_interface_dump', 0xf9e6675e, ofInterface, bondDetails);

const memberDetails = details('sw_member_interface_details', 0x3c4a0e23, {
  sw_if_index: interfaceIndex,
  interface_name: fixedString(64),
  is_passive: bool,
  is_long_timeout: bool,
  is_local_numa: bool,
  weight: u32,
});

/** The members of one bond. */
export const memberDump = dump('sw_member_interface_dump', 0xf9e6675e, ofInterface, memberDetails);

/** Of `active-backup` alone: the member with the largest weight comes first. */
export const bondSetWeight = request('sw_interface_set_bond_weight', 0xdeb510a0, {
  sw_if_index: interfaceIndex,
  weight: u32,
});

const lacpDetails = details('sw_interface_lacp_details', 0xd9a83d2f, {
  sw_if_index: interfaceIndex,
  interface_name: fixedString(64),
  rx_state: u32,
  tx_state: u32,
  mux_state: u32,
  ptx_state: u32,
  bond_interface_name: fixedString(64),
  actor_system_priority: u16,
  actor_system: macAddress,
  actor_key: u16,
  actor_port_priority: u16,
  actor_port_number: u16,
  actor_state: u8,
  partner_system_priority: u16,
  partner_system: macAddress,
  partner_key: u16,
  partner_port_priority: u16,
  partner_port_number: u16,
  partner_state: u8,
});

export const lacpDump = dump('sw_interface_lacp_dump', 0x51077d14, {}, lacpDetails);
