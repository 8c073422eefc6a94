/** Ports of bridges, each by the name of its interface; among them the bridge's own interface. */
import { portTraits } from '../../config/mod.ts';
import * as api from '../../vpp/api/mod.ts';
import { differences, type Found, type Kind, type Step } from '../kind.ts';
import { isOwnTag } from '../own-tag.ts';
import { bridgeName } from './bridge.ts';

interface Port extends Readonly<Record<string, unknown>> {
  readonly bridge: string;
  readonly isBvi: boolean;
  readonly splitHorizonGroup: number;
  /** VLAN tags that frames lose on the way in. */
  readonly poppedTags: number;
}

const tagWords = (tags: number): string =>
  tags === 0 ? '' : ` without ${tags === 1 ? 'its tag' : 'its two tags'}`;

const addStep = (name: string, wanted: Port): Step => ({
  rank: 'ports',
  words: wanted.isBvi
    ? `add its interface to ${wanted.bridge}`
    : `add ${name} to ${wanted.bridge}${tagWords(wanted.poppedTags)}`,
  ...(wanted.isBvi ? {} : { interrupts: `${name} as an interface of its own` }),
  run: async (vpp) => {
    const index = vpp.indexOf(name);
    const { isBvi, splitHorizonGroup, poppedTags } = wanted;
    const bridgeId = vpp.handleOf(`bridge/${wanted.bridge}`);
    await api.addBridgePort(vpp.client, index, { bridgeId, isBvi, splitHorizonGroup });
    // A mode keeps the tags of the one before.
    if (!isBvi) await api.setTagPop(vpp.client, index, poppedTags);
  },
});

export const bridgePort: Kind<Port> = {
  name: 'bridge-port',
  messages: [api.setL2Bridge, api.bridgeDump, api.tagRewrite],
  desired: (config) => {
    const interfaces = new Set(config.interfaces.map(({ name }) => name));
    const { splitHorizonGroup, tagCount } = portTraits(config);
    const ports = config.bridges.flatMap(({ name: bridge, members }) => [
      ...members.map((member): [string, Port] => [
        member,
        {
          bridge,
          isBvi: false,
          splitHorizonGroup: splitHorizonGroup(member),
          poppedTags: tagCount(member),
        },
      ]),
      ...(interfaces.has(bridge)
        ? [[bridge, { bridge, isBvi: true, splitHorizonGroup: 0, poppedTags: 0 }] satisfies [string, Port]]
        : []),
    ]);
    return new Map(ports);
  },
  actual: async (client, { nameOf, byName }) => {
    const found = new Map<string, Found<Port>>();
    for (const one of await api.dumpBridges(client)) {
      for (const { swIfIndex, splitHorizonGroup } of one.members) {
        const name = nameOf(swIfIndex);
        found.set(name, {
          attributes: {
            bridge: bridgeName(one),
            isBvi: swIfIndex === one.bvi,
            splitHorizonGroup,
            poppedTags: api.tagPopOf(byName.get(name)?.tagRewrite.op ?? 0),
          },
          isOurs: isOwnTag(one.tag),
        });
      }
    }
    return found;
  },
  refersTo: (name, { bridge }) => [`bridge/${bridge}`, `interface/${name}`],
  takes: (name, { isBvi }) => (isBvi ? undefined : name),
  create: addStep,
  change: (name, found, wanted) => {
    const other = differences(found.attributes, wanted);
    return other.includes('bridge') || other.includes('isBvi') ? undefined : addStep(name, wanted);
  },
  remove: (name, { attributes: { bridge = 'its bridge', isBvi } }) => ({
    rank: 'portsOff',
    words: isBvi === true ? `take its interface out of ${bridge}` : `take ${name} out of ${bridge}`,
    interrupts: `what ${bridge} forwards over ${name}`,
    run: (vpp) => api.removeBridgePort(vpp.client, vpp.indexOf(name)),
  }),
};
