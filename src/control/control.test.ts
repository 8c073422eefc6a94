/** Real servers with real TLS: which requests are admitted, and what reaches the target. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Config, parseConfig, planChange } from '../config/mod.ts';
import { type HttpServer, startHttpServer } from '../telemetry/mod.ts';
import { makeProvider, OWN_NAMES } from '../../test/fixtures/status.ts';
import { openCertificate } from './certificate.ts';
import { MemoryFiles, RecordingTarget } from '../../test/fixtures/control.ts';
import { controlRoutes, Password } from './mod.ts';

const PASSWORD = 'correct horse battery';
const OUTSIDE = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address;

/** Every request that changes something. */
const CHANGES = [
  ['PUT', '/update'],
  ['PUT', '/config'],
  ['PUT', '/config?dry-run'],
  ['POST', '/config/confirm'],
  ['POST', '/reload'],
  ['POST', '/vpp/retry'],
  ['POST', '/power/restart'],
  ['POST', '/power/off'],
  ['POST', '/factory-reset'],
  ['POST', '/install?disk=nvme0n1'],
  ['POST', '/password'],
  ['POST', '/login'],
  ['POST', '/logout'],
  ['POST', '/control'],
] as const;

let dir: string;
let server: HttpServer;
let target: RecordingTarget;
let password: Password;
let log: string[];
let tlsPort: number;
let plainPort: number;
let socketPath: string;
let fingerprint: string;

async function start(isPasswordSet = true): Promise<void> {
  target = new RecordingTarget();
  log = [];
  const data = new MemoryFiles();
  password = new Password(data);
  if (isPasswordSet) await password.change(PASSWORD);
  const certificate = await openCertificate({
    data,
    hostname: 'edge1',
    names: [],
    addresses: [],
    builtAt: Date.now(),
  });
  fingerprint = certificate.fingerprint;
  socketPath = join(dir, 'control.sock');
  server = await startHttpServer({
    listen: [
      { host: '0.0.0.0', port: 0, tls: certificate },
      { host: '0.0.0.0', port: 0 },
      { path: socketPath },
    ],
    source: makeProvider(),
    names: OWN_NAMES,
    logger: () => {},
    routes: controlRoutes({
      target,
      password,
      hostname: () => 'edge1',
      certificate: () => certificate,
      logger: (line) => log.push(line),
    }),
  });
  [tlsPort = 0, plainPort = 0] = server.addresses.map((address) => ('port' in address ? address.port : 0));
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly over?: 'tls' | 'plain' | 'unix' | 'outside';
  /** Absent: no credentials are sent. */
  readonly user?: string;
  readonly from?: string;
}

