import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type HttpServer, type HttpServerOptions, startHttpServer } from './mod.ts';
import {
  HOSTILE,
  makeProvider,
  makeStatus,
  OWN_NAMES,
  type ProviderOptions,
} from '../../test/fixtures/status.ts';
import type { FibRoute } from '../fib/status.ts';

let dir: string;
let server: HttpServer | undefined;
let log: string[];
const agent = new Agent({ keepAlive: false });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'http-'));
  log = [];
});

afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = undefined;
  rmSync(dir, { recursive: true });
});

async function start(
  provider: ProviderOptions = {},
  options: Partial<HttpServerOptions> = {},
): Promise<number> {
  server = await startHttpServer({
    listen: [{ host: '127.0.0.1', port: 0 }],
    source: makeProvider(provider),
    names: OWN_NAMES,
    logger: (line) => log.push(line),
    ...options,
  });
  const [address] = server.addresses;
  return address && 'port' in address ? address.port : 0;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(
  where: { port: number } | { socketPath: string },
  path: string,
  method = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...where, host: '127.0.0.1', path, method, agent }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** What a raw connection gets, until it is closed. */
async function converse(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  let got = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    got += chunk;
  });
  await new Promise<void>((resolve) => socket.once('close', () => resolve()).on('error', () => resolve()));
  return got;
}

describe('paths', () => {
  test.each([
    ['/', 'text/html; charset=utf-8', '<!doctype html>'],
    ['/?refresh=off', 'text/html; charset=utf-8', '<!doctype html>'],
    ['/style.css', 'text/css; charset=utf-8', 'prefers-color-scheme'],
    ['/status', 'application/json; charset=utf-8', '"hostname":"edge1"'],
    ['/metrics', 'text/plain; version=0.0.4; charset=utf-8', 'appliance_info{'],
    ['/fib/vpp', 'application/json; charset=utf-8', '198.51.100.0/24'],
    ['/healthz', 'application/json; charset=utf-8', '"alive":true'],
    ['/readyz', 'application/json; charset=utf-8', '"ready":true,"reasons":[]'],
    ['/health', 'application/json; charset=utf-8', '"headline":"Everything is well"'],
    ['/figures?history', 'application/json; charset=utf-8', '"vectorRates":[0,7]'],
    ['/nodes', 'application/json; charset=utf-8', '"name":"ip4-lookup"'],
    ['/errors', 'application/json; charset=utf-8', '"reason":"ip4 ttl <= 1"'],
    ['/log?service=vpp', 'text/plain; charset=utf-8', '2026-07-01T12:00:00.000Z hello'],
  ])('%s', async (path, type, text) => {
    const port = await start();
    const got = await ask({ port }, path);
    expect([got.status, got.headers['content-type']]).toEqual([200, type]);
    expect(got.body).toContain(text);
    expect(got.headers['content-security-policy']).toContain("default-src 'none'");
    expect(got.headers['content-security-policy']).not.toContain('unsafe');
    expect(got.headers['x-content-type-options']).toBe('nosniff');
    const head = await ask({ port }, path, 'HEAD');
    expect([head.status, head.headers['content-type'], head.body]).toEqual([200, type, '']);
  });

  test.each([
    '/nothing',
    '/status/',
    '/STATUS',
    '/../etc/passwd',
    '/fib',
    '//',
    '//healthz',
    '/healthz/..%2f',
  ])('%s is 404', async (path) => {
    expect((await ask({ port: await start() }, path)).status).toBe(404);
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])('%s is 405', async (method) => {
    const port = await start();
    for (const path of ['/', '/status?x', '/metrics']) {
      const got = await ask({ port }, path, method);
      expect([got.status, got.headers.allow]).toEqual([405, 'GET, HEAD']);
    }
    expect((await ask({ port }, '/nothing', method)).status).toBe(404);
  });

  test('the log of a service is text that cannot harm a terminal; without or with an unknown name an error', async () => {
    const port = await start();
    expect((await ask({ port }, '/log?service=vpp')).body).not.toContain('\u001b');
    expect((await ask({ port }, '/log')).status).toBe(400);
    expect((await ask({ port }, '/log?service=nobody')).status).toBe(404);
  });

  test('the status has the counters of each interface', async () => {
    const got: unknown = JSON.parse((await ask({ port: await start() }, '/status')).body);
    expect(got).toMatchObject({ interfaces: [{ name: 'xe0', counters: { rxPackets: 100, txError: 2 } }] });
  });
});

