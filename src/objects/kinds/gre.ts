/** GRE tunnels: `[gre.gre0]`. */
import * as api from '../../vpp/api/mod.ts';
import type { Kind } from '../kind.ts';
import { endsOf, endsWords, tunnelKind } from './tunnel.ts';

export const gre: Kind<api.GreTunnel> = tunnelKind<api.GreTunnel>({
  name: 'gre',
  plugin: 'gre_plugin.so',
  messages: [api.greTunnelAddDel, api.greTunnelDump],
  desired: (config) => config.gres.map((one) => [one.name, { ...endsOf(one, config), type: one.type }]),
  dump: api.dumpGres,
  words: (tunnel) => `${tunnel.type}, ${endsWords(tunnel)}`,
  create: api.createGre,
  remove: (client, _index, tunnel) => api.deleteGre(client, tunnel),
});
