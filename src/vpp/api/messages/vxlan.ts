/** VXLAN: vxlan.api, of vxlan_plugin.so. */
import { details, dump, reply, request } from '../message.ts';
import { bool, u16, u32 } from '../schema.ts';
import { address, interfaceIndex, ofInterface } from '../types.ts';

/** `src_port`: the port that VPP receives on, which is not in sent packets; `dst_port`: the one that it sends to. */
const vxlanTunnel = {
  instance: u32,
  src_address: address,
  dst_address: address,
  src_port: u16,
  dst_port: u16,
  mcast_sw_if_index: interfaceIndex,
  encap_vrf_id: u32,
  decap_next_index: u32,
  vni: u32,
};

export const vxlanAddDelTunnel = request(
  'vxlan_add_del_tunnel_v3',
  0x0072b037,
  { is_add: bool, ...vxlanTunnel, is_l3: bool },
  reply('vxlan_add_del_tunnel_v3_reply', 0x5383d31f, ofInterface),
);

export const vxlanTunnelDump = dump(
  'vxlan_tunnel_v2_dump',
  0xf9e6675e,
  ofInterface,
  details('vxlan_tunnel_v2_details', 0xd3bdd4d9, { sw_if_index: interfaceIndex, ...vxlanTunnel }),
);
