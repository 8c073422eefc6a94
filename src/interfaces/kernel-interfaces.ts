/**
 * The configured interfaces in the kernel: the data plane while VPP is disabled or looping.
 *
 * A `LinkPlace` locates them. Owns the addresses that it added, and the MTU and admin state of what it
 * configured: an interface that leaves the configuration loses its addresses, gets its MTU back and is set
 * down, as it would be after a restart.
 */
import type { InterfaceConfig } from '../config/types.ts';
import {
  addAddress,
  type Link,
  type LinkCounters,
  listAddresses,
  listLinkCounters,
  listLinks,
  reasonOf,
  removeAddress,
  setLinkMtu,
  setProxyArpOfLink,
  setLinkUp,
} from '../linux/mod.ts';
import type { InterfaceStatus } from './status.ts';

/** No link has this index. */
const NO_INDEX = 0;

/** The link of a configured interface, or why it has none. */
export type FoundLink = { readonly ifName: string } | { readonly reason: string };

/** The namespace of the data plane's links. */
export interface LinkPlace {
  find(name: string): FoundLink;
  /** Runs `body` in that namespace, synchronously. Throws what it throws, and LinuxError when the namespace is gone. */
  run<T>(body: () => T): T;
}

interface Present {
  readonly links: ReadonlyMap<string, Link>;
  readonly addresses: ReadonlyMap<number, readonly string[]>;
  readonly counters: ReadonlyMap<number, LinkCounters>;
}

export class KernelInterfaces {
  readonly #place: LinkPlace;
  #configs: readonly InterfaceConfig[];
  readonly #failures = new Map<string, string>();
  /** The original MTUs, by the kernel's name. */
  readonly #originalMtu = new Map<string, number>();
  /** Links, by the kernel's name, whose proxy ARP was switched on here. */
  readonly #proxyArp = new Set<string>();
  #active = false;

  constructor(configs: readonly InterfaceConfig[], place: LinkPlace) {
    this.#configs = configs;
    this.#place = place;
  }

