/** Owns what is said of routes: what each FIB has of them, and where they come from. Pure. */
import {
  counter,
  counters,
  finding,
  type Finding,
  formatCount,
  gauge,
  gauges,
  inSeconds,
  type Level,
  metricTable,
  plural,
  type Sample,
  type Shade,
  stateSamples,
  type Timestamp,
} from '../report/mod.ts';
import { importFindings, type KernelImportStatus } from './import-status.ts';

export * from './import-status.ts';

export interface FibFailure {
  readonly prefix: string;
  /** `unresolved`: no next hop can be reached now. */
  readonly code: 'failed' | 'unresolved';
  /** Addresses of its next hops. */
  readonly nextHops: readonly string[];
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
  readonly what: 'missing' | 'other-paths' | 'still-there';
  readonly at: Timestamp;
}

/** The look at what VPP has, which goes on all the time. */
export interface FibAuditStatus {
  readonly state: { readonly state: 'looking' } | { readonly state: 'off'; readonly reason: string };
  /** Routes that were compared since the start. */
  readonly compared: number;
  /** How often all routes were. */
  readonly rounds: number;
  /** Routes that VPP was told, or told to remove, without an answer, and that were not looked up since. */
  readonly unproven: number;
  /** Routes that were not as VPP was told, since the start; each was told again. */
  readonly differences: number;
  /** Those of them that had been told again before: something else changes them. */
  readonly returned: number;
  /** The last few of them, the newest first. */
  readonly recent: readonly FibDifference[];
}

