/** Owns what is said of supervised processes. Pure. */
import type { ProcessExit } from '../linux/mod.ts';
import type { LogLine } from '../log/mod.ts';
import {
  counters,
  finding,
  type Finding,
  formatDuration,
  gauges,
  metricTable,
  plural,
  type Shade,
  stateSamples,
  type Timestamp,
} from '../report/mod.ts';

/** The state of a supervised process. */
export type ServiceStatus =
  | { readonly state: 'disabled' | 'external'; readonly reason: string }
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
      /** Waiting for the next start after a failure; `looping`: it failed so often that the fallback is active. */
      readonly state: 'backoff' | 'looping';
      readonly reason: string;
      readonly since: Timestamp;
      readonly nextTryAt: Timestamp;
      /** Failures in a row. */
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

export const SERVICE_METRICS = metricTable<{ readonly services: readonly Service[] }>({
  appliance_service_state: gauges(
    'State of a service, 1 for the one that is',
    ['service', 'state'],
    ({ services }) =>
      services.flatMap(({ name, status }) => stateSamples(SERVICE_SHADES, status.state, name)),
  ),
  appliance_service_restarts_total: counters('Restarts of a service', ['service'], ({ services }) =>
    services.map(({ name, restarts }) => [restarts, name]),
  ),
});

/** `running for 3 s (pid 7)` */
export function describeService(status: ServiceStatus, now: number): string {
  switch (status.state) {
    case 'disabled':
    case 'external':
    case 'stopped':
    case 'stopping':
      return `${status.state}: ${status.reason}`;
    case 'starting':
      return `starting for ${formatDuration(now - status.since)}${status.reason === undefined ? '' : `: ${status.reason}`}`;
    case 'running':
      return `running for ${formatDuration(now - status.since)} (pid ${status.pid})`;
    case 'backoff':
      return `waiting ${until(status.nextTryAt, now)} for its next start after ${plural(status.failures, 'failure')}: ${status.reason}`;
    case 'looping':
      return `keeps failing (${plural(status.failures, 'time')} in a row), next try in ${until(status.nextTryAt, now)}: ${status.reason}`;
  }
}

function until(at: number, now: number): string {
  return formatDuration(Math.max(0, at - now));
}

/** Those that have no check of their own: VPP and the clock do. */
export function serviceFindings(services: readonly Service[]): Finding[] {
  const own = services.filter(({ name }) => name !== 'vpp');
  const found = own.flatMap(({ name, status, lastExit }): Finding[] => {
    const more = { subject: name, ready: name === 'ntp' };
    // An end by itself that was not a clean one; one that was asked for is what somebody wanted.
    if (status.state === 'stopped' && lastExit !== undefined && lastExit.code !== 0) {
      const text = `Service ${name} is stopped: ${status.reason}`;
      return [finding('services', status.state, 'warning', text, more)];
    }
    if (status.state !== 'backoff' && status.state !== 'looping') return [];
    return [finding('services', status.state, 'error', `Service ${name}: ${status.reason}`, more)];
  });
  if (found.length > 0) return found;
  return [
    finding('services', 'well', 'ok', `${plural(own.length, 'service')} as configured`, { quiet: true }),
  ];
}
