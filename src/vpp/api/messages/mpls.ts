/** MPLS tables, their routes and their interfaces: mpls.api. */

import { struct } from '../block.ts';
import { fibPathCodec } from '../fib-path.ts';
import { details, dump, reply, request } from '../message.ts';
import { bool, count, u32, u8, variableArray } from '../schema.ts';
import { interfaceIndex, mplsTable, ofInterface, tableNumber } from '../types.ts';

/**
 * typedef mpls_route { table_id u32@0; label u32@4; eos u8@8; eos_proto u8@9; is_multicast@10; n_paths u8@11;
 * paths@12 }
 */
export const mplsRoute = struct('mpls_route', {
  mr_table_id: tableNumber,
  mr_label: u32,
  mr_eos: u8,
  mr_eos_proto: u8,
  mr_is_multicast: bool,
  mr_n_paths: count('mr_paths'),
  mr_paths: variableArray(fibPathCodec, 'mr_n_paths'),
});

export const mplsTableAddDel = request('mpls_table_add_del', 0x57817512, {
  mt_is_add: bool,
  mt_table: mplsTable,
});

/**
 * VPP checks neither the label nor the end of the stack: a label above 20 bits is written past the end of its table.
 */
export const mplsRouteAddDel = request(
  'mpls_route_add_del',
  0x8e1d1e07,
  { mr_is_add: bool, mr_is_multipath: bool, mr_route: mplsRoute },
  reply('mpls_route_add_del_reply', 0x1992deab, { stats_index: u32 }),
);

/** VPP silently drops a dump of a table that it does not have. */
export const mplsRouteDump = dump(
  'mpls_route_dump',
  0x935fdefa,
  { table: mplsTable },
  details('mpls_route_details', 0x9b5043dc, { mr_route: mplsRoute }),
);

export const mplsTableDump = dump(
  'mpls_table_dump',
  0x51077d14,
  {},
  details('mpls_table_details', 0xf03ecdc8, { mt_table: mplsTable }),
);

/** Needs MPLS table 0. */
export const swInterfaceSetMplsEnable = request('sw_interface_set_mpls_enable', 0xae6cfcfb, {
  sw_if_index: interfaceIndex,
  enable: bool,
});

/** The interfaces on which MPLS is enabled. */
export const mplsInterfaceDump = dump(
  'mpls_interface_dump',
  0xf9e6675e,
  ofInterface,
  details('mpls_interface_details', 0x0b45011c, ofInterface),
);
