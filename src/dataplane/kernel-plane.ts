/**
 * The kernel's part in the data plane. Alone, while VPP is disabled or loops: the configured interfaces and all routes.
 * On a box they are in the namespace of VPP's TAPs, so that routing daemons there find the same names and addresses;
 * `appliance run`, which does not own the machine, keeps its own namespace. Beside VPP: with `fib.kernel.enabled` the
 * routes, in the namespace of its TAPs. With `fib.kernel.import` what routing daemons install there becomes a source of
 * the route table, whoever forwards; the kernel, which has these routes already, is not given them.
 *
 * Invariant: there is one import at most. What begins, changes or ends it does so one after the other: the start of the
 * appliance and that of VPP's process both come here, and neither waits for the other.
 */
import type { Config } from '../config/types.ts';
import { KernelBackend, KernelImport, type RouteTable } from '../fib/mod.ts';
import { KernelInterfaces } from '../interfaces/mod.ts';
import { describeImportRefusal, importedRouteText } from '../fib/status.ts';
import type { KernelImportStatus } from '../fib/status.ts';
import type { Conditions } from '../log/mod.ts';
import { KernelLinks, type KernelLinksOptions } from './kernel-links.ts';

/** How often it is looked whether a NIC came, or a namespace went, while the kernel forwards. */
const LOOK_MS = 1_000;

export interface KernelPlaneOptions extends KernelLinksOptions {
  readonly config: Config;
  /** Whether the NICs are ours to be moved to another namespace. */
  readonly ownsMachine: boolean;
  readonly table: RouteTable;
  readonly conditions: Conditions;
  /** Interfaces in the namespace of the TAPs and the interfaces of VPP that they stand for, by name. */
  readonly hostInterfaces: () => ReadonlyMap<string, string>;
}

interface Import {
  readonly netns: string;
  readonly distance: number;
  readonly source: KernelImport;
}

export class KernelPlane implements AsyncDisposable {
  readonly interfaces: KernelInterfaces;
  readonly fib: KernelBackend;
  #config: Config;
  readonly #options: KernelPlaneOptions;
  readonly #links: KernelLinks;
  #lookTimer: NodeJS.Timeout | undefined;
  #import: Import | undefined;
  /** As they were last while VPP was there: a VPP that is gone says nothing of whose its TAPs are. */
  #taps: ReadonlyMap<string, string> = new Map();
  /** The last turn with `#import`; never rejects. */
  #turn: Promise<void> = Promise.resolve();
  #isEnded = false;
  #isDisposed = false;

