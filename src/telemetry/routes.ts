/**
 * Owns what is served where. Everything is read: nothing that arrives over HTTP changes anything, and every path
 * answers GET and HEAD only.
 */
import { type Exchange, ContentType } from './exchange.ts';
import { EXPOSITION_TYPE, inChunks } from './exposition.ts';
import { printable } from './format.ts';
import type { Metrics } from './metrics.ts';
import { renderPage } from './page.ts';
import type { ApplianceStatus, FibRoute, OutputLine, StatusProvider } from './status.ts';
import { STYLE_SHEET } from './style.ts';
import { Vppctl } from './vppctl.ts';

export type Route = (exchange: Exchange) => Promise<void> | void;

/** The routes by path. */
export function makeRoutes(source: StatusProvider, metrics: Metrics): ReadonlyMap<string, Route> {
  const vppctl = new Vppctl(source);
  return new Map<string, Route>([
    [
      '/',
      (exchange) => {
        const refresh = exchange.url.searchParams.get('refresh') !== 'off';
        const status = withCounters(source);
        exchange.send(200, ContentType.html, renderPage(status, { now: Date.now(), refresh }));
      },
    ],
    [
      '/style.css',
      (exchange) => exchange.send(200, ContentType.css, STYLE_SHEET, { 'Cache-Control': 'max-age=300' }),
    ],
    [
      '/status',
      (exchange) => exchange.send(200, ContentType.json, `${JSON.stringify(withCounters(source))}\n`),
    ],
    ['/metrics', (exchange) => exchange.stream(EXPOSITION_TYPE, exchange.isHead ? [] : metrics.scrape())],
    ['/fib/vpp', (exchange) => exchange.stream(ContentType.json, inChunks(fibJson(source.fibRoutes())))],
    ['/healthz', (exchange) => exchange.sendText(200, 'ok')],
    ['/log', (exchange) => sendLog(exchange, source)],
    ['/vppctl', (exchange) => vppctl.answer(exchange)],
  ]);
}

/** The status with each VPP interface's counters, by name, from the latest snapshot. */
function withCounters(source: StatusProvider): ApplianceStatus {
  const status = source.status();
  const stats = source.statsSnapshot();
  if (!stats || status.interfaces.length === 0) return status;
  const byName = new Map(stats.snapshot.interfaces.map((one) => [one.name, one]));
  const interfaces = status.interfaces.map((one) => {
    const counters = one.dataPlane === 'vpp' ? (one.counters ?? byName.get(one.name)) : undefined;
    return counters ? { ...one, counters } : one;
  });
  return { ...status, interfaces };
}

function* fibJson(routes: Iterable<FibRoute>): Generator<string> {
  let separator = '[\n';
  for (const route of routes) {
    yield `${separator}{"prefix":${JSON.stringify(route.prefix)},"next-hop":${JSON.stringify(route['next-hop'])}}`;
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

function sendLog(exchange: Exchange, source: StatusProvider): Promise<void> | void {
  const service = exchange.url.searchParams.get('service');
  if (!service) {
    exchange.sendText(400, 'which service? /log?service=NAME');
    return;
  }
  const lines = source.log(service);
  if (!lines) {
    exchange.sendText(404, 'there is no such service');
    return;
  }
  return exchange.stream(ContentType.text, inChunks(logText(lines)));
}

function* logText(lines: readonly OutputLine[]): Generator<string> {
  for (const { at, line } of lines) yield `${new Date(at).toISOString()} ${printable(line)}\n`;
}