function ask({
  method = 'GET',
  path,
  headers = {},
  body = '',
  over = 'tls',
  user,
  from,
}: Ask): Promise<Answer> {
  const where =
    over === 'unix'
      ? { socketPath }
      : {
          host: over === 'outside' ? OUTSIDE : '127.0.0.1',
          port: over === 'tls' ? tlsPort : plainPort,
          ...(from === undefined ? {} : { localAddress: from }),
        };
  return new Promise((resolve, reject) => {
    const sent = (over === 'tls' ? requestTls : requestPlain)(
      {
        ...where,
        method,
        path,
        agent: false,
        rejectUnauthorized: false,
        headers: {
          'Content-Length': Buffer.byteLength(body),
          ...(user === undefined
            ? {}
            : { Authorization: `Basic ${Buffer.from(`admin:${user}`).toString('base64')}` }),
          ...headers,
        },
      },
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

const form = (fields: Record<string, string>) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields).toString(),
});

function readConfig(text: string): Config {
  const result = parseConfig(text, 'test');
  if (!result.ok) throw new Error('the configuration of the test is invalid');
  return result.config;
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'control-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

beforeEach(async () => {
  await start();
  return () => server[Symbol.asyncDispose]();
});

describe('nothing changes', () => {
  test.each(CHANGES)('by %s %s without or with a wrong password', async (method, path) => {
    const bare = await ask({ method, path });
    expect([401, 403]).toContain(bare.status);
    const body = JSON.stringify({ confirm: 'erase', old: PASSWORD, new: 'another password' });
    const json = { 'Content-Type': 'application/json' };
    const wrong = await ask({ method, path, user: 'wrong', body, headers: json });
    expect([400, 401, 403]).toContain(wrong.status);
    const loopback = await ask({ method, path, over: 'plain' });
    expect([401, 403]).toContain(loopback.status);
    for (const header of ['Basic', 'Basic !', 'Bearer x', 'Basic YWRtaW4=', `Basic ${'A'.repeat(4000)}`]) {
      const odd = await ask({ method, path, headers: { Authorization: header }, from: '127.0.0.9' });
      expect([401, 403, 429]).toContain(odd.status);
    }
    expect(target.calls).toEqual([]);
    expect(await password.verify(PASSWORD)).toBe(true);
  });

  test.skipIf(OUTSIDE === undefined).each(CHANGES)(
    'by %s %s over plain HTTP from another machine, even with the password',
    async (method, path) => {
      const got = await ask({ method, path, over: 'outside', user: PASSWORD });
      expect(got.status).toBe(403);
      expect(got.body).toContain(`https://${OUTSIDE}:${tlsPort}${path.split('?')[0]}`);
      expect(target.calls).toEqual([]);
    },
  );

  test.each(CHANGES)('by %s %s without a password set', async (method, path) => {
    await server[Symbol.asyncDispose]();
    await start(false);
    for (const user of ['', 'undefined', 'anything']) {
      const got = await ask({ method, path, user });
      expect(got.status).toBe(403);
      expect(got.body).toContain('no password is set');
    }
    expect(target.calls).toEqual([]);
  });

  test('by GET of a changing path, nor by a method override', async () => {
    for (const [, path] of CHANGES) {
      const { status } = await ask({ path: path.split('?')[0] ?? '', user: PASSWORD });
      expect([200, 405]).toContain(status);
    }
    await ask({ path: '/power/off', user: PASSWORD, headers: { 'X-HTTP-Method-Override': 'POST' } });
    expect(target.calls).toEqual([]);
  });

  test.each(['/config', '/install', '/vppctl', '/vppctl?command=show+version'])(
    '%s is not read without the password',
    async (path) => {
      expect((await ask({ path })).status).toBe(401);
      expect((await ask({ path, user: PASSWORD })).status).toBe(200);
      if (OUTSIDE !== undefined)
        expect((await ask({ path, over: 'outside', user: PASSWORD })).status).toBe(403);
    },
  );
});

describe('a page of another origin', () => {
  test('is refused with a session as well, by every request', async () => {
    const cookie = await logIn();
    for (const [method, path] of CHANGES) {
      const headers = { Cookie: cookie, Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
      expect((await ask({ method, path, headers, user: PASSWORD })).status).toBe(403);
    }
    expect(target.calls).toEqual([]);
    expect((await ask({ path: '/config', headers: { Cookie: cookie } })).status).toBe(200);
  });
});

describe("VPP's command line", () => {
  const path = '/vppctl?command=show+version';
  const busy = Object.assign(new Error('one at a time'), { code: 'cli-busy' });

  test('is available with the password, by session and over the Unix socket; not without', async () => {
    for (const over of ['tls', 'plain'] as const) {
      expect((await ask({ path, over })).status).toBe(401);
      expect((await ask({ path, over, user: 'wrong' })).status).toBe(401);
    }
    expect(target.calls).toEqual([]);
    const answers = [
      await ask({ path, user: PASSWORD }),
      await ask({ path, user: PASSWORD, over: 'plain' }),
      await ask({ path, over: 'unix' }),
      await ask({ path, headers: { Cookie: await logIn() } }),
    ];
    for (const { status, body, headers } of answers) {
      expect([status, headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
      // control characters are replaced
      expect(body).toBe('output of show version\uFFFD\n\uFFFD\n');
    }
    expect(target.calls).toEqual(Array.from({ length: 4 }, () => 'vpp show version'));
  });

  test('is refused, like every request, without a password set', async () => {
    await server[Symbol.asyncDispose]();
    await start(false);
    const got = await ask({ path, user: '' });
    expect([got.status, got.body]).toEqual([403, expect.stringContaining('no password is set')]);
    expect((await ask({ path, over: 'unix' })).status).toBe(200);
  });

  test('lists the commands without one, and runs nothing for HEAD', async () => {
    const list = await ask({ path: '/vppctl', user: PASSWORD });
    expect(list.body.split('\n')).toContain('show ip fib IPV4 [table TABLE]');
    expect((await ask({ path: '/vppctl?command=+', user: PASSWORD })).body).toBe(list.body);
    expect((await ask({ method: 'HEAD', path, user: PASSWORD })).status).toBe(200);
    expect(target.calls).toEqual([]);
  });

  test.each([
    ['cli-refused', 400],
    ['cli-closed', 502],
    ['cli-output-too-long', 502],
    ['cli-busy', 503],
    ['cli-unreachable', 503],
    ['disconnected', 503],
    ['timeout', 504],
  ])('%s is %i, with its message', async (code, status) => {
    target.failure = Object.assign(new Error('because'), { code });
    const got = await ask({ path, user: PASSWORD });
    expect([got.status, JSON.parse(got.body)]).toEqual([status, { error: 'because', code }]);
  });

  test('sends Retry-After while another command runs', async () => {
    target.failure = busy;
    const got = await ask({ path, user: PASSWORD });
    expect([got.status, got.headers['retry-after']]).toEqual([503, '1']);
  });
});

describe('with the password', () => {
  const change = (method: string, path: string, more: Partial<Ask> = {}) =>
    ask({ method, path, user: PASSWORD, ...more });

  test('a configuration is put, confirmed and read', async () => {
    target.change = {
      result: 'applied',
      plan: planChange(readConfig(''), readConfig('[http]\nlisten = 127.0.0.1:81\n')),
      confirmBefore: Date.UTC(2026, 6, 1),
      pendingRestart: false,
    };
    const text = '[system]\r\nhostname = edge2\r\n';
    const put = await change('PUT', '/config?restart-vpp', { body: text });
    expect(put.status).toBe(200);
    expect(JSON.parse(put.body)).toMatchObject({
      result: 'applied',
      words: [
        'Applied:',
        'http.listen: [::]:8080 → 127.0.0.1:81',
        expect.stringContaining('Confirm it before 2026-07-01T00:00:00Z'),
      ],
    });
    await change('PUT', '/config?dry-run=1', { body: '' });
    await change('POST', '/config/confirm');
    await change('POST', '/reload?dry-run&restart-vpp=0');
    expect(target.calls).toEqual([
      `put ${JSON.stringify(text)} dryRun=false restartVpp=true`,
      'put "" dryRun=true restartVpp=false',
      'confirm',
      'reload dryRun=true restartVpp=false',
    ]);
    const got = await change('GET', '/config');
    expect([got.headers['content-type'], got.body]).toEqual(['text/plain; charset=utf-8', target.text]);
  });

  test('a configuration with mistakes is 422, with each of them', async () => {
    target.change = {
      result: 'rejected',
      problems: [{ severity: 'error', line: 3, leaf: 'vpp.cpu.workers', message: '"x" is no number' }],
    };
    const got = await change('PUT', '/config', { body: 'x' });
    expect(got.status).toBe(422);
    expect(JSON.parse(got.body)).toMatchObject({
      error: 'the configuration was rejected: 1 mistake',
      problems: [{ line: 3 }],
      words: [expect.any(String), 'appliance.ini:3: vpp.cpu.workers: "x" is no number'],
    });
  });

  test.each([
    ['PUT', '/config?dry-run=perhaps', {}, '', 400],
    ['PUT', '/config', { 'Content-Type': 'application/x-www-form-urlencoded' }, 'x', 415],
    ['PUT', '/config', {}, 'x'.repeat(1024 * 1024 + 1), 413],
    ['POST', '/factory-reset', {}, '', 400],
    ['POST', '/factory-reset', { 'Content-Type': 'application/json' }, '{"confirm":"yes"}', 400],
    ['POST', '/factory-reset', { 'Content-Type': 'application/json' }, '[]', 400],
    ['POST', '/factory-reset', { 'Content-Type': 'application/json' }, '{', 400],
    ['POST', '/factory-reset', { 'Content-Type': 'text/html' }, 'confirm=erase', 415],
    ['POST', '/factory-reset', { 'Content-Type': 'application/json' }, ' '.repeat(20_000), 413],
    ['POST', '/install', {}, '', 400],
    ['PUT', '/update', {}, 'x', 400],
    ['PUT', '/update', { 'Appliance-Manifest': 'not base64!' }, 'x', 400],
    ['POST', '/password', { 'Content-Type': 'application/json' }, '{"old":"x","new":"short"}', 400],
    ['POST', '/password', { 'Content-Type': 'application/json' }, '{"new":"long enough"}', 400],
    ['POST', '/password', { 'Content-Type': 'application/json' }, '{"old":"x","new":"long enough"}', 401],
  ])('%s %s %j with a wrong input is %i', async (method, path, headers, body, status) => {
    const got = await change(method, path, { headers, body });
    expect([got.status, typeof (JSON.parse(got.body) as { error: string }).error]).toEqual([
      status,
      'string',
    ]);
    expect(target.calls).toEqual([]);
  });

  test.each([
    ['bad-manifest', 400],
    ['bad-signature', 403],
    ['busy', 409],
    ['on-trial', 409],
    ['too-large', 413],
    ['not-efi', 422],
    ['no-space', 507],
    ['ENOSPC', 507],
    ['unknown', 500],
    ['constructor', 500],
  ])('an error with the code %s is %i, with its message', async (code, status) => {
    target.failure = Object.assign(new Error('receive an image: this is why'), { code });
    const headers = { 'Appliance-Manifest': 'eA==' };
    const got = await change('PUT', '/update', { headers, body: 'x' });
    expect([got.status, JSON.parse(got.body)]).toEqual([
      status,
      { error: 'receive an image: this is why', code },
    ]);
    expect(log).toEqual([expect.stringContaining('PUT /update from 127.0.0.1: receive an image')]);
  });

  test('power, reset and installation reach the target, and are logged', async () => {
    expect((await change('POST', '/power/restart')).status).toBe(200);
    expect((await change('POST', '/power/off')).status).toBe(200);
    expect((await change('POST', '/install?disk=nvme0n1')).status).toBe(200);
    const reset = form({ confirm: 'erase' });
    expect((await change('POST', '/factory-reset', reset)).status).toBe(200);
    for (let i = 0; target.calls.length < 5 && i < 100; i++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(target.calls).toEqual(['restart', 'power-off', 'install nvme0n1', 'factory reset', 'restart']);
    expect(log).toContain('POST /install from 127.0.0.1: done');
    expect(JSON.parse((await change('GET', '/install')).body)).toMatchObject({
      targets: [{ name: 'nvme0n1' }],
    });
  });

  test('a reset reports what was erased and what could not be, and keeps the network on request', async () => {
    const reset = (fields: Record<string, string>) => change('POST', '/factory-reset', form(fields));
    target.report = { ...target.report, notErased: [{ path: '/data/log', reason: 'EIO' }] };
    const got = await reset({ confirm: 'erase', 'keep-network': 'true' });
    expect([got.status, JSON.parse(got.body)]).toEqual([
      200,
      {
        result: 'incomplete',
        message:
          'everything but the image was erased, with 1 exception, [management] was kept; the appliance restarts',
        ...target.report,
        words: [
          expect.stringContaining('the appliance restarts'),
          'restored: /boot/appliance.ini',
          'erased: /boot/a',
          'not erased: /data/log: EIO',
        ],
      },
    ]);
    const odd = await reset({ confirm: 'erase', 'keep-network': 'perhaps' });
    expect([odd.status, JSON.parse(odd.body)]).toEqual([
      400,
      { error: 'expected keep-network to be true or false, got "perhaps"' },
    ]);
    expect(target.calls.filter((call) => call !== 'restart')).toEqual(['factory reset, network kept']);
  });

  test('the password is changed, and the old one is invalid', async () => {
    const cookie = await logIn();
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ old: PASSWORD, new: 'a new password' });
    expect((await change('POST', '/password', { headers, body })).status).toBe(200);
    expect((await change('GET', '/config')).status).toBe(401);
    expect((await ask({ path: '/config', headers: { Cookie: cookie } })).status).toBe(401);
    expect((await ask({ path: '/config', user: 'a new password' })).status).toBe(200);
  });

  test('a new password created on the box ends every session', async () => {
    const cookie = await logIn();
    const renewed = await password.renew();
    expect((await ask({ path: '/config', headers: { Cookie: cookie } })).status).toBe(401);
    expect((await ask({ path: '/config', user: renewed })).status).toBe(200);
  });

  test('wrong passwords are rate-limited per peer', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 7; i++) {
      const got = await ask({ path: '/config', user: 'wrong', from: '127.0.0.7' });
      statuses.push(got.status);
      if (got.status === 429) expect(Number(got.headers['retry-after'])).toBeGreaterThan(0);
      else expect(got.headers['www-authenticate']).toContain('Basic');
    }
    expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(statuses).toContain(429);
    expect((await ask({ path: '/config', user: PASSWORD, from: '127.0.0.7' })).status).toBe(429);
    expect((await ask({ path: '/config', user: PASSWORD })).status).toBe(200);
    expect(log).toContain('wrong password from 127.0.0.7');
  });

  test('many parallel guesses are not all computed', async () => {
    const guesses = Array.from({ length: 60 }, (_, i) =>
      ask({ path: '/config', user: 'wrong', from: `127.0.1.${1 + (i % 30)}` }),
    );
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(0);
    expect(statuses.every((status) => status === 401 || status === 503)).toBe(true);
    expect((await ask({ path: '/config', user: PASSWORD })).status).toBe(200);
  });
});

describe('the Unix socket', () => {
  test('is admitted without a password, set or not', async () => {
    await server[Symbol.asyncDispose]();
    await start(false);
    expect((await ask({ method: 'POST', path: '/config/confirm', over: 'unix' })).status).toBe(200);
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ new: 'set on the box' });
    expect((await ask({ method: 'POST', path: '/password', over: 'unix', headers, body })).status).toBe(200);
    expect((await ask({ path: '/config', user: 'set on the box' })).status).toBe(200);
    expect(target.calls).toEqual(['confirm']);
  });
});

