/**
 * What each interface should be while the kernel forwards: from the configuration alone, in the order in which they are
 * set, parents before what is on them. Pure.
 */
import { encapsulationOf, portsOf, portTraits, subInterfaceName } from '../config/mod.ts';
import type { Config, InterfaceConfig } from '../config/types.ts';
import type { BridgePortFlags } from '../linux/mod.ts';

/** What an interface is part of. */
export type Master =
  | { readonly kind: 'vrf'; readonly name: string }
  | { readonly kind: 'bond'; readonly name: string; readonly isPrimary: boolean }
  | {
      readonly kind: 'bridge';
      readonly name: string;
      readonly flags: BridgePortFlags;
      /** MAC addresses that are always behind it. */
      readonly stations: readonly string[];
    };

export interface KernelTarget {
  readonly name: string;
  readonly isUp: boolean;
  /** What it has in VPP and not here. */
  readonly lacks: readonly string[];
  /** Undefined: that of the hardware, or of the bond that it is a member of. */
  readonly mtuBytes: number | undefined;
  readonly mac: string | undefined;
  readonly master: Master | undefined;
  /** Without IP it carries the frames of others. */
  readonly hasIp: boolean;
  readonly addresses: readonly { readonly address: string; readonly length: number }[];
  readonly neighbors: InterfaceConfig['neighbors'];
  readonly proxyArp: boolean;
}

/** The default of `interface.NAME.mtu`. */
const MTU_BYTES = 1500;

export function kernelTargetsOf(config: Config): KernelTarget[] {
  const sections = new Map(config.interfaces.map((one) => [one.name, one]));
  const ports = portsOf(config);
  const parents = config.interfaces.flatMap(({ name }) => subInterfaceName(name)?.parent ?? []);
  const names = new Set([
    ...sections.keys(),
    ...ports.keys(),
    ...parents,
    ...config.bridges.map(({ name }) => name),
  ]);
  return [...names]
    .map((name) => ({ name, depth: depthOf(name, sections.get(name), config) }))
    .sort((a, b) => a.depth - b.depth)
    .map(({ name }) => targetOf(name, config, sections, ports));
}

/** NICs, what is made of them, VLANs on either, and bridges of any. */
function depthOf(name: string, own: InterfaceConfig | undefined, { bonds, bridges }: Config): number {
  if (bridges.some((one) => one.name === name)) return 4;
  const tags = own === undefined ? undefined : encapsulationOf(own)?.tags;
  if (tags !== undefined) return tags === 2 ? 3 : 2;
  return bonds.some((one) => one.name === name) ? 1 : 0;
}

type Sections = ReadonlyMap<string, InterfaceConfig>;

function targetOf(
  name: string,
  config: Config,
  sections: Sections,
  ports: ReturnType<typeof portsOf>,
): KernelTarget {
  const own = sections.get(name);
  const parent = subInterfaceName(name)?.parent;
  const isEnabled = own?.enabled ?? true;
  const port = ports.get(name);
  const frameBytes = frameBytesOf(name, config, sections, port?.mtuBytes);
  const lacks = whatKernelLacks(name, config, own);
  const isRaised = own !== undefined && port === undefined && frameBytes > own.mtuBytes;
  if (isRaised) lacks.push(`an mtu of ${own.mtuBytes} bytes beside VLANs with ${frameBytes}`);
  return {
    name,
    isUp: isEnabled && (parent === undefined || (sections.get(parent)?.enabled ?? true)),
    lacks,
    mtuBytes:
      port?.kind === 'bond' || (own === undefined && frameBytes === MTU_BYTES) ? undefined : frameBytes,
    mac: own?.mac,
    master: masterOf(name, config, own),
    hasIp: port === undefined && (own !== undefined || !config.bridges.some((one) => one.name === name)),
    addresses: port === undefined ? addressesOf(own, sections) : [],
    neighbors: own?.neighbors ?? [],
    proxyArp: own?.proxyArp ?? false,
  };
}

/** The frames of a parent are as large as those of what is on it. */
function frameBytesOf(
  name: string,
  { interfaces }: Config,
  sections: Sections,
  portBytes: number | undefined,
): number {
  const children = interfaces.filter((one) => subInterfaceName(one.name)?.parent === name);
  const own = portBytes ?? sections.get(name)?.mtuBytes ?? MTU_BYTES;
  const stacked = stackedOn(name, interfaces);
  return Math.max(own, ...[...children, ...stacked].map(({ mtuBytes }) => mtuBytes));
}

/** VLANs with two tags whose outer one is that of the sub-interface. */
function stackedOn(name: string, interfaces: Config['interfaces']): InterfaceConfig[] {
  const own = interfaces.find((one) => one.name === name);
  const outer = own === undefined ? undefined : encapsulationOf(own);
  if (outer?.tags !== 1) return [];
  const parent = subInterfaceName(name)?.parent;
  return interfaces.filter((one) => {
    const tags = encapsulationOf(one);
    const isHere = subInterfaceName(one.name)?.parent === parent && tags?.tags === 2;
    return isHere && tags.outer === outer.outer && tags.isDot1ad === outer.isDot1ad;
  });
}

function masterOf(name: string, config: Config, own: InterfaceConfig | undefined): Master | undefined {
  const bond = config.bonds.find(({ members }) => members.includes(name));
  if (bond !== undefined) return { kind: 'bond', name: bond.name, isPrimary: bond.primary === name };
  const bridge = config.bridges.find(({ members }) => members.includes(name));
  if (bridge !== undefined) {
    const flags: BridgePortFlags = {
      learns: bridge.learn,
      floods: bridge.flood,
      floodsUnknown: bridge.unknownUnicastFlood,
      isIsolated: portTraits(config).splitHorizonGroup(name) > 0,
    };
    const stations = bridge.static.filter(({ port }) => port === name).map(({ mac }) => mac);
    return { kind: 'bridge', name: bridge.name, flags, stations };
  }
  return own?.vrf === undefined ? undefined : { kind: 'vrf', name: own.vrf };
}

/** A borrower has the addresses of its donor as host addresses; a link-local address is one of its network. */
function addressesOf(own: InterfaceConfig | undefined, sections: Sections): KernelTarget['addresses'] {
  if (own === undefined) return [];
  const borrowed = own.unnumbered === undefined ? [] : (sections.get(own.unnumbered)?.addresses ?? []);
  return [
    ...own.addresses.map(({ address, length }) => ({ address, length })),
    ...borrowed.map(({ address, family }) => ({ address, length: family === 4 ? 32 : 128 })),
    ...(own.linkLocal === undefined ? [] : [{ address: own.linkLocal, length: 64 }]),
  ];
}

/** What of an interface is left out while the kernel forwards. */
function whatKernelLacks(name: string, config: Config, own: InterfaceConfig | undefined): string[] {
  const bridge = config.bridges.find((one) => one.name === name);
  return [
    ...(own?.mpls === true ? ['MPLS'] : []),
    ...(own === undefined || own.proxyNd.length === 0 ? [] : ['proxy-nd']),
    ...(bridge?.arpTermination === true ? ['arp-termination'] : []),
  ];
}
