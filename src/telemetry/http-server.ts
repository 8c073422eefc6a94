/**
 * Owns the HTTP servers: addresses, bounds, the way from a request to its route.
 *
 * Invariants: the routes of this room only read, what changes something is contributed from outside; every request
 * passes `originRefusal` before its route, whatever route it is; a changing request over plain HTTP from another machine
 * is refused before anything else of it is looked at; every connection is bounded in time, every request in size, and
 * their number in all and for each peer; nothing that a client does throws into the process; each listening address has
 * bounds of its own, so that a crowd on TCP does not lock out the local command line on its Unix socket.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { BodyPace } from './body.ts';
import { announcedLength } from './body.ts';
import { RequestError } from './errors.ts';
import { Exchange } from './exchange.ts';
import { HttpCounters } from './http-counters.ts';
import { closeServer, listen, type ListenAddress } from './listen.ts';
import { LiveFeed } from './live-feed.ts';
import { Metrics } from './metrics.ts';
import { originRefusal, type OwnNames } from './origin.ts';
import { type Connection, connectionOf, PeerLimit } from './peers.ts';
import {
  type ContributedRoute,
  makeRoutes,
  type Methods,
  type RouteTable,
  refusalOfPlainHttp,
} from './routes.ts';
import { StatsRates } from './stats-rates.ts';
import { reasonOf } from '../linux/mod.ts';
import type { StatusProvider } from '../status/mod.ts';

/** Connections at once, for each listening address. */
const MAX_CONNECTIONS = 64;
const MAX_REQUESTS_PER_CONNECTION = 1000;
const MAX_HEADER_BYTES = 8192;
/** From the connection to the end of TLS's handshake, and of the headers; a body has bounds of its own. */
const HEADERS_TIMEOUT_MS = 5000;
const KEEP_ALIVE_MS = 5000;
/** A client that takes nothing for this long is cut off. */
const IDLE_TIMEOUT_MS = 20_000;
/** A client that takes this long for one response is cut off, however steadily it takes. */
const RESPONSE_TIMEOUT_MS = 300_000;
const CHECK_INTERVAL_MS = 1000;

/** Receives one line per event, in words. */
export type HttpLogger = (line: string) => void;

export interface HttpServerOptions {
  /** One or several addresses, all with the same handler. */
  readonly listen: readonly ListenAddress[];
  readonly source: StatusProvider;
  readonly logger: HttpLogger;
  /** What the box is called now. */
  readonly names: () => OwnNames;
  /** What is served beside the reading of the status, such as `controlRoutes` of src/control. */
  readonly routes?: readonly ContributedRoute[];
  /** Default 20 s; for tests. */
  readonly idleTimeoutMs?: number;
  /** How fast a body has to come; for tests. */
  readonly bodyPace?: BodyPace;
}

export interface HttpServer extends AsyncDisposable {
  /** The addresses as bound (port 0 resolved), in the order in which they were. */
  readonly addresses: readonly ListenAddress[];
  /** Listens on one more address, with the same handler. Rejects with a CodedError `listen` that names it. */
  open(address: ListenAddress): Promise<void>;
  /** What is served. */
  readonly routes: RouteTable;
}

/** What all listening addresses share. */
interface Shared {
  readonly options: HttpServerOptions;
  readonly routes: RouteTable;
  readonly counters: HttpCounters;
  httpsPort: number | undefined;
  /** Connections with a request whose handler is at work. */
  readonly working: WeakSet<Socket>;
}

