/**
 * `appliance run`, the executable as a user starts it: with an external VPP, with a VPP of its own, with what can go
 * wrong, and on terminals that nobody reads. VPP is the emulator.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApplianceStatus } from '../../src/telemetry/mod.ts';
import { EmulatorProcess, writeEmulatorBinary } from '../emulator/emulator.ts';

const EXECUTABLE = resolve(import.meta.dirname, '../../dist/appliance');

let dir: string;
let child: ChildProcess | undefined;
let output = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'appliance-run-'));
  output = '';
});
afterEach(async () => {
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child?.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  }
  child = undefined;
  rmSync(dir, { recursive: true, force: true });
});

interface Paths {
  readonly api?: string;
  readonly stats?: string;
  readonly binary?: string;
}

function ini(vpp: string, { api, stats, binary }: Paths = {}, more = ''): string {
  return `[vpp]
enabled = true
binary = ${binary ?? '/nowhere/vpp'}
api-socket = ${api ?? `${dir}/vpp-api.sock`}
${vpp}
[vpp.cpu]
main-core = 0
workers = 0
[vpp.memory]
main-heap = 256M
buffers = 16384
[vpp.stats]
segment-size = 64M
poll-interval = 1
socket-path = ${stats ?? `${dir}/vpp-stats.sock`}
[vpp.lcp]
enabled = false
[http]
listen = 127.0.0.1:0
[fib.vpp]
enabled = true
[interface.loop0]
addresses = 192.0.2.1/24
[route]
10.0.0.0/8 = 192.0.2.254
${more}`;
}

/** Starts `appliance run` on a configuration; its log is in `output`. */
function start(text: string, env: NodeJS.ProcessEnv = {}): void {
  const config = join(dir, 'appliance.ini');
  writeFileSync(config, text);
  child = spawn(EXECUTABLE, ['run', '--config', config, '--run-dir', join(dir, 'run')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
}

async function until<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 40_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`not in time: ${what}\n${output}`);
    await sleep(50);
  }
}

/** /status by way of the command line and the Unix socket. */
function status(): ApplianceStatus | undefined {
  const { stdout, status: code } = spawnSync(EXECUTABLE, [
    'show',
    'status',
    '--json',
    '--run-dir',
    join(dir, 'run'),
  ]);
  return code === 0 ? (JSON.parse(stdout.toString()) as ApplianceStatus) : undefined;
}

const untilStatus = (what: string, check: (now: ApplianceStatus) => boolean): Promise<ApplianceStatus> =>
  until(what, () => {
    const now = status();
    return now !== undefined && check(now) ? now : undefined;
  });

const conditionsOf = (now: ApplianceStatus): string =>
  now.conditions.map(({ subject, reason }) => `${subject}: ${reason}`).join('\n');

describe('appliance run with an external VPP', () => {
  it('connects, configures, programs, reads counters; survives its restart; ends without ending it', async () => {
    await using vpp = await EmulatorProcess.start();
    start(ini('external = true', { api: vpp.apiSocket, stats: vpp.statsSocket }));
    const now = await untilStatus('routes are programmed', ({ fib }) => fib[0]?.programmed === 1);
    expect(now.vpp.process.state).toBe('external');
    expect(now.interfaces.find(({ name }) => name === 'loop0')?.addresses).toEqual(['192.0.2.1/24']);
    const shown = spawnSync(EXECUTABLE, ['show', 'fib', 'vpp', '--run-dir', join(dir, 'run')], {
      encoding: 'utf8',
    });
    expect(JSON.parse(shown.stdout)).toEqual([{ prefix: '10.0.0.0/8', 'next-hop': '192.0.2.254' }]);
    const pid = now.vpp.pid;
    await vpp.kill();
    await untilStatus('the loss is seen', ({ vpp: { api } }) => api.state !== 'connected');
    await vpp.spawn();
    await untilStatus(
      'everything is back',
      (after) =>
        after.vpp.api.state === 'connected' && after.vpp.pid !== pid && after.fib[0]?.programmed === 1,
    );
    child?.kill('SIGTERM');
    await until('the appliance ended', () => child?.exitCode ?? undefined);
    expect(child?.exitCode).toBe(0);
    expect(existsSync(vpp.apiSocket)).toBe(true);
  });
});

