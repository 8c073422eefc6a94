/** IP in IP: ipip.api. */
import { struct } from '../block.ts';
import { details, dump, reply, request } from '../message.ts';
import { u32 } from '../schema.ts';
import { address, interfaceIndex, ipDscp, ofInterface } from '../types.ts';
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
  reply('ipip_add_tunnel_reply', 0x5383d31f, ofInterface),
);

export const ipipDelTunnel = request('ipip_del_tunnel', 0xf9e6675e, ofInterface);

export const ipipTunnelDump = dump(
  'ipip_tunnel_dump',
  0xf9e6675e,
  ofInterface,
  details('ipip_tunnel_details', 0xd31cb34e, { tunnel: ipipTunnel }),
);
