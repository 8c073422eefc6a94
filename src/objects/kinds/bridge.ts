/** Bridges: `[bridge.br0]` makes a bridge domain of VPP. Its flags change in place, its number does not. */
import {
  type BridgeSettings,
  bridgeAddDel,
  bridgeDump,
  bridgeSetFlags,
  bridgeSetMacAge,
  createBridge,
  deleteBridge,
  dumpBridges,
  dumpStations,
  l2FibDump,
  OWN_TAG,
  setBridge,
  type VppBridge,
} from '../../vpp/api/mod.ts';
import { differences, type Kind } from '../kind.ts';
import type { Facts } from '../status.ts';

interface Bridge extends BridgeSettings, Readonly<Record<string, unknown>> {
  /** Where the configuration gives one. */
  readonly id?: number;
}

/** Lines of MAC addresses in the facts of a bridge. */
const MAX_LINES = 64;

/** The configuration's name for a bridge domain; of one that it did not make, its number. */
export function bridgeName({ id, tag }: Pick<VppBridge, 'id' | 'tag'>): string {
  return tag.startsWith(OWN_TAG) ? tag.slice(OWN_TAG.length) : `#${id}`;
}

const settingsOf = (one: BridgeSettings): BridgeSettings => {
  const { learn, flood, unknownUnicastFlood, arpTermination, macAgeMinutes } = one;
  return { learn, flood, unknownUnicastFlood, arpTermination, macAgeMinutes };
};

const words = ({
  learn,
  flood,
  unknownUnicastFlood,
  arpTermination,
  macAgeMinutes,
}: BridgeSettings): string =>
  [
    learn ? (macAgeMinutes === 0 ? 'learns for ever' : `learns for ${macAgeMinutes} min`) : 'does not learn',
    ...(flood ? [] : ['no broadcasts']),
    ...(unknownUnicastFlood ? [] : ['no unknown destinations']),
    ...(arpTermination ? ['answers ARP'] : []),
  ].join(', ');

export const bridge: Kind<Bridge> = {
  name: 'bridge',
  messages: [bridgeAddDel, bridgeDump, bridgeSetFlags, bridgeSetMacAge, l2FibDump],
  desired: ({ bridges }) =>
    new Map(
      bridges.map((one) => [
        one.name,
        { ...settingsOf(one), ...(one.id === undefined ? {} : { id: one.id }) },
      ]),
    ),
  actual: async (client) => {
    const all = await dumpBridges(client);
    return new Map(
      all.map((one) => [
        bridgeName(one),
        {
          attributes: { ...settingsOf(one), id: one.id },
          handle: one.id,
          isOurs: one.tag.startsWith(OWN_TAG),
        },
      ]),
    );
  },
  refersTo: () => [],
  create: (name, wanted) => [
    {
      rank: 'bridges',
      words: `create ${name} (${words(wanted)})`,
      run: async (vpp) => {
        const used = vpp.handlesOf('bridge');
        let id = wanted.id ?? 1;
        if (wanted.id === undefined) while (used.has(id)) id++;
        // Before the request: others are created at the same time.
        vpp.numbered(`bridge/${name}`, id);
        await createBridge(vpp.client, id, wanted, `${OWN_TAG}${name}`);
      },
    },
  ],
  change: (name, found, wanted) =>
    differences(found.attributes, wanted).includes('id')
      ? undefined
      : [
          {
            rank: 'bridges',
            words: `change ${name} (${words(wanted)})`,
            run: (vpp) => setBridge(vpp.client, vpp.handleOf(`bridge/${name}`), wanted),
          },
        ],
  remove: (name) => [
    {
      rank: 'bridgesOff',
      words: `delete ${name}`,
      interrupts: `what ${name} forwards`,
      run: (vpp) => deleteBridge(vpp.client, vpp.handleOf(`bridge/${name}`)),
    },
  ],
  observe: async (client, { nameOf }) => {
    const facts = new Map<string, Facts>();
    for (const one of await dumpBridges(client)) {
      const stations = await dumpStations(client, one.id);
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
