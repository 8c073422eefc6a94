/**
 * The box and those on its network who mean it no good: what is open, what they may do without a password, by weight,
 * by slowness, and through somebody else's browser. One box for all: whatever they try, it is the same box after it.
 */
import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { MemoryFiles, RecordingTarget } from '../fixtures/control.ts';
import { controlRoutes, Password } from '../../src/control/mod.ts';
import { signManifest } from '../../src/update/mod.ts';
import { type Answer, ask, basic } from './box-client.ts';
import { type DiskGuest, whyNoDiskGuest } from './disk-harness.ts';
import { openPorts } from './open-ports.ts';
import { preparedBox } from './prepared-box.ts';
import { inChunks, send, type SlowKind, SlowClients, zeros } from './raw-client.ts';
import { reliabilityCase } from './reliability.ts';

const why = whyNoDiskGuest();
if (why !== undefined) process.stdout.write(`skipped: ${why}\n`);

const MIB = 1 << 20;
const GIB = 1 << 30;
const FORM = 'application/x-www-form-urlencoded';
const CONFIG = '[system]\nhostname = changed-by-a-stranger\n';
const SETUP_MS = 900_000;

/** What is sent to each path: it would do harm, were it let in. A new path is tried with nothing. */
const HARM: Readonly<Record<string, { type: string; body: string; query?: string }>> = {
  '/config': { type: 'text/plain', body: CONFIG },
  '/control': { type: FORM, body: 'do=restart' },
  '/factory-reset': { type: FORM, body: 'confirm=erase' },
  '/install': { type: FORM, body: '', query: '?disk=nvme0n1' },
  '/login': { type: FORM, body: 'password=one-wrong-guess' },
  '/password': { type: FORM, body: 'old=one-wrong-guess&new=a-password-of-a-stranger' },
};

/** Every request that changes something, as the product itself lists them. */
const CHANGES = controlRoutes({
  target: new RecordingTarget(),
  password: new Password(new MemoryFiles()),
  hostname: () => 'box',
  certificate: () => undefined,
  logger: () => {},
}).filter(({ method }) => method !== 'GET');

