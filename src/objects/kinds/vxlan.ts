/** VXLAN tunnels: `[vxlan.vxlan10]`. */
import {
  createVxlan,
  deleteVxlan,
  dumpVxlans,
  type VxlanTunnel,
  setInterfaceFlags,
  vxlanAddDelTunnel,
  vxlanTunnelDump,
} from '../../vpp/api/mod.ts';
import type { Kind } from '../kind.ts';
import { endsOf, endsWords, tunnelKind } from './tunnel.ts';

export const vxlan: Kind<VxlanTunnel> = tunnelKind<VxlanTunnel>({
  name: 'vxlan',
  plugin: 'vxlan_plugin.so',
  messages: [vxlanAddDelTunnel, vxlanTunnelDump],
  desired: (config) =>
    config.vxlans.map((one) => [one.name, { ...endsOf(one, config), vni: one.vni, port: one.port }]),
  dump: dumpVxlans,
  words: (tunnel) => `VNI ${tunnel.vni}, ${endsWords(tunnel)}, port ${tunnel.port}`,
  create: createVxlan,
  remove: (client, _index, tunnel) => deleteVxlan(client, tunnel),
  // VPP makes it up, before it has its pair, its table and its filters.
  prepare: (client, index) => setInterfaceFlags(client, index, { adminUp: false }),
});
