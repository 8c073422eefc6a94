/** VPP itself: vpe.api and vlib.api. */

import { reply, request } from '../message.ts';
import { fixedString, varString } from '../schema.ts';

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
