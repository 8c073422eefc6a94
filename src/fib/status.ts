/** Owns what is said of routes: what each FIB has of them, and where they come from. Pure. */
import {
  counter,
  counters,
  gauge,
  gauges,
  inSeconds,
  type PlainMetric,
  type Sample,
  type Shade,
  stateSamples,
  type Timestamp,
} from '../report/mod.ts';

export interface FibFailure {
  readonly prefix: string;
  readonly reason: string;
}

export interface FibLeftOutHop {
  /** As a route writes it: `198.51.100.3%xe1`. */
  readonly 'next-hop': string;
  readonly reason: string;
}

export interface FibCounts {
  /** Routes that should be in this FIB. */
  readonly desired: number;
  readonly programmed: number;
  /** Not sent yet, not answered yet, or about to leave. */
  readonly pending: number;
  /** Refused, with a reason; tried again. */
  readonly failed: number;
  /** The next hop cannot be reached now; waits for what could change that. */
  readonly unresolved: number;
}

/** Routes of one family in one FIB. */
export interface FibFamilyCounts extends FibCounts {
  readonly family: 'ipv4' | 'ipv6' | 'mpls';
}

/** A route that the FIB had otherwise than it was told, and that was told again. */
export interface FibDifference {
  readonly prefix: string;
  readonly what: 'missing' | 'other-paths';
  readonly at: Timestamp;
}

/** The look at what VPP has, which goes on all the time. */
export interface FibAuditStatus {
  readonly state: { readonly state: 'looking' } | { readonly state: 'off'; readonly reason: string };
  /** Routes that were compared since the start. */
  readonly compared: number;
  /** How often all routes were. */
  readonly rounds: number;
  /** Routes that were not as VPP was told, since the start; each was told again. */
  readonly differences: number;
  /** The last few of them, the newest first. */
  readonly recent: readonly FibDifference[];
}

/** One backend of the FIB; counts are routes, the sums of `families`. */
export interface FibBackendStatus extends FibCounts {
  readonly backend: 'vpp' | 'kernel' | 'none';
  readonly status:
    | { readonly state: 'disabled'; readonly reason: string }
    | { readonly state: 'waiting'; readonly reason: string; readonly since: Timestamp }
    | { readonly state: 'programming'; readonly since: Timestamp }
    | { readonly state: 'synced'; readonly since: Timestamp }
    | { readonly state: 'degraded'; readonly reason: string; readonly since: Timestamp };
  readonly families: readonly FibFamilyCounts[];
  /** The first few of `failed` and `unresolved`. */
  readonly failures: readonly FibFailure[];
  /**
   * Next hops that the FIB cannot have now, of routes that are programmed over the others that they have: how many, and
   * the first few.
   */
  readonly nextHopsLeftOut: number;
  readonly leftOut: readonly FibLeftOutHop[];
  /** What is looked up in the FIB itself; VPP's alone. */
  readonly audit?: FibAuditStatus;
  /** Batches of requests sent since the start. */
  readonly batches: number;
  /** Everything is being told to the FIB again. */
  readonly isReplaying: boolean;
  /** From the first change of the last run of changes to its last answer, in milliseconds. */
  readonly lastConvergenceMs?: number;
  /** The same of the last replay of all routes. */
  readonly lastFullConvergenceMs?: number;
}

/** Why a route of a daemon, or a next hop of it, is not taken over; in words by `describeImportRefusal`. */
export type ImportRefusalCode =
  /** Of a type that VPP has nothing for; the detail is its name or number (rtm_type). */
  | 'route-type'
  /** A `throw` in another table than main: taken as unreachable, since VPP knows no rules that would go on. */
  | 'throw-in-table'
  /** For some sources only: `from` has them. */
  | 'source-specific'
  /** For a type of service only: the detail. */
  | 'tos'
  /** Over a link, the detail, that is no TAP of an interface of VPP. */
  | 'link-not-in-vpp'
  /** Into a lightweight tunnel, the detail: `seg6`, `ip6` … */
  | 'encapsulated'
  /** Each next hop pushes MPLS labels of its own. */
  | 'labels-differ'
  /** An MPLS label is pushed, and no next hop has an address. */
  | 'label-without-gateway'
  /** By a nexthop object, the detail, that the kernel does not tell of. */
  | 'nexthop-object'
  /** Over so many next hops, the detail: the first 64 are taken. */
  | 'too-many-next-hops'
  /** The route table is full, or holds too many different sets of next hops. */
  | 'table-full';

