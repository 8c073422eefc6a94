/** Owns what is said of VPP: its process, its API and its counters. Pure. */
import {
  counter,
  type Distribution,
  gauge,
  gauges,
  type Metric,
  type PlainMetric,
  type Sample,
  type Timestamp,
} from '../report/mod.ts';
import type { ServiceStatus } from '../supervise/status.ts';
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

export const VPP_METRICS: readonly PlainMetric<VppSource>[] = [
  gauge(
    'appliance_vpp_connected',
    "Whether VPP's API is connected",
    ({ vpp }) => vpp.api.state === 'connected',
  ),
  counter('appliance_vpp_restarts_total', 'Restarts of VPP', ({ vpp }) => vpp.restarts),
  counter(
    'appliance_vpp_hangs_total',
    'How often VPP did not answer for vpp.answer-timeout',
    ({ vpp }) => vpp.hangs,
  ),
  gauge(
    'appliance_vpp_silence_seconds',
    'Time for which a connected VPP has not answered, 0 while it does',
    ({ vpp: { api } }) =>
      api.state === 'connected' && api.silentSince !== undefined
        ? Math.max(0, Date.now() - api.silentSince) / 1000
        : 0,
  ),
  gauge(
    'appliance_vpp_stalled_workers',
    'Worker threads of VPP that stand still while they have queues to poll',
    ({ stats }) => (stats.state === 'fresh' ? stats.stalledWorkers.length : 0),
  ),
  gauges('appliance_vpp_info', 'Version of VPP, always 1', ['version'], ({ vpp: { version } }) =>
    version === undefined ? [] : [[1, version]],
  ),
];

/** Requests to VPP's binary API, without those of bulk programming but for their number in flight. */
export const API_METRICS: readonly Metric<ApiTraffic>[] = [
  {
    name: 'appliance_vpp_api_round_trip_seconds',
    type: 'histogram',
    help: "From a request to the last of its answer by VPP's API",
    labels: ['le'],
    read: roundTrips,
  },
  gauge(
    'appliance_vpp_api_requests_in_flight',
    "Requests that wait for VPP's answer, those of bulk programming among them",
    ({ inFlight }) => inFlight,
  ),
  counter(
    'appliance_vpp_api_timeouts_total',
    'Requests that VPP did not answer in time',
    ({ timeouts }) => timeouts,
  ),
];

function roundTrips({ boundsSeconds, counts, sumSeconds }: ApiTraffic): Distribution {
  let count = 0;
  const parts = [...boundsSeconds, '+Inf'].map((bound, i): Sample => {
    count += counts[i] ?? 0;
    return [count, bound];
  });
  return { parts, sum: sumSeconds, count };
}
