/**
 * The kernel's part in the data plane. Alone, while VPP is disabled or loops: the configured interfaces and all routes,
 * in the own namespace. Beside VPP: with `fib.kernel.enabled` the routes, in the namespace of its TAPs; with
 * `fib.kernel.import` what routing daemons install there becomes a source of the route table.
 *
 * Invariant: there is one import at most. What begins, changes or ends it does so one after the other: the start of the
 * appliance and that of VPP's process both come here, and neither waits for the other.
 */
import type { Config } from '../config/types.ts';
import { takeInventory } from '../dpdk/mod.ts';
import { KernelBackend, KernelImport, type RouteTable } from '../fib/mod.ts';
import { KernelInterfaces } from '../interfaces/mod.ts';
import { describeImportRefusal, importedRouteText } from '../telemetry/mod.ts';
import type { KernelImportStatus } from '../telemetry/status.ts';
import type { Conditions } from './conditions.ts';

export interface KernelPlaneOptions {
  readonly config: Config;
  /** Where the record of NICs is. */
  readonly runDir: string;
  readonly table: RouteTable;
  readonly conditions: Conditions;
  readonly onError: (message: string) => void;
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
    this.interfaces = new KernelInterfaces(config.interfaces, (name) => this.#nicOf(name));
    const kernelName = (name: string): string | undefined =>
      this.interfaces.active ? this.#nicOf(name) : this.#tapOf(name);
    this.fib = new KernelBackend({ table, config: config.fib.kernel, kernelName, onError }, IDLE);
  }

  /** What is learnt from routing daemons; undefined where that is not asked for. */
  get importStatus(): KernelImportStatus | undefined {
    return this.#import?.source.status;
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
    this.interfaces.apply();
    // Names of interfaces mean NICs from now on.
    this.fib.interfacesChanged();
    if (!this.#isEnded) await this.fib.attach(undefined);
  }

  /** VPP forwards: takes everything back, and programs what is wanted beside it. Never rejects. */
  async leave(): Promise<void> {
    if (this.interfaces.active) {
      await this.fib.detach(IDLE);
      this.interfaces.withdraw();
    }
    await this.#standBeside();
  }

  /** Another configuration: at once while the kernel forwards or is programmed, else when it begins to. Never rejects. */
  async reconfigure(config: Config): Promise<void> {
    this.#config = config;
    const isOther = this.interfaces.reconfigure(config.interfaces);
    await this.fib.reconfigure(config.fib.kernel);
    if (!this.interfaces.active) await this.#standBeside();
    // The kernel drops routes with the address that they were reached by.
    else if (isOther) await this.fib.recheck();
    else await this.fib.settled();
  }

  /** Takes our routes out of the kernel, for good; says how many there were. Never rejects. */
  async removeRoutes(): Promise<string> {
    this.#isEnded = true;
    const { programmed } = this.fib.status;
    await this.fib.detach('the appliance stops');
    return `${programmed} routes`;
  }

  /** Lets go of the kernel without taking anything back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.fib[Symbol.asyncDispose]();
    await this.#followDaemons();
  }

  async #standBeside(): Promise<void> {
    const { fib, vpp } = this.#config;
    await this.#followDaemons();
    if (this.#isEnded) return;
    if (!fib.kernel.enabled || !vpp.enabled) return this.fib.detach(IDLE);
    return this.fib.attach(fib.kernel.netns ?? (vpp.lcp.enabled ? vpp.lcp.netns : undefined));
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
    const isWanted = !this.#isDisposed && fib.kernel.import && vpp.enabled && vpp.lcp.enabled;
    if (isWanted && this.#import?.netns === netns && this.#import.distance === distance) return;
    await this.#endImport();
    if (!isWanted) return;
    const { table, conditions, onError } = this.#options;
    const source = new KernelImport({
      table,
      netns,
      distance,
      interfaceOfTap: (name) => this.#taps.get(name),
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

  /** The kernel's name of a configured interface: by its PCI address. */
  #nicOf(name: string): string | undefined {
    const nic = this.#config.vpp.dpdk.interfaces.find((candidate) => candidate.name === name);
    if (nic === undefined) return undefined;
    const found = takeInventory({ runDir: this.#options.runDir }).nics.find(
      ({ pciAddress }) => pciAddress === nic.pciAddress,
    );
    return found?.kernelInterface === true ? found.kernelName : undefined;
  }
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

const IDLE = 'VPP is the data plane';
/** Subject of the condition. */
const IMPORT = 'kernel-import';
