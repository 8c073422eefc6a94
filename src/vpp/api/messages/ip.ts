/** Tables, routes and addresses: ip.api. */

import { details, dump, reply, request } from '../message.ts';
import { struct } from '../block.ts';
import { fibPathCodec, mfibPath } from '../fib-path.ts';
import { alias, bool, bytes, count, enumeration, u32, u8, variableArray } from '../schema.ts';
import {
  addressWithPrefix,
  interfaceIndex,
  ipTable,
  multicastPrefix,
  ofInterface,
  prefix,
  tableNumber,
} from '../types.ts';

/** typedef ip_route { table_id u32@0; stats_index u32@4; prefix@8; n_paths u8@26; paths@27 } */
export const ipRoute = struct('ip_route', {
  table_id: tableNumber,
  stats_index: u32,
  prefix,
  n_paths: count('paths'),
  paths: variableArray(fibPathCodec, 'n_paths'),
});

/** typedef ip_route_v2: as ip_route, with the FIB source it came from. */
export const ipRouteV2 = struct('ip_route_v2', {
  table_id: tableNumber,
  stats_index: u32,
  prefix,
  n_paths: count('paths'),
  src: u8,
  paths: variableArray(fibPathCodec, 'n_paths'),
});

/** An add without multipath replaces all paths; a delete without it deletes the route. */
export const ipRouteAddDel = request(
  'ip_route_add_del',
  0xb8ecfe0d,
  { is_add: bool, is_multipath: bool, route: ipRoute },
  reply('ip_route_add_del_reply', 0x1992deab, { stats_index: u32 }),
);

/** `src`: the FIB source (fib_source.h); 0 is that of ip_route_add_del. */
export const ipRouteAddDelV2 = request(
  'ip_route_add_del_v2',
  0x521ef330,
  { is_add: bool, is_multipath: bool, route: ipRouteV2 },
  reply('ip_route_add_del_v2_reply', 0x1992deab, { stats_index: u32 }),
);

/** VPP silently drops a dump of a table that it does not have. */
export const ipRouteDump = dump(
  'ip_route_dump',
  0xb9d2e09e,
  { table: ipTable },
  details('ip_route_details', 0xbda8f315, { route: ipRoute }),
);

/** `src` 0 dumps the routes of every source. */
export const ipRouteV2Dump = dump(
  'ip_route_v2_dump',
  0xd16f72e6,
  { src: u8, table: ipTable },
  details('ip_route_v2_details', 0xb09aa6c0, { route: ipRouteV2 }),
);

export const ipRouteLookup = request(
  'ip_route_lookup',
  0x710d6471,
  { table_id: tableNumber, exact: u8, prefix },
  reply('ip_route_lookup_reply', 0x5d8febcb, { route: ipRoute }),
);

/** As ip_route_lookup, with the route's owner: `src` is the entry's best source. */
export const ipRouteLookupV2 = request(
  'ip_route_lookup_v2',
  0x710d6471,
  { table_id: tableNumber, exact: u8, prefix },
  reply('ip_route_lookup_v2_reply', 0x84cc9e03, { route: ipRouteV2 }),
);

export const ipTableAddDel = request('ip_table_add_del', 0x0ffdaec0, { is_add: bool, table: ipTable });

export const ipTableDump = dump(
  'ip_table_dump',
  0x51077d14,
  {},
  details('ip_table_details', 0xc79fca0f, { table: ipTable }),
);

// No ip_table_flush: besides the routes it takes every interface of the table down (ip_api.c).
const tableOnly = { table: ipTable };
export const ipTableReplaceBegin = request('ip_table_replace_begin', 0xb9d2e09e, tableOnly);
/** Sweeps the routes not added again since the begin; never send it after an incomplete replay. */
export const ipTableReplaceEnd = request('ip_table_replace_end', 0xb9d2e09e, tableOnly);

export const ipAddressDump = dump(
  'ip_address_dump',
  0x2d033de4,
  { sw_if_index: interfaceIndex, is_ipv6: bool },
  details('ip_address_details', 0xee29b797, { sw_if_index: interfaceIndex, prefix: addressWithPrefix }),
);

/** typedef ip_mroute { table_id; entry_flags; rpf_id; mprefix; n_paths; paths } */
const ipMroute = struct('ip_mroute', {
  table_id: tableNumber,
  entry_flags: enumeration('mfib_entry_flags'),
  rpf_id: u32,
  prefix: multicastPrefix,
  n_paths: count('paths'),
  paths: variableArray(mfibPath, 'n_paths'),
});

/** Adds paths to an entry, or removes them; the entry is deleted with its last path. `is_multipath` is ignored. */
export const ipMrouteAddDel = request(
  'ip_mroute_add_del',
  0x0dd7e790,
  { is_add: bool, is_multipath: bool, route: ipMroute },
  reply('ip_mroute_add_del_reply', 0x1992deab, { stats_index: u32 }),
);

/** As `ip_route_dump`. */
export const ipMrouteDump = dump(
  'ip_mroute_dump',
  0xb9d2e09e,
  { table: ipTable },
  details('ip_mroute_details', 0xc5cb23fc, { route: ipMroute }),
);

/** Counted: each enable takes a lock, also one that answers VALUE_EXIST. */
export const swInterfaceIp6EnableDisable = request('sw_interface_ip6_enable_disable', 0xae6cfcfb, {
  sw_if_index: interfaceIndex,
  enable: bool,
});

const ip6Address = alias('ip6_address', bytes(16));

export const swInterfaceIp6SetLinkLocalAddress = request(
  'sw_interface_ip6_set_link_local_address',
  0x1c10f15f,
  { sw_if_index: interfaceIndex, ip: ip6Address },
);

/** Refused with IP6_NOT_ENABLED while IPv6 is off. */
export const swInterfaceIp6GetLinkLocalAddress = request(
  'sw_interface_ip6_get_link_local_address',
  0xf9e6675e,
  ofInterface,
  reply('sw_interface_ip6_get_link_local_address_reply', 0xd16b7130, { ip: ip6Address }),
);

export const ipUnnumberedDump = dump(
  'ip_unnumbered_dump',
  0xf9e6675e,
  ofInterface,
  details('ip_unnumbered_details', 0xcc59bd42, {
    sw_if_index: interfaceIndex,
    ip_sw_if_index: interfaceIndex,
  }),
);
