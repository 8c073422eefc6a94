/** VPP itself: vpe.api and vlib.api. */

import { reply, request } from '../message.ts';
import { fixedString, u32, varString } from '../schema.ts';

export const showVersionRequest = request(
  'show_version',
  0x51077d14,
  {},
  reply('show_version_reply', 0xc919bde1, {
    program: fixedString(32),
    version: fixedString(32),
    build_date: fixedString(32),
    build_directory: fixedString(256),
  }),
);

/** One CLI command; the reply is its output. */
export const cliInband = request(
  'cli_inband',
  0xf8377302,
  { cmd: varString },
  reply('cli_inband_reply', 0x05879051, { reply: varString }),
);

/** The number by which a node of the graph sends packets to another one; it is made when there is none. */
export const addNodeNext = request(
  'add_node_next',
  0x2457116d,
  { node_name: fixedString(64), next_name: fixedString(64) },
  reply('add_node_next_reply', 0x2ed75f32, { next_index: u32 }),
);
