/** Routes from outside, as the server carries them: methods, bodies in bounds, TLS, logs that are followed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeSelfSigned } from '../control/self-signed.ts';
import { LogStream } from './log-stream.ts';
import {
  type ContributedRoute,
  type Exchange,
  type HttpServer,
  type HttpServerOptions,
  startHttpServer,
} from './mod.ts';
import { connectionOf, peerKey } from './peers.ts';
import { makeProvider, OWN_NAMES } from '../../test/fixtures/status.ts';
import type { LogLine } from '../log/mod.ts';

/** An address of this machine that is not loopback. */
const OUTSIDE = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address;

let dir: string;
let server: HttpServer;
let bodies: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'contributed-'));
  bodies = [];
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

const routes: readonly ContributedRoute[] = [
  {
    path: '/thing',
    method: 'PUT',
    async handler(exchange: Exchange) {
      const text = await exchange.text(100_000);
      bodies.push(text);
      exchange.sendText(200, `${exchange.connection.kind} ${text.length}`);
    },
  },
  { path: '/thing', method: 'POST', handler: (exchange) => exchange.sendText(403, 'not for you') },
];

async function start(options: Partial<HttpServerOptions> = {}): Promise<number[]> {
  server = await startHttpServer({
    listen: [{ host: '127.0.0.1', port: 0 }],
    source: makeProvider(),
    names: OWN_NAMES,
    logger: () => {},
    routes,
    ...options,
  });
  return server.addresses.map((address) => ('port' in address ? address.port : 0));
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

function send(
  options: {
    port: number;
    host?: string;
    tls?: boolean;
    method?: string;
    path?: string;
    headers?: Record<string, string>;
  },
  body = '',
): Promise<Answer> {
  const { tls = false, ...rest } = options;
  return new Promise((resolve, reject) => {
    const sent = (tls ? requestTls : request)(
      { host: '127.0.0.1', path: '/thing', method: 'PUT', agent: false, rejectUnauthorized: false, ...rest },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('methods', () => {
  test('are those of the path, and Allow says which', async () => {
    const [port = 0] = await start();
    expect(await send({ port }, 'hello')).toMatchObject({ status: 200, body: 'plain 5\n' });
    expect(await send({ port, method: 'POST' })).toMatchObject({ status: 403 });
    expect(await send({ port, method: 'GET' })).toMatchObject({
      status: 405,
      headers: { allow: 'PUT, POST' },
    });
    expect(await send({ port, method: 'DELETE' })).toMatchObject({ status: 405 });
  });

  test.skipIf(OUTSIDE === undefined)(
    'that change something are refused to others over plain HTTP',
    async () => {
      const tls = await makeSelfSigned({
        commonName: 'edge1',
        dnsNames: ['edge1'],
        addresses: [],
        notBefore: Date.now() - 1000,
        notAfter: Date.now() + 1e8,
      });
      const [port = 0, tlsPort = 0] = await start({
        listen: [
          { host: '0.0.0.0', port: 0 },
          { host: '0.0.0.0', port: 0, tls },
        ],
      });
      const host = OUTSIDE ?? '';
      const refused = await send({ port, host }, 'hello');
      expect(refused).toMatchObject({ status: 403 });
      expect(refused.body).toContain(`https://${host}:${tlsPort}/thing`);
      expect(bodies).toEqual([]);
      expect(await send({ port: tlsPort, host, tls: true }, 'hello')).toMatchObject({ body: 'tls 5\n' });
      expect(await send({ port }, 'hello')).toMatchObject({ body: 'plain 5\n' });
    },
  );
});

test('a TLS handshake that never comes is not waited for', async () => {
  const tls = await makeSelfSigned({
    commonName: 'edge1',
    dnsNames: ['edge1'],
    addresses: [],
    notBefore: Date.now() - 1000,
    notAfter: Date.now() + 1e8,
  });
  const [port = 0] = await start({ listen: [{ host: '127.0.0.1', port: 0, tls }] });
  const silent = connect(port, '127.0.0.1');
  silent.on('error', () => {});
  const closed = new Promise<void>((resolve) => silent.once('close', () => resolve()));
  expect(await send({ port, tls: true }, 'hello')).toMatchObject({ body: 'tls 5\n' });
  await closed;
  expect(await send({ port, tls: true }, 'hello')).toMatchObject({ body: 'tls 5\n' });
});

describe('bodies', () => {
  test('that are announced as too long are refused unread', async () => {
    const [port = 0] = await start();
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'PUT /thing HTTP/1.1\r\nHost: edge1\r\nExpect: 100-continue\r\nContent-Length: 100001\r\n\r\n',
    );
    const answer = String(await new Promise((resolve) => socket.once('data', resolve)));
    expect(answer).toContain('HTTP/1.1 413');
    expect(answer).not.toContain('100 Continue');
    socket.destroy();
  });

  test('that come in pieces are refused when they get too long', async () => {
    const [port = 0] = await start();
    const got = await send({ port, headers: { 'Transfer-Encoding': 'chunked' } }, 'x'.repeat(150_000));
    expect(got).toMatchObject({ status: 413 });
  });

  test('are asked for when somebody wants them', async () => {
    const [port = 0] = await start();
    const socket = connect(port, '127.0.0.1');
    let got = '';
    socket.on('data', (chunk: Buffer) => (got += chunk.toString()));
    socket.write('PUT /thing HTTP/1.1\r\nHost: edge1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
    for (let i = 0; !got.includes('100 Continue') && i < 200; i++) await sleep(10);
    expect(got).toContain('100 Continue');
    socket.write('hello');
    for (let i = 0; !got.includes('plain 5') && i < 200; i++) await sleep(10);
    expect(got).toContain('plain 5');
    socket.destroy();
  });

  test('that nobody reads do not keep the client from reading why', async () => {
    const [port = 0] = await start();
    for (let i = 0; i < 5; i++) {
      const got = await send({ port, method: 'POST' }, 'x'.repeat(500_000));
      expect(got).toMatchObject({ status: 403, body: 'not for you\n' });
    }
  });

  test('that drip are cut off, however steadily, and those that stop', async () => {
    const bodyPace = { idleMs: 1000, windowMs: 1000, minBytesPerSecond: 1000 };
    const [port = 0] = await start({ bodyPace });
    for (const isDripping of [true, false]) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      let got = '';
      socket.on('data', (chunk: Buffer) => (got += chunk.toString()));
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.write('PUT /thing HTTP/1.1\r\nHost: edge1\r\nContent-Length: 1000\r\n\r\n');
      const drip = setInterval(() => isDripping && socket.write('x'), 100);
      await closed;
      clearInterval(drip);
      expect(got).toContain('HTTP/1.1 408');
    }
    expect(bodies).toEqual([]);
  });

  test('may take longer than a request without one', async () => {
    const bodyPace = { idleMs: 10_000, windowMs: 1000, minBytesPerSecond: 1 };
    const [port = 0] = await start({ bodyPace, idleTimeoutMs: 60_000 });
    const socket = connect(port, '127.0.0.1');
    socket.write('PUT /thing HTTP/1.1\r\nHost: edge1\r\nContent-Length: 8\r\n\r\n');
    for (let i = 0; i < 8; i++) {
      await sleep(900);
      socket.write('x');
    }
    const answer = String(await new Promise((resolve) => socket.once('data', resolve)));
    expect(answer).toContain(' 200 ');
    socket.destroy();
  });
});

describe('a handler that takes its time', () => {
  test('answers a client that waits for longer than an idle connection may', async () => {
    const slow: ContributedRoute = {
      path: '/slow',
      method: 'POST',
      handler: async (exchange) => {
        await exchange.text(100);
        await sleep(1_000);
        exchange.sendText(200, 'done');
      },
    };
    const [port = 0] = await start({ routes: [slow], idleTimeoutMs: 300 });
    const { status, body } = await send({ port, method: 'POST', path: '/slow' }, 'x');
    expect([status, body]).toEqual([200, 'done\n']);
  });
});

describe('the log of a service, followed', () => {
  function follow(): {
    provider: ReturnType<typeof makeProvider>;
    listeners: Set<(line: LogLine) => void>;
  } {
    const listeners = new Set<(line: LogLine) => void>();
    const provider = {
      ...makeProvider(),
      followLog(service: string, listener: (line: LogLine) => void) {
        if (service !== 'vpp') return undefined;
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    };
    return { provider, listeners };
  }

  async function open(port: number, path = '/log?service=vpp&follow') {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    const stream = { socket, text: '' };
    socket.on('data', (chunk: Buffer) => (stream.text += chunk.toString()));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: edge1\r\n\r\n`);
    for (let i = 0; !stream.text.includes('\r\n\r\n') && i < 300; i++) await sleep(10);
    return stream;
  }

  test('begins with the last lines and goes on as they come', async () => {
    const { provider, listeners } = follow();
    const [port = 0] = await start({ source: provider });
    const stream = await open(port);
    for (let i = 0; !stream.text.includes('hello') && i < 200; i++) await sleep(10);
    expect(stream.text).toContain('Content-Type: text/event-stream');
    expect(stream.text).toMatch(/data: 2026-07-01T12:00:00.000Z hello/);
    for (const listener of listeners) listener({ at: 0, line: 'a new\nline' });
    for (let i = 0; !stream.text.includes('a new') && i < 200; i++) await sleep(10);
    expect(stream.text).toContain('data: 1970-01-01T00:00:00.000Z a new line\n\n');
    stream.socket.destroy();
    for (let i = 0; listeners.size > 0 && i < 200; i++) await sleep(10);
    expect(listeners.size).toBe(0);
  });

  test('has a bounded number of followers, and needs a service that is there', async () => {
    const { provider } = follow();
    const [port = 0] = await start({ source: provider });
    expect((await open(port, '/log?service=nobody&follow')).text).toContain('404');
    const streams = [];
    for (let i = 0; i < 8; i++) streams.push(await open(port));
    expect(streams.every(({ text }) => text.includes(' 200 '))).toBe(true);
    const ninth = await open(port);
    expect(ninth.text).toContain(' 503 ');
    streams[0]?.socket.destroy();
    let again = '';
    for (let i = 0; !again.includes(' 200 ') && i < 100; i++) again = (await open(port)).text;
    expect(again).toContain(' 200 ');
  });

  test('drops a follower that does not take its lines', async () => {
    const { provider, listeners } = follow();
    const [port = 0] = await start({ source: provider });
    const stream = await open(port);
    stream.socket.pause();
    const line = { at: 0, line: 'x'.repeat(10_000) };
    for (let i = 0; listeners.size > 0 && i < 5000; i++) {
      for (const listener of listeners) listener(line);
      if (i % 50 === 0) await sleep(1);
    }
    for (let i = 0; listeners.size > 0 && i < 100; i++) await sleep(10);
    expect(listeners.size).toBe(0);
    stream.socket.destroy();
  });

  test('says that it is still there', async () => {
    const { provider } = follow();
    const stream = new LogStream(provider, { heartbeatMs: 50 });
    const [port = 0] = await start({
      source: provider,
      routes: [{ path: '/stream', method: 'GET', handler: (exchange) => stream.answer(exchange) }],
    });
    const reader = await open(port, '/stream?service=vpp&follow');
    for (let i = 0; !reader.text.includes(': still here\n\n') && i < 200; i++) await sleep(10);
    expect(reader.text).toContain(': still here\n\n');
    reader.socket.destroy();
  });
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
])('%s counts as the peer %s', async (address, key) => {
  await start();
  expect(peerKey(address)).toBe(key);
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::ffff:127.0.0.1', true],
  ['::1', true],
  ['192.0.2.1', false],
  ['::ffff:192.0.2.1', false],
  ['128.0.0.1', false],
  ['1127.0.0.1', false],
  ['::2', false],
  ['', false],
])('%s is loopback: %s', async (remoteAddress, isLoopback) => {
  await start();
  const socket = { remoteAddress } as Parameters<typeof connectionOf>[0];
  expect(connectionOf(socket, 'plain').isLoopback).toBe(isLoopback);
});
