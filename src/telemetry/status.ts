/**
 * What the appliance says about itself: the one value that the page, `/status`, `/metrics` and `appliance show`
 * are made of. `src/init` builds it, telemetry only renders it.
 *
 * Invariants: everything here is plain JSON (no bigint, Map, Date, undefined in arrays); a part that is not well
 * says so in words in its `reason`; a field exists only in the variant of the union that owns it.
 */
import type { ChangePlan, ConfigProblem } from '../config/mod.ts';
import type { LinkCounters } from '../linux/mod.ts';
import type { Evidence } from '../log/mod.ts';
import type { UpdateStatus } from '../update/mod.ts';
import type {
  InterfaceCounters,
  StatsHistory,
  StatsReads,
  StatsSnapshot,
  StatsStatus,
} from '../vpp/stats/mod.ts';

/** Wall clock time in milliseconds since 1970-01-01 UTC (`Date.now()`). */
export type Timestamp = number;

/** One named, timed step of the boot, in the order of execution. */
export type BootPhase =
  | { readonly name: string; readonly state: 'running'; readonly startedMs: number; readonly detail?: string }
  | {
      readonly name: string;
      readonly state: 'done';
      /** Start, in milliseconds after the first own line. */
      readonly startedMs: number;
      /** Duration in milliseconds. */
      readonly ms: number;
      readonly detail?: string;
    }
  | {
      readonly name: string;
      readonly state: 'failed';
      readonly startedMs: number;
      readonly ms: number;
      readonly reason: string;
    }
  | { readonly name: string; readonly state: 'skipped'; readonly reason: string };

export type Severity = 'error' | 'warning' | 'info';

/** Something that an operator should know, for as long as it holds. */
export interface Condition {
  readonly severity: Severity;
  /** The part it is about, `vpp`, `config`, `hugepages`, `nic 0000:03:00.0`; unique with the severity. */
  readonly subject: string;
  readonly reason: string;
  readonly since: Timestamp;
  /** What of the configuration is not so because of it: it counts for readiness then, however severe it is. */
  readonly leaf?: string;
}

/** Which configuration runs, and what is wrong with the file. `problems` are those of the file at `path`. */
export type ConfigStatus =
  | {
      /** The file is valid and in use (problems: warnings only). */
      readonly state: 'ok';
      readonly source: 'file';
      readonly path: string;
      readonly problems: readonly ConfigProblem[];
    }
  | {
      /** The file was refused; the last good configuration is in use. */
      readonly state: 'rejected';
      readonly source: 'last-good';
      readonly path: string;
      readonly reason: string;
      readonly problems: readonly ConfigProblem[];
    }
  | {
      /** The file was refused and there is no last good one: defaults are in use. */
      readonly state: 'rejected';
      readonly source: 'default';
      readonly path: string;
      readonly reason: string;
      readonly problems: readonly ConfigProblem[];
    }
  | {
      /** There is no readable file (no boot partition, no such file, I/O error). */
      readonly state: 'missing';
      readonly source: 'default' | 'last-good';
      readonly path: string;
      readonly reason: string;
      readonly problems: readonly ConfigProblem[];
    };

/** How a process ended. */
export interface ServiceExit {
  readonly at: Timestamp;
  readonly pid: number;
  readonly code?: number;
  readonly signal?: string;
  /** Life in milliseconds. */
  readonly lifeMs: number;
  /** `exited with code 1 after 0.2 s`, `killed by SIGSEGV`, `could not be started: ENOENT`. */
  readonly reason: string;
}

