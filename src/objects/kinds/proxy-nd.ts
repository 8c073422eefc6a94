/** Hosts for which VPP answers neighbour solicitations: `proxy-nd` in `[interface.NAME]`. */
import { interfaceTable, ip6ndProxyAddDel, lookupRoute, setProxyNd, tableId } from '../../vpp/api/mod.ts';
import type { Kind } from '../kind.ts';
import { InterfaceMemory } from '../memory.ts';

type ProxiedHost = Readonly<{ interface: string; address: string }>;

/** Those that were added on an interface: VPP's dump of them cannot be read. */
const added = new InterfaceMemory<ReadonlySet<string>>();

const nameOf = (name: string, address: string): string => `${name} ${address}`;

export const proxyNd: Kind<ProxiedHost> = {
  name: 'proxy-nd',
  messages: [ip6ndProxyAddDel],
  desired: ({ interfaces }) =>
    new Map(
      interfaces.flatMap(({ name, proxyNd: hosts }) =>
        hosts.map((address) => [nameOf(name, address), { interface: name, address }] as const),
      ),
    ),
  // VPP has a route to each on its interface, in the table that this was in then.
  actual: async (client, interfaces) => {
    const ours = [...added.present(client, interfaces)].flatMap(([name, hosts]) =>
      [...hosts].map((address) => ({ interface: name, address })),
    );
    const found = await Promise.all(
      ours.map(async (host) => {
        const index = interfaces.byName.get(host.interface)!.swIfIndex;
        const table = tableId(await interfaceTable(client, index, 6));
        const prefix = { family: 6, address: host.address, length: 128 } as const;
        const route = await lookupRoute(client, table, prefix, true).catch(() => undefined);
        const isThere = route?.paths.some(({ swIfIndex }) => swIfIndex === index) === true;
        return isThere ? [[nameOf(host.interface, host.address), host] as const] : [];
      }),
    );
    return new Map(found.flat().map(([name, attributes]) => [name, { attributes, isOurs: true }] as const));
  },
  refersTo: (_name, { interface: of }) => [`interface/${of}`],
  create: (_name, { interface: of, address }) => ({
    rank: 'neighbors',
    words: `answer neighbour solicitations for ${address}, which is on ${of}`,
    run: async (vpp) => {
      const { client } = vpp;
      const index = vpp.indexOf(of);
      await setProxyNd(client, index, address, true);
      added.set(client, of, index, new Set([...(added.get(client, of) ?? []), address]));
    },
  }),
  remove: (_name, { attributes: { interface: of = '', address = '' } }) => ({
    rank: 'neighborsOff',
    words: `answer no neighbour solicitations for ${address}`,
    run: async (vpp) => {
      const { client } = vpp;
      const index = vpp.indexOf(of);
      await setProxyNd(client, index, address, false);
      const left = new Set(added.get(client, of)).difference(new Set([address]));
      added.set(client, of, index, left);
    },
  }),
};