describe('an upload', () => {
  const manifest = { 'Appliance-Manifest': Buffer.from('{"signed":true}').toString('base64') };

  test('is streamed to the target', async () => {
    const body = randomBytes(3_000_000).toString('hex');
    const got = await ask({ method: 'PUT', path: '/update', user: PASSWORD, headers: manifest, body });
    expect(JSON.parse(got.body)).toMatchObject({ result: 'received', version: '0.2.0' });
    expect(target.received).toBe(6_000_000);
    expect(target.calls).toEqual(['receive {"signed":true}']);
  });

  test('of an unsigned gigabyte is refused unread, with and without Expect: 100-continue', async () => {
    target.checkManifest = () => {
      throw Object.assign(new Error('check the manifest: it was not signed'), { code: 'bad-signature' });
    };
    const before = process.memoryUsage.rss();
    const head = (expect: string) =>
      `PUT /update HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${2 ** 30}\r\n${expect}` +
      `Authorization: Basic ${Buffer.from(`x:${PASSWORD}`).toString('base64')}\r\n` +
      `Appliance-Manifest: ${manifest['Appliance-Manifest']}\r\n\r\n`;
    for (const expectation of ['Expect: 100-continue\r\n', '']) {
      const socket = connectTls({ port: tlsPort, host: '127.0.0.1', rejectUnauthorized: false });
      let got = '';
      let sent = 0;
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => (got += chunk.toString()));
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.write(head(expectation));
      const chunk = Buffer.alloc(256 * 1024);
      const pour = (): void => {
        while (!socket.destroyed && sent < 2 ** 30) {
          sent += chunk.length;
          if (!socket.write(chunk)) return void socket.once('drain', pour);
        }
      };
      if (expectation === '') pour();
      await closed;
      expect(got).toMatch(/^HTTP\/1\.1 403 /);
      expect(got).not.toContain('100 Continue');
      expect(got).toContain('was not signed');
      // what fits in the kernel's buffers, and what is discarded so that the response can be read
      expect(sent).toBeLessThan(64 * 1024 * 1024);
    }
    expect(target.received).toBe(0);
    expect(process.memoryUsage.rss() - before).toBeLessThan(128 * 1024 * 1024);
  });

  test('that is too slow is aborted while others are served', async () => {
    const socket = connectTls({ port: tlsPort, host: '127.0.0.1', rejectUnauthorized: false });
    socket.on('error', () => {});
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    let got = '';
    socket.on('data', (chunk: Buffer) => (got += chunk.toString()));
    socket.write(
      `PUT /update HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n` +
        `Authorization: Basic ${Buffer.from(`x:${PASSWORD}`).toString('base64')}\r\n` +
        `Appliance-Manifest: ${manifest['Appliance-Manifest']}\r\n\r\n`,
    );
    const drip = setInterval(() => socket.write('x'), 1000);
    expect((await ask({ path: '/healthz' })).status).toBe(200);
    await closed;
    clearInterval(drip);
    expect(got).toContain(' 408 ');
    expect(target.received).toBeLessThan(100);
  }, 40_000);

  test('by curl arrives whole, and is refused without the password', async () => {
    const file = join(dir, 'image.efi');
    writeFileSync(file, randomBytes(5_000_000));
    const curl = (...args: readonly string[]) =>
      promisify(execFile)('curl', [
        '--silent',
        '--show-error',
        '--insecure',
        '--max-time',
        '30',
        '--write-out',
        '%{http_code}',
        '--upload-file',
        file,
        '--header',
        `Appliance-Manifest: ${manifest['Appliance-Manifest']}`,
        `https://127.0.0.1:${tlsPort}/update`,
        ...args,
      ]);
    expect((await curl()).stdout).toMatch(/401$/);
    expect(target.received).toBe(0);
    expect((await curl('--user', `admin:${PASSWORD}`)).stdout).toMatch(/200$/);
    expect(target.received).toBe(5_000_000);
  });
});