/** The state of a supervised process. */
export type ServiceStatus =
  | { readonly state: 'disabled'; readonly reason: string }
  | { readonly state: 'external'; readonly reason: string }
  | { readonly state: 'stopped'; readonly reason: string; readonly since: Timestamp }
  | { readonly state: 'starting'; readonly pid?: number; readonly since: Timestamp }
  | { readonly state: 'running'; readonly pid: number; readonly since: Timestamp }
  | { readonly state: 'stopping'; readonly pid: number; readonly since: Timestamp; readonly reason: string }
  | {
      /** Waiting for the next start after a failure. */
      readonly state: 'backoff';
      readonly reason: string;
      readonly since: Timestamp;
      readonly nextTryAt: Timestamp;
      /** Failures in a row. */
      readonly failures: number;
    }
  | {
      /** Failed so often in a row that the fallback is active. */
      readonly state: 'looping';
      readonly reason: string;
      readonly since: Timestamp;
      readonly nextTryAt: Timestamp;
      readonly failures: number;
    };

export interface OutputLine {
  readonly at: Timestamp;
  readonly line: string;
}

export interface Service {
  readonly name: string;
  readonly status: ServiceStatus;
  /** Starts after the first one, since the appliance started. */
  readonly restarts: number;
  readonly lastExit?: ServiceExit;
  /** The last few lines (the whole ring is `StatusProvider.log`). */
  readonly lastOutput: readonly OutputLine[];
}

/** The binary API connection. */
export type ApiStatus =
  | { readonly state: 'idle'; readonly reason: string }
  | {
      readonly state: 'connecting';
      readonly since: Timestamp;
      readonly attempt: number;
      /** Why the last attempt failed, if there was one. */
      readonly reason?: string;
    }
  | {
      readonly state: 'connected';
      readonly since: Timestamp;
      readonly vpePid: number;
      /** There while VPP has not answered for longer than it should take. */
      readonly silentSince?: Timestamp;
    }
  | { readonly state: 'disconnected'; readonly since: Timestamp; readonly reason: string }
  | {
      /** Connected, but messages the product needs are missing or of another version. */
      readonly state: 'incompatible';
      readonly since: Timestamp;
      readonly reason: string;
      readonly messages: readonly { readonly name: string; readonly reason: string }[];
    };

/** Requests to VPP's API since the start, over all connections. */
export interface ApiTraffic {
  /** Upper bounds of the buckets of round trips. */
  readonly boundsSeconds: readonly number[];
  /** Round trips by bucket, the last one for those over every bound; without those of bulk programming. */
  readonly counts: readonly number[];
  readonly sumSeconds: number;
  readonly timeouts: number;
  /** Requests that wait for their answer now, those of bulk programming among them. */
  readonly inFlight: number;
}

/** VPP as a whole; its process is also one of `services` (named `vpp`), with its output. */
export interface VppStatus {
  readonly process: ServiceStatus;
  readonly api: ApiStatus;
  /** As the binary or the API reports it, `25.02-release`. */
  readonly version?: string;
  readonly pid?: number;
  readonly startedAt?: Timestamp;
  /** Restarts seen since the appliance started. */
  readonly restarts: number;
  /** How often it did not answer for `vpp.answer-timeout`, since the appliance started. */
  readonly hangs: number;
}

export type LinkState = 'up' | 'down' | 'unknown';

/** Who uses a NIC. */
export type NicRole =
  | { readonly role: 'vpp'; readonly name: string }
  | { readonly role: 'management'; readonly name: string }
  | { readonly role: 'free' }
  | {
      /** Configured for VPP but not given to it. */
      readonly role: 'refused';
      readonly name: string;
      readonly reason: string;
    }
  | {
      /** Configured for VPP, and not on the PCI bus. */
      readonly role: 'missing';
      readonly name: string;
      readonly reason: string;
    }
  | {
      /** Given back to the kernel while VPP loops or is disabled. */
      readonly role: 'fallback';
      readonly name: string;
      readonly reason: string;
    };

export interface NicStatus {
  readonly pciAddress: string;
  /** `8086:15f3` */
  readonly pciId?: string;
  readonly mac?: string;
  /** Name of the kernel's interface while, or before VPP took it, the kernel's. */
  readonly kernelName?: string;
  readonly driver?: string;
  readonly originalDriver?: string;
  readonly link: LinkState;
  readonly speedMbps?: number;
  readonly iommuGroup?: number;
  /** Other PCI devices of its IOMMU group. */
  readonly groupMembers: readonly string[];
  readonly use: NicRole;
  /** What to paste into appliance.ini to give it to VPP (several lines are fine). */
  readonly iniLine: string;
}

