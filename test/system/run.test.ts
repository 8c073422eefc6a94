/**
 * `appliance run`, the executable as a user starts it: with an external VPP, with a VPP of its own, with what can go
 * wrong, and on terminals that nobody reads. VPP is the emulator.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApplianceStatus } from '../../src/status/mod.ts';
import { EmulatorProcess, writeEmulatorBinary } from '../emulator/emulator.ts';
import {
  type ConfigIn,
  EXECUTABLE,
  RunningAppliance,
  type RunOptions,
  withExternalVpp,
  withOwnVpp,
} from './running-appliance.ts';

const MORE = `[interface.loop0]
addresses = 192.0.2.1/24
[route]
10.0.0.0/8 = 192.0.2.254
`;

let appliance: RunningAppliance | undefined;
afterEach(async () => {
  await appliance?.[Symbol.asyncDispose]();
  appliance = undefined;
});

function start(config: ConfigIn, options?: RunOptions): RunningAppliance {
  appliance = new RunningAppliance(config, options);
  return appliance;
}

/** What the emulator that it starts does wrong. */
const withFaults = (faults: object): RunOptions => ({ env: { EMULATOR_FAULTS: JSON.stringify(faults) } });

const conditionsOf = (now: ApplianceStatus): string =>
  now.conditions.map(({ subject, reason }) => `${subject}: ${reason}`).join('\n');

describe('appliance run with an external VPP', () => {
  it('connects, configures, programs, reads counters; survives its restart; ends without ending it', async () => {
    await using vpp = await EmulatorProcess.start();
    const running = start(withExternalVpp(vpp, { more: MORE }));
    const now = await running.until('routes are programmed', ({ fib }) => fib[0]?.programmed === 1);
    expect(now.vpp.process.state).toBe('external');
    expect(now.interfaces.find(({ name }) => name === 'loop0')?.addresses).toEqual(['192.0.2.1/24']);
    const shown = spawnSync(EXECUTABLE, ['show', 'fib', 'vpp', '--json', '--run-dir', running.runDir], {
      encoding: 'utf8',
    });
    expect(JSON.parse(shown.stdout)).toEqual([{ prefix: '10.0.0.0/8', 'next-hop': '192.0.2.254' }]);
    const pid = now.vpp.pid;
    await vpp.kill();
    await running.until('the loss is seen', ({ vpp: { api } }) => api.state !== 'connected');
    await vpp.spawn();
    await running.until(
      'everything is back',
      (after) =>
        after.vpp.api.state === 'connected' && after.vpp.pid !== pid && after.fib[0]?.programmed === 1,
    );
    expect(await running.end()).toBe(0);
    expect(existsSync(vpp.apiSocket)).toBe(true);
  });
});

