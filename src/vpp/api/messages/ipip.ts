/** IP in IP: ipip.api. */
import { struct } from '../block.ts';
import { autoreply, details, dump, reply, request } from '../message.ts';
import { u32 } from '../schema.ts';
import { address, interfaceIndex, ipDscp } from '../types.ts';
import { tunnelFlags, tunnelMode } from './tunnel-types.ts';

const ipipTunnel = struct('ipip_tunnel', {
  instance: u32,
  src: address,
  dst: address,
  sw_if_index: interfaceIndex,
  table_id: u32,
  flags: tunnelFlags,
  mode: tunnelMode,
  dscp: ipDscp,
});

export const ipipAddTunnel = request(
  'ipip_add_tunnel',
  0x2ac399f5,
  { tunnel: ipipTunnel },
  reply('ipip_add_tunnel_reply', 0x5383d31f, { sw_if_index: interfaceIndex }),
);

export const ipipDelTunnel = request(
  'ipip_del_tunnel',
  0xf9e6675e,
  { sw_if_index: interfaceIndex },
  autoreply('ipip_del_tunnel'),
);

export const ipipTunnelDump = dump(
  'ipip_tunnel_dump',
  0xf9e6675e,
  { sw_if_index: interfaceIndex },
  details('ipip_tunnel_details', 0xd31cb34e, { tunnel: ipipTunnel }),
);
