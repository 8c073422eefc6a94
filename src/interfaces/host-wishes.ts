/**
 * What Linux wants of VPP's interfaces, derived from their TAPs, and the state needed to tell it from the changes of
 * lcp-sync.
 *
 * A TAP shows both: what someone configured there, and the copy of VPP's own state. An address that is or was
 * configured, or that VPP has with another length, is a copy; the rest is someone's. A TAP that is down while VPP is up
 * was set down, since VPP sets it up together with its interface.
 */
import { formatPrefix } from '../config/mod.ts';
import type { InterfaceConfig, Prefix } from '../config/types.ts';
import type { HostLink, HostState } from '../mirror/mod.ts';
import { fitAddresses } from './fit-addresses.ts';

/** What Linux wants of one interface besides its configuration. */
export interface HostWish {
  /** False: the TAP was set down, or the interface is not configured and its TAP is down. */
  readonly enabled: boolean;
  /** All addresses, the configured ones first. */
  readonly addresses: readonly Prefix[];
  readonly tableId: number;
  readonly proxyArp: boolean;
}

/** A TAP at the end of the last run. */
interface Left {
  readonly ifIndex: number;
  /** VPP's interface was up, and with it the TAP. */
  readonly isUp: boolean;
  readonly vrf: string | undefined;
}

export class HostWishes {
  /** By interface. */
  readonly #left = new Map<string, Left>();
  /** Addresses that left the configuration, as text: their copies belong to nobody. */
  readonly #withdrawn = new Map<string, Set<string>>();
  readonly #standIns = new Map<string, ReadonlySet<string>>();
  /** TAPs that were set down, by interface. */
  readonly #held = new Map<string, number>();

  /** Addresses leave the configuration. */
  withdraw(name: string, addresses: readonly Prefix[]): void {
    const all = this.#withdrawn.get(name) ?? new Set();
    for (const prefix of addresses) all.add(formatPrefix(prefix));
    this.#withdrawn.set(name, all);
  }

  /** Takes over a TAP of a VPP without history, which has set it up together with its interface. */
  adopt(name: string, { ifIndex, vrf }: HostLink): void {
    if (this.#left.has(name)) return;
    this.#left.set(name, { ifIndex, isUp: true, vrf: vrf?.name });
  }

  /** VPP is another one: of the retained TAPs, those that are down were set down meanwhile. */
  outlive(state: HostState | undefined): void {
    const byIndex = new Map([...(state?.values() ?? [])].map((link) => [link.ifIndex, link]));
    for (const [name, { ifIndex, isUp }] of this.#left) {
      if (isUp && byIndex.get(ifIndex)?.isUp === false) this.#held.set(name, ifIndex);
    }
  }

  /** The VRF device that a new TAP is to be enslaved to: that of the previous TAP. */
  previousVrf(name: string, link: HostLink, state: HostState): string | undefined {
    const left = this.#left.get(name);
    if (left?.vrf === undefined || left.ifIndex === link.ifIndex || link.vrf !== undefined) return undefined;
    return state.has(left.vrf) ? left.vrf : undefined;
  }

  /** What Linux wants of an interface whose TAP is `link`; `isUp`: VPP's interface is. */
  wishOf(name: string, link: HostLink, config: InterfaceConfig | undefined, isUp: boolean): HostWish {
    const configured = config?.addresses ?? [];
    const standIns = this.#standIns.get(name);
    const withdrawn = this.#withdrawn.get(name);
    const own = new Set(configured.map(formatPrefix));
    for (const text of own) withdrawn?.delete(text);
    const theirs = link.addresses.filter((prefix) => {
      const text = formatPrefix(prefix);
      return !own.has(text) && standIns?.has(text) !== true && withdrawn?.has(text) !== true;
    });
    const fitted = fitAddresses(configured, theirs);
    // A copy stays one until it has left the TAP, also when the address that it stood in for has gone before it.
    const copies = link.addresses.map(formatPrefix).filter((text) => standIns?.has(text) && !own.has(text));
    this.#standIns.set(name, new Set([...fitted.standIns, ...copies]));
    return {
      enabled: this.#enabled(name, link, config, isUp),
      addresses: fitted.addresses,
      tableId: link.vrf?.tableId ?? 0,
      proxyArp: link.proxyArp,
    };
  }

  /** Whether an interface is down because its TAP was set down. */
  isHeld(name: string): boolean {
    return this.#held.has(name);
  }

  /** The addresses of a TAP that nobody wants there, to be removed from it. */
  staleAddressesOf(name: string, link: HostLink): Prefix[] {
    const standIns = this.#standIns.get(name);
    return link.addresses.filter((prefix) => standIns?.has(formatPrefix(prefix)) === true);
  }

  /** The end of a run: `link` as it is now, `isUp`: VPP's interface and, where it is not copied, its TAP are up. */
  remember(name: string, link: HostLink, isUp: boolean): void {
    this.#left.set(name, { ifIndex: link.ifIndex, isUp, vrf: link.vrf?.name });
    const withdrawn = this.#withdrawn.get(name);
    if (withdrawn === undefined) return;
    const present = new Set(link.addresses.map(formatPrefix));
    for (const text of withdrawn) if (!present.has(text)) withdrawn.delete(text);
    if (withdrawn.size === 0) this.#withdrawn.delete(name);
  }

  #enabled(name: string, link: HostLink, config: InterfaceConfig | undefined, isUp: boolean): boolean {
    if (config === undefined) return link.isUp;
    const left = this.#left.get(name);
    const isSame = left?.ifIndex === link.ifIndex;
    if (isSame && left.isUp && isUp && !link.isUp) this.#held.set(name, link.ifIndex);
    else if (link.isUp || this.#held.get(name) !== link.ifIndex) this.#held.delete(name);
    return config.enabled && !this.#held.has(name);
  }
}