describe('appliance run with a VPP of its own', () => {
  it('starts it, says each phase, and stops it on SIGTERM', async () => {
    const running = start(withOwnVpp({ more: MORE }));
    const now = await running.until('routes are programmed', ({ fib }) => fib[0]?.programmed === 1);
    const pid = now.vpp.pid ?? 0;
    expect(pid).toBeGreaterThan(0);
    expect(running.output).toMatch(/phase data-plane \(\d+\/\d+\) done in [\d.]+ ms/);
    const exec = /VPP's exec (\d+) ms after the first own line/.exec(running.output)?.[1];
    process.stdout.write(
      `natively: VPP's exec ${exec} ms after the first own line (the emulator is asked for its version)\n`,
    );
    expect(await running.end()).toBe(0);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  it('states a binary that is not there', async () => {
    const running = start((dir) => ({ vpp: `binary = /nowhere/vpp\napi-socket = ${dir}/api.sock` }));
    const now = await running.until('it is stated', (one) => /\/nowhere\/vpp/.test(conditionsOf(one)));
    expect(now.vpp.process.state).toMatch(/backoff|looping|starting/);
  });

  it('states a VPP that exits at once, with its last words', async () => {
    const running = start(withOwnVpp(), withFaults({ exitAtOnce: 7 }));
    const now = await running.until('it is stated', (one) => /exited with code 7/.test(conditionsOf(one)));
    const service = now.services.find(({ name }) => name === 'vpp');
    expect(service?.lastOutput.map(({ line }) => line).join('\n')).toContain('told to end at once');
  });

  it('declares a VPP stuck that never opens its socket, and restarts it', async () => {
    const running = start(withOwnVpp({ vpp: 'start-timeout = 2' }), withFaults({ neverOpenSocket: true }));
    const now = await running.until('it was restarted', ({ vpp }) => vpp.restarts >= 1);
    expect(now.services[0]?.lastExit?.reason).toMatch(
      /did not open its API socket within 2 s \(vpp\.start-timeout\)/,
    );
  });

  it('states a VPP whose messages have other CRCs, naming them, and does not restart it', async () => {
    const faults = withFaults({ wrongCrc: ['ip_route_add_del'], missing: ['sw_interface_dump'] });
    const running = start(withOwnVpp({ more: MORE }), faults);
    const now = await running.until('it is stated', ({ vpp }) => vpp.api.state === 'incompatible');
    expect(conditionsOf(now)).toMatch(/ip_route_add_del/);
    expect(conditionsOf(now)).toMatch(/sw_interface_dump/);
    await sleep(1_000);
    expect((await running.status())?.vpp.restarts).toBe(0);
  });

  it('refuses a socket path that someone listens on', async () => {
    await using vpp = await EmulatorProcess.start();
    const taken = join(vpp.dir, 'taken.sock');
    const server = createServer().listen(taken);
    try {
      const running = start((dir) => ({
        vpp: `binary = ${writeEmulatorBinary(dir)}\napi-socket = ${taken}`,
      }));
      await running.until('it is stated', (one) =>
        /taken\.sock: another process listens/.test(conditionsOf(one)),
      );
    } finally {
      server.close();
    }
  });

  it('serves on each address that it can have, and on the others when they can be had', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      // TEST-NET-1: no machine has it.
      const running = start(
        withOwnVpp({ listen: '192.0.2.77:9100', http: `https-listen = 127.0.0.1:${port}` }),
      );
      const refused = await running.until('it is stated', (one) => /https/.test(conditionsOf(one)));
      expect(conditionsOf(refused)).toMatch(
        new RegExp(`cannot listen on https://127\\.0\\.0\\.1:${port}: .*EADDRINUSE.*tried again`),
      );
      await running.until('the other one is stated, over the socket', (one) =>
        /cannot listen on http:\/\/192\.0\.2\.77:9100: .*EADDRNOTAVAIL/.test(conditionsOf(one)),
      );
      other.close();
      const later = await running.until('it serves HTTPS', (one) => !/https:/.test(conditionsOf(one)));
      expect(conditionsOf(later)).toMatch(/192\.0\.2\.77/);
      const answer = await new Promise<number | undefined>((resolve, reject) => {
        const asked = get({ host: '127.0.0.1', port, path: '/metrics', rejectUnauthorized: false });
        asked.once('response', (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asked.once('error', reject);
      });
      expect(answer).toBe(200);
    } finally {
      other.close();
    }
  });

  it('refuses a configuration that is wrong, with all of it on the console', async () => {
    const running = start(withOwnVpp({ vpp: 'start-timeout = never' }));
    await running.untilSo('it ended', () => running.child.exitCode ?? undefined);
    expect(running.child.exitCode).toBe(1);
    await running.untilSo('it said why', () => /never/.test(running.output) || undefined);
    expect(running.output).toMatch(/appliance\.ini:\d+: vpp\.start-timeout: .*never/);
  });
});

describe('a terminal that nobody reads', () => {
  /** Runs the appliance on a pty whose other end is never read, or closed at once. */
  function onPty(behaviour: 'full' | 'hung-up', dir: string): readonly string[] {
    const script = join(dir, 'make-pty.py');
    writeFileSync(
      script,
      `import os, pty, signal, sys, time
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
if ${behaviour === 'hung-up' ? 'True' : 'False'}:
    # Not before it serves: until it has a handler, SIGHUP ends it as it ends any program.
    while not os.path.exists('${dir}/run/appliance.sock'):
        time.sleep(0.05)
    os.close(master)
signal.signal(signal.SIGTERM, lambda *_: (os.kill(pid, 15), os.waitpid(pid, 0), os._exit(0)))
os.waitpid(pid, 0)
`,
    );
    return ['python3', script];
  }

  /** A VPP that ends at once, again and again, fills the terminal. */
  function noisyVpp(dir: string): string {
    const noisy = join(dir, 'noisy');
    writeFileSync(
      noisy,
      '#!/bin/sh\nif [ "$1" = --version ]; then echo "vpp v25.02-release"; exit; fi\nyes "$(printf %0500d 7)" | head -n 400\nsleep 0.05\n',
    );
    chmodSync(noisy, 0o755);
    return noisy;
  }

  for (const behaviour of ['full', 'hung-up'] as const) {
    it(`${behaviour}: neither slows nor stops the appliance`, async (ctx) => {
      if (spawnSync('python3', ['-c', 'import pty']).status !== 0)
        ctx.skip('python3 with its pty module makes the terminal');
      const running = start(
        (dir) => ({
          vpp: `binary = ${noisyVpp(dir)}\napi-socket = ${dir}/api.sock`,
          more: '[supervisor]\nbackoff-ms = 100\nbackoff-max-ms = 200\nloop-after = 100\n',
        }),
        { by: (dir) => onPty(behaviour, dir) },
      );
      await running.until('VPP was restarted ten times', ({ vpp }) => vpp.restarts >= 10);
      const asked = performance.now();
      expect((await running.status())?.vpp.restarts).toBeGreaterThanOrEqual(10);
      expect(performance.now() - asked).toBeLessThan(10_000);
    });
  }
});
