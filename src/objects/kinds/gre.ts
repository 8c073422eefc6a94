/** GRE tunnels: `[gre.gre0]`. */
import {
  createGre,
  deleteGre,
  dumpGres,
  greTunnelAddDel,
  greTunnelDump,
  type GreTunnel,
} from '../../vpp/api/mod.ts';
import type { Kind } from '../kind.ts';
import { tunnelKind } from './tunnel.ts';

export const gre: Kind<GreTunnel> = tunnelKind<GreTunnel>({
  name: 'gre',
  plugin: 'gre_plugin.so',
  messages: [greTunnelAddDel, greTunnelDump],
  desired: ({ gres }) =>
    gres.map(({ name, source, destination, type }) => [name, { source, destination, type }]),
  dump: dumpGres,
  words: ({ type, source, destination }) => `${type}, ${source} to ${destination}`,
  create: createGre,
  remove: (client, _index, tunnel) => deleteGre(client, tunnel),
});
