/**
 * Sub-interfaces: `[interface.xe0.100]` gets the frames of xe0 with VLAN 100.
 *
 * VPP has no change of the tags in place, and takes tags twice under two numbers by cutting off the first: those that go
 * are removed before others are made.
 */
import { type Encapsulation, encapsulationOf, subInterfaceName } from '../../config/mod.ts';
import * as api from '../../vpp/api/mod.ts';
import { byInterface, type Kind, makeStep } from '../kind.ts';

interface Tagged extends Readonly<Record<string, unknown>> {
  readonly encapsulation: Encapsulation;
}

const words = ({ tags, outer, inner, isDot1ad, isExact, isDefault }: Encapsulation): string => {
  if (isDefault) return 'frames that no other sub-interface takes';
  const first = `${isDot1ad ? 'dot1ad' : 'dot1q'} ${outer}`;
  return `${first}${tags === 2 ? ` inner ${inner}` : ''}${isExact ? '' : ', further tags allowed'}`;
};

/** The TAPs of pairs: linux-cp makes a sub-interface on one for each pair of a sub-interface. */
async function hostsOfPairs(client: api.VppApiClient): Promise<ReadonlySet<api.SwIfIndex>> {
  if (client.checkMessages(api.LCP_MESSAGES).length > 0) return new Set();
  return new Set((await api.lcpPairs(client)).map(({ hostSwIfIndex }) => hostSwIfIndex));
}

export const subInterface: Kind<Tagged> = {
  name: 'sub-interface',
  isInterface: true,
  messages: [api.createSubif, api.deleteSubif],
  desired: (config) =>
    byInterface(config, (one) => {
      const encapsulation = encapsulationOf(one);
      return encapsulation === undefined ? undefined : { encapsulation };
    }),
  actual: async (client, { all, isOurs }) => {
    const subs = all.filter(({ sub }) => sub !== undefined);
    const hasOthers = subs.some(({ name }) => !isOurs(name));
    const hosts = hasOthers ? await hostsOfPairs(client) : new Set<api.SwIfIndex>();
    const found = subs
      .filter(({ supSwIfIndex }) => !hosts.has(supSwIfIndex))
      .map(({ name, sub }) => [name, { attributes: { encapsulation: sub! }, isOurs: isOurs(name) }] as const);
    return new Map(found);
  },
  refersTo: (name) => [`interface/${subInterfaceName(name)?.parent ?? ''}`],
  create: (name, { encapsulation }) => {
    const { parent = '', number = 0 } = subInterfaceName(name) ?? {};
    // VPP's own order does not matter; linux-cp wants the outer VLAN's pair before that of two tags.
    const rank = encapsulation.tags === 2 ? 'innerSubInterfaces' : 'subInterfaces';
    return makeStep(rank, name, `create ${name} (${words(encapsulation)})`, (vpp) =>
      api.createSubInterface(vpp.client, vpp.indexOf(parent), number, encapsulation),
    );
  },
  remove: (name, { attributes: { encapsulation } }) => ({
    rank: encapsulation?.tags === 2 ? 'innerSubInterfacesOff' : 'subInterfacesOff',
    words: `delete ${name}`,
    interrupts: `${name}: its addresses, routes and sessions`,
    run: (vpp) => api.deleteSubInterface(vpp.client, vpp.indexOf(name)),
  }),
};