/**
 * Starts the HTTP server. Resolves when all addresses are bound; rejects with an error naming the address
 * otherwise, with none left open. Disposing closes the addresses and cuts all connections.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const counters = new HttpCounters();
  const metrics = new Metrics(options.source, counters);
  const { source } = options;
  const rates = new StatsRates(source);
  const feed = new LiveFeed(source, rates);
  const routes = makeRoutes({ source, metrics, rates, feed }, options.routes ?? []);
  const shared: Shared = { options, routes, counters, httpsPort: undefined, working: new WeakSet() };
  const servers: Server[] = [];
  const addresses: ListenAddress[] = [];
  let isClosed = false;
  const close = async () => {
    isClosed = true;
    for (const part of [metrics, feed]) part[Symbol.dispose]();
    await Promise.all(servers.map(closeServer));
  };
  const open = async (address: ListenAddress): Promise<void> => {
    const server = makeServer(address, shared);
    const bound = await listen(server, address);
    if (isClosed) {
      await closeServer(server);
      return;
    }
    servers.push(server);
    addresses.push(bound);
    if ('port' in bound && bound.tls !== undefined) shared.httpsPort ??= bound.port;
  };
  try {
    for (const address of options.listen) await open(address);
    return { addresses, open, routes, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function makeServer(address: ListenAddress, shared: Shared): Server {
  const { options, counters } = shared;
  const bounds: ServerOptions = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    // a body is bounded by its pace, an upload may take its time
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
  };
  const tls = 'port' in address ? address.tls : undefined;
  const kind = 'path' in address ? 'unix' : tls === undefined ? 'plain' : 'tls';
  const onRequest: RequestListener = (request, response) =>
    void answer(request, response, kind, shared, false);
  const server: Server =
    tls === undefined
      ? createServer(bounds, onRequest)
      : createTlsServer(
          {
            ...bounds,
            cert: tls.certificate,
            key: tls.key,
            minVersion: 'TLSv1.2',
            handshakeTimeout: HEADERS_TIMEOUT_MS,
          },
          onRequest,
        );
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    void answer(request, response, kind, shared, true);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  const idleMs = options.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
  server.setTimeout(idleMs, (socket) => {
    // The client waits for a handler, whose time is bounded by `RESPONSE_TIMEOUT_MS`.
    if (socket.writableLength === 0 && shared.working.has(socket)) {
      socket.setTimeout(idleMs);
      return;
    }
    // keep-alive and header timeouts end a connection between two requests: here a response was not taken
    if (socket.writableLength > 0) counters.aborted++;
    socket.destroy();
  });
  if (kind !== 'unix') {
    const peers = new PeerLimit();
    server.on('connection', (socket) => {
      if (peers.admit(socket)) return;
      counters.refused++;
      socket.destroy();
    });
  }
  server.on('drop', () => counters.refused++);
  server.on('error', (error) => options.logger(`http: ${error.message}`));
  return server;
}

/** Never rejects. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  kind: Connection['kind'],
  shared: Shared,
  expectsContinue: boolean,
): Promise<void> {
  const { options, counters } = shared;
  const bound = (): NodeJS.Timeout =>
    setTimeout(() => {
      counters.aborted++;
      response.destroy();
    }, RESPONSE_TIMEOUT_MS).unref();
  let deadline = bound();
  response.once('close', () => {
    clearTimeout(deadline);
    counters.countRequest(response.statusCode);
  });
  // a connection that breaks is its client's affair
  response.on('error', () => {});
  request.on('error', () => {});
  // what such a request still sends of a body is not waited for
  if (isReading(request.method) && announcedLength(request) !== 0) response.shouldKeepAlive = false;
  const target = request.url ?? '';
  // a path is not parsed against a base: `//x/` would be a host then
  const isPath = target.startsWith('/');
  const url = URL.parse(isPath ? `http://appliance${target}` : target);
  const exchange = new Exchange(request, response, {
    url: url ?? new URL('http://appliance/'),
    authority: isPath ? undefined : url?.host,
    connection: connectionOf(request.socket, kind),
    httpsPort: shared.httpsPort,
    expectsContinue,
    pace: options.bodyPace,
    onKeepOpen: () => {
      clearTimeout(deadline);
      request.socket.setTimeout(0);
    },
  });
  shared.working.add(request.socket);
  try {
    if (url) await route(exchange, shared);
    else exchange.sendText(400, 'the address of the request cannot be understood');
  } catch (error) {
    answerFailure(exchange, error, options.logger);
  } finally {
    shared.working.delete(request.socket);
  }
  if (response.writableFinished || response.destroyed) return;
  // the handler is done: what is left is for the client to take
  clearTimeout(deadline);
  deadline = bound();
  request.socket.setTimeout(options.idleTimeoutMs ?? IDLE_TIMEOUT_MS);
}

function answerFailure(exchange: Exchange, error: unknown, logger: HttpLogger): void {
  if (exchange.signal.aborted) return;
  const isClients = error instanceof RequestError;
  if (!isClients) {
    logger(`http: ${exchange.method} ${exchange.url.pathname} failed: ${reasonOf(error)}`);
  }
  if (exchange.hasStarted) exchange.destroy();
  else if (isClients) exchange.sendText(error.status, error.message);
  else exchange.sendText(500, 'the appliance failed to answer: see its log');
}

async function route(exchange: Exchange, { routes, options, counters }: Shared): Promise<void> {
  const methods = routes.get(exchange.url.pathname);
  const isRead = isReading(exchange.method);
  const found = methods?.get(isRead ? 'GET' : exchange.method);
  const foreign = originRefusal(exchange, options.names(), found?.visitors ?? 'own');
  if (foreign !== undefined) {
    exchange.sendText(403, foreign);
    return;
  }
  if (!methods) {
    exchange.sendText(404, `no such path; expected one of ${[...routes.keys()].join(' ')}`);
    return;
  }
  if (!found) {
    const allowed = allowOf(methods);
    exchange.sendText(405, `${exchange.url.pathname} takes ${allowed} only`, {
      Allow: allowed,
      Connection: 'close',
    });
    return;
  }
  const refusal = isRead ? undefined : refusalOfPlainHttp(exchange);
  if (refusal !== undefined) {
    exchange.sendText(403, refusal);
    return;
  }
  counters.countRouted(exchange.url.pathname);
  await found.handler(exchange);
}

function isReading(method: string | undefined): boolean {
  return method === 'GET' || method === 'HEAD';
}

function allowOf(methods: Methods): string {
  return [...methods.keys()].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
}
