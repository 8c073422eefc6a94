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
import { endsOf, endsWords, tunnelKind } from './tunnel.ts';

export const gre: Kind<GreTunnel> = tunnelKind<GreTunnel>({
  name: 'gre',
  plugin: 'gre_plugin.so',
  messages: [greTunnelAddDel, greTunnelDump],
  desired: (config) => config.gres.map((one) => [one.name, { ...endsOf(one, config), type: one.type }]),
  dump: dumpGres,
  words: (tunnel) => `${tunnel.type}, ${endsWords(tunnel)}`,
  create: createGre,
  remove: (client, _index, tunnel) => deleteGre(client, tunnel),
});