describe('appliance run with a VPP of its own', () => {
  it('starts it, says each phase, and stops it on SIGTERM', async () => {
    start(ini('', { binary: writeEmulatorBinary(dir) }));
    const now = await untilStatus('routes are programmed', ({ fib }) => fib[0]?.programmed === 1);
    const pid = now.vpp.pid ?? 0;
    expect(pid).toBeGreaterThan(0);
    expect(output).toMatch(/phase data-plane \(2\/4\) done in [\d.]+ ms/);
    const exec = /VPP's exec (\d+) ms after the first own line/.exec(output)?.[1];
    process.stdout.write(
      `natively: VPP's exec ${exec} ms after the first own line (the emulator is asked for its version)\n`,
    );
    child?.kill('SIGTERM');
    await until('the appliance ended', () => child?.exitCode ?? undefined);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  it('states a binary that is not there, and one for another machine', async () => {
    start(ini('', { binary: '/nowhere/vpp' }));
    const now = await untilStatus('it is stated', (one) => /\/nowhere\/vpp/.test(conditionsOf(one)));
    expect(now.vpp.process.state).toMatch(/backoff|looping|starting/);
  });

  it('states a VPP that exits at once, with its last words', async () => {
    start(ini('', { binary: writeEmulatorBinary(dir) }), {
      EMULATOR_FAULTS: JSON.stringify({ exitAtOnce: 7 }),
    });
    const now = await untilStatus('it is stated', (one) => /exited with code 7/.test(conditionsOf(one)));
    const service = now.services.find(({ name }) => name === 'vpp');
    expect(service?.lastOutput.map(({ line }) => line).join('\n')).toContain('told to end at once');
  });

  it('declares a VPP stuck that never opens its socket, and restarts it', async () => {
    const faults = { EMULATOR_FAULTS: JSON.stringify({ neverOpenSocket: true }) };
    start(ini('start-timeout = 2', { binary: writeEmulatorBinary(dir) }), faults);
    const now = await untilStatus('it was restarted', ({ vpp }) => vpp.restarts >= 1);
    expect(now.services[0]?.lastExit?.reason).toMatch(
      /did not open its API socket within 2 s \(vpp\.start-timeout\)/,
    );
  });

  it('states a VPP whose messages have other CRCs, naming them, and does not restart it', async () => {
    const faults = {
      EMULATOR_FAULTS: JSON.stringify({ wrongCrc: ['ip_route_add_del'], missing: ['sw_interface_dump'] }),
    };
    start(ini('', { binary: writeEmulatorBinary(dir) }), faults);
    const now = await untilStatus('it is stated', ({ vpp }) => vpp.api.state === 'incompatible');
    expect(conditionsOf(now)).toMatch(/ip_route_add_del/);
    expect(conditionsOf(now)).toMatch(/sw_interface_dump/);
    await sleep(1_000);
    expect(status()?.vpp.restarts).toBe(0);
  });

  it('refuses a socket path that someone listens on, and one that is a file', async () => {
    const taken = join(dir, 'taken.sock');
    const server = createServer().listen(taken);
    try {
      start(ini('', { binary: writeEmulatorBinary(dir), api: taken }));
      await untilStatus('it is stated', (one) =>
        /taken\.sock is taken: another process listens/.test(conditionsOf(one)),
      );
    } finally {
      server.close();
    }
  });

  it('refuses a configuration that is wrong, with all of it on the console', async () => {
    start(ini('start-timeout = never'));
    await until('it ended and said why', () => (output === '' ? undefined : (child?.exitCode ?? undefined)));
    expect(child?.exitCode).toBe(1);
    expect(output).toMatch(/appliance\.ini:\d+: vpp\.start-timeout: .*never/);
  });
});

describe('a terminal that nobody reads', () => {
  /** Runs the appliance on a pty whose other end is never read, or closed at once. */
  function onPty(behaviour: 'full' | 'hung-up'): ChildProcess {
    const script = join(dir, 'make-pty.py');
    writeFileSync(
      script,
      `import os, pty, signal, sys, time
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
print(pid, flush=True)
if ${behaviour === 'hung-up' ? 'True' : 'False'}:
    time.sleep(1)
    os.close(master)
signal.signal(signal.SIGTERM, lambda *_: (os.kill(pid, 15), os.waitpid(pid, 0), os._exit(0)))
os.waitpid(pid, 0)
print('ended', flush=True)
`,
    );
    chmodSync(script, 0o755);
    const args = ['run', '--config', join(dir, 'appliance.ini'), '--run-dir', join(dir, 'run')];
    return spawn('python3', [script, EXECUTABLE, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  for (const behaviour of ['full', 'hung-up'] as const) {
    it(`${behaviour}: neither slows nor stops the appliance`, async (ctx) => {
      if (spawnSync('python3', ['-c', 'import pty']).status !== 0)
        ctx.skip('python3 with its pty module makes the terminal');
      // A VPP that ends at once, again and again, fills the terminal.
      const noisy = join(dir, 'noisy');
      writeFileSync(
        noisy,
        '#!/bin/sh\nif [ "$1" = --version ]; then echo "vpp v25.02-release"; exit; fi\nyes "$(printf %0500d 7)" | head -n 400\nsleep 0.05\n',
      );
      chmodSync(noisy, 0o755);
      const fast = '[supervisor]\nbackoff-ms = 100\nbackoff-max-ms = 200\nloop-after = 100\n';
      writeFileSync(join(dir, 'appliance.ini'), ini('', { binary: noisy }, fast));
      child = onPty(behaviour);
      await untilStatus('VPP was restarted ten times', ({ vpp }) => vpp.restarts >= 10);
      const asked = performance.now();
      expect(status()?.vpp.restarts).toBeGreaterThanOrEqual(10);
      expect(performance.now() - asked).toBeLessThan(10_000);
    });
  }
});
