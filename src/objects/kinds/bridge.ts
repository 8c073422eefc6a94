/** Bridges: `[bridge.br0]` makes a bridge domain of VPP. Its flags change in place, its number does not. */
import * as api from '../../vpp/api/mod.ts';
import { differences, type Kind } from '../kind.ts';
import { isOwnTag } from '../own-tag.ts';
import type { Facts } from '../status.ts';

interface Bridge extends api.BridgeSettings, Readonly<Record<string, unknown>> {
  /** Where the configuration gives one. */
  readonly id?: number;
  /** Without one: the numbers of others, which it cannot have. */
  readonly othersIds?: readonly number[];
}

/** Lines of MAC addresses in the facts of a bridge. */
const MAX_LINES = 64;

/** The configuration's name for a bridge domain; of one that it did not make, its number. */
export function bridgeName({ id, tag }: Pick<api.VppBridge, 'id' | 'tag'>): string {
  return isOwnTag(tag) ? tag.slice(api.OWN_TAG.length) : `#${id}`;
}

const settingsOf = (one: api.BridgeSettings): api.BridgeSettings => {
  const { learn, flood, unknownUnicastFlood, arpTermination, macAgeMinutes } = one;
  return { learn, flood, unknownUnicastFlood, arpTermination, macAgeMinutes };
};

const words = (one: api.BridgeSettings): string =>
  [
    one.learn
      ? `learns for ${one.macAgeMinutes === 0 ? 'ever' : `${one.macAgeMinutes} min`}`
      : 'does not learn',
    ...(one.flood ? [] : ['no broadcasts']),
    ...(one.unknownUnicastFlood ? [] : ['no unknown destinations']),
    ...(one.arpTermination ? ['answers ARP'] : []),
  ].join(', ');

export const bridge: Kind<Bridge> = {
  name: 'bridge',
  messages: [api.bridgeAddDel, api.bridgeDump, api.bridgeSetFlags, api.bridgeSetMacAge, api.l2FibDump],
  desired: ({ bridges }) => {
    const ids = bridges.flatMap(({ id }) => id ?? []);
    return new Map(
      bridges.map((one) => [
        one.name,
        { ...settingsOf(one), ...(one.id === undefined ? { othersIds: ids } : { id: one.id }) },
      ]),
    );
  },
  actual: async (client) => {
    const all = await api.dumpBridges(client);
    return new Map(
      all.map((one) => [
        bridgeName(one),
        { attributes: { ...settingsOf(one), id: one.id }, handle: one.id, isOurs: isOwnTag(one.tag) },
      ]),
    );
  },
  create: (name, wanted) => ({
    rank: 'bridges',
    words: `create ${name} (${words(wanted)})`,
    run: async (vpp) => {
      const used = vpp.handlesOf('bridge').union(new Set(wanted.othersIds));
      let id = wanted.id ?? 1;
      if (wanted.id === undefined) while (used.has(id)) id++;
      // Before the request: others are created at the same time.
      vpp.numbered(`bridge/${name}`, id);
      await api.createBridge(vpp.client, id, wanted, `${api.OWN_TAG}${name}`);
    },
  }),
  suits: ({ attributes: { id } }, { othersIds = [] }) => id === undefined || !othersIds.includes(id),
  change: (name, found, wanted) =>
    differences(found.attributes, wanted).includes('id') || bridge.suits?.(found, wanted) === false
      ? undefined
      : {
          rank: 'bridges',
          words: `change ${name} (${words(wanted)})`,
          run: (vpp) => api.setBridge(vpp.client, vpp.handleOf(`bridge/${name}`), wanted),
        },
  remove: (name) => ({
    rank: 'bridgesOff',
    words: `delete ${name}`,
    interrupts: `what ${name} forwards`,
    run: (vpp) => api.deleteBridge(vpp.client, vpp.handleOf(`bridge/${name}`)),
  }),
  observe: async (client, { nameOf }) => {
    const facts = new Map<string, Facts>();
    for (const one of await api.dumpBridges(client)) {
      const stations = await api.dumpStations(client, one.id);
      const learnt = stations.filter(({ kind }) => kind === 'learnt');
      const lines = stations
        .filter(({ kind }) => kind !== 'bvi')
        .slice(0, MAX_LINES)
        .map(({ mac, swIfIndex, kind }) => `${mac} ${kind} ${nameOf(swIfIndex)}`);
      facts.set(bridgeName(one), {
        id: one.id,
        members: one.members.map(({ swIfIndex }) => nameOf(swIfIndex)).sort(),
        learntMacs: learnt.length,
        macs: lines.sort(),
      });
    }
    return facts;
  },
};
