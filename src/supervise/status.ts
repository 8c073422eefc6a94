/** Owns what is said of supervised processes. Pure. */
import type { ProcessExit } from '../linux/mod.ts';
import type { LogLine } from '../log/mod.ts';
import {
  counters,
  gauges,
  type PlainMetric,
  type Shade,
  stateSamples,
  type Timestamp,
} from '../report/mod.ts';

/** The state of a supervised process. */
export type ServiceStatus =
  | { readonly state: 'disabled'; readonly reason: string }
  | { readonly state: 'external'; readonly reason: string }
  | { readonly state: 'stopped'; readonly reason: string; readonly since: Timestamp }
  | {
      readonly state: 'starting';
      readonly pid?: number;
      readonly since: Timestamp;
      /** What it waits for. */
      readonly reason?: string;
    }
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
export interface Service {
  readonly name: string;
  readonly status: ServiceStatus;
  /** Starts after the first one, since the appliance started. */
  readonly restarts: number;
  readonly lastExit?: ProcessExit;
  /** The last few lines (the whole ring is `StatusProvider.log`). */
  readonly lastOutput: readonly LogLine[];
}

/** How each state of a process is to be taken. */
export const SERVICE_SHADES: Readonly<Record<ServiceStatus['state'], Shade>> = {
  disabled: 'off',
  external: 'off',
  stopped: 'warning',
  starting: 'warning',
  running: 'ok',
  stopping: 'warning',
  backoff: 'error',
  looping: 'error',
};

export const SERVICE_METRICS: readonly PlainMetric<{ readonly services: readonly Service[] }>[] = [
  gauges(
    'appliance_service_state',
    'State of a service, 1 for the one that is',
    ['service', 'state'],
    ({ services }) =>
      services.flatMap(({ name, status }) => stateSamples(SERVICE_SHADES, status.state, name)),
  ),
  counters('appliance_service_restarts_total', 'Restarts of a service', ['service'], ({ services }) =>
    services.map(({ name, restarts }) => [restarts, name]),
  ),
];
