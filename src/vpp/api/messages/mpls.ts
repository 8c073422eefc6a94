/** MPLS tables and their interfaces: mpls.api. */

import { autoreply, request } from '../message.ts';
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
