/**
 * The configured interfaces in the kernel: the data plane while VPP is disabled or loops.
 *
 * An interface of the configuration is found by the PCI address of its NIC. Owns the addresses that it added.
 */
import type { InterfaceConfig } from '../config/types.ts';
import { addAddress, listLinks, removeAddress, setLinkMtu, setLinkUp } from '../linux/mod.ts';
import type { InterfaceStatus } from '../telemetry/status.ts';

export class KernelInterfaces {
  readonly #configs: readonly InterfaceConfig[];
  readonly #kernelName: (name: string) => string | undefined;
  readonly #failures = new Map<string, string>();
  #active = false;

  /** @param kernelName the kernel's name of an interface that the configuration names */
  constructor(configs: readonly InterfaceConfig[], kernelName: (name: string) => string | undefined) {
    this.#configs = configs;
    this.#kernelName = kernelName;
  }

  /** Sets admin state, MTU and addresses of all interfaces that the kernel has. Never throws. */
  apply(): void {
    this.#active = true;
    this.#failures.clear();
    for (const config of this.#configs) {
      const name = this.#kernelName(config.name);
      if (name === undefined) {
        this.#failures.set(config.name, 'the kernel has no interface for it');
        continue;
      }
      try {
        if (config.mtuBytes !== undefined) setLinkMtu(name, config.mtuBytes);
        for (const { address, length } of config.addresses) addAddress(name, address, length);
        setLinkUp(name, config.enabled);
      } catch (error) {
        this.#failures.set(config.name, error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** Takes the addresses away again. Never throws. */
  withdraw(): void {
    if (!this.#active) return;
    this.#active = false;
    for (const config of this.#configs) {
      const name = this.#kernelName(config.name);
      if (name === undefined) continue;
      for (const { address, length } of config.addresses) {
        try {
          removeAddress(name, address, length);
        } catch {
          // Gone with the interface.
        }
      }
    }
  }

  get active(): boolean {
    return this.#active;
  }

  get status(): InterfaceStatus[] {
    if (!this.#active) return [];
    const links = new Map(listLinks().map((link) => [link.name, link]));
    return this.#configs.map((config) => {
      const link = links.get(this.#kernelName(config.name) ?? '');
      const failure = this.#failures.get(config.name);
      return {
        name: config.name,
        dataPlane: 'kernel' as const,
        state:
          failure === undefined ? { state: 'ok' as const } : { state: 'failed' as const, reason: failure },
        adminUp: link?.up ?? false,
        link: link === undefined ? ('unknown' as const) : link.running ? ('up' as const) : ('down' as const),
        ...(link === undefined ? {} : { mtuBytes: link.mtu, mac: link.mac }),
        addresses: config.addresses.map(({ address, length }) => `${address}/${length}`),
      };
    });
  }
}
