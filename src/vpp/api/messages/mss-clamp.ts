/** Clamping of the maximum segment size of TCP: mss_clamp.api, of mss_clamp_plugin.so. */
import { details, reply, request, stream } from '../message.ts';
import { enumeration8, u16, u32 } from '../schema.ts';
import { interfaceIndex, ofInterface } from '../types.ts';

const direction = enumeration8('mss_clamp_dir');

const settings = {
  sw_if_index: interfaceIndex,
  ipv4_mss: u16,
  ipv6_mss: u16,
  ipv4_direction: direction,
  ipv6_direction: direction,
};

export const mssClampEnableDisable = request('mss_clamp_enable_disable', 0xd31b44e3, settings);

/** The index ~0 selects all interfaces, deleted ones among them. */
export const mssClampGet = stream(
  'mss_clamp_get',
  0x47250981,
  reply('mss_clamp_get_reply', 0x53b48f5d, { cursor: u32 }),
  details('mss_clamp_details', 0xd3a4de61, settings),
  ofInterface,
);
