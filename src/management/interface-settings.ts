/**
 * What we put on one kernel interface: an address and a default route of the main table through it. Takes back only its
 * own; the kernel's addresses (IPv6 by router advertisements) and other programs' stay.
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

  /** Puts the address on, then takes the one before off. Returns whether it is another. Throws LinuxError: ENODEV … */
  setAddress(address: Address): boolean {
    const old = this.#address;
    addAddress(this.#name, address.address, address.length);
    this.#address = { address: address.address, length: address.length };
    if (old?.address === address.address && old.length === address.length) return false;
    if (old !== undefined) {
      removeAddress(this.#name, old.address, old.length);
      // The kernel takes an IPv4 address of the same subnet away together with the one that was there first.
      addAddress(this.#name, address.address, address.length);
    }
    return true;
  }

  /** Sets the default route, or takes it away. Throws LinuxError: ENETUNREACH (a gateway that is on no link) … */
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

  /** Takes both back; what is gone already, with its interface, is fine. */
  withdraw(): void {
    const address = this.#address;
    this.#address = undefined;
    try {
      this.setGateway(undefined);
      if (address !== undefined) removeAddress(this.#name, address.address, address.length);
    } catch {
      // The interface is gone, and its addresses and routes with it.
    }
  }

  /** All addresses of the interface, the kernel's own too, as `192.0.2.1/24`; none when it is gone. */
  addresses(): string[] {
    try {
      return listAddresses(this.#name).map(({ address, length }) => `${address}/${length}`);
    } catch {
      // The interface is gone; its absence is stated elsewhere.
      return [];
    }
  }
}

const familyOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);

function defaultRoute(gateway: string): { family: 4 | 6; address: string; length: number } {
  const family = familyOf(gateway);
  return { family, address: family === 4 ? '0.0.0.0' : '::', length: 0 };
}
