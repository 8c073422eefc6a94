/** IP-in-IP tunnels: `[ipip.ipip0]`. */
import {
  createIpip,
  deleteIpip,
  dumpIpips,
  ipipAddTunnel,
  ipipDelTunnel,
  ipipTunnelDump,
  type TunnelEnds,
} from '../../vpp/api/mod.ts';
import type { Kind } from '../kind.ts';
import { endsOf, endsWords, tunnelKind } from './tunnel.ts';

export const ipip: Kind<TunnelEnds> = tunnelKind<TunnelEnds>({
  name: 'ipip',
  messages: [ipipAddTunnel, ipipDelTunnel, ipipTunnelDump],
  desired: (config) => config.ipips.map((one) => [one.name, endsOf(one, config)]),
  dump: dumpIpips,
  words: endsWords,
  create: createIpip,
  remove: (client, index) => deleteIpip(client, index),
});
