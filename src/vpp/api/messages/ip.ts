/** Tables, routes and addresses: ip.api. */

import { autoreply, details, dump, reply, request } from '../message.ts';
import { struct } from '../block.ts';
import { fibPathCodec } from '../fib-path.ts';
import { bool, count, u32, u8, variableArray } from '../schema.ts';
import { addressWithPrefix, interfaceIndex, ipTable, prefix, tableNumber } from '../types.ts';

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

/** VPP drops a dump of a table that it does not have without a word. */
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

/** As ip_route_lookup, and says whose route it is: `src` is the entry's best source. */
export const ipRouteLookupV2 = request(
  'ip_route_lookup_v2',
  0x710d6471,
  { table_id: tableNumber, exact: u8, prefix },
  reply('ip_route_lookup_v2_reply', 0x84cc9e03, { route: ipRouteV2 }),
);

export const ipTableAddDel = request(
  'ip_table_add_del',
  0x0ffdaec0,
  { is_add: bool, table: ipTable },
  autoreply('ip_table_add_del'),
);

export const ipTableDump = dump(
  'ip_table_dump',
  0x51077d14,
  {},
  details('ip_table_details', 0xc79fca0f, { table: ipTable }),
);

// No ip_table_flush: besides the routes it takes every interface of the table down (ip_api.c).
const tableOnly = { table: ipTable };
export const ipTableReplaceBegin = request(
  'ip_table_replace_begin',
  0xb9d2e09e,
  tableOnly,
  autoreply('ip_table_replace_begin'),
);
/** Sweeps what was not added again since the begin; never send it after an incomplete replay. */
export const ipTableReplaceEnd = request(
  'ip_table_replace_end',
  0xb9d2e09e,
  tableOnly,
  autoreply('ip_table_replace_end'),
);

export const ipAddressDump = dump(
  'ip_address_dump',
  0x2d033de4,
  { sw_if_index: interfaceIndex, is_ipv6: bool },
  details('ip_address_details', 0xee29b797, { sw_if_index: interfaceIndex, prefix: addressWithPrefix }),
);