/** A route that is not taken over, or what it is taken over without. */
export interface ImportRefusal {
  readonly prefix: string;
  /** Absent: the main table. */
  readonly table?: number;
  /** The sources that it is for. */
  readonly from?: string;
  readonly reason: ImportRefusalCode;
  readonly detail?: string;
  /** Of a route that is taken: the next hop that it does without, as iproute2 says it. */
  readonly 'next-hop'?: string;
}

/** What is learnt from the kernel: the routes that daemons install in the namespace of VPP's TAPs. */
export type KernelImportStatus = (
  | { readonly state: 'waiting'; readonly reason: string }
  /** Everything is read for the first time. */
  | { readonly state: 'reading' }
  | { readonly state: 'following' }
) & {
  readonly since: Timestamp;
  /** Destinations taken over. */
  readonly routes: number;
  /** What is not taken over, or not as it is. */
  readonly notTaken: {
    /** Routes that are not there at all. */
    readonly routes: number;
    /** These, and what others are taken without. */
    readonly byReason: Readonly<Partial<Record<ImportRefusalCode, number>>>;
    /** The first few of `byReason`. */
    readonly first: readonly ImportRefusal[];
  };
  /** How often everything was read. */
  readonly readings: number;
};

/** Routes of one feeder, connected or gone. */
export type FeedSourceStatus = {
  readonly name: string;
  readonly distance: number;
  readonly routes: number;
  /** How long they stay when their feeder goes, in seconds. */
  readonly hold: 'forever' | number;
  readonly lines: number;
  /** Lines that were refused. */
  readonly errors: number;
} & (
  | { readonly state: 'feeding'; readonly since: Timestamp }
  | {
      /** Its feeder went. */
      readonly state: 'held';
      readonly since: Timestamp;
      /** Absent: forever. */
      readonly until?: Timestamp;
    }
);

/** Where routes come from beside the configuration: feeders at a socket. Counts are since the start. */
export interface FeedsStatus {
  /** Absent while nothing listens. */
  readonly path?: string;
  readonly connected: number;
  readonly connections: number;
  /** Connections that were too many. */
  readonly refused: number;
  readonly lines: number;
  readonly errors: number;
  readonly sources: readonly FeedSourceStatus[];
}

/** A route as people read it; an element of `GET /fib/vpp` and `GET /fib/kernel`. */
export interface FibRoute {
  /** `198.51.100.0/24` */
  readonly prefix: string;
  /** As in `[route]`: `192.0.2.1`, several joined by `, `; `blackhole`, `unreachable`. */
  readonly 'next-hop': string;
  /** Absent: the FIB's default table. */
  readonly table?: number;
}

/** Why packets go where they go; `route` is plain JSON (an `ExplainedRoute`). */
export type RouteAnswer =
  | { readonly kind: 'found'; readonly route: object }
  | { readonly kind: 'none' | 'invalid'; readonly reason: string };

/** How each state of a FIB is to be taken. */
export const FIB_SHADES: Readonly<Record<FibBackendStatus['status']['state'], Shade>> = {
  disabled: 'off',
  waiting: 'warning',
  programming: 'warning',
  synced: 'ok',
  degraded: 'error',
};

/** What routes are counted by. */
export const FIB_COUNTS: readonly (keyof FibCounts)[] = [
  'desired',
  'programmed',
  'pending',
  'failed',
  'unresolved',
];

interface FibSource {
  readonly fib: readonly FibBackendStatus[];
  readonly feeds?: FeedsStatus;
  readonly kernelImport?: KernelImportStatus;
}

/** A figure of each FIB; one that it does not have has no sample. */
const byBackend =
  (figure: (fib: FibBackendStatus) => number | undefined) =>
  ({ fib }: FibSource): Sample[] =>
    fib.flatMap((one): Sample[] => {
      const value = figure(one);
      return value === undefined ? [] : [[value, one.backend]];
    });

