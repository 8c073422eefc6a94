/**
 * Pairs of linux-cp: an interface of VPP and its TAP in a namespace of Linux.
 *
 * The TAPs are created where the emulator was told to (`linux-links.ts`). Also kept is what lcp-sync copied to the
 * namespace: addresses, admin state and MTU (lcp_interface_sync.c). Making a pair copies the admin state and the MTU,
 * and no address (lcp_itf_pair_create): addresses are copied with the next change of an address, of the admin state or
 * of the MTU. The name of another TAP in the namespace is accepted: the kernel lets the second one join
 * (IFF_MULTI_QUEUE).
 */

import { existsSync } from 'node:fs';
import { addressText } from './address-bytes.ts';
import type { LinuxLinks } from './linux-links.ts';
import type { Interface, InterfaceAddress } from './vpp-state.ts';

export interface LcpPair {
  readonly phy: number;
  readonly host: number;
  readonly vifIndex: number;
  readonly hostIfName: string;
  readonly hostType: number;
  readonly netns: string;
  /** Its device in Linux is a VLAN of the TAP of its parent. */
  readonly isVlan: boolean;
  /** The state in the namespace. */
  readonly linux: { isUp: boolean; mtu: number; readonly addresses: Set<string> };
}

export interface LcpOptions {
  /** lcp-sync of startup.conf. */
  readonly isSync: boolean;
  readonly defaultNetns: string | undefined;
  /** Namespaces that exist, on the machine or not. */
  readonly namespaces: readonly string[];
  /** Creates the TAPs. */
  readonly links?: LinuxLinks | undefined;
  /** Whether this VPP can make TAPs; 26.06 without its tap plugin cannot (plugins/tap/tap.h). */
  readonly hasTaps: boolean;
  /** osi_plugin.so is loaded, on ppp_plugin.so. */
  readonly hasOsi?: boolean;
}

/** Retvals of lcp_itf_pair_create and tap_create_if. */
export const LcpRetval = {
  invalidSwIfIndex: -2,
  invalidValue: -7,
  /** The namespace cannot be opened. */
  syscallError2: -12,
  /** The kernel creates no link of that name there. */
  syscallError3: -13,
  /** The tap plugin is not loaded. */
  featureDisabled: -30,
  invalidArgument: -73,
  valueExists: -81,
} as const;

const DEFAULT_MTU = 9216;

export class LcpPairs {
  isSync: boolean;
  /** Protocols other than IP that are passed to the TAPs: `ethertype 88cc`, `osi 83`. */
  readonly passedProtocols = new Set<string>();
  readonly #options: LcpOptions;
  readonly #byPhy = new Map<number, LcpPair>();
  /** The host side of a pair in VPP: a TAP, or for a sub-interface one of its parent's TAP. */
  readonly #addHost: (phy: Interface, mtu: number) => Interface;
  #vifIndex = 100;

  constructor(options: LcpOptions, addHost: (phy: Interface, mtu: number) => Interface) {
    this.#options = options;
    this.isSync = options.isSync;
    this.#addHost = addHost;
  }

  get hasOsi(): boolean {
    return this.#options.hasOsi === true;
  }

  get defaultNetns(): string {
    return this.#options.defaultNetns ?? '';
  }

  get(phy: number): LcpPair | undefined {
    return this.#byPhy.get(phy);
  }

