/**
 * The links of the data plane while the kernel forwards: NICs and loopbacks, in the namespace in which VPP has its TAPs,
 * under the names of the configuration, so that routing daemons there go on with what they know.
 *
 * A NIC is moved from the own namespace, and goes back under the name that it had when VPP takes over: a NIC that DPDK
 * uses beside its kernel driver has to be where VPP is, and management is to find what it knows. A loopback is a dummy
 * link, and is deleted then. Without a namespace (`appliance run`, which does not own the machine's NICs) each NIC stays
 * where and what it is, and loopbacks are made beside it.
 *
 * `place` may be called at any time and does what is left to do: a NIC whose driver comes late, or that fell out of a
 * namespace that was deleted, is taken then. Invariant: the NIC of management is never moved.
 */
import { mkdirSync } from 'node:fs';
import { LOOPBACK_NAME } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { currentKernelName } from '../dpdk/mod.ts';
import type { FoundLink, LinkPlace } from '../interfaces/mod.ts';
import {
  createDummy,
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
  /** Holds the mount point of sysfs as the namespace shows it. */
  readonly runDir: string;
  /** Makes sure that the namespace is there and forwards. */
  readonly prepareNamespace: (netns: string) => void;
  /** Kernel name of the interface that management has, or is going to have. */
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
  /** Of the namespace whose sysfs is mounted. */
  #identity: string | undefined;
  #nics: Nics = [];
  #found = new Map<string, FoundLink>();
  /** What a NIC was called in the own namespace, by its PCI address. */
  readonly #ownNames = new Map<string, string>();
  /** Loopbacks that are there by us, or by an earlier run. */
  readonly #dummies = new Set<string>();
  #signature = '';

  constructor(options: KernelLinksOptions) {
    this.#options = options;
    this.#sysfs = options.sysfs ?? '/sys';
    this.#linkOf = options.linkOf ?? currentKernelName;
  }

  /** The namespace that the links are in; undefined: the own one, or nothing is placed. */
  get netns(): string | undefined {
    return this.#netns;
  }

  /** Sysfs as the namespace shows it; undefined where there is none. */
  get namespaceSysfs(): string | undefined {
    return this.#identity === undefined ? undefined : this.#mountPoint;
  }

  /** The link of an interface of the configuration, or why there is none. */
  find(name: string): FoundLink {
    return this.#found.get(name) ?? { reason: `no NIC has the name "${name}"` };
  }

  /** Runs `body` where the links are, synchronously. */
  run<T>(body: () => T): T {
    return this.#netns === undefined ? body() : withNetns(this.#netns, body);
  }

  /**
   * Brings NICs and loopbacks to where they belong (`netns` undefined: the own namespace). True when there are other
   * links now. Never throws: what went wrong is the reason of an interface.
   */
  place({ vpp, interfaces }: Pick<Config, 'vpp' | 'interfaces'>, netns: string | undefined): boolean {
    this.#netns = netns;
    this.#nics = vpp.dpdk.interfaces;
    this.#found = new Map();
    const loopbacks = interfaces.map(({ name }) => name).filter((name) => LOOPBACK_NAME.test(name));
    try {
      if (netns !== undefined) this.#see(netns);
      if (netns === undefined) for (const nic of this.#nics) this.#lookHere(nic);
      else this.#gather(netns);
      this.run(() => this.#setLoopbacks(new Set(loopbacks)));
    } catch (error) {
      const reason = reasonOf(error);
      for (const name of [...this.#nics.map((nic) => nic.name), ...loopbacks]) {
        if (!this.#found.has(name)) this.#found.set(name, { reason });
      }
    }
    return this.#isOther();
  }

  /** Gives the NICs back to the own namespace, and deletes the loopbacks. Never throws. */
  withdraw(): void {
    for (const name of this.#dummies) this.#attempt(() => this.run(() => deleteLink(name)));
    this.#dummies.clear();
    const netns = this.#netns;
    const sysfs = this.namespaceSysfs;
    if (netns !== undefined && sysfs !== undefined) {
      for (const { pciAddress } of this.#nics) {
        const there = this.#linkOf(sysfs, pciAddress);
        if (there !== undefined) this.#attempt(() => this.#bringBack(netns, pciAddress, there));
      }
    }
    this.#unsee();
    this.#netns = undefined;
    this.#ownNames.clear();
    this.#found.clear();
    this.#signature = '';
  }

  get #mountPoint(): string {
    return `${this.#options.runDir}/namespace-sysfs`;
  }

  /** Makes sure of the namespace, and of the view of it. Throws LinuxError. */
  #see(netns: string): void {
    const known = this.#identity;
    if (known !== undefined && netnsIdentity(netns) === known) return;
    this.#unsee();
    this.#options.prepareNamespace(netns);
    mkdirSync(this.#mountPoint, { recursive: true });
    mountSysfsOf(netns, this.#mountPoint);
    this.#identity = netnsIdentity(netns);
  }

  #unsee(): void {
    if (this.#identity === undefined) return;
    this.#identity = undefined;
    this.#attempt(() => unmount(this.#mountPoint, UnmountFlag.detach));
  }

  #lookHere({ pciAddress, name }: Nic): void {
    const ifName = this.#linkOf(this.#sysfs, pciAddress);
    this.#found.set(name, ifName === undefined ? this.#absent(pciAddress) : { ifName });
  }

  /** All NICs into the namespace. Those that have others' names there make room first; what management wants goes home. */
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

  /** Does nothing while the kernel has no link of the NIC. */
  #bringIn(netns: string, pciAddress: string, name: string, management: string | undefined): void {
    const here = this.#linkOf(this.#sysfs, pciAddress);
    if (here === undefined) return;
    if (here === management) {
      throw new Error(`${pciAddress} is the management interface ${here}, which stays where it is`);
    }
    // Not the one with which it fell out of a namespace that was deleted.
    if (!this.#ownNames.has(pciAddress)) this.#ownNames.set(pciAddress, here);
    moveLinkTo(netns, here, name);
  }

  #bringBack(netns: string, pciAddress: string, ifName: string): void {
    const taken = new Set(listLinks().map((link) => link.name));
    let name = this.#ownNames.get(pciAddress) ?? 'eth0';
    for (let number = 0; taken.has(name); number += 1) name = `eth${number}`;
    moveLinkFrom(netns, ifName, name);
  }

  /** Where the links are: makes the loopbacks that are wanted, deletes others of ours. Throws LinuxError for none of them. */
  #setLoopbacks(wanted: ReadonlySet<string>): void {
    const links = new Map(listLinks().map((link) => [link.name, link]));
    for (const name of this.#dummies) {
      if (wanted.has(name)) continue;
      this.#dummies.delete(name);
      if (links.has(name)) this.#attempt(() => deleteLink(name));
    }
    for (const name of wanted) this.#found.set(name, this.#loopback(name, links.get(name)));
  }

  #loopback(name: string, present: Link | undefined): FoundLink {
    if (present !== undefined && present.kind !== 'dummy') {
      return { reason: `another link has the name ${name}, of the kind ${present.kind ?? 'device'}` };
    }
    try {
      if (present === undefined) createDummy(name);
    } catch (error) {
      return { reason: `it could not be made as a dummy link: ${reasonOf(error)}` };
    }
    this.#dummies.add(name);
    return { ifName: name };
  }

  #absent(pciAddress: string): FoundLink {
    return { reason: `the kernel has no interface for ${pciAddress}` };
  }

  /** Whether names, or links behind names, are others than they were at the last look. */
  #isOther(): boolean {
    const indexes = new Map<string, number>();
    try {
      for (const { name, index } of this.run(listLinks)) indexes.set(name, index);
    } catch {
      // No namespace: that is the reason of each interface already.
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
