/** GRE: gre.api, of gre_plugin.so. */
import { struct } from '../block.ts';
import { details, dump, reply, request } from '../message.ts';
import { bool, enumeration8, u16, u32 } from '../schema.ts';
import { address, interfaceIndex, ofInterface } from '../types.ts';
import { tunnelFlags, tunnelMode } from './tunnel-types.ts';

const greTunnel = struct('gre_tunnel', {
  type: enumeration8('gre_tunnel_type'),
  mode: tunnelMode,
  flags: tunnelFlags,
  session_id: u16,
  instance: u32,
  outer_table_id: u32,
  sw_if_index: interfaceIndex,
  src: address,
  dst: address,
});

export const greTunnelAddDel = request(
  'gre_tunnel_add_del',
  0xa27d7f17,
  { is_add: bool, tunnel: greTunnel },
  reply('gre_tunnel_add_del_reply', 0x5383d31f, ofInterface),
);

export const greTunnelDump = dump(
  'gre_tunnel_dump',
  0xf9e6675e,
  ofInterface,
  details('gre_tunnel_details', 0x24435433, { tunnel: greTunnel }),
);
