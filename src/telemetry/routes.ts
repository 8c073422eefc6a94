/**
 * Owns what is served where. The routes of this room only read; those that change something are contributed from
 * outside, with their methods.
 */
import { type Exchange, ContentType } from './exchange.ts';
import { EXPOSITION_TYPES, formatFor, inChunks } from './exposition.ts';
import type { LiveFeed } from './live-feed.ts';
import { LogStream } from './log-stream.ts';
import type { Metrics } from './metrics.ts';
import { errorFigures, nodeFigures } from './node-figures.ts';
import { renderPage } from './page.ts';
import { makeFigures, makePageModel } from './page-model.ts';
import { type HistorySource, PAGE_POINTS, PLOT_POINTS } from './rates.ts';
import type { Visitors } from './origin.ts';
import type { FibRoute } from '../fib/status.ts';
import { type ApplianceStatus, type StatusProvider, reportHealth } from '../status/mod.ts';
import { STYLE_SHEET } from './style.ts';

export type Handler = (exchange: Exchange) => Promise<void> | void;

interface Route {
  readonly handler: Handler;
  readonly visitors: Visitors;
}

/** By method; GET answers HEAD as well. */
export type Methods = ReadonlyMap<string, Route>;

/** The methods of each path. */
export type RouteTable = ReadonlyMap<string, Methods>;

/** What is served beside the routes of this room. */
export interface ContributedRoute {
  readonly path: string;
  readonly method: 'GET' | 'PUT' | 'POST';
  /** Answers on its own authority who may; what it throws is a 500 and a line in the log. */
  readonly handler: Handler;
  /** Default `own`; `links` is for a page whose opening does nothing. */
  readonly visitors?: Visitors;
}

/** What the routes of this room are made of. */
export interface RouteParts {
  readonly source: StatusProvider;
  readonly metrics: Metrics;
  readonly rates: HistorySource;
  readonly feed: LiveFeed;
}

/** The page's script, put in by build.mjs; without a build there is none, and the page reloads itself. */
const PAGE_SCRIPT = process.env.APPLIANCE_PAGE_SCRIPT ?? '';

/** How long a drawn page serves. */
const PAGE_MS = 250;

/** The page of control, when it was contributed: the status page links to it. */
const CONTROL_PATH = '/control';

/** Prometheus and load balancers ask by whatever name they were given. */
const VISITORS: ReadonlyMap<string, Visitors> = new Map([
  ['/', 'links'],
  ['/metrics', 'everybody'],
  ['/healthz', 'everybody'],
  ['/readyz', 'everybody'],
]);

/** Everything that is served. A path and method that is there twice is a mistake of the caller: the last one counts. */
export function makeRoutes(parts: RouteParts, contributed: readonly ContributedRoute[]): RouteTable {
  const table = new Map<string, Map<string, Route>>();
  const hasControl = contributed.some(({ path }) => path === CONTROL_PATH);
  const own = ownRoutes(parts, hasControl).map(
    ([path, handler]): ContributedRoute => ({
      path,
      method: 'GET',
      handler,
      visitors: VISITORS.get(path) ?? 'own',
    }),
  );
  for (const { path, method, handler, visitors = 'own' } of [...own, ...contributed]) {
    const methods = table.get(path) ?? new Map<string, Route>();
    table.set(path, methods.set(method, { handler, visitors }));
  }
  return table;
}

/** Why a request that is for this machine's owner alone is not taken on the way it came; undefined: it is. */
export function refusalOfPlainHttp({ connection, httpsUrl }: Exchange): string | undefined {
  if (connection.kind !== 'plain' || connection.isLoopback) return undefined;
  return httpsUrl === undefined
    ? 'this is accepted from this machine only: HTTPS is disabled (http.https-listen)'
    : `this is accepted over HTTPS only: ${httpsUrl}`;
}

