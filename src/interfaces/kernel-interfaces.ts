/**
 * The configured interfaces in the kernel: the data plane while VPP is disabled or looping.
 *
 * A `LinkPlace` locates them, `kernelTargetsOf` says what they should be. Owns the addresses and neighbours that it added,
 * and the MTU, MAC address, master and admin state of what it configured: an interface that leaves the configuration loses
 * its addresses, gets its MTU and MAC address back and is set down, as it would be after a restart.
 */
import type { Config } from '../config/types.ts';
import {
  addAddress,
  isErrno,
  type Link,
  linkIndex,
  type LinkCounters,
  listAddresses,
  listLinkCounters,
  listLinks,
  readText,
  reasonOf,
  removeAddress,
  removeNeighbor,
  removeStation,
  setBondPrimary,
  setBridgePort,
  setLinkMac,
  setLinkMaster,
  setLinkMtu,
  setLinkPromiscuous,
  setLinkUp,
  setNeighbor,
  setProxyArpOfLink,
  setStation,
  writeText,
} from '../linux/mod.ts';
import type { RuleVerdict } from '../nftables/mod.ts';
import { type KernelTarget, kernelTargetsOf, type Master } from './kernel-targets.ts';
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

/** What was changed of a link besides its admin state, with what it had before. */
interface Changed {
  mtuBytes?: number | undefined;
  mac?: string | undefined;
  isEnslaved?: boolean;
  isWithoutIpv6?: boolean;
  isPromiscuous?: boolean;
  hasProxyArp?: boolean;
}

export class KernelInterfaces {
  readonly #place: LinkPlace;
  readonly #verdictOf: (name: string) => RuleVerdict;
  #targets: readonly KernelTarget[];
  readonly #failures = new Map<string, string>();
  /** By the kernel's name. */
  readonly #changed = new Map<string, Changed>();
  #active = false;

  /** `verdictOf` is asked whenever an interface is set. */
  constructor(config: Config, place: LinkPlace, verdictOf: (name: string) => RuleVerdict) {
    this.#verdictOf = verdictOf;
    this.#targets = kernelTargetsOf(config);
    this.#place = place;
  }

