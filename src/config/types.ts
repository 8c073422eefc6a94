/**
 * The typed configuration: what `parseConfig` makes of an appliance.ini.
 *
 * Every value here has passed validation; units are in the names. Nothing outside `src/config` reads INI text.
 */

/** An IP prefix in canonical text form (`10.0.0.0/8`, `2001:db8::/32`), split for those who compute with it. */
export interface Prefix {
  readonly family: 4 | 6;
  /** Canonical address text, host bits zero for routes, kept for interface addresses. */
  readonly address: string;
  readonly length: number;
}

interface AnyNextHop {
  readonly family: 4 | 6;
  /** 1..255 */
  readonly weight: number;
}

/**
 * A neighbour that packets go to. Without `interface` it is recursive: resolved by the FIB through another route. A
 * route of IPv4 may have one of IPv6 (RFC 8950).
 */
export interface Gateway extends AnyNextHop {
  readonly address: string;
  readonly interface: string | undefined;
}

/** The interface itself: each destination is a neighbour on it (ARP, ND). `family` is that of the destinations. */
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

/** `[interface.NAME]` */
export interface InterfaceConfig {
  readonly name: string;
  readonly enabled: boolean;
  /** Layer 3 MTU in bytes; undefined leaves VPP's default. */
  readonly mtuBytes: number | undefined;
  readonly addresses: readonly Prefix[];
  readonly mpls: boolean;
  readonly line: number;
}

/** Who drives a NIC of VPP. */
export type NicDriver = 'dpdk' | 'native';

/** `[vpp.dpdk.interface.PCI]` */
export interface DpdkInterfaceConfig {
  /** Full, lower case: `0000:03:00.0` */
  readonly pciAddress: string;
  readonly name: string;
  /** DPDK, or VPP's own driver for this kind of NIC. */
  readonly driver: NicDriver;
  readonly rxQueues: number | undefined;
  readonly txQueues: number | undefined;
  readonly line: number;
}

export type HugepageSize = '2M' | '1G';

export interface VppConfig {
  readonly enabled: boolean;
  readonly external: boolean;
  /** Absolute path of the VPP executable. */
  readonly binary: string;
  readonly startTimeoutSeconds: number;
  readonly answerTimeoutSeconds: number;
  readonly apiSocket: string;
  readonly cpu: {
    readonly mainCore: number | undefined;
    readonly workers: number | undefined;
    readonly isolate: boolean;
  };
  readonly memory: {
    readonly mainHeapBytes: number;
    readonly hugepageSize: HugepageSize;
    readonly buffers: number;
  };
  readonly dpdk: { readonly unsafeNoIommu: boolean; readonly interfaces: readonly DpdkInterfaceConfig[] };
  readonly stats: {
    readonly segmentBytes: number;
    readonly socketPath: string;
    readonly pollIntervalSeconds: number;
  };
  readonly lcp: {
    readonly enabled: boolean;
    readonly sync: boolean;
    readonly autoSubint: boolean;
    readonly netns: string;
  };
}

export interface FibVppConfig {
  readonly enabled: boolean;
  readonly tableId: number;
  readonly batchSize: number;
  readonly batchIntervalMs: number;
}

/** `[fib.kernel]` */
export interface FibKernelConfig {
  /** Beside VPP; without VPP the kernel is programmed anyway. */
  readonly enabled: boolean;
  /** Of routes that name no table. */
  readonly tableId: number;
  /** Undefined: `vpp.lcp.netns` beside a VPP with LCP, else the own namespace. */
  readonly netns: string | undefined;
  readonly metric: number;
  /** Whether routes of `vpp.lcp.netns` are taken over. */
  readonly import: boolean;
  readonly importDistance: number;
}

/** `[supervisor]`: how a crashing service is restarted. */
export interface SupervisorConfig {
  /** First delay; doubles at every failure. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** Life after which the backoff is reset and a service counts as stable. */
  readonly stableMs: number;
  /** Starts without reaching `stableMs` after which a service is `looping`. */
  readonly loopAfter: number;
  /** While looping: time between two tries. */
  readonly loopRetryMs: number;
}

/** When a service that ended is started again; `on-failure`: unless it ended with exit code 0. */
export type RestartRule = 'always' | 'on-failure' | 'never';

/** `[service.NAME]`: a program that the box keeps running, a routing daemon for example. */
export interface ServiceConfig {
  readonly name: string;
  /** The program by its absolute path, then its arguments. */
  readonly command: readonly string[];
  /** The network namespace it runs in; undefined: the box's own. */
  readonly netns: string | undefined;
  readonly restart: RestartRule;
  readonly line: number;
}

export interface ManagementConfig {
  /** Kernel interface name; undefined: the first NIC that is not given to VPP. */
  readonly interface: string | undefined;
  readonly address: 'dhcp' | Prefix;
  readonly gateway: string | undefined;
  readonly dns: readonly string[];
  /** Names or addresses of time servers; empty: those that DHCP names. */
  readonly ntp: readonly string[];
}

/** Address and port of one end: what to listen on, or whom to send to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** `[update]`: which images are taken, and how a new version and a new configuration prove themselves. */
export interface UpdateConfig {
  readonly confirmTimeoutSeconds: number;
  readonly trialStableSeconds: number;
  readonly trialTimeoutSeconds: number;
  readonly routeTolerancePercent: number;
  /** Images of a lower version are refused. */
  readonly minimumVersion: string | undefined;
  /** Whether an image may have been built before the running one. */
  readonly allowOlderBuilds: boolean;
}

export interface WatchdogConfig {
  readonly enabled: boolean;
  readonly timeoutSeconds: number;
}

export interface LogConfig {
  /** Undefined: nothing is sent. */
  readonly syslog: Endpoint | undefined;
  readonly diskBytes: number;
}

export interface HttpConfig {
  readonly listen: Endpoint;
  /** Without one the box has a default of its own, and `appliance run` serves no TLS. */
  readonly httpsListen: Endpoint | undefined;
  /** DNS names in lower case, each once: requests to them are taken, beside those to the box's own. */
  readonly names: readonly string[];
}

export interface Config {
  readonly system: { readonly hostname: string };
  readonly management: ManagementConfig;
  readonly http: HttpConfig;
  readonly telemetry: { readonly zeroSeries: boolean };
  readonly update: UpdateConfig;
  readonly watchdog: WatchdogConfig;
  readonly log: LogConfig;
  readonly supervisor: SupervisorConfig;
  readonly services: readonly ServiceConfig[];
  readonly vpp: VppConfig;
  readonly fib: { readonly vpp: FibVppConfig; readonly kernel: FibKernelConfig };
  readonly interfaces: readonly InterfaceConfig[];
  readonly routes: readonly StaticRoute[];
}

/** One mistake in the file, or one fact of the machine that does not fit it. */
export interface ConfigProblem {
  readonly severity: 'error' | 'warning';
  /** 1-based; 0 when it is about the file or the machine as a whole. */
  readonly line: number;
  /** Path of the leaf or section, `vpp.cpu.workers`. */
  readonly leaf: string;
  /** What is wrong, the value quoted, what would be right; no trailing period. */
  readonly message: string;
}

export type ParseResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly ConfigProblem[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };
