/**
 * Owns the HTTP servers: addresses, bounds, the way from a request to its route.
 *
 * Invariants: the server is read-only; every connection is bounded in time, every request in size, and their number;
 * nothing that a client does throws into the process; each listening address has bounds of its own, so that a crowd on
 * TCP does not lock out the local command line on its Unix socket.
 */
import { chmodSync, statSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { TelemetryError } from './errors.ts';
import { Exchange } from './exchange.ts';
import { HttpCounters } from './http-counters.ts';
import { Metrics } from './metrics.ts';
import { makeRoutes, type Route } from './routes.ts';
import type { StatusProvider } from './status.ts';

/** Connections at once, for each listening address. */
const MAX_CONNECTIONS = 64;
const MAX_REQUESTS_PER_CONNECTION = 1000;
const MAX_HEADER_BYTES = 8192;
/** From the connection to the end of the headers, and of the request. */
const REQUEST_TIMEOUT_MS = 5000;
const KEEP_ALIVE_MS = 5000;
/** A client that takes nothing for this long is cut off. */
const IDLE_TIMEOUT_MS = 20_000;
/** A client that takes this long for one response is cut off, however steadily it takes. */
const RESPONSE_TIMEOUT_MS = 300_000;
const CHECK_INTERVAL_MS = 1000;

/** Where to listen: TCP, or a Unix socket (a stale socket file is replaced, a live one is an error). */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** Receives one line per event, in words. */
export type HttpLogger = (line: string) => void;

export interface HttpServerOptions {
  /** One or several addresses, all with the same handler. */
  readonly listen: readonly ListenAddress[];
  readonly source: StatusProvider;
  readonly logger: HttpLogger;
  /** Default 20 s; for tests. */
  readonly idleTimeoutMs?: number;
}

export interface HttpServer extends AsyncDisposable {
  /** The addresses as bound (port 0 resolved), in the order of `listen`. */
  readonly addresses: readonly ListenAddress[];
}

/**
 * Starts the read-only HTTP server. Resolves when all addresses are bound; rejects with a `TelemetryError` naming the
 * address otherwise, with none left open. Disposing closes the addresses and cuts all connections.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const counters = new HttpCounters();
  const metrics = new Metrics(options.source, counters);
  const routes = makeRoutes(options.source, metrics);
  const servers: Server[] = [];
  const close = async () => {
    metrics[Symbol.dispose]();
    await Promise.all(servers.map(closeServer));
  };
  try {
    const addresses: ListenAddress[] = [];
    for (const address of options.listen) {
      const server = makeServer(options, routes, counters);
      servers.push(server);
      addresses.push(await listen(server, address));
    }
    return { addresses, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function makeServer(
  { logger, idleTimeoutMs = IDLE_TIMEOUT_MS }: HttpServerOptions,
  routes: ReadonlyMap<string, Route>,
  counters: HttpCounters,
): Server {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    },
    (request, response) => void answer(request, response, routes, counters, logger),
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  server.setTimeout(idleTimeoutMs, (socket) => {
    // keep-alive and header timeouts end a connection between two requests: here a response was not taken
    if (socket.writableLength > 0) counters.aborted++;
    socket.destroy();
  });
  server.on('drop', () => counters.refused++);
  server.on('error', (error) => logger(`http: ${error.message}`));
  return server;
}

/** Never rejects. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: ReadonlyMap<string, Route>,
  counters: HttpCounters,
  logger: HttpLogger,
): Promise<void> {
  const deadline = setTimeout(() => {
    counters.aborted++;
    response.destroy();
  }, RESPONSE_TIMEOUT_MS);
  deadline.unref();
  response.once('close', () => {
    clearTimeout(deadline);
    counters.countRequest(response.statusCode);
  });
  // a connection that breaks is its client's affair
  response.on('error', () => {});
  request.on('error', () => {});
  const target = request.url ?? '';
  // a path is not parsed against a base: `//x/` would be a host then
  const url = URL.parse(target.startsWith('/') ? `http://appliance${target}` : target);
  const exchange = new Exchange(request, response, url ?? new URL('http://appliance/'));
  try {
    if (url) await route(exchange, routes);
    else exchange.sendText(400, 'the address of the request cannot be understood');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger(`http: ${exchange.method} ${exchange.url.pathname} failed: ${reason}`);
    if (exchange.hasStarted) exchange.destroy();
    else exchange.sendText(500, 'this failed inside the appliance; its log says why');
  }
}

async function route(exchange: Exchange, routes: ReadonlyMap<string, Route>): Promise<void> {
  const handler = routes.get(exchange.url.pathname);
  if (!handler) {
    exchange.sendText(404, `there is nothing here; try ${[...routes.keys()].join(' ')}`);
  } else if (exchange.method !== 'GET' && exchange.method !== 'HEAD') {
    // what the client still sends of its body is not wanted
    exchange.sendText(405, 'nothing can be changed here: GET and HEAD only', {
      Allow: 'GET, HEAD',
      Connection: 'close',
    });
  } else {
    await handler(exchange);
  }
}

async function listen(server: Server, address: ListenAddress): Promise<ListenAddress> {
  if ('path' in address) await removeStaleSocket(address.path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.once('listening', resolve);
  if ('path' in address) server.listen({ path: address.path });
  else server.listen({ host: address.host, port: address.port });
  try {
    await promise;
  } catch (cause) {
    throw new TelemetryError('listen', `listen on ${describe(address)}: ${messageOf(cause)}`, { cause });
  } finally {
    server.off('error', reject);
  }
  if ('path' in address) {
    chmodSync(address.path, 0o600);
    return address;
  }
  const bound = server.address();
  return {
    host: address.host,
    port: bound !== null && typeof bound === 'object' ? bound.port : address.port,
  };
}

/** A socket file that nobody listens on is left over from a process that was killed. */
async function removeStaleSocket(path: string): Promise<void> {
  if (!statSync(path, { throwIfNoEntry: false })?.isSocket()) return;
  const isLive = await new Promise<boolean>((resolve) => {
    const socket = connect({ path }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (isLive) throw new TelemetryError('listen', `listen on ${path}: another process listens there`);
  unlinkSync(path);
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function describe(address: ListenAddress): string {
  if ('path' in address) return address.path;
  return `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