  /** Sets admin state, MTU and addresses of all interfaces that the kernel has. Never throws. */
  apply(): void {
    this.#active = true;
    this.#failures.clear();
    for (const config of this.#configs) this.#set(config);
  }

  /**
   * Applies another configuration: while active, removes what is gone from all interfaces, then sets the new state.
   * True when an interface changed, which may have removed routes. Never throws.
   */
  reconfigure(configs: readonly InterfaceConfig[]): boolean {
    const before = this.#configs;
    this.#configs = configs;
    if (!this.#active) return false;
    const next = new Map(configs.map((config) => [config.name, config]));
    const changed = new Set<string>();
    for (const old of before) {
      const now = next.get(old.name);
      if (now !== undefined && isSame(old, now)) continue;
      changed.add(old.name);
      this.#prune(old, now);
      if (now === undefined) this.#failures.delete(old.name);
    }
    const old = new Set(before.map(({ name }) => name));
    for (const config of configs) {
      if (!old.has(config.name)) changed.add(config.name);
      // All addresses again: the kernel removes secondary ones with the first of their subnet.
      if (changed.has(config.name)) this.#set(config);
    }
    return changed.size > 0;
  }

  /** Removes the addresses again. Never throws. */
  withdraw(): void {
    if (!this.#active) return;
    this.#active = false;
    for (const { name, addresses } of this.#configs) {
      this.#removeAddresses(name, addresses);
      this.#on(name, (ifName) => this.#setProxyArp(ifName, false));
    }
    this.#originalMtu.clear();
    this.#proxyArp.clear();
  }

  get active(): boolean {
    return this.#active;
  }

  get status(): InterfaceStatus[] {
    if (!this.#active) return [];
    const { links, addresses, counters } = this.#present();
    return this.#configs.map((config) => {
      const found = this.#place.find(config.name);
      const link = 'ifName' in found ? links.get(found.ifName) : undefined;
      const failure = this.#failures.get(config.name);
      const counted = counters.get(link?.index ?? NO_INDEX);
      return {
        name: config.name,
        dataPlane: 'kernel' as const,
        state:
          failure === undefined ? { state: 'ok' as const } : { state: 'failed' as const, reason: failure },
        adminUp: link?.up ?? false,
        link: link === undefined ? ('unknown' as const) : link.running ? ('up' as const) : ('down' as const),
        ...(link === undefined ? {} : { mtuBytes: link.mtu, mac: link.mac }),
        addresses: addresses.get(link?.index ?? NO_INDEX) ?? [],
        ...(counted === undefined ? {} : { kernelCounters: counted }),
      };
    });
  }

  #set(config: InterfaceConfig): void {
    this.#failures.delete(config.name);
    const found = this.#place.find(config.name);
    if ('reason' in found) {
      this.#failures.set(config.name, found.reason);
      return;
    }
    const name = found.ifName;
    const filter = whyDownInKernel(config);
    try {
      this.#place.run(() => {
        this.#setMtu(name, config.mtuBytes);
        this.#setProxyArp(name, config.proxyArp);
        for (const { address, length } of config.addresses) addAddress(name, address, length);
        setLinkUp(name, config.enabled && filter === undefined);
      });
      const lacking = filter ?? whatKernelLacks(config);
      if (lacking !== undefined) this.#failures.set(config.name, lacking);
    } catch (error) {
      this.#failures.set(config.name, reasonOf(error));
    }
  }

  /** Linux answers for what it has a route to through another interface. */
  #setProxyArp(name: string, isOn: boolean): void {
    if (!isOn && !this.#proxyArp.has(name)) return;
    setProxyArpOfLink(name, isOn);
    if (isOn) this.#proxyArp.add(name);
    else this.#proxyArp.delete(name);
  }

  #setMtu(name: string, wanted: number | undefined): void {
    const original = this.#originalMtu.get(name);
    if (wanted === undefined) {
      if (original !== undefined) setLinkMtu(name, original);
      this.#originalMtu.delete(name);
      return;
    }
    const now = listLinks().find((link) => link.name === name)?.mtu;
    if (original === undefined && now !== undefined) this.#originalMtu.set(name, now);
    setLinkMtu(name, wanted);
  }

  /** Removes what the next configuration of the interface lacks; all of it without one. */
  #prune(old: InterfaceConfig, next: InterfaceConfig | undefined): void {
    const kept = new Set(next?.addresses.map(({ address, length }) => `${address}/${length}`));
    this.#removeAddresses(
      old.name,
      old.addresses.filter(({ address, length }) => !kept.has(`${address}/${length}`)),
    );
    if (next !== undefined) return;
    this.#on(old.name, (name) => {
      this.#setMtu(name, undefined);
      this.#setProxyArp(name, false);
      setLinkUp(name, false);
    });
  }

  #removeAddresses(interfaceName: string, addresses: InterfaceConfig['addresses']): void {
    for (const { address, length } of addresses) {
      this.#on(interfaceName, (name) => removeAddress(name, address, length));
    }
  }

  /** For removals: an interface that is gone needs none. */
  #on(interfaceName: string, work: (ifName: string) => void): void {
    const found = this.#place.find(interfaceName);
    if ('reason' in found) return;
    try {
      this.#place.run(() => work(found.ifName));
    } catch {
      // Gone with the interface, or with its namespace.
    }
  }

  /**
   * The kernel's state: links by name; by index their counters, and addresses without those that it derived from MACs.
   */
  #present(): Present {
    const links = new Map<string, Link>();
    const addresses = new Map<number, string[]>();
    try {
      return this.#place.run(() => {
        for (const link of listLinks()) links.set(link.name, link);
        for (const { ifIndex, address, length } of listAddresses()) {
          if (address.startsWith('fe80:') && !this.#isConfigured(address)) continue;
          addresses.set(ifIndex, [...(addresses.get(ifIndex) ?? []), `${address}/${length}`]);
        }
        return { links, addresses, counters: listLinkCounters() };
      });
    } catch {
      // The namespace is gone: it is made again at the next check.
      return { links, addresses, counters: new Map() };
    }
  }

  #isConfigured(wanted: string): boolean {
    return this.#configs.some(({ addresses }) => addresses.some(({ address }) => address === wanted));
  }
}

/**
 * Why an interface stays down while the kernel forwards: without its filter it would let through what it is to keep out,
 * without NAT it would show addresses that are nobody's outside, and without its VRF it would lead into another one.
 */
function whyDownInKernel({ aclIn, aclOut, macip, nat, vrf }: InterfaceConfig): string | undefined {
  const missing = [
    ...(aclIn.length + aclOut.length > 0 ? ['acl-in and acl-out'] : []),
    ...(macip === undefined ? [] : ['macip']),
    ...(nat === undefined ? [] : ['nat']),
    ...(vrf === undefined ? [] : ['vrf']),
  ];
  return missing.length === 0
    ? undefined
    : `it stays down while the kernel forwards, which has no ${missing.join(', ')}`;
}

/** What of an interface is left out while the kernel forwards. */
function whatKernelLacks({ mpls, urpf, mssClamp, mac, proxyNd }: InterfaceConfig): string | undefined {
  const missing = [
    ...(mpls ? ['MPLS'] : []),
    ...(urpf === undefined ? [] : ['urpf']),
    ...(mssClamp === undefined ? [] : ['mss-clamp']),
    ...(mac === undefined ? [] : ['mac']),
    ...(proxyNd.length === 0 ? [] : ['proxy-nd']),
  ];
  return missing.length === 0 ? undefined : `the kernel forwards without ${missing.join(', ')}`;
}

function isSame(a: InterfaceConfig, b: InterfaceConfig): boolean {
  return (
    whyDownInKernel(a) === whyDownInKernel(b) &&
    whatKernelLacks(a) === whatKernelLacks(b) &&
    a.enabled === b.enabled &&
    a.mtuBytes === b.mtuBytes &&
    a.mpls === b.mpls &&
    a.proxyArp === b.proxyArp &&
    a.addresses.length === b.addresses.length &&
    a.addresses.every(({ address, length }, i) => {
      const other = b.addresses[i];
      return other !== undefined && address === other.address && length === other.length;
    })
  );
}
