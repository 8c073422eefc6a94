/** The links of a configuration that the kernel does not have by itself, in the order in which they are made. Pure. */
import { encapsulationOf, LOOPBACK_NAME, subInterfaceName, type Tunnel, tunnelsOf } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import type { VirtualLink } from '../linux/mod.ts';

/** One of them, or why Linux cannot have it. `parent` of a VLAN is a configured name. */
export type MadeLink =
  | { readonly name: string; readonly link: VirtualLink }
  | { readonly name: string; readonly reason: string };

export type MadeLinksInput = Pick<
  Config,
  'bonds' | 'bridges' | 'gres' | 'interfaces' | 'ipips' | 'vrfs' | 'vxlans'
>;

const SECONDS_PER_MINUTE = 60;
/** Linux forgets at once with 0; this is about a year, and fits into the kernel's 32 bits of hundredths. */
const FOR_EVER_SECONDS = 31_536_000;

export function madeLinksOf(config: MadeLinksInput): MadeLink[] {
  const { vrfs, interfaces, bonds, bridges } = config;
  return [
    ...vrfs.map(({ name, table }): MadeLink => ({ name, link: { kind: 'vrf', table } })),
    ...interfaces
      .filter(({ name }) => LOOPBACK_NAME.test(name))
      .map(({ name }): MadeLink => ({ name, link: { kind: 'dummy' } })),
    ...bonds.map(
      ({ name, mode, loadBalance, lacpTimeout, lacpPassive }): MadeLink => ({
        name,
        link: {
          kind: 'bond',
          mode,
          hash: loadBalance,
          isSlowLacp: lacpTimeout === 'long',
          isPassiveLacp: lacpPassive,
        },
      }),
    ),
    ...tunnelsOf(config).map(
      (tunnel): MadeLink => ({
        name: tunnel.name,
        link: tunnelLink(tunnel, config),
      }),
    ),
    ...vlansOf(interfaces),
    ...bridges.map(({ name, macAgeMinutes }): MadeLink => {
      const ageSeconds = macAgeMinutes === 0 ? FOR_EVER_SECONDS : macAgeMinutes * SECONDS_PER_MINUTE;
      return { name, link: { kind: 'bridge', ageSeconds } };
    }),
  ];
}

function tunnelLink(
  { section, name, source, destination, underlayVrf, isEthernet }: Tunnel,
  { vxlans }: MadeLinksInput,
): VirtualLink {
  const ends = { source, destination, ...(underlayVrf === undefined ? {} : { underlay: underlayVrf }) };
  const isIpv6 = source.includes(':');
  if (section === 'ipip') return { kind: isIpv6 ? 'ip6tnl' : 'sit', ...ends };
  if (section === 'gre') {
    if (isIpv6) return { kind: isEthernet ? 'ip6gretap' : 'ip6gre', ...ends };
    return { kind: isEthernet ? 'gretap' : 'gre', ...ends };
  }
  const { vni = 0, port = 0 } = vxlans.find((one) => one.name === name) ?? {};
  return { kind: 'vxlan', ...ends, vni, port };
}

/** One tag before two: an inner VLAN is on the VLAN of its outer tag. */
function vlansOf(interfaces: Config['interfaces']): MadeLink[] {
  const tagged = interfaces.flatMap((config) => {
    const encapsulation = encapsulationOf(config);
    const parent = subInterfaceName(config.name)?.parent;
    return encapsulation === undefined || parent === undefined
      ? []
      : [{ name: config.name, parent, encapsulation }];
  });
  const made = tagged.map(({ name, parent, encapsulation }): MadeLink & { readonly tags: number } => {
    const { tags, outer, inner, isDot1ad } = encapsulation;
    const refuse = (reason: string) => ({ name, reason, tags });
    if (tags === 0 || outer === 'any') return refuse('Linux has no VLAN of all tags that no other one takes');
    if (tags === 1) return { name, link: { kind: 'vlan', parent, id: outer, isDot1ad }, tags };
    if (inner === 'any') return refuse('Linux has no VLAN of any inner tag');
    const below = tagged.find(
      (one) =>
        one.parent === parent &&
        one.encapsulation.tags === 1 &&
        one.encapsulation.outer === outer &&
        one.encapsulation.isDot1ad === isDot1ad,
    );
    if (below === undefined) {
      return refuse(`Linux stacks VLANs, and no sub-interface of ${parent} has the outer tag ${outer} alone`);
    }
    return { name, link: { kind: 'vlan', parent: below.name, id: inner, isDot1ad: false }, tags };
  });
  return made.sort((a, b) => a.tags - b.tags);
}
