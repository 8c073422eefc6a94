/**
 * A configuration that is edited while `appliance run` runs, and SIGHUP: the executable as a user starts it, with an
 * external VPP, which is the emulator.
 */
import { spawnSync } from 'node:child_process';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApplianceStatus } from '../../src/status/mod.ts';
import { EmulatorProcess, writeEmulatorBinary } from '../emulator/emulator.ts';
import {
  type ConfigIn,
  EXECUTABLE,
  RunningAppliance,
  withExternalVpp,
  withOwnVpp,
} from './running-appliance.ts';

let appliance: RunningAppliance;
afterEach(() => appliance[Symbol.asyncDispose]());

/** loop0 and these routes. */
const withRoutes = (lines: string): string => `[interface.loop0]
addresses = 192.0.2.1/24
[route]
${lines}
`;

/** Writes another configuration and says so. */
function change(config: ConfigIn): void {
  appliance.write(config);
  appliance.child.kill('SIGHUP');
}

function show(...what: string[]): unknown {
  const args = ['show', ...what, '--json', '--run-dir', appliance.runDir];
  const { stdout, status } = spawnSync(EXECUTABLE, args, { encoding: 'utf8' });
  return status === 0 ? JSON.parse(stdout) : undefined;
}

const until = (what: string, check: () => boolean): Promise<true> =>
  appliance.untilSo(what, () => check() || undefined);

const routes = (): string =>
  ((show('fib', 'vpp') ?? []) as { prefix: string; 'next-hop': string }[])
    .map((one) => `${one.prefix} ${one['next-hop']}`)
    .sort()
    .join();

const status = (): ApplianceStatus | undefined => show('status') as ApplianceStatus | undefined;

const conditions = (): string =>
  (status()?.conditions ?? []).map(({ subject, reason }) => `${subject}: ${reason}`).join('\n');

describe('SIGHUP', () => {
  it('takes the changed file; a wrong one changes nothing and is stated', async () => {
    await using vpp = await EmulatorProcess.start();
    const config = (lines: string): ConfigIn => withExternalVpp(vpp, { more: withRoutes(lines) });
    appliance = new RunningAppliance(config('10.0.0.0/8 = 192.0.2.254'));
    await until('the first routes are programmed', () => routes() === '10.0.0.0/8 192.0.2.254');

    change(config('10.0.0.0/8 = 192.0.2.253\n10.1.0.0/16 = blackhole'));
    await until('the new ones are', () => routes() === '10.0.0.0/8 192.0.2.253,10.1.0.0/16 blackhole');
    const said = /route: 1 added \(10\.1\.0\.0\/16 to blackhole\), 1 changed/;
    await until('what changed is in the log', () => said.test(appliance.output));

    change(config('10.0.0.0/8 = nowhere'));
    await until('it is stated', () => /appliance\.ini has 1 mistake.*nowhere/.test(conditions()));
    expect(routes()).toBe('10.0.0.0/8 192.0.2.253,10.1.0.0/16 blackhole');

    change(config('10.1.0.0/16 = blackhole'));
    await until('the good one is in force', () => routes() === '10.1.0.0/16 blackhole');
    expect(conditions()).not.toContain('mistake');
  });

  it('takes names of [http]: requests to them at once, and the certificate with them', async () => {
    await using vpp = await EmulatorProcess.start();
    const config = (names: string): ConfigIn =>
      withExternalVpp(vpp, { http: `https-listen = 127.0.0.1:0\n${names}` });
    appliance = new RunningAppliance(config(''));
    /** The newest one: with port 0 it is another after each change of [http]. */
    const port = (): number => Number([...appliance.output.matchAll(/HTTPS port (\d+)/g)].at(-1)?.[1] ?? 0);
    /** What a request by this name gets, and the names of the certificate that it is shown. */
    const ask = (host: string): Promise<{ status: string; names: string }> => {
      const { promise, resolve, reject } = Promise.withResolvers<{ status: string; names: string }>();
      const socket = connect({ port: port(), host: '127.0.0.1', rejectUnauthorized: false });
      socket.on('error', reject);
      socket.write(`GET /status HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      socket.once('data', (chunk: Buffer) => {
        const names = socket.getPeerCertificate().subjectaltname ?? '';
        resolve({ status: chunk.toString('latin1').slice(9, 12), names });
        socket.destroy();
      });
      return promise;
    };
    await until('it serves TLS', () => port() > 0);
    expect(await ask('router.example.net')).toMatchObject({ status: '403' });
    expect(await ask('localhost')).toMatchObject({ status: '200' });
    const before = port();
    change(config('names = router.example.net'));
    await until('it serves anew', () => port() !== before);
    const { status, names } = await ask('router.example.net');
    expect([status, names]).toEqual(['200', expect.stringContaining('DNS:router.example.net')]);
    expect((await ask('other.example')).status).toBe('403');
  });

  it('names what needs a restart of VPP, and does not restart it', async () => {
    appliance = new RunningAppliance(withOwnVpp({ more: withRoutes('10.0.0.0/8 = 192.0.2.254') }));
    await until('the route is programmed', () => routes() === '10.0.0.0/8 192.0.2.254');
    const pid = status()?.vpp.pid;
    change(withOwnVpp({ more: withRoutes('10.1.0.0/16 = 192.0.2.254'), buffers: 32_768 }));
    await until('the live part is in force', () => routes() === '10.1.0.0/16 192.0.2.254');
    expect(conditions()).toMatch(
      /vpp\.memory\.buffers: 16384 → 32768 per NUMA node \(needs a restart of VPP\)/,
    );
    expect(status()?.vpp.pid).toBe(pid);
  });

  it('still ends the wait of a looping VPP', async () => {
    const more = '[supervisor]\nbackoff-ms = 10\nbackoff-max-ms = 10\nloop-after = 2\n';
    appliance = new RunningAppliance((dir) => ({
      vpp: `binary = ${dir}/vpp\napi-socket = ${dir}/api.sock`,
      more,
    }));
    await until('it loops', () => status()?.vpp.process.state === 'looping');
    writeEmulatorBinary(appliance.dir);
    appliance.child.kill('SIGHUP');
    await until('it runs', () => status()?.vpp.api.state === 'connected');
  });
});
