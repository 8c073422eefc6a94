/** IP-in-IP tunnels: `[ipip.ipip0]`. */
import * as api from '../../vpp/api/mod.ts';
import type { Kind } from '../kind.ts';
import { endsOf, endsWords, tunnelKind } from './tunnel.ts';

export const ipip: Kind<api.TunnelEnds> = tunnelKind<api.TunnelEnds>({
  name: 'ipip',
  messages: [api.ipipAddTunnel, api.ipipDelTunnel, api.ipipTunnelDump],
  desired: (config) => config.ipips.map((one) => [one.name, endsOf(one, config)]),
  dump: api.dumpIpips,
  words: endsWords,
  create: api.createIpip,
  remove: (client, index) => api.deleteIpip(client, index),
});
