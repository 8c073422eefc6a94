/**
 * The typed configuration: what `parseConfig` makes of an appliance.ini.
 *
 * Every value here has passed validation; units are in the names. Nothing outside `src/config` reads INI text.
 */
import type { ConfigProblem, Prefix } from './basic-types.ts';
import type { SectionValues } from './sections.ts';

export type { ConfigProblem, Endpoint, Prefix } from './basic-types.ts';

interface AnyNextHop {
  readonly family: 4 | 6;
  /** 1..255 */
  readonly weight: number;
}

/**
 * A neighbour that packets go to. Without `interface` it is recursive: resolved by the FIB through another route; with
 * the name of a VRF, through a route of that VRF. A route of IPv4 may have one of IPv6 (RFC 8950).
 */
export interface Gateway extends AnyNextHop {
  readonly address: string;
  readonly interface: string | undefined;
}

/**
 * The interface itself: each destination is a neighbour on it (ARP, ND). Or, by its name, a VRF: each destination is
 * looked up again in its table, as with a route to a VRF device in Linux. `family` is that of the destinations.
 */
export interface AttachedHop extends AnyNextHop {
  readonly address: undefined;
  readonly interface: string;
}

/** One next hop of a route. */
export type NextHop = Gateway | AttachedHop;

/** What a route is for: an IP prefix, or packets that arrive with a local MPLS label. */
export type Destination = Prefix | { readonly family: 'mpls'; readonly label: number };

export type RouteAction =
  | {
      readonly kind: 'forward';
      readonly nextHops: readonly NextHop[];
      /**
       * Outermost first, at most 16, each of 20 bits. On a prefix: pushed. On a local label: what replaces it; none
       * pops it.
       */
      readonly labels: readonly number[];
    }
  /** Packets vanish. */
  | { readonly kind: 'blackhole' }
  /** The sender is told: ICMP network or host unreachable. */
  | { readonly kind: 'unreachable' }
  /** The sender is told: ICMP administratively prohibited. */
  | { readonly kind: 'prohibit' };

/** One line of the `[route]` section. */
export interface StaticRoute {
  readonly destination: Destination;
  readonly action: RouteAction;
  /** Between routes of one source to one destination the lowest wins; 0 unless given. */
  readonly metric: number;
  /** Undefined: the table that each FIB has for such routes (`fib.vpp.table-id`, `fib.kernel.table-id`). */
  readonly tableId: number | undefined;
  /** Line in the INI file, 1-based. */
  readonly line: number;
}

/** What the rows of `sections/` say, and the static routes. */
export interface Config extends SectionValues {
  readonly routes: readonly StaticRoute[];
}

export type UpdateConfig = Config['update'];
export type WatchdogConfig = Config['watchdog'];
export type ManagementConfig = Config['management'];
export type SupervisorConfig = Config['supervisor'];
export type VppConfig = Config['vpp'];
export type HugepageSize = VppConfig['memory']['hugepageSize'];
export type DpdkInterfaceConfig = VppConfig['dpdk']['interfaces'][number];
export type FibVppConfig = Config['fib']['vpp'];
export type FibKernelConfig = Config['fib']['kernel'];
export type InterfaceConfig = Config['interfaces'][number];
export type BgpNeighborConfig = Config['bgp']['neighbors'][number];
export type ServiceConfig = Config['services'][number];
export type RestartRule = ServiceConfig['restart'];

export type ParseResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly ConfigProblem[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };
