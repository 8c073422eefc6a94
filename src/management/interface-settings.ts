/**
 * Our settings on one kernel interface: an address and a default route of the main table. Removes only its own; the
 * kernel's addresses (IPv6 by router advertisements) and those of other programs stay.
 */
import type { Prefix } from '../config/types.ts';
import {
  addAddress,
  deleteRoute,
  linkIndex,
  listAddresses,
  removeAddress,
  replaceRoute,
} from '../linux/mod.ts';

/** Metric of the default route, so that routes of the data plane in the main table win. */
const DEFAULT_ROUTE_METRIC = 4096;

type Address = Pick<Prefix, 'address' | 'length'>;

export class InterfaceSettings {
  readonly #name: string;
  #address: Address | undefined;
  #gateway: string | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** Adds the address, then removes the previous one. Returns whether it changed. Throws LinuxError: ENODEV … */
  setAddress(address: Address): boolean {
    const old = this.#address;
    addAddress(this.#name, address.address, address.length);
    this.#address = { address: address.address, length: address.length };
    if (old?.address === address.address && old.length === address.length) return false;
    if (old !== undefined) {
      removeAddress(this.#name, old.address, old.length);
      // The kernel removes a secondary IPv4 address of the same subnet together with the primary.
      addAddress(this.#name, address.address, address.length);
    }
    return true;
  }

  /** Sets or removes the default route. Throws LinuxError: ENETUNREACH (the gateway is on no link) … */
  setGateway(gateway: string | undefined): void {
    const old = this.#gateway;
    if (old !== undefined && (gateway === undefined || familyOf(old) !== familyOf(gateway))) {
      deleteRoute({ ...defaultRoute(old), metric: DEFAULT_ROUTE_METRIC });
    }
    this.#gateway = gateway;
    if (gateway === undefined) return;
    replaceRoute({
      ...defaultRoute(gateway),
      kind: 'unicast',
      metric: DEFAULT_ROUTE_METRIC,
      nextHops: [{ gateway, ifIndex: linkIndex(this.#name) ?? 0, weight: 1 }],
    });
  }

  /** Removes both; settings that were removed with the interface are no error. */
  withdraw(): void {
    const address = this.#address;
    this.#address = undefined;
    try {
      this.setGateway(undefined);
      if (address !== undefined) removeAddress(this.#name, address.address, address.length);
    } catch {
      // The interface was removed, and its addresses and routes with it.
    }
  }

  /** All addresses of the interface, including the kernel's own, as `192.0.2.1/24`; none when it was removed. */
  addresses(): string[] {
    try {
      return listAddresses(this.#name).map(({ address, length }) => `${address}/${length}`);
    } catch {
      // The interface was removed, which is reported elsewhere.
      return [];
    }
  }
}

const familyOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);

function defaultRoute(gateway: string): { family: 4 | 6; address: string; length: number } {
  const family = familyOf(gateway);
  return { family, address: family === 4 ? '0.0.0.0' : '::', length: 0 };
}
