/**
 * The kernel's part in the data plane. Alone, while VPP is disabled or looping: the configured interfaces and all
 * routes. On a box they are in the namespace of VPP's TAPs, so that routing daemons there find the same names and
 * addresses; `appliance run`, which does not own the machine, keeps its own namespace. Beside VPP: with
 * `fib.kernel.enabled` the routes, in the namespace of its TAPs. With `fib.kernel.import`, routes that routing daemons
 * install there become a source of the route table in both cases; they are not installed in the kernel again.
 *
 * Invariant: there is at most one import. Its starts, changes and ends are serialised: the start of the appliance and
 * that of VPP's process both come here, and neither waits for the other.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/types.ts';
import { KernelBackend, KernelImport, type RouteTable } from '../fib/mod.ts';
import { KernelInterfaces } from '../interfaces/mod.ts';
import { KernelRules } from '../nftables/mod.ts';
import type { KernelRule } from '../nftables/status.ts';
import { describeImportRefusal, importedRouteText } from '../fib/status.ts';
import type { KernelImportStatus } from '../fib/status.ts';
import { withNetns } from '../linux/mod.ts';
import type { Conditions } from '../log/mod.ts';
import { KernelLinks, type KernelLinksOptions } from './kernel-links.ts';
import { kernelModulesOf } from './kernel-modules.ts';

/** Interval of checks for new NICs and deleted namespaces while the kernel forwards. */
const LOOK_MS = 1_000;
/** Looks between two readings of the rules' counters. */
const LOOKS_A_CHECK = 10;

export interface KernelPlaneOptions extends KernelLinksOptions {
  readonly config: Config;
  /** Whether the NICs may be moved to another namespace. */
  readonly ownsMachine: boolean;
  readonly table: RouteTable;
  readonly conditions: Conditions;
  /** Interfaces in the namespace of the TAPs, with the VPP interfaces that they represent, by name. */
  readonly hostInterfaces: () => ReadonlyMap<string, string>;
  /** Loads kernel modules, each with its parameters; returns those that could not be loaded, with the reason. */
  readonly loadModules?: ((modules: readonly string[]) => readonly string[]) | undefined;
  /** Path of nft, if there is one; default: where Debian has it. */
  readonly nft?: (() => string | undefined) | undefined;
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
  readonly #rules: KernelRules;
  #looks = 0;
  #lookTimer: NodeJS.Timeout | undefined;
  #import: Import | undefined;
  /** The last mapping reported by a connected VPP, used while VPP is absent. */
  #taps: ReadonlyMap<string, string> = new Map();
  /** The last operation on `#import`; never rejects. */
  #turn: Promise<void> = Promise.resolve();
  /** Modules that were asked for, so that each is loaded once. */
  readonly #modules = new Set<string>();
  #isEnded = false;
  #isDisposed = false;