async function logIn(): Promise<string> {
  const got = await ask({ path: '/login', ...form({ password: PASSWORD }) });
  expect([got.status, got.headers.location]).toEqual([303, '/control']);
  const [cookie = ''] = got.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/^__Host-appliance=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
  return cookie.split(';')[0] ?? '';
}

describe('the page', () => {
  async function load(cookie: string): Promise<{ page: string; token: string }> {
    const { body } = await ask({ path: '/control', headers: { Cookie: cookie } });
    return { page: body, token: /name="token" value="([^"]*)"/.exec(body)?.[1] ?? '' };
  }

  const submit = (cookie: string, fields: Record<string, string>) => {
    const sent = form(fields);
    return ask({ path: '/control', ...sent, headers: { ...sent.headers, Cookie: cookie } });
  };

  test('requires a login, and admits by cookie', async () => {
    const login = await ask({ path: '/control' });
    expect(login.status).toBe(200);
    expect(login.headers['content-security-policy']).toContain("form-action 'self'");
    expect(login.headers['content-security-policy']).toContain("default-src 'none'");
    expect(login.body).toContain('action="/login"');
    expect(login.body).toContain(fingerprint);
    expect(login.body).not.toContain('hostname = edge1');
    const wrong = await ask({ path: '/login', ...form({ password: 'wrong' }) });
    expect([wrong.status, wrong.headers['www-authenticate'], wrong.headers['set-cookie']]).toEqual([
      401,
      undefined,
      undefined,
    ]);
    const { page } = await load(await logIn());
    expect(page).toContain('hostname = edge1');
    expect(page).toContain('A &lt;disk&gt;');
    expect(page).not.toMatch(/<script|style="|onclick/);
    expect((await ask({ path: '/' })).body).toContain('<a href="/control" class="button">Control</a>');
  });

  test.skipIf(OUTSIDE === undefined)('refers plain HTTP from another machine to HTTPS', async () => {
    const got = await ask({ path: '/control', over: 'outside' });
    expect(got.body).toContain(`<a href="https://${OUTSIDE}:${tlsPort}/control">`);
    expect(got.body).not.toContain('<form');
  });

  test('works over plain HTTP on the box itself', async () => {
    const got = await ask({ path: '/login', over: 'plain', ...form({ password: PASSWORD }) });
    const [cookie = ''] = got.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^appliance=/);
    const page = await ask({
      path: '/control',
      over: 'plain',
      headers: { Cookie: cookie.split(';')[0] ?? '' },
    });
    expect(page.body).toContain('hostname = edge1');
  });

  test('performs the actions of its forms', async () => {
    const cookie = await logIn();
    const { token } = await load(cookie);
    target.waitsUntil = Date.UTC(2026, 6, 1);
    expect((await load(cookie)).page).toContain('Keep the change');
    const typed = '[system]\r\nhostname = edge2\r\n<b>';
    const checked = await submit(cookie, { token, action: 'check', do: 'check', config: typed });
    expect(checked.body).toContain('hostname = edge2\n&lt;b&gt;</textarea>');
    await submit(cookie, { token, action: 'check', do: 'apply', config: typed, 'restart-vpp': '1' });
    for (const action of ['confirm', 'reload', 'restart', 'power-off'])
      await submit(cookie, { token, action });
    await submit(cookie, { token, action: 'install', disk: 'nvme0n1' });
    const erased = await submit(cookie, { token, action: 'erase', confirm: 'erase' });
    expect(erased.body).toContain('erased: /boot/a');
    await submit(cookie, { token, action: 'erase', confirm: 'erase', 'keep-network': '1' });
    for (let i = 0; target.calls.length < 11 && i < 100; i++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const text = JSON.stringify('[system]\nhostname = edge2\n<b>');
    expect(target.calls).toEqual([
      `put ${text} dryRun=true restartVpp=false`,
      `put ${text} dryRun=false restartVpp=true`,
      'confirm',
      'reload dryRun=false restartVpp=false',
      'restart',
      'power-off',
      'install nvme0n1',
      'factory reset',
      'restart',
      'factory reset, network kept',
      'restart',
    ]);
  });

  test('does nothing without its token, its session, or the required confirmation', async () => {
    const cookie = await logIn();
    const { token } = await load(cookie);
    const other = await load(await logIn());
    for (const bad of ['', 'x', other.token]) {
      expect((await submit(cookie, { token: bad, action: 'restart' })).status).toBe(403);
    }
    expect((await submit('', { token, action: 'restart' })).status).toBe(401);
    expect((await submit('__Host-appliance=x', { token, action: 'restart' })).status).toBe(401);
    // a password remembered by a browser is not a session
    const basic = form({ token, action: 'restart' });
    expect((await ask({ path: '/control', ...basic, user: PASSWORD })).status).toBe(401);
    expect((await submit(cookie, { token, action: 'erase', confirm: 'yes' })).status).toBe(400);
    expect((await submit(cookie, { token, action: 'install', disk: '' })).status).toBe(400);
    expect((await submit(cookie, { token, action: 'no such thing' })).status).toBe(400);
    expect((await submit(cookie, { token, action: 'restart', config: 'x'.repeat(600_000) })).status).toBe(
      413,
    );
    // a session does not admit the requests of programs
    const headers = { Cookie: cookie };
    expect((await ask({ method: 'POST', path: '/power/restart', headers })).status).toBe(401);
    expect(target.calls).toEqual([]);
  });

  test('changes the password, and ends the other sessions', async () => {
    const cookie = await logIn();
    const otherCookie = await logIn();
    const { token } = await load(cookie);
    const wanted = { new: 'a new password', again: 'a new password' };
    expect(
      (await submit(cookie, { token, action: 'password', old: PASSWORD, new: 'a new password', again: 'x' }))
        .status,
    ).toBe(400);
    expect((await submit(cookie, { token, action: 'password', old: 'wrong', ...wanted })).body).toContain(
      'is wrong',
    );
    expect(await password.verify(PASSWORD)).toBe(true);
    expect((await submit(cookie, { token, action: 'password', old: PASSWORD, ...wanted })).body).toContain(
      'is changed',
    );
    expect(await password.verify('a new password')).toBe(true);
    expect((await load(cookie)).page).toContain('hostname = edge1');
    expect((await load(otherCookie)).page).toContain('action="/login"');
  });

  test('does not admit a session after its logout', async () => {
    const cookie = await logIn();
    const sent = form({});
    const out = await ask({ path: '/logout', ...sent, headers: { ...sent.headers, Cookie: cookie } });
    expect([out.status, String(out.headers['set-cookie'])]).toEqual([
      303,
      expect.stringContaining('Max-Age=0'),
    ]);
    expect((await load(cookie)).page).toContain('action="/login"');
  });

  test('keeps the typed text when the configuration is rejected', async () => {
    const cookie = await logIn();
    const { token } = await load(cookie);
    target.change = {
      result: 'rejected',
      problems: [{ severity: 'error', line: 1, leaf: 'x', message: 'no <such> leaf' }],
    };
    const got = await submit(cookie, { token, action: 'check', do: 'apply', config: 'x = 1' });
    expect(got.body).toContain('appliance.ini:1: x: no &lt;such&gt; leaf');
    expect(got.body).toContain('\nx = 1</textarea>');
  });
});

test('TLS before 1.2 is refused', async () => {
  const attempt = new Promise((resolve, reject) => {
    const socket = connectTls(
      {
        port: tlsPort,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      },
      () => resolve(socket.getProtocol()),
    );
    socket.once('error', reject);
  });
  await expect(attempt).rejects.toThrow(/protocol|version|alert/i);
});
