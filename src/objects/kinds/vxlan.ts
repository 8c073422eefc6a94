/** VXLAN tunnels: `[vxlan.vxlan10]`. */
import * as api from '../../vpp/api/mod.ts';
import type { Kind } from '../kind.ts';
import { endsOf, endsWords, tunnelKind } from './tunnel.ts';

export const vxlan: Kind<api.VxlanTunnel> = tunnelKind<api.VxlanTunnel>({
  name: 'vxlan',
  plugin: 'vxlan_plugin.so',
  messages: [api.addNodeNext, api.vxlanAddDelTunnel, api.vxlanTunnelDump],
  desired: (config) =>
    config.vxlans.map((one) => [one.name, { ...endsOf(one, config), vni: one.vni, port: one.port }]),
  dump: api.dumpVxlans,
  words: (tunnel) => `VNI ${tunnel.vni}, ${endsWords(tunnel)}, port ${tunnel.port}`,
  create: api.createVxlan,
  remove: (client, _index, tunnel) => api.deleteVxlan(client, tunnel),
  // VPP makes it up, before it has its pair, its table and its filters.
  prepare: (client, index) => api.setInterfaceFlags(client, index, { adminUp: false }),
});
