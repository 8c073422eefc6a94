/** MPLS tables and their interfaces: mpls.api. */

import { autoreply, details, dump, request } from '../message.ts';
import { bool } from '../schema.ts';
import { interfaceIndex, mplsTable } from '../types.ts';

export const mplsTableAddDel = request(
  'mpls_table_add_del',
  0x57817512,
  { mt_is_add: bool, mt_table: mplsTable },
  autoreply('mpls_table_add_del'),
);

/** Needs MPLS table 0. */
export const swInterfaceSetMplsEnable = request(
  'sw_interface_set_mpls_enable',
  0xae6cfcfb,
  { sw_if_index: interfaceIndex, enable: bool },
  autoreply('sw_interface_set_mpls_enable'),
);

/** The interfaces on which MPLS is enabled. */
export const mplsInterfaceDump = dump(
  'mpls_interface_dump',
  0xf9e6675e,
  { sw_if_index: interfaceIndex },
  details('mpls_interface_details', 0x0b45011c, { sw_if_index: interfaceIndex }),
);
