/** Static neighbours: `neighbors` in `[interface.NAME]`. */
import * as api from '../../vpp/api/mod.ts';
import type { Kind, Step } from '../kind.ts';
import { InterfaceMemory } from '../memory.ts';

type Neighbor = Readonly<{ interface: string; address: string; mac: string }>;

/** Those that were added on an interface. */
const added = new InterfaceMemory<ReadonlySet<string>>();

const nameOf = (name: string, address: string): string => `${name} ${address}`;

const set = ({ interface: name, address, mac }: Neighbor): Step => ({
  rank: 'neighbors',
  words: `add the neighbour ${address} of ${name} at ${mac}`,
  run: async (vpp) => {
    const { client } = vpp;
    const swIfIndex = vpp.indexOf(name);
    await api.addStaticNeighbor(client, { swIfIndex, address, mac });
    added.set(client, name, swIfIndex, new Set([...(added.get(client, name) ?? []), address]));
  },
});

export const neighbor: Kind<Neighbor> = {
  name: 'neighbor',
  messages: [api.ipNeighborAddDel, api.ipNeighborDump],
  desired: ({ interfaces }) =>
    new Map(
      interfaces.flatMap(({ name, neighbors }) =>
        neighbors.map(
          ({ address, mac }) => [nameOf(name, address), { interface: name, address, mac }] as const,
        ),
      ),
    ),
  actual: async (client, interfaces) => {
    const ours = added.present(client, interfaces);
    const exists = new Set(interfaces.all.map(({ swIfIndex }) => swIfIndex));
    const found = (await api.dumpStaticNeighbors(client)).filter(({ swIfIndex }) => exists.has(swIfIndex));
    return new Map(
      found.map(({ swIfIndex, address, mac }) => {
        const name = interfaces.nameOf(swIfIndex);
        const isOurs = ours.get(name)?.has(address) === true;
        return [nameOf(name, address), { attributes: { interface: name, address, mac }, isOurs }] as const;
      }),
    );
  },
  refersTo: (_name, { interface: of }) => [`interface/${of}`],
  create: (_name, wanted) => set(wanted),
  change: (_name, _found, wanted) => set(wanted),
  remove: (_name, { attributes: { interface: of = '', address = '', mac = '' } }) => ({
    // VPP 25.02 keeps it when the interface is deleted, for the next one with the index.
    rank: 'neighborsOff',
    words: `delete the neighbour ${address} of ${of}`,
    run: (vpp) => api.deleteNeighbor(vpp.client, { swIfIndex: vpp.indexOf(of), address, mac }),
  }),
};