/** One data plane interface: in VPP, or in the kernel while that is the data plane. */
export interface InterfaceStatus {
  readonly name: string;
  readonly dataPlane: 'vpp' | 'kernel';
  readonly swIfIndex?: number;
  /** Present: as configured, or what is not. */
  readonly state:
    | { readonly state: 'ok' }
    | { readonly state: 'pending'; readonly reason: string }
    | { readonly state: 'failed'; readonly reason: string }
    /** Exists in the data plane, the configuration does not name it. */
    | { readonly state: 'unconfigured' };
  readonly adminUp: boolean;
  readonly link: LinkState;
  readonly mtuBytes?: number;
  readonly speedMbps?: number;
  readonly mac?: string;
  /** `192.0.2.1/24` */
  readonly addresses: readonly string[];
  /** Its TAP in Linux, or why it has none; left out where none is wanted (`vpp.lcp.enabled`). */
  readonly hostInterface?:
    | { readonly state: 'paired'; readonly name: string; readonly netns: string }
    | { readonly state: 'failed'; readonly reason: string };
  /** Left out by init: telemetry fills it in by name from the latest snapshot of VPP's counters. */
  readonly counters?: InterfaceCounters;
  /** What the kernel counted, of an interface over which the kernel forwards. */
  readonly kernelCounters?: LinkCounters;
}

export interface FibFailure {
  readonly prefix: string;
  readonly reason: string;
}

export interface FibLeftOutHop {
  /** As a route writes it: `198.51.100.3%xe1`. */
  readonly 'next-hop': string;
  readonly reason: string;
}