  all(): LcpPair[] {
    return [...this.#byPhy.values()];
  }

  add(
    phy: Interface,
    given: { hostIfName: string; hostType: number; netns: string },
  ): { pair: LcpPair; host: Interface } | number {
    if (this.#byPhy.has(phy.swIfIndex)) return LcpRetval.valueExists;
    if (!/^[A-Za-z0-9\-_%@:.]{0,15}$/.test(given.hostIfName) || phy.kind === 'local') {
      return LcpRetval.invalidArgument;
    }
    const isTun = given.hostType !== 0;
    if (!isTun && phy.isLayer3) return LcpRetval.invalidArgument;
    if (!this.#options.hasTaps) return LcpRetval.featureDisabled;
    if (phy.sub !== undefined && !this.#byPhy.has(phy.sub.parent)) return LcpRetval.invalidSwIfIndex;
    const netns = given.netns === '' ? this.defaultNetns : given.netns;
    if (netns !== '' && !this.#isThere(netns)) return LcpRetval.syscallError2;
    const mtu = phy.mtu[0] || DEFAULT_MTU;
    const vifIndex = this.#makeLink(phy, given.hostIfName, netns, mtu, isTun);
    if (vifIndex === undefined) return LcpRetval.syscallError3;
    const host = this.#addHost(phy, mtu);
    const linux = { isUp: phy.adminUp, mtu, addresses: new Set<string>() };
    const pair = {
      ...given,
      isVlan: phy.sub !== undefined,
      netns,
      phy: phy.swIfIndex,
      host: host.swIfIndex,
      vifIndex,
      linux,
    };
    this.#byPhy.set(phy.swIfIndex, pair);
    return { pair, host };
  }

  /** Removes a pair; the caller removes its TAP in VPP. */
  take(phy: number): LcpPair | undefined {
    const pair = this.#byPhy.get(phy);
    this.#byPhy.delete(phy);
    const { links } = this.#options;
    if (pair?.isVlan === true) links?.deleteVlan(pair.netns, pair.hostIfName);
    else if (pair !== undefined) links?.delete(pair.netns, pair.hostIfName);
    return pair;
  }

  /** The index of a new TAP in Linux, with the MAC address and admin state of its interface. */
  #makeLink(phy: Interface, name: string, netns: string, mtu: number, isTun: boolean): number | undefined {
    const { links } = this.#options;
    if (links === undefined) return ++this.#vifIndex;
    const found = phy.sub === undefined ? undefined : links.find(netns, name);
    if (found !== undefined) {
      links.setUp(netns, name, phy.adminUp);
      return found;
    }
    try {
      const mac = isTun ? undefined : phy.mac.toString('hex').replace(/..(?=.)/g, '$&:');
      const index = links.create(netns, name, mac, mtu);
      // The state after tap_create_if and lcp_itf_pair_create.
      for (const isUp of [true, phy.adminUp]) links.setUp(netns, name, isUp);
      links.setCarrier(netns, name, phy.linkUp);
      return index;
    } catch {
      return undefined;
    }
  }

  /** An address of an interface was added or removed. */
  syncAddress(phy: Interface, one: InterfaceAddress, isAdd: boolean): void {
    const pair = this.#byPhy.get(phy.swIfIndex);
    if (pair === undefined || !this.isSync) return;
    const text = `${addressText(one.address)}/${one.length}`;
    if (isAdd) pair.linux.addresses.add(text);
    else pair.linux.addresses.delete(text);
    this.#options.links?.changeAddress(pair.netns, pair.hostIfName, text, isAdd);
  }

  /** The admin state or the MTU of an interface changed. */
  sync(phy: Interface): void {
    const pair = this.#byPhy.get(phy.swIfIndex);
    if (pair === undefined || !this.isSync) return;
    pair.linux.isUp = phy.adminUp;
    pair.linux.mtu = phy.mtu[0] || DEFAULT_MTU;
    this.#options.links?.setUp(pair.netns, pair.hostIfName, pair.linux.isUp);
    this.#options.links?.setMtu(pair.netns, pair.hostIfName, pair.linux.mtu);
    for (const one of phy.addresses) this.syncAddress(phy, one, true);
  }

  /** The link of an interface changed (lcp_itf_pair_link_up_down). */
  syncLink(phy: Interface): void {
    const pair = this.#byPhy.get(phy.swIfIndex);
    if (pair !== undefined) this.#options.links?.setCarrier(pair.netns, pair.hostIfName, phy.linkUp);
  }

  #isThere(netns: string): boolean {
    return this.#options.namespaces.includes(netns) || existsSync(`/run/netns/${netns}`);
  }
}
