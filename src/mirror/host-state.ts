/**
 * The Linux side of a VPP interface: the state of its TAP in the namespace.
 *
 * Without link-local IPv6 addresses, which nobody configured: the kernel gives each link one, and VPP each of its
 * interfaces, from the same MAC address.
 */
import type { Prefix } from '../config/types.ts';
import {
  type Link,
  type LinkAddress,
  listAddresses,
  listLinks,
  proxyArpLinks,
  type Vlan,
} from '../linux/mod.ts';

export interface HostLink {
  /** With another index it is another link of the same name. */
  readonly ifIndex: number;
  readonly name: string;
  /** Admin state. */
  readonly isUp: boolean;
  /** It is up, and so is its lower layer. */
  readonly isRunning: boolean;
  readonly isTap: boolean;
  readonly mtuBytes: number;
  /** Without link-local ones. */
  readonly addresses: readonly Prefix[];
  /** The VRF device that it is enslaved to; absent without one. */
  readonly vrf?: { readonly name: string; readonly tableId: number };
  /** Its own table, of a VRF device. */
  readonly vrfTable?: number;
  /** What a VLAN device gets of another link. */
  readonly vlan?: Vlan;
  /** Answers ARP requests for addresses that are elsewhere. */
  readonly proxyArp: boolean;
}

/** Links by name. */
export type HostState = ReadonlyMap<string, HostLink>;

/** As a table of VPP; the kernel's main table is VPP's default one. */
const MAIN_TABLE = 254;

/** Reads the namespace of this thread. Throws LinuxError. */
export function readHostState(): HostState {
  return hostStateOf(listLinks(), listAddresses(), proxyArpLinks());
}

/** The state from the kernel's lists. */
export function hostStateOf(
  links: readonly Link[],
  addresses: readonly LinkAddress[],
  proxies: ReadonlySet<number> | 'all',
): HostState {
  const byIndex = new Map(links.map((link) => [link.index, link]));
  const placed = Map.groupBy(
    addresses.filter(({ address }) => !isLinkLocal(address)),
    ({ ifIndex }) => ifIndex,
  );
  const found = new Map<string, HostLink>();
  for (const { index, name, up, running, kind, mtu, master, vrfTable, vlan } of links) {
    const vrf = master === undefined ? undefined : byIndex.get(master);
    found.set(name, {
      ifIndex: index,
      name,
      isUp: up,
      isRunning: running,
      isTap: kind === 'tun',
      mtuBytes: mtu,
      addresses: (placed.get(index) ?? []).map(({ family, address, length }) => ({
        family,
        address,
        length,
      })),
      ...(vrf?.vrfTable === undefined
        ? {}
        : { vrf: { name: vrf.name, tableId: vrf.vrfTable === MAIN_TABLE ? 0 : vrf.vrfTable } }),
      ...(vrfTable === undefined ? {} : { vrfTable }),
      ...(vlan === undefined ? {} : { vlan }),
      proxyArp: proxies === 'all' || proxies.has(index),
    });
  }
  return found;
}

/** fe80::/10 in canonical text. */
function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/.test(address);
}
