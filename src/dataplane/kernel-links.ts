/**
 * The links of the data plane while the kernel forwards: NICs and loopbacks, in the namespace of VPP's TAPs and under
 * their configured names, so that routing daemons there find the same interfaces.
 *
 * A NIC is moved from the appliance's own namespace, and moved back under its original name when VPP takes over: a NIC
 * that DPDK uses beside its kernel driver has to be in VPP's namespace, and management looks NICs up by name. A loopback
 * is a dummy link, a sub-interface a VLAN of its parent; they are deleted then. Without a namespace (`appliance run`, which does not own the machine's NICs) the
 * NICs are not moved or renamed, and loopbacks are created in the own namespace.
 *
 * `place` may be called at any time and completes what is missing: it moves a NIC whose driver was loaded late, or that
 * returned from a deleted namespace. Invariant: the NIC of management is never moved.
 */
import { mkdirSync } from 'node:fs';
import { encapsulationOf, LOOPBACK_NAME, subInterfaceName } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { currentKernelName } from '../dpdk/mod.ts';
import type { FoundLink, LinkPlace } from '../interfaces/mod.ts';
import {
  createDummy,
  createVlan,
  deleteLink,
  type Link,
  listLinks,
  mountSysfsOf,
  moveLinkFrom,
  moveLinkTo,
  netnsIdentity,
  reasonOf,
  unmount,
  UnmountFlag,
  withNetns,
} from '../linux/mod.ts';

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
  #found = new Map<string, FoundLink>();
  /** Names of the NICs in the own namespace, by PCI address. */
  readonly #ownNames = new Map<string, string>();
  /** Loopbacks and VLANs created by us or by an earlier run. */
  readonly #made = new Set<string>();
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

  /** Runs `body` in the namespace of the links, synchronously. */
  run<T>(body: () => T): T {
    return this.#netns === undefined ? body() : withNetns(this.#netns, body);
  }

  /**
   * Places NICs and loopbacks in a namespace (undefined: the own one). Returns whether the links have changed. Never
   * throws: an error is the reason of its interface.
   */
  place({ vpp, interfaces }: Pick<Config, 'vpp' | 'interfaces'>, netns: string | undefined): boolean {
    this.#netns = netns;
    this.#nics = vpp.dpdk.interfaces;
    this.#found = new Map();
    const wanted = [...loopbacksOf(interfaces), ...vlansOf(interfaces)];
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

  /** Moves the NICs back to the own namespace, and deletes the loopbacks. Never throws. */
  withdraw(): void {
    // VLANs before what they are on.
    for (const name of [...this.#made].toReversed()) this.#attempt(() => this.run(() => deleteLink(name)));
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
      const isWrong = ifName !== name || this.#ownNames.get(pciAddress) === management;
      if (ifName !== undefined && isWrong) this.#bringBack(netns, pciAddress, ifName);
    }
    for (const { pciAddress, name } of this.#nics) {
      try {
        if (there(pciAddress) !== name) this.#bringIn(netns, pciAddress, name, management);
        this.#found.set(name, there(pciAddress) === name ? { ifName: name } : this.#absent(pciAddress));
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
    const names = new Set(wanted.map(({ name }) => name));
    for (const name of [...this.#made].toReversed()) {
      if (names.has(name)) continue;
      this.#made.delete(name);
      if (links.has(name)) this.#attempt(() => deleteLink(name));
    }
    for (const one of wanted) this.#found.set(one.name, this.#makeOne(one, links.get(one.name)));
  }

  #makeOne({ name, kind, parent, create }: MadeLink, present: Link | undefined): FoundLink {
    const below = parent === undefined ? undefined : this.find(parent);
    if (below !== undefined && 'reason' in below) return below;
    if (present !== undefined && present.kind !== kind) {
      return { reason: `another link of kind ${present.kind ?? 'device'} has the name ${name}` };
    }
    try {
      if (present === undefined) create(below?.ifName ?? '');
    } catch (error) {
      return { reason: `cannot create it as a ${kind} link: ${reasonOf(error)}` };
    }
    this.#made.add(name);
    return { ifName: name };
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

/** A link that the kernel does not have by itself. */
interface MadeLink {
  readonly name: string;
  readonly kind: 'dummy' | 'vlan';
  /** The interface that it is on, by its configured name. */
  readonly parent?: string;
  readonly create: (parentName: string) => void;
}

type Interfaces = Config['interfaces'];

function loopbacksOf(interfaces: Interfaces): MadeLink[] {
  return interfaces
    .filter(({ name }) => LOOPBACK_NAME.test(name))
    .map(({ name }) => ({ name, kind: 'dummy', create: () => createDummy(name) }));
}

/** One tag before two: an inner VLAN is on the VLAN of its outer tag. */
function vlansOf(interfaces: Interfaces): MadeLink[] {
  const tagged = interfaces.flatMap((config) => {
    const encapsulation = encapsulationOf(config);
    return encapsulation === undefined ? [] : [{ name: config.name, encapsulation }];
  });
  const made = tagged.flatMap(({ name, encapsulation }): (MadeLink & { readonly tags: number })[] => {
    const { tags, outer, inner, isDot1ad } = encapsulation;
    const nic = subInterfaceName(name)?.parent ?? '';
    if (tags === 1 && outer !== 'any') {
      const create = (parent: string): void => createVlan(name, parent, { id: outer, isDot1ad });
      return [{ name, kind: 'vlan', parent: nic, tags, create }];
    }
    const below = tagged.find(
      (one) =>
        subInterfaceName(one.name)?.parent === nic &&
        one.encapsulation.tags === 1 &&
        one.encapsulation.outer === outer &&
        one.encapsulation.isDot1ad === isDot1ad,
    );
    // Linux has no default VLAN, nor one of any inner tag.
    if (tags !== 2 || inner === 'any' || below === undefined) return [];
    const create = (parent: string): void => createVlan(name, parent, { id: inner, isDot1ad: false });
    return [{ name, kind: 'vlan', parent: below.name, tags, create }];
  });
  return made.sort((a, b) => a.tags - b.tags);
}