function ownRoutes(
  { source, metrics, rates, feed }: RouteParts,
  hasControl: boolean,
): readonly [string, Handler][] {
  const logs = new LogStream(source);
  const hasScript = PAGE_SCRIPT !== '';
  const pages = new PageCache((refresh) => {
    const model = makePageModel(source, rates, PAGE_POINTS);
    return renderPage(model, { now: Date.now(), refresh, hasControl, hasScript });
  });
  return [
    [
      '/',
      (exchange) => {
        const refresh = exchange.url.searchParams.get('refresh') !== 'off';
        exchange.send(200, ContentType.html, pages.get(refresh));
      },
    ],
    [
      '/style.css',
      (exchange) => exchange.send(200, ContentType.css, STYLE_SHEET, { 'Cache-Control': 'max-age=300' }),
    ],
    [
      '/page.js',
      (exchange) => {
        if (hasScript) exchange.send(200, ContentType.script, PAGE_SCRIPT, { 'Cache-Control': 'no-cache' });
        else exchange.sendText(404, 'this appliance was not built by build.mjs: its page has no script');
      },
    ],
    ['/events', (exchange) => feed.answer(exchange)],
    ['/status', (exchange) => exchange.sendJson(200, withCounters(source))],
    ['/health', (exchange) => exchange.sendJson(200, reportHealth(source.status(), Date.now()))],
    [
      '/healthz',
      (exchange) => {
        // asks no other part: whoever gets this answer knows that the process lives, however the rest is
        const reasons = [`pid ${process.pid} answers`];
        exchange.sendJson(200, { alive: true, reasons, uptimeSeconds: Math.round(process.uptime()) });
      },
    ],
    [
      '/readyz',
      (exchange) => {
        const { ready, checks, broken } = reportHealth(source.status(), Date.now());
        const reasons = checks.filter(({ ok }) => !ok).map(({ name, reason }) => `${name}: ${reason}`);
        exchange.sendJson(ready ? 200 : 503, { ready, reasons, checks, broken });
      },
    ],
    [
      '/figures',
      (exchange) => {
        const { interfaces, stats } = source.status();
        const names = interfaces.map(({ name }) => name);
        const figures = { stats, ...makeFigures(source, rates, names, stats) };
        const wantsHistory = exchange.url.searchParams.has('history');
        exchange.sendJson(
          200,
          wantsHistory ? { ...figures, history: rates.history(names, PLOT_POINTS) } : figures,
        );
      },
    ],
    ['/nodes', (exchange) => sendFigures(exchange, source, nodeFigures)],
    ['/errors', (exchange) => sendFigures(exchange, source, errorFigures)],
    [
      '/metrics',
      (exchange) => {
        const format = formatFor(exchange.header('accept'));
        return exchange.stream(EXPOSITION_TYPES[format], exchange.isHead ? [] : metrics.scrape(format));
      },
    ],
    ['/fib/vpp', (exchange) => streamFib(exchange, source.fibRoutes('vpp'))],
    ['/fib/kernel', (exchange) => streamFib(exchange, source.fibRoutes('kernel'))],
    ['/fib/route', (exchange) => explainRoute(exchange, source)],
    ['/log', (exchange) => logs.answer(exchange)],
  ];
}

/** Pages that were just drawn: a crowd that loads them costs no more than one who does. */
class PageCache {
  readonly #draw: (refresh: boolean) => string;
  readonly #drawn = new Map<boolean, { readonly at: number; readonly page: string }>();

  constructor(draw: (refresh: boolean) => string) {
    this.#draw = draw;
  }

  get(refresh: boolean): string {
    const now = performance.now();
    const last = this.#drawn.get(refresh);
    if (last !== undefined && now - last.at < PAGE_MS) return last.page;
    const page = this.#draw(refresh);
    this.#drawn.set(refresh, { at: now, page });
    return page;
  }
}

/** Of the last reading of VPP's counters, with its age. */
function sendFigures(
  exchange: Exchange,
  source: StatusProvider,
  figures: typeof nodeFigures | typeof errorFigures,
): void {
  const reading = source.statsSnapshot();
  if (reading === undefined) exchange.sendText(503, "VPP's counters were not read yet");
  else exchange.sendJson(200, figures(reading, exchange.url.searchParams.has('all')));
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

function streamFib(exchange: Exchange, routes: Iterable<FibRoute>): Promise<void> {
  return exchange.stream(ContentType.json, inChunks(fibJson(routes)));
}

/** `?destination=ADDRESS`, a prefix or `mpls LABEL`, and `&table=N`. */
function explainRoute(exchange: Exchange, source: StatusProvider): void {
  const { searchParams } = exchange.url;
  const destination = searchParams.get('destination');
  if (destination === null) {
    exchange.sendText(400, 'expected a destination, such as /fib/route?destination=192.0.2.1');
    return;
  }
  const answer = source.explainRoute(destination, searchParams.get('table') ?? undefined);
  if (answer.kind === 'found') exchange.sendJson(200, answer.route);
  else exchange.sendText(answer.kind === 'none' ? 404 : 400, answer.reason);
}

/** One route a line, so that whoever reads it needs no more than a line at once. */
function* fibJson(routes: Iterable<FibRoute>): Generator<string> {
  let separator = '[\n';
  for (const route of routes) {
    const table = route.table === undefined ? '' : `,"table":${route.table}`;
    const nextHop = JSON.stringify(route['next-hop']);
    yield `${separator}{"prefix":${JSON.stringify(route.prefix)},"next-hop":${nextHop}${table}}`;
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}
