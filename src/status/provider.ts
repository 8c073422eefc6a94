/** Where the status, and what is too large for it, is asked for. */
import type { FibRoute, RouteAnswer } from '../fib/status.ts';
import type { LogLine } from '../log/mod.ts';
import type { StatsHistory, StatsSnapshot } from '../vpp/stats/mod.ts';
import type { ApplianceStatus } from './appliance-status.ts';

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
  log(service: string): readonly LogLine[] | undefined;
  /**
   * Calls `listener` with each new line of a service until the function returned is called; `undefined`: there is no
   * such service.
   */
  followLog(service: string, listener: (line: LogLine) => void): (() => void) | undefined;
  /** What VPP did in the last minutes; `undefined` before the configuration was read. */
  history(): StatsHistory | undefined;
  /**
   * For as long as somebody looks, until the function returned is called: counters are read every second, and
   * `onChange` is called when a part of the status became another one (not for counters and ages), perhaps many times
   * in a row.
   */
  watch(onChange: () => void): () => void;
}