  /** Makes all interfaces that the kernel has what they should be. Never throws. */
  apply(): void {
    this.#active = true;
    this.#failures.clear();
    for (const target of this.#targets) this.#set(target);
  }

  /**
   * Applies another configuration: while active, removes what is gone from all interfaces, then sets the new state.
   * True when an interface changed, which may have removed routes. Never throws.
   */
  reconfigure(config: Config): boolean {
    const before = this.#targets;
    this.#targets = kernelTargetsOf(config);
    if (!this.#active) return false;
    const next = new Map(this.#targets.map((target) => [target.name, target]));
    const old = new Map(before.map((target) => [target.name, target]));
    const isSame = (name: string): boolean =>
      JSON.stringify(old.get(name)) === JSON.stringify(next.get(name));
    // What is on an interface goes before it.
    for (const one of before.toReversed()) {
      const now = next.get(one.name);
      if (!isSame(one.name)) this.#prune(one, now);
      if (now === undefined) this.#failures.delete(one.name);
    }
    // All addresses again: the kernel removes secondary ones with the first of their subnet.
    const changed = this.#targets.filter(({ name }) => !isSame(name));
    for (const target of changed) this.#set(target);
    return changed.length > 0 || before.some(({ name }) => !next.has(name));
  }

  /** Takes everything back but the MTU and the admin state of links that go away. Never throws. */
  withdraw(): void {
    if (!this.#active) return;
    this.#active = false;
    for (const target of this.#targets.toReversed()) this.#prune(target, undefined);
    this.#changed.clear();
  }

  get active(): boolean {
    return this.#active;
  }

  get status(): InterfaceStatus[] {
    if (!this.#active) return [];
    const { links, addresses, counters } = this.#present();
    return this.#targets.map(({ name }) => {
      const found = this.#place.find(name);
      const link = 'ifName' in found ? links.get(found.ifName) : undefined;
      const failure = this.#failures.get(name);
      const counted = counters.get(link?.index ?? NO_INDEX);
      return {
        name,
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

  #set(target: KernelTarget): void {
    const { name } = target;
    const verdict = this.#verdictOf(name);
    const lacks = [...target.lacks, ...verdict.lacks];
    this.#failures.delete(name);
    const found = this.#place.find(name);
    if ('reason' in found) {
      this.#failures.set(name, found.reason);
      return;
    }
    try {
      this.#place.run(() => this.#setLink(found.ifName, target, verdict));
      const missing = lacks.length === 0 ? undefined : `the kernel forwards without ${lacks.join(', ')}`;
      const reason = verdict.whyDown ?? missing;
      if (reason !== undefined) this.#failures.set(name, reason);
    } catch (error) {
      this.#failures.set(name, reasonOf(error));
    }
  }

  /** In the namespace of the links. Throws LinuxError. */
  #setLink(ifName: string, target: KernelTarget, { whyDown, isPromiscuous }: RuleVerdict): void {
    const link = listLinks().find((one) => one.name === ifName);
    if (link === undefined) throw new Error(`${ifName} has gone`);
    const changed = this.#changed.get(ifName) ?? {};
    this.#changed.set(ifName, changed);
    const isMember = target.master?.kind === 'bond';
    // A bond gives its members its own.
    // Its own from now on: the kernel would give it the least one of its ports at each change of them.
    if (link.kind === 'bridge') setLinkMac(ifName, link.mac);
    if (!isMember) setMac(link, target.mac, changed);
    if (!isMember) setMtu(link, target.mtuBytes, changed);
    this.#setMaster(link, target.master, changed);
    setIpv6(ifName, target.hasIp, changed);
    for (const { address, length } of target.addresses) addAddress(ifName, address, length);
    setPromiscuous(ifName, isPromiscuous, changed);
    setProxyArp(ifName, target.proxyArp, changed);
    const isUp = target.isUp && whyDown === undefined;
    setLinkUp(ifName, isUp);
    if (isUp) for (const { address, mac } of target.neighbors) setNeighbor(ifName, address, mac);
  }

  /** A master that somebody else gave stays. */
  #setMaster(link: Pick<Link, 'name' | 'master'>, master: Master | undefined, changed: Changed): void {
    if (master === undefined) {
      if (changed.isEnslaved === true) setLinkMaster(link.name, undefined);
      changed.isEnslaved = false;
      return;
    }
    const found = this.#place.find(master.name);
    if ('reason' in found) throw new Error(found.reason);
    if (link.master !== linkIndex(found.ifName)) {
      // A bond takes only links that are down.
      if (master.kind === 'bond') setLinkUp(link.name, false);
      setLinkMaster(link.name, found.ifName);
    }
    changed.isEnslaved = true;
    if (master.kind === 'bond' && master.isPrimary) setBondPrimary(found.ifName, link.name);
    if (master.kind !== 'bridge') return;
    setBridgePort(link.name, master.flags);
    for (const mac of master.stations) setStation(link.name, mac);
  }

  /** Removes what the next target of the interface lacks; all of it without one. */
  #prune(old: KernelTarget, next: KernelTarget | undefined): void {
    const kept = new Set(next?.addresses.map(({ address, length }) => `${address}/${length}`));
    this.#removeAddresses(
      old.name,
      old.addresses.filter(({ address, length }) => !kept.has(`${address}/${length}`)),
    );
    const neighbors = new Set(next?.neighbors.map(({ address }) => address));
    for (const { address } of old.neighbors) {
      if (!neighbors.has(address)) this.#on(old.name, (ifName) => removeNeighbor(ifName, address));
    }
    const stations = next?.master?.kind === 'bridge' ? next.master.stations : [];
    for (const mac of old.master?.kind === 'bridge' ? old.master.stations : []) {
      if (!stations.includes(mac)) this.#on(old.name, (ifName) => removeStation(ifName, mac));
    }
    if (next === undefined) this.#on(old.name, (ifName) => this.#release(ifName));
  }

  #release(ifName: string): void {
    const changed = this.#changed.get(ifName) ?? {};
    this.#changed.delete(ifName);
    setLinkUp(ifName, false);
    this.#setMaster({ name: ifName }, undefined, changed);
    setIpv6(ifName, true, changed);
    setPromiscuous(ifName, false, changed);
    setProxyArp(ifName, false, changed);
    const link = listLinks().find(({ name }) => name === ifName);
    if (link === undefined) return;
    setMtu(link, undefined, changed);
    setMac(link, undefined, changed);
  }

  #removeAddresses(interfaceName: string, addresses: KernelTarget['addresses']): void {
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
    return this.#targets.some(({ addresses }) => addresses.some(({ address }) => address === wanted));
  }
}

/** Undefined: the one before. */
function setMtu({ name, mtu }: Link, wanted: number | undefined, changed: Changed): void {
  const next = wanted ?? changed.mtuBytes;
  changed.mtuBytes = wanted === undefined ? undefined : (changed.mtuBytes ?? mtu);
  if (next !== undefined && next !== mtu) setLinkMtu(name, next);
}

/** Undefined: the one before. A link whose driver refuses another one while it is up is set down for it. */
function setMac({ name, mac, up }: Link, wanted: string | undefined, changed: Changed): void {
  const next = wanted ?? changed.mac;
  changed.mac = wanted === undefined ? undefined : (changed.mac ?? mac);
  if (next === undefined || next === mac) return;
  try {
    setLinkMac(name, next);
  } catch (error) {
    if (!up || !isErrno(error, 'EBUSY')) throw error;
    setLinkUp(name, false);
    setLinkMac(name, next);
  }
}

/** Takes frames for everybody; no longer only after that. */
function setPromiscuous(ifName: string, isOn: boolean, changed: Changed): void {
  if (isOn || changed.isPromiscuous === true) setLinkPromiscuous(ifName, isOn);
  changed.isPromiscuous = isOn;
}

/** Linux answers for what it has a route to through another interface; no longer only after that. */
function setProxyArp(ifName: string, isOn: boolean, changed: Changed): void {
  if (isOn || changed.hasProxyArp === true) setProxyArpOfLink(ifName, isOn);
  changed.hasProxyArp = isOn;
}

/** Switches off IPv6, and with it the link-local address; on again only after that. */
function setIpv6(ifName: string, isOn: boolean, changed: Changed): void {
  const path = `/proc/sys/net/ipv6/conf/${ifName}/disable_ipv6`;
  const isOther = isOn ? changed.isWithoutIpv6 === true : readText(path) === '0';
  if (isOther) writeText(path, isOn ? '0' : '1');
  changed.isWithoutIpv6 = !isOn;
}
