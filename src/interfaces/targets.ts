/**
 * The target of each interface of VPP: from the configuration, from its TAP in Linux, and from its state
 * before it left the configuration. Pure except for the remembered MTUs.
 */
import { formatPrefix, parsePrefix, subInterfaceName } from '../config/mod.ts';
import type { Port } from '../config/mod.ts';
import type { InterfaceConfig, Prefix } from '../config/types.ts';
import type { HostLink } from '../mirror/mod.ts';
import type { LcpPair } from '../vpp/api/mod.ts';
import type { HostWish } from './host-wishes.ts';
import type { Mirrored } from './mirror.ts';
import { mtuOfPackets, RELEASED, type Wanted } from './vpp-configure.ts';
import type { Known } from './vpp-status.ts';

/** The standard MTU of Ethernet; the default of `interface.NAME.mtu`. */
const MTU_BYTES = 1500;

export interface Target {
  readonly name: string;
  readonly known: Known;
  readonly wanted: Wanted;
  /** The wish of its TAP, where it counts. */
  readonly mirrored: Mirrored | undefined;
  /** It answers ARP for others: by the configuration, or as its TAP does. */
  readonly hasProxyArp: boolean;
}

export interface TargetInputs {
  readonly configs: ReadonlyMap<string, InterfaceConfig>;
  /** Left the configuration. */
  readonly released: readonly string[];
  /** They carry the frames of others. */
  readonly ports: ReadonlyMap<string, Port>;
  readonly present: ReadonlyMap<string, Known>;
  /** Have a TAP, configured or not: NICs, and VLANs that are followed. */
  readonly nics: ReadonlySet<string>;
  /** Interfaces with a TAP. */
  readonly pairs: ReadonlyMap<string, LcpPair>;
  /** The TAPs by interface; undefined where Linux has no influence, or cannot be read. */
  readonly links: ReadonlyMap<string, HostLink> | undefined;
  readonly wishOf: (
    name: string,
    link: HostLink,
    config: InterfaceConfig | undefined,
    isUp: boolean,
  ) => HostWish | undefined;
  /** The number of the table of an interface, by its configured VRF; undefined where that is not ours to say. */
  readonly tableOf: (name: string) => number | undefined;
  /** MTUs before they were set here: kept while the interface is ours. */
  readonly originalMtu: Map<string, number>;
}

/** Configured interfaces first, in the file's order, then those that left it, then those that only have a TAP. */
export function targetsOf(inputs: TargetInputs): Target[] {
  const { configs, released, ports, present, nics, pairs, links } = inputs;
  const names = new Set([
    ...configs.keys(),
    ...ports.keys(),
    ...released,
    ...nics,
    ...(links === undefined ? [] : pairs.keys()),
  ]);
  const targets: Target[] = [];
  for (const name of names) {
    const known = present.get(name);
    if (known !== undefined) targets.push(targetOf(name, known, inputs));
  }
  return belowParents(targets);
}

/** A sub-interface is up only while its parent is: VPP refuses otherwise, and so does Linux. */
function belowParents(targets: readonly Target[]): Target[] {
  const down = new Set(
    targets
      .filter(({ known: { vpp }, wanted }) => vpp.sub === undefined && !(wanted.enabled ?? vpp.adminUp))
      .map(({ known }) => known.vpp.swIfIndex),
  );
  return targets.map((target) => {
    const { sub, supSwIfIndex } = target.known.vpp;
    if (sub === undefined || !down.has(supSwIfIndex) || target.wanted.enabled !== true) return target;
    return { ...target, wanted: { ...target.wanted, enabled: false } };
  });
}

