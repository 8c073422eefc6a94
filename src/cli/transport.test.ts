/** Commands against a real server with real TLS. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Certificate, openCertificate } from '../control/certificate.ts';
import { MemoryFiles, RecordingTarget } from '../../test/fixtures/control.ts';
import { controlRoutes, Password } from '../control/mod.ts';
import { makeSelfSigned } from '../control/self-signed.ts';
import { type HttpServer, startHttpServer } from '../telemetry/mod.ts';
import { makeProvider, OWN_NAMES } from '../../test/fixtures/status.ts';
import type { LogLine } from '../log/mod.ts';
import { runCommandLine } from './mod.ts';
import { events, get, post, put, type Target } from './transport.ts';

const PASSWORD = 'correct horse battery';

let dir: string;
let server: HttpServer;
let control: RecordingTarget;
let certificate: Certificate;
let host: string;
let plainHost: string;
let passwordFile: string;
let password: Password;
let speak: (line: LogLine) => void;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'transport-'));
  passwordFile = join(dir, 'password');
  writeFileSync(passwordFile, `${PASSWORD}\n`);
  control = new RecordingTarget();
  password = new Password(new MemoryFiles());
  await password.change(PASSWORD);
  certificate = await openCertificate({
    data: new MemoryFiles(),
    hostname: 'edge1',
    names: [],
    addresses: [],
    builtAt: Date.now(),
  });
  server = await startHttpServer({
    listen: [
      { host: '127.0.0.1', port: 0, tls: certificate },
      { host: '127.0.0.1', port: 0 },
      { path: join(dir, 'appliance.sock') },
    ],
    source: {
      ...makeProvider(),
      followLog: (_, listener) => {
        speak = listener;
        return () => {};
      },
    },
    names: OWN_NAMES,
    logger: () => {},
    routes: controlRoutes({
      target: control,
      password,
      hostname: () => 'edge1',
      certificate: () => certificate,
      logger: () => {},
    }),
  });
  const [tls, plain] = server.addresses.map((address) => ('port' in address ? address.port : 0));
  host = `https://127.0.0.1:${tls}`;
  plainHost = `http://127.0.0.1:${plain}`;
  vi.stubEnv('APPLIANCE_PASSWORD', '');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await server[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

const target = (changes: Partial<Target> = {}): Target => ({
  host,
  runDir: dir,
  fingerprint: certificate.fingerprint,
  passwordFile,
  ...changes,
});

describe('a certificate', () => {
  test('that nobody knows is refused, with its fingerprint and what to do', async () => {
    const bare = { host, runDir: dir, passwordFile };
    await expect(post(bare, '/config/confirm')).rejects.toThrow(certificate.fingerprint);
    await expect(get(bare, '/healthz')).rejects.toThrow(/--fingerprint .* --insecure/s);
    expect(control.calls).toEqual([]);
  });

  test.each([
    ['as it is shown', (text: string) => text],
    ['without colons', (text: string) => text.replaceAll(':', '').toLowerCase()],
    ['as OpenSSL writes it', (text: string) => `sha256:${text}`],
  ])('is taken by its fingerprint, %s', async (_, write) => {
    expect(await get(target({ fingerprint: write(certificate.fingerprint) }), '/healthz')).toContain(
      '"alive":true',
    );
  });

  test('is taken unseen with --insecure', async () => {
    expect(await get({ host, runDir: dir, insecure: true }, '/healthz')).toContain('"alive":true');
  });

  test('with another fingerprint gets neither password nor path, even with --insecure', async () => {
    const other = await makeSelfSigned({
      commonName: 'evil',
      dnsNames: ['localhost'],
      addresses: ['127.0.0.1'],
      notBefore: 0,
      notAfter: Date.now() + 1e9,
    });
    let asked = 0;
    const evil = createServer({ cert: other.certificate, key: other.key }, (_, response) => {
      asked++;
      response.end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => evil.once('listening', resolve));
    const address = evil.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const fake = target({ host: `https://127.0.0.1:${port}`, insecure: true });
    await expect(post(fake, '/config/confirm')).rejects.toThrow('another machine may be answering');
    await expect(get({ ...fake, fingerprint: 'AB:CD' }, '/')).rejects.toThrow(
      'expected a SHA-256 fingerprint',
    );
    expect(asked).toBe(0);
    evil.close();
  });
});

describe('the password', () => {
  test('comes from a file or the environment, and is missed otherwise', async () => {
    expect(JSON.parse(await post(target(), '/config/confirm'))).toMatchObject({ result: 'unchanged' });
    const { passwordFile: _, ...without } = target();
    await expect(post(without, '/config/confirm')).rejects.toThrow('--password-file');
    vi.stubEnv('APPLIANCE_PASSWORD', PASSWORD);
    await post(without, '/config/confirm');
    vi.stubEnv('APPLIANCE_PASSWORD', 'wrong');
    await expect(post(without, '/config/confirm')).rejects.toThrow('401: the password is wrong');
    expect(control.calls).toEqual(['confirm', 'confirm']);
  });

  test('goes over plain HTTP to this machine only', async () => {
    await post(target({ host: plainHost }), '/config/confirm');
    await expect(post(target({ host: 'http://192.0.2.1:1' }), '/config/confirm')).rejects.toThrow(
      'needs HTTPS',
    );
    expect(control.calls).toEqual(['confirm']);
  });

  test('is not needed on the socket, nor for what everybody may read', async () => {
    await post({ host: undefined, runDir: dir }, '/config/confirm');
    expect(await get({ host: plainHost, runDir: dir }, '/healthz')).toContain('"alive":true');
    expect(control.calls).toEqual(['confirm']);
  });
});

describe('a body', () => {
  async function* pieces(count: number, taken: { count: number }): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < count; i++) {
      taken.count++;
      yield Buffer.alloc(100_000, i);
    }
  }
  const headers = { 'Appliance-Manifest': 'eA==' };

  test.each(['tls', 'plain', 'socket'])('is streamed over %s', async (way) => {
    const where = { tls: host, plain: plainHost, socket: undefined }[way];
    const taken = { count: 0 };
    const body = pieces(50, taken);
    const answer = await put(target({ host: where }), '/update', { headers, body, length: 5_000_000 });
    expect(JSON.parse(answer)).toMatchObject({ version: '0.2.0' });
    expect(control.received).toBe(5_000_000);
  });

  test('is not taken from its source when the request is refused', async () => {
    control.checkManifest = () => {
      throw Object.assign(new Error('it was not signed'), { code: 'bad-signature' });
    };
    const taken = { count: 0 };
    const sent = put(target(), '/update', { headers, body: pieces(50, taken), length: 5_000_000 });
    await expect(sent).rejects.toThrow('403: it was not signed');
    expect(taken.count).toBe(0);
  });

  test('whose source fails, or that is refused half-way, rejects in words', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1000);
      throw new Error('the stick is gone');
    }
    const sent = put(target(), '/update', { headers, body: broken(), length: 5_000_000 });
    await expect(sent).rejects.toThrow('the stick is gone');
  });

  test('whose end is still to come does not cost the answer', async () => {
    const early = createPlainServer((request, response) => {
      request.once('data', () => {
        response.writeHead(403).write('no ');
        setTimeout(() => response.end('signature'), 50);
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => early.once('listening', resolve));
    const address = early.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1000);
      await sleep(500);
    }
    const to = target({ host: `http://127.0.0.1:${port}` });
    const sent = put(to, '/update', { headers, body: slow(), length: 1000 });
    await expect(sent).rejects.toThrow('403: no signature');
    early.close();
  });

  test('is sent to a server that never asks for it', async () => {
    const hash = createHash('sha256');
    const old = createPlainServer().listen(0, '127.0.0.1');
    old.on('checkContinue', (request, response) => {
      request.on('data', (chunk: Buffer) => hash.update(chunk));
      request.on('end', () => response.end('taken'));
    });
    await new Promise((resolve) => old.once('listening', resolve));
    const address = old.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const to = target({ host: `http://127.0.0.1:${port}` });
    expect(await put(to, '/x', { body: Buffer.from('hello') })).toBe('taken');
    expect(hash.digest('hex')).toBe(createHash('sha256').update('hello').digest('hex'));
    old.close();
  });
});

test('events are read as they come', async () => {
  const lines: string[] = [];
  for await (const line of events({ host: undefined, runDir: dir }, '/log?service=vpp&follow')) {
    lines.push(line);
    if (lines.length === 1) speak({ at: 0, line: 'later' });
    if (lines.length === 2) break;
  }
  expect(lines).toEqual([expect.stringContaining('hello'), '1970-01-01T00:00:00.000Z later']);
  const nobody = events({ host: undefined, runDir: dir }, '/log?service=nobody&follow');
  await expect(nobody.next()).rejects.toThrow('404: no service ');
});

describe('commands', () => {
  async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const said = { out: '', err: '' };
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((said.out += String(text)), true));
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((said.err += String(text)), true));
    const to = ['--host', host, '--insecure', '--password-file', passwordFile];
    const code = await runCommandLine([...args, ...to], 0);
    vi.restoreAllMocks();
    return { code, ...said };
  }

  test('change what they say', async () => {
    const file = join(dir, 'new.ini');
    writeFileSync(file, '[system]\n');
    expect(await run('config', 'put', file, '--dry-run', '--restart-vpp')).toMatchObject({
      code: 0,
      out: 'Nothing changes.\n',
    });
    expect((await run('config', 'confirm')).code).toBe(0);
    expect((await run('config', 'show')).out).toBe(control.text);
    expect((await run('reload', '--dry-run')).code).toBe(0);
    expect(await run('vpp', 'retry')).toMatchObject({ code: 0, out: 'VPP is started now\n' });
    expect((await run('power', 'restart')).out).toBe('the appliance restarts\n');
    expect((await run('power', 'off', '--json')).out).toContain('"result":"power-off"');
    expect((await run('install', '--list')).out).toContain('nvme0n1  100.0 GB');
    expect((await run('install', 'nvme0n1')).code).toBe(0);
    expect((await run('factory-reset')).code).toBe(2);
    expect((await run('factory-reset', '--yes')).code).toBe(0);
    for (let i = 0; control.calls.length < 9 && i < 100; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(control.calls).toEqual([
      'put "[system]\\n" dryRun=true restartVpp=true',
      'confirm',
      'reload dryRun=true restartVpp=false',
      'retry VPP',
      'restart',
      'power-off',
      'install nvme0n1',
      'factory reset',
      'restart',
    ]);
  });

  test('say what a factory reset erased, and fail when something is left', async () => {
    expect((await run('factory-reset', '--yes', '--keep-network')).out).toMatch(/\nerased: \/boot\/a\n$/);
    control.report = { ...control.report, notErased: [{ path: '/data/log', reason: 'EIO' }] };
    const got = await run('factory-reset', '--yes');
    expect(got).toMatchObject({ code: 1, out: expect.stringContaining('not erased: /data/log: EIO\n') });
    expect(control.calls.filter((call) => call !== 'restart')).toEqual([
      'factory reset, network kept',
      'factory reset',
    ]);
  });

  test('say each mistake of a refused configuration', async () => {
    control.change = {
      result: 'rejected',
      problems: [{ severity: 'error', line: 3, leaf: 'vpp.cpu.workers', message: '"x" is no number' }],
    };
    const file = join(dir, 'new.ini');
    writeFileSync(file, 'x');
    const got = await run('config', 'put', file);
    expect(got).toMatchObject({ code: 1, out: '' });
    expect(got.err).toContain('appliance.ini:3: vpp.cpu.workers: "x" is no number\n');
  });

  test("ask VPP's command line, with the password, whatever the command", async () => {
    expect((await run('vppctl', 'show', 'version')).out).toContain('output of show version');
    expect(JSON.parse((await run('vppctl', 'set', 'x', '--json')).out)).toMatchObject({ command: 'set x' });
    expect((await run('vppctl')).out).toContain('show ip fib IPV4 [table TABLE]\n');
    expect(control.calls).toEqual(['vpp show version', 'vpp set x']);
    control.failure = Object.assign(new Error('"show x" is not run here: because'), { code: 'cli-refused' });
    const refused = await run('vppctl', 'show', 'x');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('400: "show x" is not run here: because');
    expect((await run('vppctl', 'show', 'version', '--password-file', '/dev/null')).code).toBe(1);
  });

  test('change the password', async () => {
    const wanted = join(dir, 'wanted');
    writeFileSync(wanted, 'a new password\n');
    expect((await run('password', '--new-password-file', wanted)).out).toBe('the password is changed\n');
    expect(await password.verify('a new password')).toBe(true);
    const got = await run('config', 'confirm');
    expect(got).toMatchObject({ code: 1 });
    expect(got.err).toContain('401');
  });

  test.each([
    [['config']],
    [['config', 'put']],
    [['config', 'drop']],
    [['config', 'show', 'x']],
    [['power']],
    [['power', 'up']],
    [['install']],
    [['install', 'sda', '--list']],
    [['show', 'status', '--follow']],
    [['reload', 'x']],
    [['vpp']],
    [['vpp', 'stop']],
    [['vpp', 'retry', 'now']],
  ])('%j is not understood', async (args) => {
    expect((await run(...args)).code).toBe(2);
    expect(control.calls).toEqual([]);
  });
});