describe.skipIf(why !== undefined)('a box on a hostile network', () => {
  let box: DiskGuest;
  let password: string;
  let filesBefore: string[];

  beforeAll(async () => {
    ({ box, password } = await preparedBox());
    filesBefore = await box.listBootFiles();
    await box.powerOn();
    await box.until('the box is up', ({ box: own }) => own?.update.verdict?.state === 'good');
  }, SETUP_MS);
  afterAll(async () => {
    await box?.[Symbol.asyncDispose]();
  });

  /** What nobody may change; `boot` is another one after every start. */
  async function facts(): Promise<object> {
    const status = await box.until('the status is read', () => true);
    const config = await ask(box, { path: '/config', headers: basic(password) });
    return {
      boot: (await box.machine('read /proc/sys/kernel/random/boot_id')).trim(),
      hostname: status.hostname,
      configState: status.config,
      change: status.change,
      // The password still opens it.
      config: `${config.status} ${config.text}`,
      entries: status.box?.update.entries,
      receiving: status.box?.update.receiving,
      history: status.box?.update.history,
      vpp: [status.vpp.pid, status.vpp.restarts],
      kernelHostname: (await box.machine('read /proc/sys/kernel/hostname')).trim(),
    };
  }

  /** Runs what must change nothing. */
  async function changingNothing<T>(attack: () => Promise<T>): Promise<T> {
    const before = await facts();
    const result = await attack();
    expect(await facts()).toEqual(before);
    return result;
  }

  interface Attempt {
    readonly method: string;
    readonly path: string;
    readonly secure?: boolean;
    readonly headers?: Readonly<Record<string, string>>;
    /** Added to the fields of a form. */
    readonly fields?: string;
  }

  async function attempt({
    method,
    path,
    secure = true,
    headers = {},
    fields = '',
  }: Attempt): Promise<Answer> {
    const { type, body, query = '' } = HARM[path] ?? { type: FORM, body: '' };
    return ask(box, {
      method,
      path: `${path}${query}`,
      secure,
      headers: { 'Content-Type': type, ...headers },
      body: type === FORM ? body + fields : body,
    });
  }

  const always = true;
  const kind = 'network';

  reliabilityCase('finds no open port but HTTP, HTTPS and the DHCP client', { kind, always }, async () => {
    const seen = new Set<string>();
    // What opens for a moment only, such as a client of a time server, is to be seen too.
    for (let look = 0; look < 5; look += 1) {
      for (const port of await openPorts(box)) seen.add(port);
      await sleep(500);
    }
    const ports = [...seen].filter((port) => port !== 'udp 68').sort();
    expect(ports).toEqual(['tcp6 8080', 'tcp6 8443']);
    return `open: ${[...seen].join(', ')}`;
  });

  reliabilityCase('changes nothing without a password', { kind, always }, async () => {
    const { text } = await ask(box, { path: '/there-is-no-such-path', secure: false });
    const served = /expected one of (.*)/.exec(text)?.[1]?.trim().split(' ') ?? [];
    expect(served).toEqual(expect.arrayContaining(CHANGES.map(({ path }) => path)));
    expect(CHANGES.length).toBeGreaterThan(5);
    let count = 0;
    await changingNothing(async () => {
      const may = (method: string, path: string) =>
        CHANGES.some((change) => change.method === method && change.path === path);
      for (const path of served) {
        for (const method of ['PUT', 'POST', 'PATCH', 'DELETE']) {
          const plain = await attempt({ method, path, secure: false });
          expect(plain.status, `${method} ${path} over HTTP`).toBe(may(method, path) ? 403 : 405);
          count += 1;
          if (!may(method, path)) continue;
          const secure = await attempt({ method, path });
          expect(secure.status, `${method} ${path} over HTTPS: ${secure.text}`).toBe(401);
          count += 1;
        }
      }
      const guess = { method: 'PUT', path: '/config', headers: basic('one-wrong-guess') };
      expect((await attempt(guess)).status, 'a wrong password').toBe(401);
      expect((await attempt({ ...guess, secure: false })).status, 'a password in the clear').toBe(403);
      expect((await ask(box, { path: '/config' })).status, 'reading the configuration').toBe(401);
      // VPP's command line is nobody's without the password, whatever the command.
      for (const command of ['show version', 'show api dump file /', 'set interface state xe0 down']) {
        const path = `/vppctl?command=${encodeURIComponent(command)}`;
        expect((await ask(box, { path, secure: false })).status, command).toBe(403);
        expect((await ask(box, { path })).status, command).toBe(401);
      }
      count += 9;
    });
    return `${count} requests, each refused with 400, 401, 403 or 405`;
  });

  reliabilityCase('cannot fill it with an upload of 1 GiB', { kind, always }, async () => {
    const residentMiB = async (): Promise<number> => {
      const match = /^VmRSS:\s+(\d+) kB$/m.exec(await box.machine('read /proc/1/status'));
      return Number(match?.[1] ?? Number.NaN) / 1024;
    };
    const stranger = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    const manifest = { version: '9.0.0', architecture: 'x86_64', size: GIB, sha256: '0'.repeat(64) };
    const signed = Buffer.from(signManifest(manifest, stranger)).toString('base64');
    const head = ['PUT /update HTTP/1.1', `Appliance-Manifest: ${signed}`];
    const known = [...head, `Authorization: ${basic(password)['Authorization'] ?? ''}`];
    const before = await residentMiB();
    const [announced, chunked, unknown] = await changingNothing(async () => [
      await send(box, [...known, `Content-Length: ${GIB}`], zeros(GIB)),
      await send(box, [...known, 'Transfer-Encoding: chunked'], inChunks(zeros(GIB))),
      await send(box, [...head, 'Transfer-Encoding: chunked'], inChunks(zeros(GIB))),
    ]);
    const grown = (await residentMiB()) - before;
    expect(announced?.text).toMatch(/^HTTP\/1\.1 403 [^]*signature/);
    expect(chunked?.text).toMatch(/^HTTP\/1\.1 403 [^]*signature/);
    expect(unknown?.text).toMatch(/^HTTP\/1\.1 401 /);
    expect(grown).toBeLessThan(64);
    const sent = [announced, chunked, unknown].map((one) => (one?.sentBytes ?? GIB) / MIB);
    // What is on its way, in the buffers of all kernels between, and no more.
    expect(Math.max(...sent)).toBeLessThan(64);
    const taken = sent.map((mib) => mib.toFixed(1));
    return `403, 403 and 401 with a wrong signature, cut off after ${taken.join(', ')} MiB; memory ${grown.toFixed(1)} MiB more`;
  });

  /** HTTP and HTTPS both serve, now. */
  async function servesAt(secure: boolean): Promise<void> {
    const health = await ask(box, { path: '/healthz', secure });
    expect(health.status).toBe(200);
    expect(health.text).toContain('"alive":true');
    const status = await ask(box, { path: '/status', secure });
    expect(status.text).toContain('"hostname":"demo"');
  }

  // All clients of QEMU's user network come from one address, of which the box takes 16 connections at each port, so
  // what a crowd does to others is seen in three ways here: few of them, at both ports; a crowd at one port, which has
  // bounds of its own, and the others at the other; and the port of the crowd itself, which serves its address again
  // once the crowd is cut off for its slowness. Others by another address, and by the Unix socket:
  // src/telemetry/http-server.test.ts.
  reliabilityCase('keeps nobody waiting by a few slow clients', { kind, always }, async () => {
    using plain = await SlowClients.open(box, 'headers', 7);
    using handshakes = await SlowClients.open(box, 'handshake', 3);
    using secure = await SlowClients.open(box, 'headers over TLS', 4);
    await sleep(500);
    await servesAt(false);
    await servesAt(true);
    const left = plain.left + handshakes.left + secure.left;
    expect(left, 'they are still there').toBeGreaterThan(0);
    return `HTTP and HTTPS served beside ${left} slow clients`;
  });

  reliabilityCase('keeps nobody waiting for long by crowds of slow clients', { kind, always }, async () => {
    const crowds: readonly SlowKind[] = ['headers', 'handshake', 'headers over TLS'];
    const words: string[] = [];
    for (const slow of crowds) {
      const isSecure = slow !== 'headers';
      using crowd = await SlowClients.open(box, slow, 40);
      const began = performance.now();
      await until('those beyond the bound are refused', () => crowd.left <= 16);
      expect(crowd.left, `${slow}: the others are held`).toBeGreaterThan(0);
      await servesAt(!isSecure);
      expect(crowd.left, `${slow}: served beside them, not after them`).toBeGreaterThan(0);
      // The box gives headers, and a handshake, 5 seconds; without that a client like these has minutes.
      await until(`${slow}: all are cut off`, () => crowd.left === 0);
      await servesAt(isSecure);
      words.push(`${slow} ${((performance.now() - began) / 1000).toFixed(1)} s`);
    }
    return `the other port served; the same port again after ${words.join(', ')}`;
  });

  reliabilityCase('changes nothing by a page of another origin', { kind, always }, async () => {
    const own = box.guest.httpsUrl;
    const cookie = await logIn(box, password);
    const page = await ask(box, { path: '/control', headers: { Cookie: cookie } });
    const token = /name="token" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    expect(token).not.toBe('');
    // All that a browser which is logged in could be made to send, and the token, which it could not.
    const credentials = { ...basic(password), Cookie: cookie };
    const fields = `&token=${token}&password=${encodeURIComponent(password)}`;
    const foreign: readonly Readonly<Record<string, string>>[] = [
      { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { Origin: own.replace('https:', 'http:') },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      // A foreign name that points to the box: its page is of the same origin for the browser.
      { Host: 'evil.example:8443', Origin: 'https://evil.example:8443', 'Sec-Fetch-Site': 'same-origin' },
      { Host: 'evil.example' },
    ];
    const count = await changingNothing(async () => {
      let refused = 0;
      for (const { method, path } of CHANGES) {
        for (const headers of foreign) {
          const answer = await attempt({ method, path, fields, headers: { ...credentials, ...headers } });
          const what = `${method} ${path} with ${JSON.stringify(headers)}: ${answer.text}`;
          expect(answer.status, what).toBe(403);
          refused += 1;
        }
      }
      return refused;
    });
    // The same from the box's own page is let in: it was refused for its origin.
    const ours = { ...credentials, Origin: own, 'Sec-Fetch-Site': 'same-origin' };
    const change = { method: 'PUT', path: '/config?dry-run', body: CONFIG };
    const planned = await ask(box, { ...change, headers: { ...ours, 'Content-Type': 'text/plain' } });
    expect(planned.status).toBe(200);
    const body = `do=check&config=${encodeURIComponent(CONFIG)}${fields}`;
    const headers = { ...ours, 'Content-Type': FORM };
    const checked = await ask(box, { method: 'POST', path: '/control', headers, body });
    expect(checked.status).toBe(200);
    expect(checked.text).toContain('This would change');
    return `${count} requests with the right password, session and token: 403`;
  });

  reliabilityCase('leaves the disk as it was', { kind, always }, async () => {
    await box.powerOff();
    expect(await box.listBootFiles()).toEqual(filesBefore);
    expect(await box.findFaults()).toEqual([]);
    return 'the same files on the boot partition, no faults';
  });
});

/** Logs in as the page does; resolves with the session's cookie. */
async function logIn(box: DiskGuest, password: string): Promise<string> {
  const body = new URLSearchParams({ password }).toString();
  const headers = { 'Content-Type': FORM };
  const { cookies, text } = await ask(box, { method: 'POST', path: '/login', headers, body });
  const [cookie] = cookies;
  if (cookie === undefined) throw new Error(`no session began: ${text}`);
  return cookie;
}

async function until(what: string, check: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!check()) {
    if (performance.now() > deadline) throw new Error(`not within 30 s: ${what}`);
    await sleep(50);
  }
}
