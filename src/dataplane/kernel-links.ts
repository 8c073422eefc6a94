/**
 * The links of the data plane while the kernel forwards: NICs, and what the kernel makes (`kernel-made-links.ts`), in the
 * namespace of VPP's TAPs and under the names that these have, so that routing daemons there find the same interfaces.
 *
 * A NIC is moved from the appliance's own namespace, and moved back under its original name when VPP takes over: a NIC
 * that DPDK uses beside its kernel driver has to be in VPP's namespace, and management looks NICs up by name. What was
 * made is deleted then. Without a namespace (`appliance run`, which does not own the machine's NICs) the NICs are not
 * moved or renamed, and the other links are created in the own namespace.
 *
 * `place` may be called at any time and completes what is missing: it moves a NIC whose driver was loaded late, or that
 * returned from a deleted namespace. Invariant: the NIC of management is never moved.
 */
import { mkdirSync } from 'node:fs';
import { hostNamesOf } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { currentKernelName } from '../dpdk/mod.ts';
import type { FoundLink, LinkPlace } from '../interfaces/mod.ts';
import {
  changeBridge,
  createVirtualLink,
  deleteLink,
  deleteRoute,
  type KernelRoute,
  type Link,
  listLinks,
  mountSysfsOf,
  moveLinkFrom,
  moveLinkTo,
  netnsIdentity,
  reasonOf,
  replaceRoute,
  setLinkUp,
  unmount,
  UnmountFlag,
  type VirtualLink,
  withNetns,
} from '../linux/mod.ts';
import { type MadeLink, madeLinksOf, type MadeLinksInput } from './kernel-made-links.ts';

export interface KernelLinksOptions {
  /** Directory of the mount point for the namespace's sysfs. */
  readonly runDir: string;
  /** Ensures that the namespace exists and forwards. */
  readonly prepareNamespace: (netns: string) => void;
  /** Kernel name of the current or future management interface. */
  readonly managementInterface: () => string | undefined;
  readonly onError: (message: string) => void;
  /** Default /sys. */
  readonly sysfs?: string;
  /** The link of a PCI device in a view of sysfs. */
  readonly linkOf?: (sysfs: string, pciAddress: string) => string | undefined;
}

type Nics = Config['vpp']['dpdk']['interfaces'];
type Nic = Nics[number];

export class KernelLinks implements LinkPlace {
  readonly #options: KernelLinksOptions;
  readonly #sysfs: string;
  readonly #linkOf: (sysfs: string, pciAddress: string) => string | undefined;
  #netns: string | undefined;
  /** Identity of the namespace whose sysfs is mounted. */
  #identity: string | undefined;
  #nics: Nics = [];
  /** Names in Linux that are not those of the interfaces. */
  #hostNames: ReadonlyMap<string, string> = new Map();
  #found = new Map<string, FoundLink>();
  /** Names of the NICs in the own namespace, by PCI address. */
  readonly #ownNames = new Map<string, string>();
  /** Links created by us, or adopted from an earlier run, by the kernel's name and in their order. */
  readonly #made = new Map<string, VirtualLink>();
  #signature = '';

  constructor(options: KernelLinksOptions) {
    this.#options = options;
    this.#sysfs = options.sysfs ?? '/sys';
    this.#linkOf = options.linkOf ?? currentKernelName;
  }

  /** The namespace of the links; undefined: the own one, or nothing is placed. */
  get netns(): string | undefined {
    return this.#netns;
  }

  /** Path of the namespace's sysfs; undefined without a namespace. */
  get namespaceSysfs(): string | undefined {
    return this.#identity === undefined ? undefined : this.#mountPoint;
  }

  /** The link of a configured interface, or why it has none. */
  find(name: string): FoundLink {
    return this.#found.get(name) ?? { reason: `no NIC has the name "${name}"` };
  }

