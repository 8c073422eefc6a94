/** Neighbours and proxy ARP: ip_neighbor.api, arp.api. */

import { struct } from '../block.ts';
import { details, dump, reply, request } from '../message.ts';
import { alias, bool, bytes, enumeration8, f64, u32 } from '../schema.ts';
import { address, addressFamily, interfaceIndex, macAddress, tableNumber } from '../types.ts';

/** Per family. `max_age` in seconds, 0: unlimited; `recycle`: when full, a new entry replaces the oldest. */
const limits = { af: addressFamily, max_number: u32, max_age: u32, recycle: bool };

export const ipNeighborConfig = request('ip_neighbor_config', 0xf4a5cf44, limits);

export const ipNeighborConfigGet = request(
  'ip_neighbor_config_get',
  0xa5db7bf7,
  { af: addressFamily },
  reply('ip_neighbor_config_get_reply', 0x798e6fdd, limits),
);

const ipNeighbor = struct('ip_neighbor', {
  sw_if_index: interfaceIndex,
  flags: enumeration8('ip_neighbor_flags'),
  mac_address: macAddress,
  ip_address: address,
});

export const ipNeighborAddDel = request(
  'ip_neighbor_add_del',
  0x0607c257,
  { is_add: bool, neighbor: ipNeighbor },
  reply('ip_neighbor_add_del_reply', 0x1992deab, { stats_index: u32 }),
);

export const ipNeighborDump = dump(
  'ip_neighbor_dump',
  0xd817a484,
  { sw_if_index: interfaceIndex, af: addressFamily },
  details('ip_neighbor_details', 0xe29d79f0, { age: f64, neighbor: ipNeighbor }),
);

const ip4Address = alias('ip4_address', bytes(4));

/** VPP answers requests for addresses of the range on those interfaces of the table that have it enabled. */
export const proxyArpAddDel = request('proxy_arp_add_del', 0x1823c3e7, {
  is_add: bool,
  proxy: struct('proxy_arp', { table_id: tableNumber, low: ip4Address, hi: ip4Address }),
});

export const proxyArpIntfcEnableDisable = request('proxy_arp_intfc_enable_disable', 0xae6cfcfb, {
  sw_if_index: interfaceIndex,
  enable: bool,
});

/** Interfaces that have it enabled. */
export const proxyArpIntfcDump = dump(
  'proxy_arp_intfc_dump',
  0x51077d14,
  {},
  details('proxy_arp_intfc_details', 0xf6458e5f, { sw_if_index: u32 }),
);
