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
import { tunnelKind } from './tunnel.ts';

export const vxlan: Kind<VxlanTunnel> = tunnelKind<VxlanTunnel>({
  name: 'vxlan',
  plugin: 'vxlan_plugin.so',
  messages: [vxlanAddDelTunnel, vxlanTunnelDump],
  desired: ({ vxlans }) =>
    vxlans.map(({ name, source, destination, vni, port }) => [name, { source, destination, vni, port }]),
  dump: dumpVxlans,
  words: ({ vni, source, destination, port }) => `VNI ${vni}, ${source} to ${destination}, port ${port}`,
  create: createVxlan,
  remove: (client, _index, tunnel) => deleteVxlan(client, tunnel),
  // VPP makes it up, before it has its pair, its table and its filters.
  prepare: (client, index) => setInterfaceFlags(client, index, { adminUp: false }),
});
