/**
 * Sub-interfaces: `[interface.xe0.100]` gets the frames of xe0 with VLAN 100.
 *
 * VPP has no change of the tags in place, and takes tags twice under two numbers by cutting off the first: those that go
 * are removed before others are made.
 */
import { type Encapsulation, encapsulationOf, subInterfaceName } from '../../config/mod.ts';
import {
  createSubif,
  createSubInterface,
  deleteSubif,
  deleteSubInterface,
  LCP_MESSAGES,
  lcpPairs,
  markInterface,
  type SwIfIndex,
  type VppApiClient,
} from '../../vpp/api/mod.ts';
import type { Kind } from '../kind.ts';
import { isOwnTag } from '../own-tag.ts';

interface Tagged extends Readonly<Record<string, unknown>> {
  readonly encapsulation: Encapsulation;
}

const words = ({ tags, outer, inner, isDot1ad, isExact, isDefault }: Encapsulation): string => {
  if (isDefault) return 'frames that no other sub-interface takes';
  const first = `${isDot1ad ? 'dot1ad' : 'dot1q'} ${outer}`;
  return `${first}${tags === 2 ? ` inner ${inner}` : ''}${isExact ? '' : ', further tags allowed'}`;
};

/** The TAPs of pairs: linux-cp makes a sub-interface on one for each pair of a sub-interface. */
async function hostsOfPairs(client: VppApiClient): Promise<ReadonlySet<SwIfIndex>> {
  if (client.checkMessages(LCP_MESSAGES).length > 0) return new Set();
  return new Set((await lcpPairs(client)).map(({ hostSwIfIndex }) => hostSwIfIndex));
}

export const subInterface: Kind<Tagged> = {
  name: 'sub-interface',
  isInterface: true,
  messages: [createSubif, deleteSubif],
  desired: ({ interfaces }) =>
    new Map(
      interfaces.flatMap((one) => {
        const encapsulation = encapsulationOf(one);
        return encapsulation === undefined ? [] : [[one.name, { encapsulation }]];
      }),
    ),
  actual: async (client, { all }) => {
    const subs = all.filter(({ sub }) => sub !== undefined);
    const hasOthers = subs.some(({ name, tag }) => !isOwnTag(tag, name));
    const hosts = hasOthers ? await hostsOfPairs(client) : new Set<SwIfIndex>();
    const found = subs
      .filter(({ supSwIfIndex }) => !hosts.has(supSwIfIndex))
      .map(({ name, sub, tag }) => {
        return [name, { attributes: { encapsulation: sub! }, isOurs: isOwnTag(tag, name) }] as const;
      });
    return new Map(found);
  },
  refersTo: (name) => [`interface/${subInterfaceName(name)?.parent ?? ''}`],
  create: (name, { encapsulation }) => [
    {
      // VPP's own order does not matter; linux-cp wants the outer VLAN's pair before that of two tags.
      rank: encapsulation.tags === 2 ? 'innerSubInterfaces' : 'subInterfaces',
      words: `create ${name} (${words(encapsulation)})`,
      run: async (vpp) => {
        const { parent = '', number = 0 } = subInterfaceName(name) ?? {};
        const index = await createSubInterface(vpp.client, vpp.indexOf(parent), number, encapsulation);
        await markInterface(vpp.client, index, name);
        vpp.made(name, index);
      },
    },
  ],
  change: () => undefined,
  remove: (name, { attributes: { encapsulation } }) => [
    {
      rank: encapsulation?.tags === 2 ? 'innerSubInterfacesOff' : 'subInterfacesOff',
      words: `delete ${name}`,
      interrupts: `${name}: its addresses, routes and sessions`,
      run: (vpp) => deleteSubInterface(vpp.client, vpp.indexOf(name)),
    },
  ],
};