  constructor(options: KernelPlaneOptions) {
    this.#options = options;
    this.#config = options.config;
    const { config, table, onError } = options;
    this.#links = new KernelLinks(options);
    this.interfaces = new KernelInterfaces(config.interfaces, this.#links);
    const kernelName = (name: string): string | undefined =>
      this.interfaces.active ? this.#linkOf(name) : this.#tapOf(name);
    this.fib = new KernelBackend({ table, config: config.fib.kernel, kernelName, onError }, IDLE);
  }

  /** What is learnt from routing daemons; undefined where that is not asked for. */
  get importStatus(): KernelImportStatus | undefined {
    return this.#import?.source.status;
  }

  /** Sysfs as the namespace of the NICs shows it, while they are in another one than ours. */
  get namespaceSysfs(): string | undefined {
    return this.#links.namespaceSysfs;
  }

  /** The TAPs are others now. */
  hostInterfacesChanged(): void {
    if (!this.interfaces.active) this.fib.interfacesChanged();
    const taps = this.#options.hostInterfaces();
    if (taps.size === 0 || isSame(taps, this.#taps)) return;
    this.#taps = taps;
    this.#import?.source.tapsChanged();
  }

  /** Begins to forward alone; what the kernel refuses is in the status of both. Never rejects. */
  async take(): Promise<void> {
    this.#links.place(this.#config, this.#ownNetns);
    this.interfaces.apply();
    // Names of interfaces mean other links from now on.
    this.#linksChanged();
    await this.#followDaemons();
    if (this.#isEnded) return;
    this.#lookTimer ??= setInterval(() => this.#look(), LOOK_MS).unref();
    await this.fib.attach(this.#links.netns);
  }

  /** VPP forwards: takes everything back, and programs what is wanted beside it. Never rejects. */
  async leave(): Promise<void> {
    if (this.interfaces.active) {
      // In the namespace of the TAPs they wait for those, as daemons do.
      if (this.#netnsBeside !== this.#links.netns) await this.fib.detach(IDLE);
      this.#withdraw();
      this.#linksChanged();
    }
    await this.#standBeside();
  }

  /** Another configuration: at once while the kernel forwards or is programmed, else when it begins to. Never rejects. */
  async reconfigure(config: Config): Promise<void> {
    const { active } = this.interfaces;
    const hasSameLinks = this.#linksOf(config) === this.#linksOf(this.#config);
    this.#config = config;
    if (active && hasSameLinks) this.#links.place(config, this.#links.netns);
    else if (active) this.#withdraw();
    const isOther = this.interfaces.reconfigure(config.interfaces);
    await this.fib.reconfigure(config.fib.kernel);
    if (!active) return this.#standBeside();
    if (hasSameLinks) await this.#followDaemons();
    else await this.take();
    // The kernel drops routes with the address that they were reached by.
    if (isOther || !hasSameLinks) await this.fib.recheck();
    else await this.fib.settled();
  }

  /** Takes our routes and loopbacks out of the kernel, for good; says how many routes there were. Never rejects. */
  async removeRoutes(): Promise<string> {
    this.#isEnded = true;
    this.#stopLooking();
    const { programmed } = this.fib.status;
    await this.fib.detach('the appliance stops');
    this.#links.withdraw();
    return `${programmed} routes`;
  }

  /** Lets go of the kernel without taking anything back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#stopLooking();
    await this.fib[Symbol.asyncDispose]();
    await this.#followDaemons();
  }

  /** The namespace that the kernel forwards in; undefined: ours. */
  get #ownNetns(): string | undefined {
    return this.#options.ownsMachine ? this.#config.vpp.lcp.netns : undefined;
  }

  /** A NIC that came late, or came back, is taken; a namespace that was deleted is made again. */
  #look(): void {
    if (!this.#links.place(this.#config, this.#links.netns)) return;
    this.interfaces.apply();
    this.#linksChanged();
  }

  /** Which links there are to be, and where: it takes the NICs back to change that. */
  #linksOf({ vpp }: Config): string {
    const nics = vpp.dpdk.interfaces.map(({ pciAddress, name }) => `${pciAddress} ${name}`);
    return [vpp.lcp.netns, ...nics].join('\n');
  }

  #withdraw(): void {
    this.#stopLooking();
    this.interfaces.withdraw();
    this.#links.withdraw();
  }

  #stopLooking(): void {
    clearInterval(this.#lookTimer);
    this.#lookTimer = undefined;
  }

  #linksChanged(): void {
    this.fib.interfacesChanged();
    this.#import?.source.tapsChanged();
  }

  async #standBeside(): Promise<void> {
    await this.#followDaemons();
    if (this.#isEnded) return;
    const netns = this.#netnsBeside;
    return netns === null ? this.fib.detach(IDLE) : this.fib.attach(netns);
  }

  /** The namespace that is programmed beside VPP; undefined: ours; null: none. */
  get #netnsBeside(): string | undefined | null {
    const { fib, vpp } = this.#config;
    if (!fib.kernel.enabled || !vpp.enabled) return null;
    return fib.kernel.netns ?? (vpp.lcp.enabled ? vpp.lcp.netns : undefined);
  }

  /** Begins, changes or ends the import, as the configuration says when its turn comes. Never rejects. */
  #followDaemons(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#takeTurn());
    return this.#turn;
  }

  async #takeTurn(): Promise<void> {
    const { fib, vpp } = this.#config;
    const { netns } = vpp.lcp;
    const distance = fib.kernel.importDistance;
    const hasTaps = vpp.enabled && vpp.lcp.enabled;
    const isWanted = !this.#isDisposed && fib.kernel.import && (hasTaps || this.#links.netns !== undefined);
    if (isWanted && this.#import?.netns === netns && this.#import.distance === distance) return;
    await this.#endImport();
    if (!isWanted) return;
    const { table, conditions, onError } = this.#options;
    const source = new KernelImport({
      table,
      netns,
      distance,
      interfaceOfTap: (name) => this.#interfaceOf(name),
      onStatus: (status) => {
        if (status.state === 'waiting') conditions.set('warning', IMPORT, status.reason);
        else conditions.clear(IMPORT);
      },
      onRefused: ({ named, more }) => {
        for (const one of named) onError(`${importedRouteText(one)}: ${describeImportRefusal(one)}`);
        const rest = Object.entries(more).map(([reason, count]) => `${count} ${reason}`);
        if (rest.length > 0) onError(`further routes of routing daemons are not taken: ${rest.join(', ')}`);
      },
      onError,
    });
    this.#import = { netns, distance, source };
  }

  async #endImport(): Promise<void> {
    const old = this.#import;
    this.#import = undefined;
    await old?.source[Symbol.asyncDispose]();
    if (old !== undefined) this.#options.conditions.clear(IMPORT);
  }

  /** The kernel's name of a configured interface's TAP. */
  #tapOf(name: string): string | undefined {
    for (const [tap, of] of this.#options.hostInterfaces()) if (of === name) return tap;
    return undefined;
  }

  /** The kernel's name of a configured interface while the kernel forwards. */
  #linkOf(name: string): string | undefined {
    const found = this.#links.find(name);
    return 'ifName' in found ? found.ifName : undefined;
  }

  /** The interface that a link stands for in the namespace of daemons: a TAP, or the interface itself. */
  #interfaceOf(link: string): string | undefined {
    if (this.#links.netns === undefined) return this.#taps.get(link);
    return this.#linkOf(link) === undefined ? undefined : link;
  }
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

const IDLE = 'VPP is the data plane';
/** Subject of the condition. */
const IMPORT = 'kernel-import';
