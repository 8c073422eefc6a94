/**
 * MAC addresses that a bridge has by configuration. VPP keeps them when their bridge or interface is deleted, and the next
 * one with the same number has them: they are removed before.
 */
import * as api from '../../vpp/api/mod.ts';
import type { Found, Kind } from '../kind.ts';
import { isOwnTag } from '../own-tag.ts';
import { bridgeName } from './bridge.ts';

interface Station extends Readonly<Record<string, unknown>> {
  readonly bridge: string;
  readonly mac: string;
  readonly port: string;
}

/**
 * Domains in which nobody has bound an address, by connection: their tables may have millions of learnt ones, and are read
 * once.
 */
const WITHOUT = new WeakMap<api.VppApiClient, Set<number>>();

function withoutStations(client: api.VppApiClient): Set<number> {
  const found = WITHOUT.get(client) ?? new Set<number>();
  WITHOUT.set(client, found);
  return found;
}

const nameOfStation = ({ bridge, mac }: Pick<Station, 'bridge' | 'mac'>): string => `${bridge} ${mac}`;

export const bridgeMac: Kind<Station> = {
  name: 'bridge-mac',
  messages: [api.l2FibAddDel, api.l2FibDump],
  desired: ({ bridges }) => {
    const all = bridges.flatMap(({ name: bridge, static: stations }) =>
      stations.map(({ mac, port }): Station => ({ bridge, mac, port })),
    );
    return new Map(all.map((one) => [nameOfStation(one), one]));
  },
  actual: async (client, { nameOf }) => {
    const found = new Map<string, Found<Station>>();
    const without = withoutStations(client);
    for (const one of await api.dumpBridges(client)) {
      if (without.has(one.id)) continue;
      const bridge = bridgeName(one);
      const stations = await api.dumpStations(client, one.id);
      if (stations.every(({ kind }) => kind !== 'static')) without.add(one.id);
      for (const { mac, swIfIndex, kind } of stations) {
        if (kind !== 'static') continue;
        const attributes = { bridge, mac, port: nameOf(swIfIndex) };
        found.set(nameOfStation(attributes), { attributes, isOurs: isOwnTag(one.tag) });
      }
    }
    return found;
  },
  refersTo: (_name, { bridge, port }) => [`bridge/${bridge}`, `bridge-port/${port}`],
  create: (_name, { bridge, mac, port }) => ({
    rank: 'neighbors',
    words: `bind ${mac} to ${port} in ${bridge}`,
    run: async (vpp) => {
      const id = vpp.handleOf(`bridge/${bridge}`);
      withoutStations(vpp.client).delete(id);
      await api.addStation(vpp.client, id, { mac, swIfIndex: vpp.indexOf(port) });
    },
  }),
  remove: (_name, { attributes: { bridge = '', mac = '', port = '' } }) => ({
    rank: 'neighborsOff',
    words: `free ${mac} from ${port} in ${bridge}`,
    run: (vpp) => api.removeStation(vpp.client, vpp.handleOf(`bridge/${bridge}`), mac),
  }),
};