/** Routes of one family in one FIB. */
export interface FibFamilyCounts {
  readonly family: 'ipv4' | 'ipv6' | 'mpls';
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

/** One backend of the FIB; counts are routes. */
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

export interface FibBackendStatus {
  readonly backend: 'vpp' | 'kernel' | 'none';
  readonly status:
    | { readonly state: 'disabled'; readonly reason: string }
    | { readonly state: 'waiting'; readonly reason: string; readonly since: Timestamp }
    | { readonly state: 'programming'; readonly since: Timestamp }
    | { readonly state: 'synced'; readonly since: Timestamp }
    | { readonly state: 'degraded'; readonly reason: string; readonly since: Timestamp };
  /** Sums of `families`. */
  readonly desired: number;
  readonly programmed: number;
  readonly pending: number;
  readonly failed: number;
  readonly unresolved: number;
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

/** A next hop of configured routes, and how it is reached. */
export interface NextHopStatus {
  readonly address: string;
  /** Routes that use it. */
  readonly routes: number;
  /** One of them. */
  readonly example: string;
  readonly reach: /** In a network of this interface, or put on it by the route (`%xe0`). */
    | { readonly kind: 'interface'; readonly interface: string }
    /** Recursive: through another configured route. */
    | { readonly kind: 'route'; readonly destination: string }
    | { readonly kind: 'none' };
}

/** What was wanted of one page size and what the kernel gave. */
export type HugepageStatus =
  | { readonly state: 'not-needed'; readonly reason: string }
  | {
      readonly state: 'ok';
      readonly pageSizeBytes: number;
      readonly requested: number;
      readonly allocated: number;
    }
  | {
      readonly state: 'short' | 'failed';
      readonly pageSizeBytes: number;
      readonly requested: number;
      readonly allocated: number;
      readonly reason: string;
    };

/** The management interface, which stays with the kernel. */
export type ManagementStatus =
  | { readonly state: 'none'; readonly reason: string }
  | {
      readonly state: 'configuring';
      readonly interface: string;
      readonly method: 'dhcp' | 'static';
      readonly reason: string;
    }
  | {
      readonly state: 'ready';
      readonly interface: string;
      readonly method: 'dhcp' | 'static';
      readonly addresses: readonly string[];
      readonly gateway?: string;
      readonly dns: readonly string[];
      /** DHCP only. */
      readonly lease?: {
        readonly server: string;
        readonly obtainedAt: Timestamp;
        readonly expiresAt: Timestamp;
      };
    }
  | {
      readonly state: 'failed';
      readonly interface: string;
      readonly method: 'dhcp' | 'static';
      readonly reason: string;
    };

/** A watchdog that runs. */
export interface ArmedWatchdog {
  /** What the driver calls itself; empty when it does not. */
  readonly identity: string;
  /** In force, which may be another than the one asked for. */
  readonly timeoutSeconds: number;
  /** Milliseconds since the epoch; 0 before the first. */
  readonly lastFedAt: number;
  /** Whether the last boot was ended by this device; absent where the driver does not tell. */
  readonly lastBootResetByWatchdog?: boolean;
  /** Whether the driver refuses to be stopped once it runs. */
  readonly nowayout: boolean;
}

export type WatchdogStatus =
  | { readonly state: 'off'; readonly reason: string }
  | ({ readonly state: 'armed' } & ArmedWatchdog)
  /** Not fed, on purpose: the machine is about to be reset. */
  | ({ readonly state: 'starving'; readonly reason: string; readonly since: number } & ArmedWatchdog)
  /** It runs, but could not be fed or stopped. */
  | ({ readonly state: 'failed'; readonly reason: string } & ArmedWatchdog);

/** A worker thread and its core. */
export interface WorkerThread {
  readonly tid: number;
  readonly name: string;
  readonly core: number;
}

export type CpuIsolationStatus =
  | { readonly state: 'off'; readonly reason: string }
  | {
      readonly state: 'active';
      /** A list as the kernel writes it, `1-3`. */
      readonly cores: string;
      readonly threads: readonly WorkerThread[];
      readonly movedInterrupts: number;
      /** Interrupts that cannot be moved: managed ones, and those of one processor. */
      readonly refusedInterrupts: number;
      readonly since: number;
      /** What the last check found not to be so, in words; nothing when all is well. */
      readonly problems: readonly string[];
    }
  | { readonly state: 'failed'; readonly reason: string };

/** Who named the servers. */
export type TimeSource = 'configuration' | 'dhcp';

export type TimeStatus =
  | { readonly state: 'off'; readonly reason: string }
  | {
      readonly state: 'unsynchronised';
      readonly reason: string;
      readonly servers: readonly string[];
      readonly source: TimeSource;
    }
  | {
      readonly state: 'synchronised';
      readonly servers: readonly string[];
      readonly source: TimeSource;
      /** The one in use, as chronyd calls it. */
      readonly server?: string;
      readonly estimatedErrorSeconds: number;
      readonly maximumErrorSeconds: number;
    };

/** What only the owner of a machine has: PID 1's own parts. */
export interface BoxStatus {
  /** Version of the image that runs. */
  readonly image: string;
  readonly bootDevice: string;
  /** False: what the box keeps is gone after a restart. */
  readonly dataKept: boolean;
  readonly update: UpdateStatus;
  readonly watchdog: WatchdogStatus;
  readonly cpuIsolation: CpuIsolationStatus;
  readonly time: TimeStatus;
  /** Crashes on record, newest first. */
  readonly crashes: readonly Evidence[];
  /** What the kernel before this one died of. */
  readonly lastPanic?: string;
  readonly https?: {
    readonly fingerprint: string;
    readonly source: 'user' | 'self-signed';
    readonly expiresAt: Timestamp;
  };
}

/** Whether the configuration in force is to stay; times are Unix milliseconds. */
export type ConfigChangeStatus = {
  /** What waits for a restart of VPP or of the box, in words. */
  readonly pending: readonly string[];
} & (
  | { readonly state: 'confirmed' }
  | { readonly state: 'waiting'; readonly confirmBefore: Timestamp; readonly plan: ChangePlan }
  | { readonly state: 'reverted'; readonly at: Timestamp; readonly reason: string }
);

/** Everything that is shown. */
export interface ApplianceStatus {
  /** Version of this program. */
  readonly version: string;
  readonly hostname: string;
  readonly pid: number;
  readonly mode: 'pid1' | 'run';
  readonly uptimeSeconds: number;
  readonly kernel?: string;
  readonly boot: {
    readonly phases: readonly BootPhase[];
    /** From the first own line to the end of the last phase; absent while booting. */
    readonly totalMs?: number;
  };
  readonly conditions: readonly Condition[];
  readonly config: ConfigStatus;
  /** Absent before the configuration was read. */
  readonly change?: ConfigChangeStatus;
  readonly services: readonly Service[];
  readonly vpp: VppStatus;
  readonly stats: StatsStatus;
  /** `StatsPoller.reads` */
  readonly statsReads?: StatsReads;
  /** `VppConnection.traffic` */
  readonly apiTraffic?: ApiTraffic;
  /** `[telemetry]` of the configuration in force. */
  readonly telemetry?: { readonly zeroSeries: boolean };
  readonly nics: readonly NicStatus[];
  readonly interfaces: readonly InterfaceStatus[];
  readonly fib: readonly FibBackendStatus[];
  /** Absent where `fib.kernel.import` asks for nothing. */
  readonly kernelImport?: KernelImportStatus;
  /** Absent before the configuration was read. */
  readonly feeds?: FeedsStatus;
  /** Of the configured routes; the first few hundred. */
  readonly nextHops: readonly NextHopStatus[];
  readonly hugepages: readonly HugepageStatus[];
  readonly management: ManagementStatus;
  /** PID 1 only. */
  readonly box?: BoxStatus;
}

/** One element of `GET /fib/vpp` and `GET /fib/kernel`: the specification's `[{"prefix": …, "next-hop": …}]`. */
export interface FibRoute {
  /** `198.51.100.0/24` */
  readonly prefix: string;
  /** As in `[route]`: `192.0.2.1`, several joined by `, `; `blackhole`, `unreachable`. */
  readonly 'next-hop': string;
  /** Absent: the FIB's default table. */
  readonly table?: number;
}

/** Why packets go where they go. `route` is plain JSON (fib/explain.ts); the reasons are in words. */
export type RouteAnswer =
  | { readonly kind: 'found'; readonly route: object }
  | { readonly kind: 'none' | 'invalid'; readonly reason: string };

/**
 * Where telemetry gets everything from. All calls are cheap (under a millisecond); none of them throws for a part that
 * is not well.
 */
export interface StatusProvider {
  status(): ApplianceStatus;
  /** The routes held to be installed in a FIB. Consumed lazily, in slices: it may change between two steps. */
  fibRoutes(backend: 'vpp' | 'kernel'): Iterable<FibRoute>;
  /** The longest match for an address, a prefix or `mpls LABEL`, in a table by number or the default one. */
  explainRoute(destination: string, table: string | undefined): RouteAnswer;
  /** The latest counters with their age, `undefined` before the first (usually `StatsPoller.latest`). */
  statsSnapshot(): { readonly snapshot: StatsSnapshot; readonly ageSeconds: number } | undefined;
  /** All kept output of a service, oldest first; `undefined`: there is no such service. */
  log(service: string): readonly OutputLine[] | undefined;
  /**
   * Calls `listener` with each new line of a service until the function returned is called; `undefined`: there is no
   * such service.
   */
  followLog(service: string, listener: (line: OutputLine) => void): (() => void) | undefined;
  /** What VPP did in the last minutes; `undefined` before the configuration was read. */
  history(): StatsHistory | undefined;
  /**
   * For as long as somebody looks, until the function returned is called: counters are read every second, and
   * `onChange` is called when a part of the status became another one (not for counters and ages), perhaps many times
   * in a row.
   */
  watch(onChange: () => void): () => void;
}
