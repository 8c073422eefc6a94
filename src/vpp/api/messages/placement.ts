/**
 * Which thread serves which queue of an interface: of interface.api. One message per queue, so their count is the
 * number.
 */

import { addressed, dump, reply, stream } from '../message.ts';
import { count, enumeration, u32, u8, variableArray } from '../schema.ts';
import { interfaceIndex, ofInterface } from '../types.ts';

const rxMode = enumeration('rx_mode');

export const rxPlacementDetails = addressed('sw_interface_rx_placement_details', 0x9e44a7ce, {
  sw_if_index: interfaceIndex,
  queue_id: u32,
  worker_id: u32,
  mode: rxMode,
});

export const txPlacementDetails = addressed('sw_interface_tx_placement_details', 0x00381a2e, {
  sw_if_index: interfaceIndex,
  queue_id: u32,
  shared: u8,
  array_size: count('threads', u32),
  threads: variableArray(u32, 'array_size'),
});

/** The index ~0 selects all interfaces. */
export const rxPlacementDump = dump(
  'sw_interface_rx_placement_dump',
  0xf9e6675e,
  ofInterface,
  rxPlacementDetails,
);

/** As above; refused with NO_SUCH_ENTRY while no interface has a transmit queue. */
export const txPlacementGet = stream(
  'sw_interface_tx_placement_get',
  0x47250981,
  reply('sw_interface_tx_placement_get_reply', 0x53b48f5d, { cursor: u32 }),
  txPlacementDetails,
  ofInterface,
);