/** One backend of the FIB; counts are routes, the sums of `families`. */
export interface FibBackendStatus extends FibCounts {
  readonly backend: 'vpp' | 'kernel' | 'none';
  readonly status:
    | { readonly state: 'disabled'; readonly reason: string }
    | { readonly state: 'waiting' | 'degraded'; readonly reason: string; readonly since: Timestamp }
    | { readonly state: 'programming' | 'synced'; readonly since: Timestamp };
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

/** Of what should not be counted. */
export const COUNT_LEVELS: Readonly<Partial<Record<keyof FibCounts, Level>>> = {
  failed: 'error',
  unresolved: 'warning',
};

/** What routes are counted by. */
export const FIB_COUNTS: readonly (keyof FibCounts)[] = [
  'desired',
  'programmed',
  'pending',
  'failed',
  'unresolved',
];

/** The sums of several counts. */
export function sumOfCounts(all: readonly FibCounts[]): FibCounts {
  const sum = (state: keyof FibCounts): number => all.reduce((total, counts) => total + counts[state], 0);
  return {
    desired: sum('desired'),
    programmed: sum('programmed'),
    pending: sum('pending'),
    failed: sum('failed'),
    unresolved: sum('unresolved'),
  };
}

interface FibSource {
  readonly fib: readonly FibBackendStatus[];
  readonly feeds?: FeedsStatus;
  readonly kernelImport?: KernelImportStatus;
}

type Figure = (fib: FibBackendStatus) => number | undefined;

/** A figure of each FIB; one that it does not have has no sample. */
const byBackend =
  (figure: Figure) =>
  ({ fib }: FibSource): Sample[] =>
    fib.flatMap((one): Sample[] => {
      const value = figure(one);
      return value === undefined ? [] : [[value, one.backend]];
    });
const gaugeOfFib = (help: string, figure: Figure) => gauges(help, ['backend'], byBackend(figure));
const counterOfFib = (help: string, figure: Figure) => counters(help, ['backend'], byBackend(figure));

export const FIB_METRICS = metricTable<FibSource>({
  appliance_fib_routes: gauges(
    'Routes by backend, family and state; desired is the sum of the other states',
    ['backend', 'family', 'state'],
    ({ fib }) =>
      fib.flatMap(({ backend, families }) =>
        families.flatMap((counts) =>
          FIB_COUNTS.map((state): Sample => [counts[state], backend, counts.family, state]),
        ),
      ),
  ),
  appliance_fib_batches_total: counterOfFib('Batches of requests sent to a FIB', ({ batches }) => batches),
  appliance_fib_replaying: gaugeOfFib(
    'Whether everything is being told to the FIB again',
    ({ isReplaying }) => Number(isReplaying),
  ),
  appliance_fib_next_hops_left_out: gaugeOfFib(
    'Next hops that a FIB cannot have now, of routes that it has over others',
    ({ nextHopsLeftOut }) => nextHopsLeftOut,
  ),
  appliance_fib_compared_total: counterOfFib(
    'Routes that were looked up in a FIB and compared with what it was told',
    ({ audit }) => audit?.compared,
  ),
  appliance_fib_differences_total: counterOfFib(
    'Routes that a FIB had otherwise than it was told, or not at all; each was told again',
    ({ audit }) => audit?.differences,
  ),
  appliance_fib_differences_returned_total: counterOfFib(
    'Routes that a FIB had otherwise than it was told after they had been told again for another difference',
    ({ audit }) => audit?.returned,
  ),
  appliance_fib_unproven: gaugeOfFib(
    'Routes that a FIB was told without an answer, and that were not looked up since',
    ({ audit }) => audit?.unproven,
  ),
  appliance_fib_state: gauges('State of a FIB, 1 for the one that is', ['backend', 'state'], ({ fib }) =>
    fib.flatMap(({ backend, status }) => stateSamples(FIB_SHADES, status.state, backend)),
  ),
  appliance_feeders: gauge('Connected feeders of routes', ({ feeds }) => feeds?.connected ?? 0),
  appliance_feeders_refused_total: counter(
    'Feeders of routes over the bound',
    ({ feeds }) => feeds?.refused ?? 0,
  ),
  appliance_feed_lines_total: counter('Lines read from feeders of routes', ({ feeds }) => feeds?.lines ?? 0),
  appliance_feed_errors_total: counter(
    'Lines from feeders of routes that were refused',
    ({ feeds }) => feeds?.errors ?? 0,
  ),
  appliance_feed_routes: gauges(
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
  appliance_fib_last_convergence_seconds: gaugeOfFib(
    'Duration of the last convergence',
    ({ lastConvergenceMs }) => inSeconds(lastConvergenceMs),
  ),
  appliance_fib_last_full_convergence_seconds: gaugeOfFib(
    'Duration of the last replay of all routes',
    ({ lastFullConvergenceMs }) => inSeconds(lastFullConvergenceMs),
  ),
});

/** `, 2 routes without a reachable next hop, such as …: why`; empty while there is none. */
export function unresolvedWords({ unresolved, failed, failures: [first] }: FibBackendStatus): string {
  if (unresolved === 0) return '';
  // With failures among them nobody knows which the first is.
  const example = first === undefined || failed > 0 ? '' : `, such as ${first.prefix}: ${first.reason}`;
  return `, ${plural(unresolved, 'route')} without a reachable next hop${example}`;
}

/** `, without the next hop …: why`; empty while none is left out. */
export function leftOutWords({ nextHopsLeftOut, leftOut: [first] }: FibBackendStatus): string {
  if (first === undefined) return '';
  const example = `${first['next-hop']}: ${first.reason}`;
  return nextHopsLeftOut === 1
    ? `, without the next hop ${example}`
    : `, without ${nextHopsLeftOut} next hops, such as ${example}`;
}

/** Whether more is missing than the changes that come all the time: one route in a hundred. */
export function isFarBehind({ desired, programmed }: FibBackendStatus): boolean {
  return (desired - programmed) * 100 > desired;
}

/**
 * What each FIB has, and what is learnt from daemons.
 *
 * @param forwarding whose routes have to be there; the kernel's count beside VPP's where they are asked for
 */
export function fibFindings({ fib, kernelImport }: FibSource, forwarding: 'vpp' | 'kernel'): Finding[] {
  const counts = (backend: FibBackendStatus['backend']): boolean =>
    backend === forwarding || backend === 'kernel';
  return [
    ...fib.map((one) => fibFinding(one, counts(one.backend) && one.desired > 0)),
    ...(kernelImport === undefined ? [] : importFindings(kernelImport)),
  ];
}

function fibFinding(fib: FibBackendStatus, counts: boolean): Finding {
  const { backend, status, failed, failures } = fib;
  const progress = `${plural(fib.programmed, 'route')} of ${formatCount(fib.desired)} programmed`;
  const found = (code: string, level: Level, text: string): Finding =>
    finding('routes', code, level, `FIB (${backend})${text}`, {
      subject: backend,
      ready: !counts || isComplete(fib),
    });
  if (failed > 0) {
    const [first] = failures;
    const example = first === undefined ? '' : `, such as ${first.prefix}: ${first.reason}`;
    return found('failed', 'error', `: ${progress}, ${failed} failed${example}`);
  }
  const lacks = unresolvedWords(fib) || leftOutWords(fib);
  if (lacks !== '') {
    return found(fib.unresolved > 0 ? 'unresolved' : 'left-out', 'warning', `: ${progress}${lacks}`);
  }
  switch (status.state) {
    case 'disabled':
      return found(status.state, 'ok', ` is disabled: ${status.reason}`);
    case 'waiting':
      return found(status.state, fib.desired > 0 ? 'warning' : 'ok', ` waits: ${status.reason}`);
    case 'programming':
      return found(status.state, isFarBehind(fib) ? 'warning' : 'ok', ` is being programmed: ${progress}`);
    case 'synced':
      return found(status.state, 'ok', `: ${progress}`);
    case 'degraded':
      return found(status.state, 'error', `: ${progress}: ${status.reason}`);
  }
}

/** Whether all routes are there, but for the few that change all the time. */
function isComplete(fib: FibBackendStatus): boolean {
  switch (fib.status.state) {
    case 'disabled':
      return true;
    case 'programming':
      return !isFarBehind(fib);
    case 'synced':
      return fib.unresolved === 0 && fib.nextHopsLeftOut === 0;
    case 'waiting':
    case 'degraded':
      return false;
  }
}

/** What VPP had in the place of a route. */
export function differenceWords(what: FibDifference['what']): string {
  return DIFFERENCE_WORDS[what];
}

const DIFFERENCE_WORDS: Readonly<Record<FibDifference['what'], string>> = {
  missing: 'VPP had lost it',
  'other-paths': 'VPP had other next hops',
  'still-there': 'VPP had kept it',
};