  /** The configured interface that has a link, by the kernel's name. */
  interfaceOf(ifName: string): string | undefined {
    for (const [name, found] of this.#found) if ('ifName' in found && found.ifName === ifName) return name;
    return undefined;
  }

  /** Distinguishes the namespace of the links from others, and from one of the same name before. */
  get identity(): string {
    return this.#identity ?? 'own';
  }

  /** Runs `body` in the namespace of the links, synchronously. */
  run<T>(body: () => T): T {
    return this.#netns === undefined ? body() : withNetns(this.#netns, body);
  }

  /**
   * Places NICs and makes the other links in a namespace (undefined: the own one). Returns whether the links have
   * changed. Never throws: an error is the reason of its interface.
   */
  place(config: MadeLinksInput & Pick<Config, 'vpp'>, netns: string | undefined): boolean {
    this.#netns = netns;
    this.#nics = config.vpp.dpdk.interfaces;
    this.#hostNames = hostNamesOf(config);
    this.#found = new Map();
    const wanted = madeLinksOf(config);
    try {
      if (netns !== undefined) this.#openView(netns);
      if (netns === undefined) for (const nic of this.#nics) this.#lookHere(nic);
      else this.#gather(netns);
      this.run(() => this.#make(wanted));
    } catch (error) {
      const reason = reasonOf(error);
      for (const { name } of [...this.#nics, ...wanted]) {
        if (!this.#found.has(name)) this.#found.set(name, { reason });
      }
    }
    return this.#isOther();
  }

  /** Moves the NICs back to the own namespace, and deletes the links that were made. Never throws. */
  withdraw(): void {
    // VLANs before what they are on.
    for (const [name, link] of [...this.#made].toReversed()) {
      this.#attempt(() => this.run(() => removeLink(name, link)));
    }
    this.#made.clear();
    const netns = this.#netns;
    const sysfs = this.namespaceSysfs;
    if (netns !== undefined && sysfs !== undefined) {
      for (const { pciAddress } of this.#nics) {
        const there = this.#linkOf(sysfs, pciAddress);
        if (there !== undefined) this.#attempt(() => this.#bringBack(netns, pciAddress, there));
      }
    }
    this.#closeView();
    this.#netns = undefined;
    this.#ownNames.clear();
    this.#found.clear();
    this.#signature = '';
  }

  get #mountPoint(): string {
    return `${this.#options.runDir}/namespace-sysfs`;
  }

  /** Ensures that the namespace exists and that its sysfs is mounted. Throws LinuxError. */
  #openView(netns: string): void {
    const known = this.#identity;
    if (known !== undefined && netnsIdentity(netns) === known) return;
    this.#closeView();
    this.#options.prepareNamespace(netns);
    mkdirSync(this.#mountPoint, { recursive: true });
    mountSysfsOf(netns, this.#mountPoint);
    this.#identity = netnsIdentity(netns);
  }

  #closeView(): void {
    if (this.#identity === undefined) return;
    this.#identity = undefined;
    this.#attempt(() => unmount(this.#mountPoint, UnmountFlag.detach));
  }

  #lookHere({ pciAddress, name }: Nic): void {
    const ifName = this.#linkOf(this.#sysfs, pciAddress);
    this.#found.set(name, ifName === undefined ? this.#absent(pciAddress) : { ifName });
  }

  /** Moves all NICs into the namespace. First moves back those with wrong names there, and that of management. */
  #gather(netns: string): void {
    const there = (pciAddress: string): string | undefined => this.#linkOf(this.#mountPoint, pciAddress);
    const management = this.#options.managementInterface();
    for (const { pciAddress, name } of this.#nics) {
      const ifName = there(pciAddress);
      const isWrong = ifName !== this.#nameOf(name) || this.#ownNames.get(pciAddress) === management;
      if (ifName !== undefined && isWrong) this.#bringBack(netns, pciAddress, ifName);
    }
    for (const { pciAddress, name } of this.#nics) {
      try {
        const wanted = this.#nameOf(name);
        if (there(pciAddress) !== wanted) this.#bringIn(netns, pciAddress, wanted, management);
        const isThere = there(pciAddress) === wanted;
        this.#found.set(name, isThere ? { ifName: wanted } : this.#absent(pciAddress));
      } catch (error) {
        this.#found.set(name, { reason: reasonOf(error) });
      }
    }
  }

  /** Does nothing while the kernel has no link for the NIC. */
  #bringIn(netns: string, pciAddress: string, name: string, management: string | undefined): void {
    const here = this.#linkOf(this.#sysfs, pciAddress);
    if (here === undefined) return;
    if (here === management) {
      throw new Error(`${pciAddress} is the management interface ${here}, which is not moved`);
    }
    // Not the name with which it returned from a deleted namespace.
    if (!this.#ownNames.has(pciAddress)) this.#ownNames.set(pciAddress, here);
    moveLinkTo(netns, here, name);
  }

  #bringBack(netns: string, pciAddress: string, ifName: string): void {
    const taken = new Set(listLinks().map((link) => link.name));
    let name = this.#ownNames.get(pciAddress) ?? 'eth0';
    for (let number = 0; taken.has(name); number += 1) name = `eth${number}`;
    moveLinkFrom(netns, ifName, name);
  }

  /** In the namespace of the links: creates wanted ones, deletes our others. An error is the reason of the link. */
  #make(wanted: readonly MadeLink[]): void {
    const links = new Map(listLinks().map((link) => [link.name, link]));
    const kept = new Map(
      wanted.flatMap((one) => ('link' in one ? [[this.#nameOf(one.name), one.link] as const] : [])),
    );
    for (const [name, link] of [...this.#made].toReversed()) {
      const next = kept.get(name);
      if (next !== undefined && (isSame(link, next) || this.#changeInPlace(name, next))) continue;
      this.#made.delete(name);
      if (links.delete(name)) this.#attempt(() => removeLink(name, link));
    }
    // What was on a deleted link has gone with it.
    const present = new Map(listLinks().map((link) => [link.name, link]));
    for (const one of wanted) {
      const ifName = this.#nameOf(one.name);
      const found = 'reason' in one ? one : this.#makeOne(ifName, one.link, present.get(ifName));
      this.#found.set(one.name, found);
    }
  }

  /** Whether a link that is another one now could be changed without being made anew. */
  #changeInPlace(name: string, next: VirtualLink): boolean {
    if (next.kind !== 'bridge' || this.#made.get(name)?.kind !== 'bridge') return false;
    this.#attempt(() => changeBridge(name, next));
    this.#made.set(name, next);
    return true;
  }

  #makeOne(name: string, link: VirtualLink, present: Link | undefined): FoundLink {
    const below = link.kind === 'vlan' ? this.find(link.parent) : undefined;
    if (below !== undefined && 'reason' in below) return below;
    if (present !== undefined && present.kind !== link.kind) {
      return { reason: `another link of kind ${present.kind ?? 'device'} has the name ${name}` };
    }
    try {
      const isKept = present !== undefined && (this.#made.has(name) || isAdoptable(link, present));
      if (present !== undefined && !isKept) deleteLink(name);
      if (!isKept) createVirtualLink(name, onParent(link, below?.ifName));
      if (link.kind === 'vrf' && !this.#made.has(name)) prepareVrf(link, name);
    } catch (error) {
      return { reason: `cannot create it as a ${link.kind} link: ${reasonOf(error)}` };
    }
    this.#made.set(name, link);
    return { ifName: name };
  }

  /** The name of an interface in Linux. */
  #nameOf(name: string): string {
    return this.#hostNames.get(name) ?? name;
  }

  #absent(pciAddress: string): FoundLink {
    return { reason: `the kernel has no interface for ${pciAddress}` };
  }

  /** Whether names, or the links behind them, have changed since the last call. */
  #isOther(): boolean {
    const indexes = new Map<string, number>();
    try {
      for (const { name, index } of this.run(listLinks)) indexes.set(name, index);
    } catch {
      // No namespace: already the reason of each interface.
    }
    const signature = [...this.#found]
      .map(([name, link]) => `${name} ${'ifName' in link ? indexes.get(link.ifName) : link.reason}`)
      .join('\n');
    const isOther = signature !== this.#signature;
    this.#signature = signature;
    return isOther;
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.onError(reasonOf(error));
    }
  }
}

/** `link` with the kernel's name of its parent. */
function onParent(link: VirtualLink, ifName: string | undefined): VirtualLink {
  return link.kind === 'vlan' && ifName !== undefined ? { ...link, parent: ifName } : link;
}

function isSame(a: VirtualLink, b: VirtualLink): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Whether a link that was there before is the wanted one. The mirror makes the same VRF devices while VPP forwards. */
function isAdoptable(link: VirtualLink, present: Link): boolean {
  return link.kind === 'dummy' || (link.kind === 'vrf' && present.vrfTable === link.table);
}

/** Of the routes below: not our routes, which the FIB owns, and none of a daemon. Source: linux/rtnetlink.h. */
const RTPROT_KERNEL = 2;
const LAST_METRIC = 0xffff_fffe;

/** The last routes of a VRF: without them, packets without a route there go on to the main table. */
function lastRoutes(table: number): KernelRoute[] {
  const rest = { length: 0, table, metric: LAST_METRIC, protocol: RTPROT_KERNEL, nextHops: [] };
  return [
    { family: 4, address: '0.0.0.0', kind: 'unreachable', ...rest },
    { family: 6, address: '::', kind: 'unreachable', ...rest },
  ];
}

function prepareVrf({ table }: VirtualLink & { readonly kind: 'vrf' }, name: string): void {
  setLinkUp(name, true);
  for (const route of lastRoutes(table)) replaceRoute(route);
}

/** Deletes a link with what belongs to it. */
function removeLink(name: string, link: VirtualLink): void {
  deleteLink(name);
  if (link.kind === 'vrf') for (const route of lastRoutes(link.table)) deleteRoute(route);
}
