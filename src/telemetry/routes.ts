/**
 * Owns what is served where. The routes of this room only read; those that change something are contributed from
 * outside, with their methods.
 */
import { type Exchange, ContentType } from './exchange.ts';
import { EXPOSITION_TYPES, formatFor, inChunks } from './exposition.ts';
import { LogStream } from './log-stream.ts';
import type { Metrics } from './metrics.ts';
import { renderPage } from './page.ts';
import type { ApplianceStatus, FibRoute, StatusProvider } from './status.ts';
import { STYLE_SHEET } from './style.ts';
import { Vppctl } from './vppctl.ts';

export type Route = (exchange: Exchange) => Promise<void> | void;

/** By method; GET answers HEAD as well. */
export type Methods = ReadonlyMap<string, Route>;

/** The methods of each path. */
export type RouteTable = ReadonlyMap<string, Methods>;

/** What is served beside the routes of this room. */
export interface ContributedRoute {
  readonly path: string;
  readonly method: 'GET' | 'PUT' | 'POST';
  /** Answers on its own authority who may; what it throws is a 500 and a line in the log. */
  readonly handler: Route;
}

/** The page of control, when it was contributed: the status page links to it. */
const CONTROL_PATH = '/control';

/** Everything that is served. A path and method that is there twice is a mistake of the caller: the last one counts. */
export function makeRoutes(
  source: StatusProvider,
  metrics: Metrics,
  contributed: readonly ContributedRoute[],
): RouteTable {
  const table = new Map<string, Map<string, Route>>();
  const add = (path: string, method: string, route: Route): void => {
    const methods = table.get(path) ?? new Map<string, Route>();
    table.set(path, methods.set(method, route));
  };
  const hasControl = contributed.some(({ path }) => path === CONTROL_PATH);
  for (const [path, route] of ownRoutes(source, metrics, hasControl)) add(path, 'GET', route);
  for (const { path, method, handler } of contributed) add(path, method, handler);
  return table;
}

/** Why a request that is for this machine's owner alone is not taken on the way it came; undefined: it is. */
export function refusalOfPlainHttp({ connection, httpsUrl }: Exchange): string | undefined {
  if (connection.kind !== 'plain' || connection.isLoopback) return undefined;
  return httpsUrl === undefined
    ? 'this is taken from this machine itself only: there is no HTTPS here (http.https-listen)'
    : `this is taken over HTTPS only: ${httpsUrl}`;
}

function ownRoutes(
  source: StatusProvider,
  metrics: Metrics,
  hasControl: boolean,
): readonly [string, Route][] {
  const vppctl = new Vppctl(source);
  const logs = new LogStream(source);
  return [
    [
      '/',
      (exchange) => {
        const refresh = exchange.url.searchParams.get('refresh') !== 'off';
        const status = withCounters(source);
        exchange.send(200, ContentType.html, renderPage(status, { now: Date.now(), refresh, hasControl }));
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
    [
      '/metrics',
      (exchange) => {
        const format = formatFor(exchange.header('accept'));
        return exchange.stream(EXPOSITION_TYPES[format], exchange.isHead ? [] : metrics.scrape(format));
      },
    ],
    ['/fib/vpp', (exchange) => exchange.stream(ContentType.json, inChunks(fibJson(source.fibRoutes())))],
    ['/healthz', (exchange) => exchange.sendText(200, 'ok')],
    ['/log', (exchange) => logs.answer(exchange)],
    ['/vppctl', (exchange) => vppctl.answer(exchange)],
  ];
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