describe('routes in VPP', () => {
  test('are an empty list without any', async () => {
    const port = await start({ fibRoutes: () => [] });
    expect(JSON.parse((await ask({ port }, '/fib/vpp')).body)).toEqual([]);
  });

  test('of the kernel and of other tables are told apart', async () => {
    const port = await start({
      fibRoutes: (backend) =>
        backend === 'kernel'
          ? [{ prefix: '::/0', 'next-hop': '2001:db8::1', table: 7 }]
          : [{ prefix: '10.0.0.0/8', 'next-hop': 'blackhole' }],
    });
    const answers = await Promise.all(['/fib/kernel', '/fib/vpp'].map((path) => ask({ port }, path)));
    expect(answers.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      [{ prefix: '::/0', 'next-hop': '2001:db8::1', table: 7 }],
      [{ prefix: '10.0.0.0/8', 'next-hop': 'blackhole' }],
    ]);
  });

  test('are explained by destination and table; what is not covered is 404, what cannot be asked 400', async () => {
    const port = await start({
      explainRoute: (destination, table) =>
        destination === '192.0.2.1'
          ? { kind: 'found', route: { prefix: '192.0.2.0/24', table: table ?? 'default' } }
          : destination === 'mpls 100'
            ? { kind: 'none', reason: 'no route covers mpls 100' }
            : { kind: 'invalid', reason: `"${destination}" is no destination` },
    });
    const got = async (query: string): Promise<[number | undefined, string]> => {
      const { status, body } = await ask({ port }, `/fib/route${query}`);
      return [status, body.trim()];
    };
    expect(await got('?destination=192.0.2.1')).toEqual([200, '{"prefix":"192.0.2.0/24","table":"default"}']);
    expect(await got('?destination=192.0.2.1&table=7')).toEqual([
      200,
      '{"prefix":"192.0.2.0/24","table":"7"}',
    ]);
    expect(await got('?destination=mpls+100')).toEqual([404, 'no route covers mpls 100']);
    expect(await got('?destination=nowhere')).toEqual([400, '"nowhere" is no destination']);
    expect(await got('')).toEqual([400, 'expected a destination, such as /fib/route?destination=192.0.2.1']);
  });

  test('come in slices, however many there are, and the event loop stays free', async () => {
    const count = 200_000;
    let turns = 0;
    let turnsAtFirst = 0;
    let turnsAtLast = 0;
    const port = await start({
      fibRoutes: function* (): Generator<FibRoute> {
        turnsAtFirst = turns;
        for (let i = 0; i < count; i++) {
          yield { prefix: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32`, 'next-hop': '192.0.2.2' };
        }
        turnsAtLast = turns;
      },
    });
    const ticker = setInterval(() => turns++, 1);
    const { body } = await ask({ port }, '/fib/vpp');
    clearInterval(ticker);
    const routes: unknown = JSON.parse(body);
    expect(routes).toHaveLength(count);
    expect(Array.isArray(routes) && routes[1]).toEqual({ prefix: '10.0.0.1/32', 'next-hop': '192.0.2.2' });
    // a slice is 4 ms, and all of them take a hundred times that: others had many turns between
    expect(turnsAtLast - turnsAtFirst).toBeGreaterThan(10);
  });

  test('that fail to be listed cut the answer off, visibly, and the server lives', async () => {
    const port = await start({
      fibRoutes: function* (): Generator<FibRoute> {
        for (let i = 0; i < 5000; i++) yield { prefix: `${i}`, 'next-hop': 'x' };
        throw new Error('the table is gone');
      },
    });
    await expect(ask({ port }, '/fib/vpp')).rejects.toThrow();
    expect(log).toEqual([expect.stringContaining('the table is gone')]);
    expect((await ask({ port }, '/healthz')).status).toBe(200);
  });

  test('are not made any more when the client has left', async () => {
    let made = 0;
    const returned = new AbortController();
    const port = await start({
      fibRoutes: function* (): Generator<FibRoute> {
        try {
          for (;;) {
            made++;
            yield { prefix: '198.51.100.0/24', 'next-hop': '192.0.2.2' };
          }
        } finally {
          returned.abort();
        }
      },
    });
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /fib/vpp HTTP/1.1\r\nHost: edge1\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    for (let i = 0; !returned.signal.aborted && i < 200; i++) await sleep(10);
    expect(returned.signal.aborted).toBe(true);
    const count = made;
    await sleep(30);
    expect(made).toBe(count);
  });
});

describe('bounds', () => {
  test('what is no HTTP, and headers without end, are cut off', async () => {
    const port = await start();
    expect(await converse(port, 'hello\r\n\r\n')).toContain('400');
    const long = `GET / HTTP/1.1\r\nHost: edge1\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`;
    expect(await converse(port, long)).toContain('431');
    expect((await ask({ port }, '/healthz')).status).toBe(200);
  });

  test('connections beyond the bound are refused and counted, the Unix socket still answers', async () => {
    const path = join(dir, 'http.sock');
    const port = await start({}, { listen: [{ host: '127.0.0.1', port: 0 }, { path }] });
    const sockets = Array.from({ length: 70 }, (_, i) =>
      // five peers, none of which has too many for itself
      connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (i % 5)}` }).on('error', () => {}),
    );
    expect((await ask({ socketPath: path }, '/healthz')).status).toBe(200);
    await vi.waitFor(
      async () => {
        const { body } = await ask({ socketPath: path }, '/metrics');
        expect(body).toMatch(/appliance_http_connections_refused_total [6-9]\n/);
      },
      { timeout: 20_000, interval: 50 },
    );
    for (const socket of sockets) socket.destroy();
    await sleep(50);
    expect((await ask({ port }, '/healthz')).status).toBe(200);
  });

  test('one peer has some connections, and never all of them', async () => {
    const port = await start();
    const open = (localAddress: string) =>
      connect({ port, host: '127.0.0.1', localAddress }).on('error', () => {});
    const sockets = Array.from({ length: 40 }, () => open('127.0.0.2'));
    const count = () => sockets.filter((socket) => !socket.destroyed).length;
    for (let i = 0; count() > 16 && i < 200; i++) await sleep(10);
    expect(count()).toBe(16);
    const { body } = await ask({ port }, '/metrics');
    expect(body).toContain('appliance_http_connections_refused_total 24\n');
    for (const socket of sockets) socket.destroy();
    await sleep(50);
    const again = open('127.0.0.2');
    again.write('GET /healthz HTTP/1.1\r\nHost: edge1\r\n\r\n');
    expect(String(await new Promise((resolve) => again.once('data', resolve)))).toContain(' 200 ');
    again.destroy();
  });

  test('headers that never end are cut off, and nobody else waits for them', async () => {
    const port = await start();
    const slow = connect(port, '127.0.0.1');
    slow.on('error', () => {});
    slow.write('GET /healthz HTTP/1.1\r\n');
    const drip = setInterval(() => slow.write('X: y\r\n'), 500);
    const closed = new Promise<void>((resolve) => slow.once('close', () => resolve()));
    expect((await ask({ port }, '/healthz')).status).toBe(200);
    await closed;
    clearInterval(drip);
  });

  test('a body that nobody wants does not keep its connection', async () => {
    const port = await start();
    const got = await converse(port, 'GET /healthz HTTP/1.1\r\nHost: edge1\r\nContent-Length: 100\r\n\r\n');
    expect(got).toContain(' 200 ');
    expect(got).toContain('Connection: close');
  });

  test('a client that does not take its answer is cut off', async () => {
    const endless = function* (): Generator<FibRoute> {
      for (;;) yield { prefix: '198.51.100.0/24', 'next-hop': '192.0.2.2' };
    };
    const port = await start({ fibRoutes: endless }, { idleTimeoutMs: 1000 });
    const socket = connect(port, '127.0.0.1');
    socket.pause();
    socket.write('GET /fib/vpp HTTP/1.1\r\nHost: edge1\r\n\r\n');
    let body = '';
    for (let i = 0; !body.includes('aborted_total 1') && i < 400; i++) {
      await sleep(50);
      ({ body } = await ask({ port }, '/metrics'));
    }
    expect(body).toMatch(/appliance_http_responses_aborted_total 1\n/);
    socket.destroy();
  });

  test('a failure inside is an answer without details, and a line in the log', async () => {
    const port = await start({
      status: () => {
        throw new Error('secret detail');
      },
    });
    for (const path of ['/', '/status', '/metrics']) {
      const got = await ask({ port }, path);
      expect(got.status).toBe(500);
      expect(got.body).not.toContain('secret');
    }
    expect(log[0]).toContain('secret detail');
    expect((await ask({ port }, '/healthz')).status).toBe(200);
  });

  test('a path that no address can have is an error of the client', async () => {
    const port = await start();
    expect(
      await converse(port, 'GET http://[ HTTP/1.1\r\nHost: edge1\r\nConnection: close\r\n\r\n'),
    ).toContain(' 400 ');
  });
});

describe('listening', () => {
  test('a stale socket file is replaced, a live one and a plain file are errors', async () => {
    const path = join(dir, 'http.sock');
    const old = createServer().listen(path);
    await new Promise((resolve) => old.once('listening', resolve));
    await expect(start({}, { listen: [{ path }] })).rejects.toMatchObject({
      code: 'listen',
      message: expect.stringContaining('another process'),
    });
    await new Promise((resolve) => old.close(resolve));
    await start({}, { listen: [{ path }] });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await server?.[Symbol.asyncDispose]();
    writeFileSync(path, 'not a socket');
    await expect(start({}, { listen: [{ path }] })).rejects.toMatchObject({ code: 'listen' });
  });

  test('an address in use is an error that names it, and closes the others', async () => {
    const port = await start();
    const path = join(dir, 'http.sock');
    const attempt = startHttpServer({
      listen: [{ path }, { host: '127.0.0.1', port }],
      source: makeProvider(),
      logger: () => {},
      names: OWN_NAMES,
    });
    await expect(attempt).rejects.toMatchObject({ message: expect.stringContaining(`127.0.0.1:${port}`) });
    await expect(ask({ socketPath: path }, '/healthz')).rejects.toThrow();
  });

  test('disposal cuts open connections and is done at once', async () => {
    const port = await start();
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const closed = new Promise((resolve) => socket.on('error', () => {}).once('close', resolve));
    const began = performance.now();
    await server?.[Symbol.asyncDispose]();
    await closed;
    // not the minutes that a server waits for a request
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

test('the page escapes what comes from outside', async () => {
  const status = makeStatus({
    hostname: HOSTILE,
    conditions: [{ severity: 'error', subject: HOSTILE, reason: HOSTILE, since: Number.NaN }],
  });
  const { body } = await ask({ port: await start({ status: () => status }) }, '/');
  expect(body).not.toContain('<script');
  expect(body).toContain('&lt;script&gt;');
});
