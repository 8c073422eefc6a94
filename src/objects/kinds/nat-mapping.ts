/**
 * What packets from outside are translated to without a session: port forwards, one-to-one addresses, and what the box
 * itself gets.
 *
 * VPP drops packets for the address of an outside interface that belong to nothing else, the box's own BGP and DNS too
 * (nat44_ed_out2in.c); an identity mapping of the address keeps TCP, UDP and ICMP, one of a protocol keeps that. It has
 * no port, so that sessions and forwarded ports come first.
 *
 * A mapping that follows an interface is listed a second time with the address that the interface has. That twin is
 * VPP's; one with another address than the interface has is left over.
 */
import type { Config } from '../../config/types.ts';
import { ipv4Number, protocolName } from '../../config/mod.ts';
import * as api from '../../vpp/api/mod.ts';
import { differences, type Found, type Key, type Kind, type StepTarget } from '../kind.ts';
import { isOwnTag } from '../own-tag.ts';
import { NAT44, NAT_PLUGIN, unlessAbsent } from './nat44.ts';

interface Mapping extends Readonly<Record<string, unknown>> {
  readonly isIdentity: boolean;
  readonly isAddressOnly: boolean;
  readonly protocol: number;
  /** An IPv4 address, or the name of the interface whose address it is. */
  readonly external: string;
  readonly externalPort: number;
  readonly internal: string;
  readonly internalPort: number;
  /** VPP has it with the address that the interface has. */
  readonly isFollowing: boolean;
}

const PROTOCOL_NUMBERS = { tcp: 6, udp: 17 } as const;
/** Protocols without ports that the box itself speaks: IP in IP, 6in4, GRE, ESP, AH, OSPF. */
const OWN_PROTOCOLS = [4, 41, 47, 50, 51, 89];

function mappingsOf({ nat44, portForwards, natStatics }: Config): Map<string, Mapping> {
  const mappings = new Map<string, Mapping>();
  if (!nat44.enabled) return mappings;
  for (const { name, protocols, external, internal } of portForwards) {
    for (const protocol of protocols) {
      mappings.set(`forward/${name}/${protocol}`, {
        isIdentity: false,
        isAddressOnly: false,
        protocol: PROTOCOL_NUMBERS[protocol],
        external: 'interface' in external.on ? external.on.interface : external.on.address,
        externalPort: external.port,
        internal: internal.address,
        internalPort: internal.port,
        isFollowing: true,
      });
    }
  }
  const whole = { isAddressOnly: true, protocol: 0, externalPort: 0, internalPort: 0, isFollowing: true };
  for (const { name, external, internal } of natStatics) {
    mappings.set(`static/${name}`, { ...whole, isIdentity: false, external, internal });
  }
  for (const external of nat44.ownTraffic ? nat44.masquerade : []) {
    const own = { ...whole, isIdentity: true, external, internal: '' };
    mappings.set(`own/${external}`, own);
    for (const protocol of OWN_PROTOCOLS) {
      mappings.set(`own/${external}/${protocol}`, { ...own, isAddressOnly: false, protocol });
    }
  }
  return mappings;
}

function wordsOf({ isIdentity, isAddressOnly, protocol, ...rest }: Mapping): string {
  const { external, externalPort, internal, internalPort } = rest;
  if (isIdentity)
    return `${isAddressOnly ? 'TCP, UDP and ICMP' : protocolName(protocol)} of the box on ${external}`;
  if (isAddressOnly) return `${external} to ${internal}`;
  return `${protocolName(protocol)} ${external}:${externalPort} to ${internal}:${internalPort}`;
}

function toApi(vpp: StepTarget, name: string, mapping: Mapping): api.NatMapping {
  const { isIdentity, isAddressOnly, protocol, external, externalPort, internal, internalPort } = mapping;
  return {
    isIdentity,
    isAddressOnly,
    protocol,
    external: ipv4Number(external) === undefined ? vpp.indexOf(external) : external,
    externalPort,
    internal,
    internalPort,
    tag: api.OWN_TAG + name,
  };
}