function targetOf(name: string, known: Known, inputs: TargetInputs): Target {
  const { configs, released, pairs, links, wishOf, tableOf } = inputs;
  const config = configs.get(name);
  const port = inputs.ports.get(name);
  if (port !== undefined) {
    const { originalMtu } = inputs;
    if (!originalMtu.has(name)) originalMtu.set(name, mtuOfPackets(known.vpp));
    return { name, known, wanted: wantedOfPort(port, config), mirrored: undefined, hasProxyArp: false };
  }
  const isReleased = config === undefined && released.includes(name);
  const link = links?.get(name);
  const wish = link === undefined ? undefined : wishOf(name, link, config, known.vpp.adminUp);
  const mirrored = link === undefined || wish === undefined ? undefined : { name, link, wish };
  const isUnread = mirrored === undefined && pairs.has(name) && known.tables !== undefined;
  const given: Wanted =
    config === undefined ? (isReleased ? RELEASED : UNCONFIGURED) : { ...config, tableId: tableOf(name) };
  const mtuBytes = mtuOf(known, config, inputs);
  const wanted: Wanted = {
    ...given,
    mtuBytes,
    isOwnMtu: config === undefined,
    ...(mirrored === undefined
      ? {}
      : {
          // A released interface is down until someone sets its TAP up.
          enabled: isReleased ? false : mirrored.wish.enabled,
          addresses: withoutBorrowed(mirrored.wish.addresses, config, inputs),
          // A VRF of the configuration counts, and its TAP follows.
          tableId: config?.vrf === undefined ? mirrored.wish.tableId : given.tableId,
        }),
    // Linux cannot be read: its settings stay.
    ...(isUnread && given.addresses !== undefined
      ? { addresses: union(given.addresses, known.addresses) }
      : {}),
  };
  const hasProxyArp = config?.proxyArp === true || mirrored?.wish.proxyArp === true;
  return { name, known, wanted, mirrored, hasProxyArp };
}

/** lcp-sync copies what an interface borrows to its TAP as well: that is nobody's wish. */
function withoutBorrowed(
  addresses: readonly Prefix[],
  config: InterfaceConfig | undefined,
  { configs, present }: Pick<TargetInputs, 'configs' | 'present'>,
): readonly Prefix[] {
  const donor = config?.unnumbered;
  if (donor === undefined) return addresses;
  const lent = new Set([
    ...(configs.get(donor)?.addresses.map(formatPrefix) ?? []),
    ...(present.get(donor)?.addresses ?? []),
  ]);
  return addresses.filter((prefix) => !lent.has(formatPrefix(prefix)));
}

/** A port is up with frames that are large enough, and has nothing else. */
export function wantedOfPort({ mtuBytes }: Port, config: InterfaceConfig | undefined): Wanted {
  return { enabled: config?.enabled ?? true, mtuBytes, addresses: [], mpls: false, tableId: undefined };
}

export const UNCONFIGURED: Wanted = {
  enabled: undefined,
  mtuBytes: undefined,
  addresses: undefined,
  mpls: undefined,
  tableId: undefined,
};

/**
 * The target MTU of an interface. Of a released one: the MTU that VPP gave it, if
 * known.
 */
export function mtuOf(
  { vpp }: Known,
  config: InterfaceConfig | undefined,
  { configs, nics, originalMtu }: Pick<TargetInputs, 'configs' | 'nics' | 'originalMtu'>,
): number | undefined {
  const { name } = vpp;
  // A followed VLAN has that of its parent, as Linux gives it to the device.
  const standard = configs.get(subInterfaceName(name)?.parent ?? '')?.mtuBytes ?? MTU_BYTES;
  const wanted = config?.mtuBytes ?? (nics.has(name) ? standard : undefined);
  const original = originalMtu.get(name);
  if (wanted === undefined) return original;
  if (original === undefined) originalMtu.set(name, mtuOfPackets(vpp));
  return wanted;
}

function union(configured: readonly Prefix[], present: readonly string[]): Prefix[] {
  const all = new Map(configured.map((prefix) => [`${prefix.address}/${prefix.length}`, prefix]));
  for (const text of present) {
    const parsed = all.has(text) ? undefined : parsePrefix(text);
    if (parsed !== undefined) all.set(text, parsed);
  }
  return [...all.values()];
}
