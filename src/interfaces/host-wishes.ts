/**
 * What Linux wants of VPP's interfaces by what is done to their TAPs, and what has to be remembered to tell it from what
 * lcp-sync did.
 *
 * A TAP shows both: what somebody put there, and the copy that VPP keeps of its own state. Whatever is configured, was
 * configured until now, or stands in VPP for an address of another length, is a copy; the rest is somebody's. A TAP that
 * is down while VPP is up was set down, since VPP sets it up together with its interface.
 */
import { formatPrefix } from '../config/mod.ts';
import type { InterfaceConfig, Prefix } from '../config/types.ts';
import type { HostLink, HostState } from '../mirror/mod.ts';
import { fitAddresses } from './fit-addresses.ts';

/** What is wanted of one interface beside its configuration. */
export interface HostWish {
  /** False: somebody set the TAP down, or nobody configured the interface and its TAP is down. */
  readonly enabled: boolean;
  /** All addresses, the configured ones first. */
  readonly addresses: readonly Prefix[];
  readonly tableId: number;
  readonly proxyArp: boolean;
}

/** A TAP as the last run left it. */
interface Left {
  readonly ifIndex: number;
  /** VPP's interface was up, and with it the TAP. */
  readonly isUp: boolean;
  readonly vrf: string | undefined;
}

export class HostWishes {
  /** By interface. */
  readonly #left = new Map<string, Left>();
  /** Addresses that left the configuration, as text: their copies are nobody's. */
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

  /** A VPP of which nothing is known has these TAPs, and has set them up together with its interfaces. */
  adopt(name: string, { ifIndex, vrf }: HostLink): void {
    if (this.#left.has(name)) return;
    this.#left.set(name, { ifIndex, isUp: true, vrf: vrf?.name });
  }

  /** VPP is another one: of the TAPs that outlived the one before, those that are down were set down meanwhile. */
  outlive(state: HostState | undefined): void {
    const byIndex = new Map([...(state?.values() ?? [])].map((link) => [link.ifIndex, link]));
    for (const [name, { ifIndex, isUp }] of this.#left) {
      if (isUp && byIndex.get(ifIndex)?.isUp === false) this.#held.set(name, ifIndex);
    }
  }

  /** The VRF device that a new TAP is to be put into again: that of the TAP before it. */
  lostVrf(name: string, link: HostLink, state: HostState): string | undefined {
    const left = this.#left.get(name);
    if (left?.vrf === undefined || left.ifIndex === link.ifIndex || link.vrf !== undefined) return undefined;
    return state.has(left.vrf) ? left.vrf : undefined;
  }

  /** What is wanted of an interface whose TAP is `link`; `isUp`: VPP's interface is. */
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
    this.#standIns.set(name, fitted.standIns);
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

  /** What of a TAP is no wish of anybody, and is to be taken off it. */
  litterOf(name: string, link: HostLink): Prefix[] {
    const standIns = this.#standIns.get(name);
    return link.addresses.filter((prefix) => standIns?.has(formatPrefix(prefix)) === true);
  }

  /** The end of a run: `link` as it is now, `isUp`: VPP's interface and, where it is not copied, its TAP are. */
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
