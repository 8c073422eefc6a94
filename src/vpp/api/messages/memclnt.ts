/**
 * The messages of the connection itself: memclnt.api. The first two have fixed ids; they fetch the table of all others.
 */

import { reply, request } from '../message.ts';
import { u32 } from '../schema.ts';

/** Ids that never change (vlibmemory: VL_API_SOCKCLNT_CREATE and its reply). */
export const SOCKCLNT_CREATE_ID = 15;
export const SOCKCLNT_CREATE_REPLY_ID = 16;

/** Answered after everything sent before it; its reply has VPP's process id. */
export const controlPing = request(
  'control_ping',
  0x51077d14,
  {},
  reply('control_ping_reply', 0xf6b0b8ca, { client_index: u32, vpe_pid: u32 }),
);
