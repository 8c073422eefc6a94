/**
 * Random requests to `appliance run` with the emulator as its VPP: nothing crashes, no answer is 500, and what comes
 * without the password changes nothing. They are made from the table of routes that the HTTP server exports, so that
 * many reach a handler; how many is the server's own count.
 *
 * SEED=N repeats a run.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MemoryFiles, RecordingTarget } from '../fixtures/control.ts';
import { controlRoutes, Password } from '../../src/control/mod.ts';
import { startHttpServer } from '../../src/telemetry/mod.ts';
import { makeProvider, OWN_NAMES } from '../fixtures/status.ts';
import { ALL_CASES } from '../e2e/reliability.ts';
import { arbitraryRequest, type RandomRequest } from './random-request.ts';
import { sendRaw } from './raw-request.ts';
import { RunningAppliance, withOwnVpp } from './running-appliance.ts';

const COUNT = ALL_CASES ? 10_000 : 800;
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const PASSWORD = 'correct horse battery';

let appliance: RunningAppliance;
let plainPort: number;
let tlsPort: number;
/** Of the session, by the way it is asked. */
let cookies: { plain: string; tls: string };

beforeAll(async () => {
  appliance = await RunningAppliance.serving(
    withOwnVpp({
      http: 'https-listen = 127.0.0.1:0\nnames = router.example.net',
      more: '[interface.loop0]\naddresses = 192.0.2.1/24\n[route]\n10.0.0.0/8 = 192.0.2.254\n',
    }),
  );
  await appliance.until('the routes are in VPP', ({ fib }) => fib[0]?.status.state === 'synced');
  plainPort = Number(new URL(appliance.url).port);
  tlsPort = await appliance.untilSo('it serves TLS', () => {
    const port = /HTTPS port (\d+)/.exec(appliance.output)?.[1];
    return port === undefined ? undefined : Number(port);
  });
  const set = await overSocket('/password', 'POST', JSON.stringify({ new: PASSWORD }));
  expect(set.status).toBe(200);
  const body = JSON.stringify({ password: PASSWORD });
  const login = (isTls: boolean): Promise<string> =>
    sendRaw({
      port: isTls ? tlsPort : plainPort,
      isTls,
      from: '127.0.0.1',
      bytes: `POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    }).then(({ head }) => /^set-cookie: ([^;]+)/im.exec(head)?.[1] ?? '');
  cookies = { plain: await login(false), tls: await login(true) };
  expect(cookies.plain).toMatch(/^appliance=./);
  expect(cookies.tls).toMatch(/^__Host-appliance=./);
}, 120_000);
afterAll(() => appliance?.[Symbol.asyncDispose]());

/** As the owner of the machine. */
async function overSocket(
  path: string,
  method = 'GET',
  body = '',
): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
  const sent = request(
    { socketPath: join(appliance.runDir, 'appliance.sock'), path, method, headers },
    resolve,
  );
  sent.on('error', reject);
  sent.end(body);
  const response = await promise;
  return { status: response.statusCode ?? 0, body: await text(response) };
}

/** What nobody may change, in files, in force and in VPP. */
async function facts(): Promise<object> {
  const { vpp, config, change, hostname, interfaces, fib, services, pid } = JSON.parse(
    (await overSocket('/status')).body,
  );
  const dataDir = join(appliance.runDir, 'data');
  const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
  return {
    pid,
    hostname,
    vpp: [vpp.pid, vpp.restarts, vpp.process.state, vpp.api.state],
    config: [config, change, (await overSocket('/config')).body],
    interfaces: interfaces.map(({ name, adminUp, addresses }: { [key: string]: unknown }) => [
      name,
      adminUp,
      addresses,
    ]),
    fib: fib.map(({ desired, programmed }: { [key: string]: unknown }) => [desired, programmed]),
    routes: (await overSocket('/fib/vpp')).body,
    services: services.map(({ name }: { name: string }) => name),
    file: hashOf(appliance.file),
    data: readdirSync(dataDir)
      .sort()
      .map((name) => [name, hashOf(join(dataDir, name))]),
    files: readdirSync(appliance.dir).sort(),
  };
}

/** How many requests came as far as each route. */
async function routed(): Promise<Map<string, number>> {
  const { body } = await overSocket('/metrics');
  const lines = body.matchAll(/^appliance_http_routed_requests_total\{path="([^"]+)"\} (\d+)$/gm);
  return new Map([...lines].map(([, path = '', count]) => [path, Number(count)]));
}

/** The table of what is served, as a server of the same routes exports it. */
async function servedRoutes(): Promise<ReadonlyMap<string, readonly string[]>> {
  await using server = await startHttpServer({
    listen: [],
    source: makeProvider(),
    logger: () => {},
    names: OWN_NAMES,
    routes: controlRoutes({
      target: new RecordingTarget(),
      password: new Password(new MemoryFiles()),
      hostname: () => 'box',
      certificate: () => undefined,
      logger: () => {},
    }),
  });
  return new Map([...server.routes].map(([path, methods]) => [path, [...methods.keys()]]));
}

it(`${COUNT} random requests change nothing, and break nothing`, { timeout: 1_800_000 }, async () => {
  process.stdout.write(`random requests: SEED=${SEED}\n`);
  const routes = await servedRoutes();
  const before = { facts: await facts(), routed: await routed() };
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(arbitraryRequest(routes, PASSWORD), async (one) => {
      const status = await send(one);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      expect(status).toBeGreaterThanOrEqual(200);
      expect(status).not.toBe(500);
      expect(appliance.child.exitCode ?? appliance.child.signalCode).toBeNull();
      if (one.mayNot) expect(status).toBeGreaterThanOrEqual(400);
    }),
    { numRuns: COUNT, seed: SEED, endOnFailure: true },
  );
  const after = { facts: await facts(), routed: await routed() };
  const counts = [...after.routed].map(
    ([path, count]) => [path, count - (before.routed.get(path) ?? 0)] as const,
  );
  const reached = counts.reduce((sum, [, count]) => sum + count, 0);
  process.stdout.write(
    `${reached} of ${COUNT} reached a handler; ${[...statuses]
      .sort(([a], [b]) => a - b)
      .map(([status, count]) => `${status}: ${count}`)
      .join(', ')}\n`,
  );
  expect(after.facts).toEqual(before.facts);
  // a third at the least, and each route
  expect(reached).toBeGreaterThan(COUNT / 3);
  expect(new Set(counts.filter(([, count]) => count > 0).map(([path]) => path))).toEqual(
    new Set(routes.keys()),
  );
  // no handler threw, and nothing was let into VPP that ends it
  expect(appliance.output).not.toMatch(/ failed: |uncaught exception|fatal/);
  // the password still opens it
  const basic = Buffer.from(`admin:${PASSWORD}`).toString('base64');
  const { head } = await sendRaw({
    port: plainPort,
    isTls: false,
    from: '127.0.0.9',
    bytes: `GET /config HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Basic ${basic}\r\n\r\n`,
  });
  expect(head).toMatch(/^HTTP\/1.1 200 /);
});

async function send(one: RandomRequest): Promise<number> {
  const cookie = one.isTls ? cookies.tls : cookies.plain;
  const { head } = await sendRaw({
    port: one.isTls ? tlsPort : plainPort,
    isTls: one.isTls,
    from: one.from,
    bytes: one.bytes.replaceAll('{COOKIE}', cookie),
  });
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? 0);
}