  constructor(options: KernelPlaneOptions) {
    this.#options = options;
    this.#config = options.config;
    const { config, table, onError } = options;
    this.#links = new KernelLinks(options);
    const loadModules = (modules: readonly string[]): readonly string[] => this.#loadModules(modules);
    this.#rules = new KernelRules({ loadModules, program: options.nft, onError });
    this.interfaces = new KernelInterfaces(config, this.#links, (name) => this.#rules.verdictOf(name));
    const kernelName = (name: string): string | undefined =>
      (this.interfaces.active ? this.#linkOf(name) : this.#tapOf(name)) ?? this.#vrfDeviceOf(name);
    this.fib = new KernelBackend({ table, config: config.fib.kernel, kernelName, onError }, IDLE);
  }

  /** Status of the import from routing daemons; undefined when it is disabled. */
  get importStatus(): KernelImportStatus | undefined {
    return this.#import?.source.status;
  }

  /** Path of the sysfs of the NICs' namespace, while it differs from ours. */
  get namespaceSysfs(): string | undefined {
    return this.#links.namespaceSysfs;
  }

  /** Packets by rule, `acl lan-in 10`, as they were read last; none while VPP forwards. */
  get ruleHits(): KernelRule[] {
    return [...this.#rules.hits].map(([rule, packets]) => ({ rule, packets }));
  }

  /** Called when the TAPs have changed. */
  hostInterfacesChanged(): void {
    if (!this.interfaces.active) this.fib.interfacesChanged();
    const taps = this.#options.hostInterfaces();
    if (taps.size === 0 || isDeepStrictEqual(taps, this.#taps)) return;
    this.#taps = taps;
    this.#import?.source.tapsChanged();
  }

  /** Begins to forward alone; refusals of the kernel are in the status of interfaces and routes. Never rejects. */
  async take(): Promise<void> {
    this.#loadModules(kernelModulesOf(this.#config));
    this.#links.place(this.#config, this.#ownNetns);
    const rules = this.#useRules(this.#config, true);
    this.interfaces.apply();
    // Names of interfaces now refer to other links.
    this.#linksChanged();
    await rules;
    await this.#updateImport();
    if (this.#isEnded) return;
    this.#lookTimer ??= setInterval(() => this.#look(), LOOK_MS).unref();
    await this.fib.attach(this.#links.netns);
  }

  /** Called when VPP forwards: withdraws everything, and programs what is configured beside VPP. Never rejects. */
  async leave(): Promise<void> {
    if (this.interfaces.active) {
      // In the namespace of the TAPs, routes wait for the TAPs, as daemons do.
      if (this.#netnsBeside !== this.#links.netns) await this.fib.detach(IDLE);
      await this.#withdraw();
      this.#linksChanged();
    }
    await this.#runBesideVpp();
  }

  /** Applies another configuration: at once while the kernel is in use, else when it takes over. Never rejects. */
  async reconfigure(config: Config): Promise<void> {
    const { active } = this.interfaces;
    const hasSameLinks = this.#linksOf(config) === this.#linksOf(this.#config);
    this.#config = config;
    let isMadeAnew = false;
    if (active && hasSameLinks) {
      this.#loadModules(kernelModulesOf(config));
      isMadeAnew = this.#links.place(config, this.#links.netns);
      // Before an interface is set up that needs them.
      await this.#useRules(config, isMadeAnew);
    } else if (active) await this.#withdraw();
    const isOther = this.interfaces.reconfigure(config) || isMadeAnew;
    // A link that was made anew has nothing, whatever the change was.
    if (isMadeAnew && this.interfaces.active) {
      this.interfaces.apply();
      this.#linksChanged();
    }
    await this.fib.reconfigure(config.fib.kernel);
    if (!active) return this.#runBesideVpp();
    if (hasSameLinks) await this.#updateImport();
    else await this.take();
    // The kernel drops routes together with the address over which their next hops were reached.
    if (isOther || !hasSameLinks) await this.fib.recheck();
    else await this.fib.settled();
  }

  /**
   * Removes our routes and the links that were made from the kernel for good; returns the number of routes. NICs keep
   * their addresses, and the rules that guard them. Never rejects.
   */
  async removeRoutes(): Promise<string> {
    this.#isEnded = true;
    this.#stopLooking();
    const { programmed } = this.fib.status;
    await this.fib.detach('the appliance is shutting down');
    this.#links.withdraw();
    return `${programmed} routes`;
  }

  /** Detaches from the kernel without withdrawing anything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#stopLooking();
    await this.fib[Symbol.asyncDispose]();
    await this.#updateImport();
  }

  /** Loads those that were not asked for before; returns which of them could not be loaded, with the reason. */
  #loadModules(modules: readonly string[]): readonly string[] {
    const { loadModules, conditions } = this.#options;
    const needed = modules.filter((module) => !this.#modules.has(module));
    if (loadModules === undefined || needed.length === 0) return [];
    const failures = loadModules(needed);
    for (const module of needed) this.#modules.add(module);
    if (failures.length > 0)
      conditions.set('warning', MODULES, `kernel modules could not be loaded: ${failures.join('; ')}`);
    return failures;
  }

  /** The namespace in which the kernel forwards; undefined: ours. */
  get #ownNetns(): string | undefined {
    return this.#options.ownsMachine ? this.#config.vpp.lcp.netns : undefined;
  }

  /** Places NICs that appeared or returned; recreates a deleted namespace. */
  #look(): void {
    if (this.#links.place(this.#config, this.#links.netns)) {
      const rules = this.#useRules(this.#config, true);
      this.interfaces.apply();
      this.#linksChanged();
      void rules;
      return;
    }
    this.#looks += 1;
    if (this.#looks % LOOKS_A_CHECK === 0) void this.#checkRules();
  }

  /** Reads the counters of the rules; loads them again when somebody removed them, or they could not be loaded. */
  async #checkRules(): Promise<void> {
    const isGone = await this.#rules.check();
    if (!this.interfaces.active || (!isGone && this.#rules.failure === undefined)) return;
    if (isGone) this.#options.onError('somebody removed the rules of packets: they are loaded again');
    const rules = this.#useRules(this.#config, false);
    this.interfaces.apply();
    await rules;
  }

  /**
   * Loads the rules of a configuration, and sets up the interfaces that waited for them. Interfaces that must not be up
   * without them are to be set after the call, and before its end. Never rejects.
   */
  async #useRules(config: Config, areLinksNew: boolean): Promise<void> {
    const links = this.#links;
    const place = {
      identity: links.identity,
      enter: inNamespace(links.netns),
      linkOf: (name: string) => this.#linkOf(name),
    };
    const before = this.#rules.version;
    await this.#rules.use(config, place, areLinksNew);
    // VPP took over meanwhile.
    if (!this.interfaces.active) return;
    const { failure } = this.#rules;
    const { conditions } = this.#options;
    if (failure === undefined) conditions.clear(RULES);
    else
      conditions.set(
        'error',
        RULES,
        `filters and NAT are not in force while the kernel forwards: ${failure}`,
      );
    if (this.#rules.version === before) return;
    this.interfaces.apply();
    this.fib.interfacesChanged();
  }

  /** A key of the wanted links and their namespace: a change requires moving the NICs back. */
  #linksOf({ vpp }: Config): string {
    const nics = vpp.dpdk.interfaces.map(({ pciAddress, name }) => `${pciAddress} ${name}`);
    return [vpp.lcp.netns, ...nics].join('\n');
  }

  /** The rules go after the interfaces that need them. */
  async #withdraw(): Promise<void> {
    this.#stopLooking();
    this.interfaces.withdraw();
    this.#links.withdraw();
    this.#options.conditions.clear(RULES);
    await this.#rules.withdraw();
  }

  #stopLooking(): void {
    clearInterval(this.#lookTimer);
    this.#lookTimer = undefined;
  }

  #linksChanged(): void {
    this.fib.interfacesChanged();
    this.#import?.source.tapsChanged();
  }

  async #runBesideVpp(): Promise<void> {
    await this.#updateImport();
    if (this.#isEnded) return;
    const netns = this.#netnsBeside;
    return netns === null ? this.fib.detach(IDLE) : this.fib.attach(netns);
  }

  /** The namespace to program beside VPP; undefined: ours; null: none. */
  get #netnsBeside(): string | undefined | null {
    const { fib, vpp } = this.#config;
    if (!fib.kernel.enabled || !vpp.enabled) return null;
    return fib.kernel.netns ?? (vpp.lcp.enabled ? vpp.lcp.netns : undefined);
  }

  /** Starts, changes or ends the import by the configuration at its turn. Never rejects. */
  #updateImport(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#updateImportNow());
    return this.#turn;
  }

  async #updateImportNow(): Promise<void> {
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
        if (rest.length > 0)
          onError(`further routes of routing daemons are not imported: ${rest.join(', ')}`);
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

  /** The kernel name of a configured interface's TAP. */
  #tapOf(name: string): string | undefined {
    for (const [tap, of] of this.#options.hostInterfaces()) if (of === name) return tap;
    return undefined;
  }

  /** The kernel name of a configured interface while the kernel forwards. */
  #linkOf(name: string): string | undefined {
    const found = this.#links.find(name);
    return 'ifName' in found ? found.ifName : undefined;
  }

  /** VRF devices have the names of their VRFs. */
  #vrfDeviceOf(name: string): string | undefined {
    return this.#config.vrfs.some((vrf) => vrf.name === name) ? name : undefined;
  }

  /** The interface that a link in the namespace of daemons represents: by its TAP, or itself. */
  #interfaceOf(link: string): string | undefined {
    if (this.#links.netns === undefined) return this.#taps.get(link);
    return this.#links.interfaceOf(link);
  }
}

const IDLE = 'VPP is the data plane';
const IMPORT = 'kernel-import';
const MODULES = 'kernel-modules';
const RULES = 'kernel-rules';

/** Enters a namespace for the time of a call; undefined: the own one. */
function inNamespace(netns: string | undefined): <T>(body: () => T) => T {
  return (body) => (netns === undefined ? body() : withNetns(netns, body));
}
