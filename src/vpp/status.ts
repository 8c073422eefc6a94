/** Owns what is said of VPP: its process, its API and its counters. Pure. */
import {
  counter,
  type Distribution,
  finding,
  type Finding,
  formatAgo,
  formatDuration,
  formatTime,
  gauge,
  gauges,
  metricTable,
  plural,
  type Sample,
  type Samples,
  type Timestamp,
  type Words,
} from '../report/mod.ts';
import { describeService, type ServiceStatus } from '../supervise/status.ts';
import type { ApiTraffic } from './api/traffic.ts';
import type { StatsStatus } from './stats/mod.ts';

export type { ApiTraffic } from './api/traffic.ts';

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

interface VppSource {
  readonly vpp: VppStatus;
  readonly stats: StatsStatus;
}

export const VPP_METRICS = metricTable<VppSource>({
  appliance_vpp_connected: gauge(
    "Whether VPP's API is connected",
    ({ vpp }) => vpp.api.state === 'connected',
  ),
  appliance_vpp_restarts_total: counter('Restarts of VPP', ({ vpp }) => vpp.restarts),
  appliance_vpp_hangs_total: counter(
    'How often VPP did not answer for vpp.answer-timeout',
    ({ vpp }) => vpp.hangs,
  ),
  appliance_vpp_silence_seconds: gauge(
    'Time for which a connected VPP has not answered, 0 while it does',
    ({ vpp: { api } }) =>
      api.state === 'connected' && api.silentSince !== undefined
        ? Math.max(0, Date.now() - api.silentSince) / 1000
        : 0,
  ),
  appliance_vpp_stalled_workers: gauge(
    'Worker threads of VPP that stand still while they have queues to poll',
    ({ stats }) => (stats.state === 'fresh' ? stats.stalledWorkers.length : 0),
  ),
  appliance_vpp_info: gauges('Version of VPP, always 1', ['version'], ({ vpp: { version } }) =>
    version === undefined ? [] : [[1, version]],
  ),
});

/** Requests to VPP's binary API, without those of bulk programming but for their number in flight. */
export const API_METRICS = metricTable<ApiTraffic, Samples>({
  appliance_vpp_api_round_trip_seconds: {
    type: 'histogram',
    help: "From a request to the last of its answer by VPP's API",
    labels: ['le'],
    read: roundTrips,
  },
  appliance_vpp_api_requests_in_flight: gauge(
    "Requests that wait for VPP's answer, those of bulk programming among them",
    ({ inFlight }) => inFlight,
  ),
  appliance_vpp_api_timeouts_total: counter(
    'Requests that VPP did not answer in time',
    ({ timeouts }) => timeouts,
  ),
});

function roundTrips({ boundsSeconds, counts, sumSeconds }: ApiTraffic): Distribution {
  let count = 0;
  const parts = [...boundsSeconds, '+Inf'].map((bound, i): Sample => {
    count += counts[i] ?? 0;
    return [count, bound];
  });
  return { parts, sum: sumSeconds, count };
}

/** `, no answer for 5 s`; empty while VPP answers. */
function silenceOf(api: ApiStatus, now: number): string {
  if (api.state !== 'connected' || api.silentSince === undefined) return '';
  return `, no answer for ${formatDuration(Math.max(0, now - api.silentSince))}`;
}

export function describeApi(api: ApiStatus, now: number): Words {
  switch (api.state) {
    case 'idle':
      return { level: 'warning', text: `not connected: ${api.reason}` };
    case 'connecting': {
      const reason = api.reason ? `: ${api.reason}` : '';
      const text = `connecting, attempt ${api.attempt}, ${formatAgo(api.since, now)}${reason}`;
      return { level: 'warning', text };
    }
    case 'connected': {
      const silence = silenceOf(api, now);
      const level = silence === '' ? 'ok' : 'warning';
      return { level, text: `connected since ${formatTime(api.since)}${silence}` };
    }
    case 'disconnected':
      return { level: 'warning', text: `disconnected ${formatAgo(api.since, now)}: ${api.reason}` };
    case 'incompatible':
      return { level: 'warning', text: `incompatible: ${api.reason}` };
  }
}

export function describeStats(stats: StatsStatus): string {
  switch (stats.state) {
    case 'idle':
      return `not read: ${stats.reason}`;
    case 'attaching':
      return `attaching (${plural(stats.attempts, 'failed attempt')}): ${stats.reason}`;
    case 'fresh':
      return `read ${formatDuration(stats.ageSeconds * 1000)} ago`;
    case 'stale':
      return `${formatDuration(stats.ageSeconds * 1000)} old: ${stats.reason}`;
  }
}

export function vppFindings({ vpp, stats }: VppSource, now: number): Finding[] {
  const stalled = stats.state === 'fresh' ? stats.stalledWorkers : [];
  const found = [processFinding(vpp, now)];
  if (stalled.length > 0) {
    const text = `VPP's worker ${stalled.join(', ')} stands still`;
    // a condition says it
    found.push(finding('vpp', 'worker-stalled', 'error', text, { subject: stalled.join(' '), quiet: true }));
  }
  return found;
}

function processFinding({ process, api, version }: VppStatus, now: number): Finding {
  const state = describeService(process, now);
  switch (process.state) {
    case 'disabled':
      return finding('vpp', process.state, 'ok', `VPP is ${state}`);
    case 'looping':
      return finding('vpp', process.state, 'error', `VPP ${state}`);
    case 'backoff':
      return finding('vpp', process.state, 'error', `VPP is ${state}`);
    case 'starting':
      return finding('vpp', process.state, 'warning', `VPP is ${state}`, {
        ready: api.state === 'connected',
      });
    case 'stopped':
    case 'stopping':
      return finding('vpp', process.state, 'warning', `VPP is ${state}`);
    case 'running':
    case 'external':
      return apiFinding(api, version ? `VPP ${version}` : 'VPP', state, now);
  }
}

function apiFinding(api: ApiStatus, name: string, state: string, now: number): Finding {
  switch (api.state) {
    case 'connected': {
      const silence = silenceOf(api, now);
      const text = `${name} is ${state} and connected${silence}`;
      return silence === ''
        ? finding('vpp', api.state, 'ok', text)
        : finding('vpp', 'silent', 'warning', text, { ready: true });
    }
    case 'incompatible': {
      const text = `${name} is of another version than this program needs: ${api.reason}`;
      return finding('vpp', api.state, 'error', text);
    }
    case 'idle':
    case 'disconnected':
      return finding('vpp', api.state, 'error', `${name} is ${state}, not connected: ${api.reason}`);
    case 'connecting': {
      const reason = api.reason ? `: ${api.reason}` : '';
      const text = `${name} is ${state}, connecting (attempt ${api.attempt})${reason}`;
      return finding('vpp', api.state, 'warning', text);
    }
  }
}

/** Of a VPP that is disabled none are wanted. */
export function countersFinding({ vpp, stats }: VppSource): Finding {
  const more = { ready: vpp.process.state === 'disabled' };
  if (stats.state === 'stale') {
    return finding('counters', stats.state, 'warning', `VPP's counters are old: ${stats.reason}`, more);
  }
  if (stats.state === 'attaching' && stats.attempts > 0) {
    return finding('counters', stats.state, 'warning', `No counters from VPP: ${stats.reason}`, more);
  }
  return finding('counters', stats.state, 'ok', describeStats(stats), { quiet: true });
}
