/** Every route of a real server, asked by names and from pages that are not the box's. */
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeSelfSigned } from '../control/self-signed.ts';
import { type HttpServer, startHttpServer } from './mod.ts';
import { makeProvider } from '../../test/fixtures/status.ts';

/** As served by this room; `/new` and `/page` are contributed. */
const PATHS = [
  ...[
    '/',
    '/style.css',
    '/page.js',
    '/events',
    '/status',
    '/health',
    '/healthz',
    '/readyz',
    '/figures',
    '/nodes',
  ],
  ...['/errors', '/metrics', '/fib/vpp', '/fib/kernel', '/fib/route', '/log', '/new', '/page', '/nothing'],
];
const FOR_EVERYBODY = ['/metrics', '/healthz', '/readyz'];
const PAGES = ['/', '/page'];

let server: HttpServer;
let dir: string;
let ports: { tls: number; plain: number };
let changed: number;
let names: readonly string[];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'origin-'));
  const tls = await makeSelfSigned({
    commonName: 'edge1',
    dnsNames: ['edge1'],
    addresses: [],
    notBefore: 0,
    notAfter: Date.now() + 1e9,
  });
  server = await startHttpServer({
    listen: [
      { host: '127.0.0.1', port: 0, tls },
      { host: '127.0.0.1', port: 0 },
      { path: join(dir, 'http.sock') },
    ],
    source: makeProvider(),
    logger: () => {},
    names: () => ({ hostname: 'Edge1', names }),
    routes: [
      { path: '/new', method: 'GET', handler: (exchange) => exchange.sendText(200, 'new') },
      {
        path: '/page',
        method: 'GET',
        visitors: 'links',
        handler: (exchange) => exchange.sendText(200, 'page'),
      },
      {
        path: '/new',
        method: 'POST',
        handler(exchange) {
          changed++;
          exchange.sendText(200, 'done');
        },
      },
    ],
  });
  const [first = 0, second = 0] = server.addresses.map((address) => ('port' in address ? address.port : 0));
  ports = { tls: first, plain: second };
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

beforeEach(() => {
  changed = 0;
  names = ['router.example.net'];
});

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly over?: 'tls' | 'plain' | 'unix';
}

async function ask(
  path: string,
  { method = 'GET', headers = {}, over = 'tls' }: Ask = {},
): Promise<{ status: number; body: string }> {
  const where =
    over === 'unix' ? { socketPath: join(dir, 'http.sock') } : { host: '127.0.0.1', port: ports[over] };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = (over === 'tls' ? requestTls : request)(
    { ...where, path, method, headers, agent: false, rejectUnauthorized: false },
    resolve,
  );
  sent.on('error', reject);
  sent.end();
  const response = await promise;
  const status = response.statusCode ?? 0;
  // what is followed has no end of its own
  if (response.headers['content-type']?.startsWith('text/event-stream')) {
    sent.destroy();
    return { status, body: '' };
  }
  return { status, body: await text(response) };
}

