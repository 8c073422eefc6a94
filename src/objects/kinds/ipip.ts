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
import { tunnelKind } from './tunnel.ts';

export const ipip: Kind<TunnelEnds> = tunnelKind<TunnelEnds>({
  name: 'ipip',
  messages: [ipipAddTunnel, ipipDelTunnel, ipipTunnelDump],
  desired: ({ ipips }) => ipips.map(({ name, source, destination }) => [name, { source, destination }]),
  dump: dumpIpips,
  words: ({ source, destination }) => `${source} to ${destination}`,
  create: createIpip,
  remove: (client, index) => deleteIpip(client, index),
});