/** Whether two records are one mapping but for where it is outside. */
function isSame(a: api.NatMapping, b: api.NatMapping): boolean {
  return (
    a.tag === b.tag &&
    a.isIdentity === b.isIdentity &&
    a.isAddressOnly === b.isAddressOnly &&
    a.protocol === b.protocol &&
    a.externalPort === b.externalPort &&
    a.internal === b.internal &&
    a.internalPort === b.internalPort
  );
}

interface ReadMapping extends api.NatMapping {
  readonly isFollowing: boolean;
}

/** The mappings without the twins of those that follow interfaces. */
async function readMappings(client: api.VppApiClient): Promise<ReadMapping[]> {
  const all = await api.dumpNatMappings(client);
  const twins = new Set<api.NatMapping>();
  const following = new Map<api.NatMapping, boolean>();
  const addressesOf = new Map<api.SwIfIndex, readonly string[]>();
  for (const one of all) {
    const { external } = one;
    if (typeof external === 'string') continue;
    const known = addressesOf.get(external);
    const own = known ?? (await api.dumpAddresses(client, external, 4)).map(({ address }) => address);
    addressesOf.set(external, own);
    const twin = all.find(
      (other) => typeof other.external === 'string' && own.includes(other.external) && isSame(one, other),
    );
    if (twin !== undefined) twins.add(twin);
    following.set(one, twin !== undefined || own.length === 0);
  }
  return all
    .filter((one) => !twins.has(one))
    .map((one) => ({ ...one, isFollowing: following.get(one) ?? true }));
}

export const natMapping: Kind<Mapping> = {
  name: 'nat-mapping',
  messages: [
    api.nat44AddDelIdentityMapping,
    api.nat44AddDelStaticMappingV2,
    api.nat44IdentityMappingDump,
    api.nat44StaticMappingDump,
  ],
  plugin: NAT_PLUGIN,
  desired: mappingsOf,
  actual: async (client, interfaces) => {
    const found = new Map<string, Found<Mapping>>();
    // Those that follow an interface come first: a record of the same name beside one of them is left over.
    const records = (await readMappings(client)).sort(
      (a, b) => Number(typeof a.external === 'string') - Number(typeof b.external === 'string'),
    );
    for (const { tag, ...one } of records) {
      const isOurs = isOwnTag(tag);
      const external = typeof one.external === 'string' ? one.external : interfaces.nameOf(one.external);
      const name = isOurs ? tag.slice(api.OWN_TAG.length) : `#${tag}`;
      const key =
        found.has(name) || !isOurs ? `${name} ${one.protocol} ${external}:${one.externalPort}` : name;
      found.set(key, { attributes: { ...one, external }, isOurs });
    }
    return found;
  },
  refersTo: (_name, { external }): Key[] =>
    ipv4Number(external) === undefined ? [NAT44, `interface/${external}`] : [NAT44],
  create: (name, mapping) => ({
    rank: 'natRules',
    words: mapping.isIdentity ? `keep ${wordsOf(mapping)}` : `forward ${wordsOf(mapping)}`,
    run: (vpp) => api.addDelNatMapping(vpp.client, toApi(vpp, name, mapping), true),
  }),
  change: (name, { attributes }, mapping) =>
    differences({ ...attributes, isFollowing: true }, mapping).length > 0
      ? undefined
      : {
          rank: 'natRules',
          words: `${mapping.isIdentity ? 'keep' : 'forward'} ${wordsOf(mapping)} by its present address`,
          run: async (vpp) => {
            const wanted = toApi(vpp, name, mapping);
            await unlessAbsent(api.addDelNatMapping(vpp.client, wanted, false));
            await api.addDelNatMapping(vpp.client, wanted, true);
          },
        },
  remove: (name, { attributes }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- VPP tells all of a mapping
    const mapping = attributes as Mapping;
    return {
      rank: 'natRulesOff',
      words: `stop: ${mapping.isIdentity ? 'keep' : 'forward'} ${wordsOf(mapping)}`,
      interrupts: `sessions through ${wordsOf(mapping)}`,
      run: (vpp) => unlessAbsent(api.addDelNatMapping(vpp.client, toApi(vpp, name, mapping), false)),
    };
  },
};
