/**
 * Cross-connects: VPP has one for each direction and no names for them, so each is named after the interface whose frames
 * it takes. VPP keeps the index of an end that is deleted: both directions go before.
 */
import { portTraits } from '../../config/mod.ts';
import * as api from '../../vpp/api/mod.ts';
import { differences, type Kind, type Step } from '../kind.ts';

interface Direction extends Readonly<Record<string, unknown>> {
  readonly to: string;
  /** VLAN tags that frames lose on the way in, and get on the way out. */
  readonly poppedTags: number;
}

const connectStep = (name: string, { to, poppedTags }: Direction): Step => ({
  rank: 'crossConnects',
  words: `connect ${name} to ${to}`,
  interrupts: `${name} as an interface of its own`,
  run: async (vpp) => {
    const index = vpp.indexOf(name);
    await api.addCrossConnect(vpp.client, index, vpp.indexOf(to));
    // A mode keeps the tags of the one before.
    await api.setTagPop(vpp.client, index, poppedTags);
  },
});

export const crossConnect: Kind<Direction> = {
  name: 'cross-connect',
  messages: [api.setL2CrossConnect, api.crossConnectDump, api.tagRewrite],
  desired: (config) => {
    const { tagCount } = portTraits(config);
    const all = config.crossConnects.flatMap(({ interfaces: [a = '', b = ''], tagRewrite: rewrite }) => {
      const poppedTags = (name: string) => (rewrite === 'keep' ? 0 : tagCount(name));
      return [
        [a, { to: b, poppedTags: poppedTags(a) }],
        [b, { to: a, poppedTags: poppedTags(b) }],
      ] as const;
    });
    return new Map(all);
  },
  actual: async (client, { nameOf, byName, isOurs }) => {
    const all = await api.dumpCrossConnects(client);
    return new Map(
      all.map(({ rx, tx }) => {
        const [name, to] = [nameOf(rx), nameOf(tx)];
        const attributes = { to, poppedTags: api.tagPopOf(byName.get(name)?.tagRewrite.op ?? 0) };
        return [name, { attributes, isOurs: isOurs(name) || isOurs(to) }];
      }),
    );
  },
  refersTo: (name, { to }) => [`interface/${name}`, `interface/${to}`],
  takes: (name) => name,
  create: connectStep,
  // VPP keeps the index of an end that is deleted: the way to it goes before.
  change: (name, found, wanted) =>
    differences(found.attributes, wanted).includes('to') ? undefined : connectStep(name, wanted),
  remove: (name, { attributes: { to = 'the other end' } }) => ({
    rank: 'crossConnectsOff',
    words: `disconnect ${name} from ${to}`,
    interrupts: `what ${name} sends to ${to}`,
    run: (vpp) => api.removeCrossConnect(vpp.client, vpp.indexOf(name)),
  }),
};
