/**
 * VLAN devices that someone makes on TAPs in Linux, as sub-interfaces that VPP is to have (`vpp.lcp.follow`). Pure.
 *
 * A sub-interface is called by its parent and its tags: `xe0.100`, and `xe0.300031` for VLAN 31 inside VLAN 30. So a
 * configuration that names it later takes it over as it is. Its TAP is the device itself: VPP makes a pair with a link
 * that exists.
 */
import { encapsulationOf, interfaceConfig, MAX_VLAN, subInterfaceName, tunnelsOf } from '../config/mod.ts';
import type { Config, InterfaceConfig } from '../config/types.ts';
import type { HostLink, HostState } from '../mirror/mod.ts';

/** The number of a sub-interface with two tags: the outer VLAN times this, and the inner one. */
const TWO_TAGS = 10_000;

export interface FollowedVlan {
  readonly link: HostLink;
  /** As the configuration would write it: the encapsulation, and defaults. */
  readonly config: InterfaceConfig;
}

export interface FollowedVlans {
  readonly followed: readonly FollowedVlan[];
  /** Why a device has no sub-interface, by the name of the device. */
  readonly refusals: ReadonlyMap<string, string>;
}

/** Tags of a device on the TAP of an interface. */
interface Tags {
  readonly parent: string;
  readonly outer: number;
  readonly isDot1ad: boolean;
  readonly inner?: number;
}

/**
 * @param taps the interfaces that have, or are to have, a TAP, by its name; those of the configuration
 * @param own indices of devices that VPP made for sub-interfaces of the configuration
 */
export function followedVlans(
  config: Config,
  state: HostState,
  taps: ReadonlyMap<string, string>,
  own: ReadonlySet<number>,
): FollowedVlans {
  const byIndex = new Map([...state.values()].map((link) => [link.ifIndex, link]));
  const configs = new Map(config.interfaces.map((one) => [one.name, one]));
  const layer3 = new Set(tunnelsOf(config).flatMap(({ name, isEthernet }) => (isEthernet ? [] : [name])));
  const taken = new Map(
    config.interfaces.flatMap((one) => {
      const encapsulation = encapsulationOf(one);
      if (encapsulation === undefined) return [];
      const { parent = '' } = subInterfaceName(one.name) ?? {};
      return [[tagKey(parent, encapsulation), one.name] as const];
    }),
  );
  const tagsOf = ({ vlan }: HostLink): Tags | string | undefined => {
    const below = vlan === undefined ? undefined : byIndex.get(vlan.parent);
    if (vlan === undefined || below === undefined) return undefined;
    const { id, isDot1ad } = vlan;
    const parent = taps.get(below.name);
    const outer = parent === undefined ? tagsOf(below) : tagsOfConfigured(configs.get(parent));
    if (typeof outer === 'string') return outer;
    if (outer === undefined && (parent === undefined || layer3.has(parent))) return undefined;
    if (id < 1 || id > MAX_VLAN) return `${id} is no VLAN (1–${MAX_VLAN})`;
    if (outer === undefined) return { parent: parent ?? '', outer: id, isDot1ad };
    if (outer.inner !== undefined) return 'VPP takes two tags at most';
    if (isDot1ad) return 'VPP takes 802.1ad as the outer tag only';
    return { ...outer, inner: id };
  };
  const followed = new Map<string, FollowedVlan>();
  const refusals = new Map<string, string>();
  for (const link of [...state.values()].toSorted((a, b) => a.ifIndex - b.ifIndex)) {
    if (taps.has(link.name) || own.has(link.ifIndex)) continue;
    const tags = tagsOf(link);
    if (tags === undefined) continue;
    if (typeof tags === 'string') {
      refusals.set(link.name, tags);
      continue;
    }
    const one = configOf(tags);
    const owner = taken.get(tagKey(tags.parent, tags));
    if (owner !== undefined) refusals.set(link.name, `its frames are those of ${owner} in the configuration`);
    else if (configs.has(one.name))
      refusals.set(link.name, `the configuration has ${one.name} with other tags`);
    else if (followed.has(one.name))
      refusals.set(
        link.name,
        `${followed.get(one.name)?.link.name} is ${one.name} in VPP already: VLANs of 802.1Q and 802.1ad need different numbers`,
      );
    else followed.set(one.name, { link, config: one });
  }
  return { followed: [...followed.values()], refusals };
}

/** The tags of a configured sub-interface that may have VLANs on its TAP; undefined for an interface without tags. */
function tagsOfConfigured(one: InterfaceConfig | undefined): Tags | string | undefined {
  const encapsulation = one === undefined ? undefined : encapsulationOf(one);
  if (one === undefined || encapsulation === undefined) return undefined;
  const { tags, outer, inner, isDot1ad } = encapsulation;
  if (tags === 0 || outer === 'any' || inner === 'any') return `${one.name} has no VLAN of its own`;
  const { parent = '' } = subInterfaceName(one.name) ?? {};
  return { parent, outer, isDot1ad, ...(tags === 2 ? { inner } : {}) };
}

function configOf({ parent, outer, isDot1ad, inner }: Tags): InterfaceConfig {
  const number = inner === undefined ? outer : outer * TWO_TAGS + inner;
  return interfaceConfig({
    name: `${parent}.${number}`,
    vlan: outer,
    innerVlan: inner,
    encapsulation: isDot1ad ? 'dot1ad' : 'dot1q',
  });
}

function tagKey(
  parent: string,
  {
    outer,
    inner,
    isDot1ad,
  }: { readonly outer: number | 'any'; readonly inner?: number | 'any'; readonly isDot1ad: boolean },
): string {
  return `${parent} ${isDot1ad ? 'dot1ad' : 'dot1q'} ${outer} ${inner ?? 0}`;
}