describe('who asks', () => {
  const own = () => `127.0.0.1:${ports.tls}`;
  const matrix: readonly [string, () => Record<string, string>, boolean][] = [
    ['no browser', () => ({}), true],
    ['own page', () => ({ Origin: `https://${own()}`, 'Sec-Fetch-Site': 'same-origin' }), true],
    ['typed by the user', () => ({ 'Sec-Fetch-Site': 'none' }), true],
    ['localhost', () => ({ Host: 'localhost' }), true],
    ['the hostname', () => ({ Host: `edge1:${ports.tls}`, Origin: `https://edge1:${ports.tls}` }), true],
    ['with the dot of DNS', () => ({ Host: 'edge1.' }), true],
    ['mDNS', () => ({ Host: `EDGE1.local:8443`, Origin: `https://edge1.local:8443` }), true],
    ['IPv6', () => ({ Host: '[2001:db8::1]:8443', Origin: 'https://[2001:db8::1]:8443' }), true],
    ['a name of [http]', () => ({ Host: 'Router.Example.net' }), true],
    ['another site', () => ({ 'Sec-Fetch-Site': 'cross-site' }), false],
    [
      'an image on another site',
      () => ({ 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'image' }),
      false,
    ],
    ['a sibling', () => ({ 'Sec-Fetch-Site': 'same-site' }), false],
    ['another origin', () => ({ Origin: 'https://evil.example' }), false],
    ['another port', () => ({ Origin: `https://127.0.0.1:${ports.tls + 1}` }), false],
    ['without TLS', () => ({ Origin: `http://${own()}` }), false],
    ['no origin to speak of', () => ({ Origin: 'null' }), false],
    ['an empty origin', () => ({ Origin: '' }), false],
    ['a lying origin', () => ({ Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' }), false],
    [
      'DNS rebinding',
      () => ({ Host: 'evil.example', Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' }),
      false,
    ],
    ['DNS rebinding without Origin', () => ({ Host: 'evil.example' }), false],
    ['a name below one of ours', () => ({ Host: 'x.router.example.net' }), false],
    ['a name above one of ours', () => ({ Host: 'example.net' }), false],
    ['a Host that is none', () => ({ Host: 'x@127.0.0.1' }), false],
  ];

  test.each(matrix)('%s', async (_, headers, isLetIn) => {
    for (const path of PATHS) {
      const { status } = await ask(path, { headers: headers() });
      if (isLetIn || FOR_EVERYBODY.includes(path)) expect([path, status]).not.toEqual([path, 403]);
      else expect([path, status]).toEqual([path, 403]);
    }
    expect((await ask('/new', { method: 'POST', headers: headers() })).status).toBe(isLetIn ? 200 : 403);
    expect(changed).toBe(isLetIn ? 1 : 0);
  });

  test('is told why, and what helps', async () => {
    const byName = await ask('/status', { headers: { Host: 'evil.example' } });
    expect(byName.body).toMatch(
      /not called "evil.example": ask by its address, or as Edge1 .* names in \[http\]/,
    );
    const byPage = await ask('/status', { headers: { 'Sec-Fetch-Site': 'cross-site' } });
    expect(byPage.body).toContain("(Sec-Fetch-Site: cross-site): only the box's own page may");
  });

  test('by a name that was just given, or taken away', async () => {
    names = [];
    expect((await ask('/status', { headers: { Host: 'router.example.net' } })).status).toBe(403);
    names = ['other.example'];
    expect((await ask('/status', { headers: { Host: 'other.example' } })).status).toBe(200);
  });

  test('by the Unix socket is not asked', async () => {
    const headers = { Host: 'evil.example', 'Sec-Fetch-Site': 'cross-site' };
    expect((await ask('/status', { headers, over: 'unix' })).status).toBe(200);
  });

  test('by a whole URL is who is in it, whatever Host says (RFC 9112, section 3.2.2)', async () => {
    const headers = { Host: '127.0.0.1' };
    expect((await ask('http://evil.example/status', { headers, over: 'plain' })).status).toBe(403);
    expect((await ask('http://127.0.0.1/status', { headers, over: 'plain' })).status).toBe(200);
  });

  test('without Host, as HTTP/1.0 may, is refused, but not to a scraper', async () => {
    const statusOf = async (path: string): Promise<string | undefined> => {
      const socket = connect(ports.plain, '127.0.0.1');
      socket.write(`GET ${path} HTTP/1.0\r\n\r\n`);
      return /^HTTP\/1.1 (\d+)/.exec(await text(socket))?.[1];
    };
    expect([await statusOf('/status'), await statusOf('/metrics')]).toEqual(['403', '200']);
  });
});

describe('a link on another page', () => {
  const followed = {
    'Sec-Fetch-Site': 'cross-site',
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Dest': 'document',
  };

  test('leads to a page, and nowhere else', async () => {
    for (const path of PATHS) {
      const isWelcome = PAGES.includes(path) || FOR_EVERYBODY.includes(path);
      expect([path, (await ask(path, { headers: followed })).status === 403]).toEqual([path, !isWelcome]);
    }
  });

  test('changes nothing', async () => {
    expect((await ask('/new', { method: 'POST', headers: followed })).status).toBe(403);
    expect(changed).toBe(0);
  });

  test.each([
    ['in a frame', { 'Sec-Fetch-Dest': 'iframe' }],
    ['by a script', { 'Sec-Fetch-Mode': 'no-cors' }],
    ['by a foreign name', { Host: 'evil.example' }],
    ['that a form sends', { Origin: 'https://evil.example' }],
  ])('%s leads nowhere', async (_, headers) => {
    for (const path of PAGES)
      expect((await ask(path, { headers: { ...followed, ...headers } })).status).toBe(403);
  });
});