export const FIB_METRICS: readonly PlainMetric<FibSource>[] = [
  gauges(
    'appliance_fib_routes',
    'Routes by backend, family and state; desired is the sum of the other states',
    ['backend', 'family', 'state'],
    ({ fib }) =>
      fib.flatMap(({ backend, families }) =>
        families.flatMap((counts) =>
          FIB_COUNTS.map((state): Sample => [counts[state], backend, counts.family, state]),
        ),
      ),
  ),
  counters(
    'appliance_fib_batches_total',
    'Batches of requests sent to a FIB',
    ['backend'],
    byBackend(({ batches }) => batches),
  ),
  gauges(
    'appliance_fib_replaying',
    'Whether everything is being told to the FIB again',
    ['backend'],
    byBackend(({ isReplaying }) => Number(isReplaying)),
  ),
  gauges(
    'appliance_fib_next_hops_left_out',
    'Next hops that a FIB cannot have now, of routes that it has over others',
    ['backend'],
    byBackend(({ nextHopsLeftOut }) => nextHopsLeftOut),
  ),
  counters(
    'appliance_fib_compared_total',
    'Routes that were looked up in a FIB and compared with what it was told',
    ['backend'],
    byBackend(({ audit }) => audit?.compared),
  ),
  counters(
    'appliance_fib_differences_total',
    'Routes that a FIB had otherwise than it was told, or not at all; each was told again',
    ['backend'],
    byBackend(({ audit }) => audit?.differences),
  ),
  gauges('appliance_fib_state', 'State of a FIB, 1 for the one that is', ['backend', 'state'], ({ fib }) =>
    fib.flatMap(({ backend, status }) => stateSamples(FIB_SHADES, status.state, backend)),
  ),
  gauge('appliance_feeders', 'Connected feeders of routes', ({ feeds }) => feeds?.connected ?? 0),
  counter(
    'appliance_feeders_refused_total',
    'Feeders of routes over the bound',
    ({ feeds }) => feeds?.refused ?? 0,
  ),
  counter(
    'appliance_feed_lines_total',
    'Lines read from feeders of routes',
    ({ feeds }) => feeds?.lines ?? 0,
  ),
  counter(
    'appliance_feed_errors_total',
    'Lines from feeders of routes that were refused',
    ({ feeds }) => feeds?.errors ?? 0,
  ),
  gauges(
    'appliance_feed_routes',
    'Routes of a feeder, connected or held',
    ['source', 'state'],
    // one that came back is another source of the same name
    ({ feeds }) =>
      [...Map.groupBy(feeds?.sources ?? [], ({ name, state }) => `${name} ${state}`).values()].map(
        (sources): Sample => [
          sources.reduce((sum, { routes }) => sum + routes, 0),
          sources[0]?.name ?? '',
          sources[0]?.state ?? '',
        ],
      ),
  ),
  gauge(
    'appliance_kernel_import_routes',
    'Routes that are taken over from routing daemons',
    ({ kernelImport }) => kernelImport?.routes ?? 0,
  ),
  gauges(
    'appliance_kernel_import_refusals',
    'Routes of routing daemons, and next hops of theirs, that are not taken over',
    ['reason'],
    ({ kernelImport }) =>
      Object.entries(kernelImport?.notTaken.byReason ?? {}).map(([reason, count]) => [count, reason]),
  ),
  counter(
    'appliance_kernel_import_readings_total',
    'How often all routes of routing daemons were read',
    ({ kernelImport }) => kernelImport?.readings ?? 0,
  ),
  gauges(
    'appliance_fib_last_convergence_seconds',
    'Duration of the last convergence',
    ['backend'],
    byBackend(({ lastConvergenceMs }) => inSeconds(lastConvergenceMs)),
  ),
  gauges(
    'appliance_fib_last_full_convergence_seconds',
    'Duration of the last replay of all routes',
    ['backend'],
    byBackend(({ lastFullConvergenceMs }) => inSeconds(lastFullConvergenceMs)),
  ),
];
