/** The kernel as the data plane, while VPP is disabled or loops: the configured interfaces and routes, made so there. */
import type { Config } from '../config/types.ts';
import { takeInventory } from '../dpdk/mod.ts';
import { KernelFib } from '../fib/mod.ts';
import { KernelInterfaces } from '../interfaces/mod.ts';

export class KernelPlane {
  readonly interfaces: KernelInterfaces;
  readonly fib: KernelFib;
  #config: Config;
  readonly #runDir: string;

  /** @param runDir where the record of NICs is */
  constructor(config: Config, runDir: string) {
    this.#config = config;
    this.#runDir = runDir;
    const kernelName = (name: string): string | undefined => this.#kernelNameOf(name);
    this.interfaces = new KernelInterfaces(config.interfaces, kernelName);
    this.fib = new KernelFib(config.routes, kernelName);
  }

  /** Begins to forward; what the kernel refuses is in the status of both. Never rejects. */
  async take(): Promise<void> {
    this.interfaces.apply();
    await this.fib.program();
  }

  /** Takes everything back: VPP forwards. Without effect when the kernel does not. */
  leave(): void {
    if (!this.interfaces.active) return;
    this.fib.withdraw();
    this.interfaces.withdraw();
  }

  /** Another configuration: at once while the kernel forwards, else when it begins to. Never rejects. */
  async reconfigure(config: Config): Promise<void> {
    this.#config = config;
    // The kernel drops routes with the address that they were reached by.
    const reassert = this.interfaces.reconfigure(config.interfaces);
    await this.fib.reconfigure(config.routes, { reassert });
  }

  /** The kernel's name of a configured interface: by its PCI address. */
  #kernelNameOf(name: string): string | undefined {
    const nic = this.#config.vpp.dpdk.interfaces.find((candidate) => candidate.name === name);
    if (nic === undefined) return undefined;
    const found = takeInventory({ runDir: this.#runDir }).nics.find(
      ({ pciAddress }) => pciAddress === nic.pciAddress,
    );
    return found?.kernelInterface === true ? found.kernelName : undefined;
  }
}
