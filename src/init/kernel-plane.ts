/**
 * The kernel's part in the data plane. Alone, while VPP is disabled or loops: the configured interfaces and all routes,
 * in the own namespace. Beside VPP, with `fib.kernel.enabled`: the routes, in the namespace of its TAPs.
 */
import type { Config } from '../config/types.ts';
import { takeInventory } from '../dpdk/mod.ts';
import { KernelBackend, type RouteTable } from '../fib/mod.ts';
import { KernelInterfaces } from '../interfaces/mod.ts';

export interface KernelPlaneOptions {
  readonly config: Config;
  /** Where the record of NICs is. */
  readonly runDir: string;
  readonly table: RouteTable;
  readonly onError: (message: string) => void;
  /** The name of an interface's TAP in the namespace of the TAPs; as that of the interface when absent. */
  readonly tapName?: (name: string) => string | undefined;
}

export class KernelPlane {
  readonly interfaces: KernelInterfaces;
  readonly fib: KernelBackend;
  #config: Config;
  readonly #options: KernelPlaneOptions;

  constructor(options: KernelPlaneOptions) {
    this.#options = options;
    this.#config = options.config;
    const { config, table, onError } = options;
    this.interfaces = new KernelInterfaces(config.interfaces, (name) => this.#nicOf(name));
    const kernelName = (name: string): string | undefined =>
      this.interfaces.active ? this.#nicOf(name) : this.#tapOf(name);
    this.fib = new KernelBackend({ table, config: config.fib.kernel, kernelName, onError }, IDLE);
  }

  /** Begins to forward alone; what the kernel refuses is in the status of both. Never rejects. */
  async take(): Promise<void> {
    this.interfaces.apply();
    // Names of interfaces mean NICs from now on.
    this.fib.interfacesChanged();
    await this.fib.attach(undefined);
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

  async #standBeside(): Promise<void> {
    const { fib, vpp } = this.#config;
    if (!fib.kernel.enabled || !vpp.enabled) return this.fib.detach(IDLE);
    return this.fib.attach(fib.kernel.netns ?? (vpp.lcp.enabled ? vpp.lcp.netns : undefined));
  }

  /** The kernel's name of a configured interface's TAP. */
  #tapOf(name: string): string | undefined {
    const { tapName } = this.#options;
    return tapName === undefined ? name : tapName(name);
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

const IDLE = 'VPP is the data plane';
