/**
 * A configuration that is edited while `appliance run` runs, and SIGHUP: the executable as a user starts it, with an
 * external VPP, which is the emulator.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApplianceStatus } from '../../src/telemetry/mod.ts';
import { EmulatorProcess, writeEmulatorBinary } from '../emulator/emulator.ts';

const EXECUTABLE = resolve(import.meta.dirname, '../../dist/appliance');

let dir: string;
let file: string;
let child: ChildProcess;
let output = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'appliance-live-'));
  file = join(dir, 'appliance.ini');
  output = '';
});
afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await gone;
  }
  rmSync(dir, { recursive: true, force: true });
});

function write(head: string, routes: string, buffers = 16384): void {
  writeFileSync(
    file,
    `[vpp]
enabled = true
${head}
[vpp.cpu]
main-core = 0
[vpp.memory]
main-heap = 256M
buffers = ${buffers}
[vpp.stats]
segment-size = 64M
poll-interval = 1
socket-path = ${dir}/vpp-stats.sock
[vpp.lcp]
enabled = false
[http]
listen = 127.0.0.1:0
[fib.vpp]
enabled = true
[interface.loop0]
addresses = 192.0.2.1/24
[route]
${routes}
`,
  );
}

function start(): void {
  child = spawn(EXECUTABLE, ['run', '--config', file, '--run-dir', join(dir, 'run')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
}

function show(...what: string[]): unknown {
  const args = ['show', ...what, '--json', '--run-dir', join(dir, 'run')];
  const { stdout, status } = spawnSync(EXECUTABLE, args, { encoding: 'utf8' });
  return status === 0 ? JSON.parse(stdout) : undefined;
}

async function until(what: string, check: () => boolean, timeoutMs = 40_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!check()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}\n${output}`);
    await sleep(50);
  }
}

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
    const head = `external = true\napi-socket = ${vpp.apiSocket}`;
    write(head, '10.0.0.0/8 = 192.0.2.254');
    start();
    await until('the first routes are programmed', () => routes() === '10.0.0.0/8 192.0.2.254');

    write(head, '10.0.0.0/8 = 192.0.2.253\n10.1.0.0/16 = blackhole');
    child.kill('SIGHUP');
    await until('the new ones are', () => routes() === '10.0.0.0/8 192.0.2.253,10.1.0.0/16 blackhole');
    const said = /route: 1 added \(10\.1\.0\.0\/16 to blackhole\), 1 changed/;
    await until('what changed is in the log', () => said.test(output));

    write(head, '10.0.0.0/8 = nowhere');
    child.kill('SIGHUP');
    await until('it is stated', () => /appliance\.ini has 1 mistake.*nowhere/.test(conditions()));
    expect(routes()).toBe('10.0.0.0/8 192.0.2.253,10.1.0.0/16 blackhole');

    write(head, '10.1.0.0/16 = blackhole');
    child.kill('SIGHUP');
    await until('the good one is in force', () => routes() === '10.1.0.0/16 blackhole');
    expect(conditions()).not.toContain('mistake');
  });

  it('names what needs a restart of VPP, and does not restart it', async () => {
    const head = `binary = ${writeEmulatorBinary(dir)}\napi-socket = ${dir}/vpp-api.sock`;
    write(head, '10.0.0.0/8 = 192.0.2.254');
    start();
    await until('the route is programmed', () => routes() === '10.0.0.0/8 192.0.2.254');
    const pid = status()?.vpp.pid;
    write(head, '10.1.0.0/16 = 192.0.2.254', 32768);
    child.kill('SIGHUP');
    await until('the live part is in force', () => routes() === '10.1.0.0/16 192.0.2.254');
    expect(conditions()).toMatch(
      /vpp\.memory\.buffers: 16384 → 32768 per NUMA node \(needs a restart of VPP\)/,
    );
    expect(status()?.vpp.pid).toBe(pid);
  });

  it('still ends the wait of a looping VPP', async () => {
    const binary = join(dir, 'vpp');
    const head = `binary = ${binary}\napi-socket = ${dir}/vpp-api.sock`;
    write(`${head}\n[supervisor]\nbackoff-ms = 10\nbackoff-max-ms = 10\nloop-after = 2\n`, '');
    start();
    await until('it loops', () => status()?.vpp.process.state === 'looping');
    writeEmulatorBinary(dir);
    child.kill('SIGHUP');
    await until('it runs', () => status()?.vpp.api.state === 'connected');
  });
});
