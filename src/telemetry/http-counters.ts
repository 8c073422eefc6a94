/** Owns the counts of what the HTTP server did, kept without the metrics library. */
import { counter, counters, metricTable } from '../report/mod.ts';

export class HttpCounters {
  /** Answers by status code. */
  readonly requests = new Map<number, number>();
  /** Requests that came as far as their route, by its path. */
  readonly routed = new Map<string, number>();
  /** Connections refused because there were too many, in all or from one peer. */
  refused = 0;
  /** Responses cut off because the client was too slow, or gone. */
  aborted = 0;

  countRequest(code: number): void {
    this.requests.set(code, (this.requests.get(code) ?? 0) + 1);
  }

  /** `path` is that of a route, so that their number is bounded. */
  countRouted(path: string): void {
    this.routed.set(path, (this.routed.get(path) ?? 0) + 1);
  }
}

export const HTTP_METRICS = metricTable<{ readonly http: HttpCounters }>({
  appliance_http_requests_total: counters('HTTP requests answered', ['code'], ({ http: { requests } }) =>
    [...requests].map(([code, count]) => [count, code]),
  ),
  appliance_http_routed_requests_total: counters(
    'HTTP requests that were not refused before their route',
    ['path'],
    ({ http: { routed } }) => [...routed].map(([path, count]) => [count, path]),
  ),
  appliance_http_connections_refused_total: counter(
    'Connections over the bound',
    ({ http: { refused } }) => refused,
  ),
  appliance_http_responses_aborted_total: counter(
    'Responses cut off as too slow',
    ({ http: { aborted } }) => aborted,
  ),
});
