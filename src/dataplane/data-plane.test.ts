/** Changes of the data plane's configuration: with its own VPP, an external one, and none. VPP is the emulator. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmulatorProcess, writeEmulatorBinary } from '../../test/emulator/emulator.ts';
import { inForceAfter, parseConfig, planChange } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { deleteNamedNetns } from '../linux/mod.ts';
import { Conditions } from '../log/conditions.ts';
import { DataPlane } from './data-plane.ts';

const LOGGER = { info() {}, warning() {}, error() {} };

let dir: string;
let conditions: Conditions;
let plane: DataPlane;
let config: Config;
let prepared: string[];
let lives: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'data-plane-'));
  conditions = new Conditions(LOGGER);
  prepared = [];
  lives = [];
});
afterEach(async () => {
  await plane.stop();
  rmSync(dir, { recursive: true, force: true });
});

interface Given {
  readonly vpp?: string;
  readonly api?: string;
  readonly stats?: string;
  readonly buffers?: number;
  /** Lines of `[vpp.lcp]`. */
  readonly lcp?: string;
  readonly more?: string;
}

function read(given: Given = {}): Config {
  const { vpp = '', api, stats, buffers = 16384, lcp = 'enabled = false', more = '' } = given;
  const text = `[vpp]
enabled = true
binary = ${join(dir, 'vpp')}
api-socket = ${api ?? `${dir}/api.sock`}
${vpp}
[vpp.cpu]
main-core = 0
[vpp.memory]
main-heap = 256M
buffers = ${buffers}
[vpp.stats]
segment-size = 64M
poll-interval = 1
socket-path = ${stats ?? `${dir}/stats.sock`}
[vpp.lcp]
${lcp}
[fib.vpp]
enabled = true
${more === '' ? '[interface.loop0]\naddresses = 192.0.2.1/24\n[route]\n10.0.0.0/8 = 192.0.2.254\n' : more}`.replace(
    vpp.startsWith('enabled') ? 'enabled = true\n' : '\u0000',
    '',
  );
  const parsed = parseConfig(text, 'test.ini');
  if (!parsed.ok) throw new Error(`${text}\n${JSON.stringify(parsed.problems)}`);
  return parsed.config;
}

async function start(given: Config): Promise<void> {
  config = given;
  plane = new DataPlane({
    config,
    logger: LOGGER,
    conditions,
    runDir: join(dir, 'run'),
    vppRunDir: join(dir, 'run/vpp'),
    ownsMachine: false,
    hooks: {
      prepareMachine: (next) => void prepared.push(`${next.vpp.memory.buffers} buffers`),
      onAnswered: (pid, next) => lives.push(`${pid} answers with ${next.vpp.memory.buffers} buffers`),
      onEnded: () => lives.push(plane.kernel.interfaces.active ? 'ended, and the kernel forwards' : 'ended'),
    },
  });
  await plane.start();
}

/** As PUT /config does. */
async function change(next: Config, restartVpp: boolean): Promise<void> {
  const running = inForceAfter(config, next, { restartVpp });
  const plan = planChange(config, running);
  config = running;
  await plane.reconfigure(running, { restartVpp: plan.restart.length > 0 });
}

async function until(what: string, check: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!check()) {
    if (performance.now() > deadline) {
      throw new Error(
        `timed out: ${what}\n${JSON.stringify([plane.vpp.status, plane.fib.vpp.status, conditions.list()])}`,
      );
    }
    await sleep(20);
  }
}

const connected = (): Promise<void> =>
  until(
    'VPP is connected and programmed',
    () => plane.vpp.status.api.state === 'connected' && plane.fib.vpp.status.status.state === 'synced',
  );

const routes = (): string[] =>
  [...plane.fib.vpp.programmed()].map((one) => `${one.prefix} ${one['next-hop']}`);

const addresses = (name: string): readonly string[] | undefined =>
  plane.interfaces.status.find((one) => one.name === name)?.addresses;

const LOOP1 = '[interface.loop1]\naddresses = 198.51.100.1/24\n[route]\n10.1.0.0/16 = 198.51.100.2\n';

describe('its own VPP', () => {
  it('is not restarted for live changes', async () => {
    writeEmulatorBinary(dir);
    await start(read());
    await connected();
    const { pid } = plane.vpp.status;
    await change(read({ more: LOOP1 }), false);
    await until('the route is programmed', () => routes().join() === '10.1.0.0/16 198.51.100.2');
    expect(addresses('loop1')).toEqual(['198.51.100.1/24']);
    expect(addresses('loop0')).toBeUndefined();
    expect(plane.vpp.status.pid).toBe(pid);
    expect(plane.vpp.status.restarts).toBe(0);
  });

  it('gets new settings of its process only at a restart, and then all at once', async () => {
    writeEmulatorBinary(dir);
    await start(read());
    await connected();
    const { pid } = plane.vpp.status;
    const next = read({ buffers: 32768, api: `${dir}/other.sock`, more: LOOP1 });
    await change(next, false);
    await until('the route is programmed', () => routes().join() === '10.1.0.0/16 198.51.100.2');
    // Recorded shortly after the connection: a life that ends before is no answer.
    const answers = (count: number): Promise<void> =>
      until('its answer is recorded', () => lives.filter((one) => one !== 'ended').length === count);
    await answers(1);
    await plane.vpp.service?.abort('ended by the test');
    await until(
      'it is back',
      () => plane.vpp.status.pid !== pid && plane.vpp.status.api.state === 'connected',
    );
    expect(readFileSync(join(dir, 'run/startup.conf'), 'utf8')).toContain('buffers-per-numa 16384');
    await answers(2);
    await change(next, true);
    await connected();
    expect(readFileSync(join(dir, 'run/startup.conf'), 'utf8')).toContain('buffers-per-numa 32768');
    expect(prepared).toEqual(['16384 buffers', '16384 buffers', '32768 buffers']);
    expect(plane.vpp.connection.status).toMatchObject({ state: 'connected', vpePid: plane.vpp.status.pid });
    expect(routes()).toEqual(['10.1.0.0/16 198.51.100.2']);
    expect(addresses('loop1')).toEqual(['198.51.100.1/24']);
    expect(conditions.list().filter(({ severity }) => severity === 'error')).toEqual([]);
    // The same service continues, with its output and its counts.
    expect(plane.vpp.status.restarts).toBe(2);
    await answers(3);
    expect(lives).toEqual([
      `${pid} answers with 16384 buffers`,
      'ended',
      expect.stringMatching(/answers with 16384 buffers$/),
      'ended',
      `${plane.vpp.status.pid} answers with 32768 buffers`,
    ]);
    await until('the counters are read', () => plane.vpp.stats.status.state === 'fresh');
  });

  it('gets another answer timeout at once', async () => {
    writeEmulatorBinary(dir);
    await start(read());
    await connected();
    const { pid = 0 } = plane.vpp.status;
    await change(read({ vpp: 'answer-timeout = 2' }), false);
    process.kill(pid, 'SIGSTOP');
    await until(
      'another one runs',
      () => plane.vpp.status.hangs === 1 && plane.vpp.status.pid !== pid,
      15_000,
    );
    await connected();
  });

  it('is ended when it is disabled, and started when it is enabled', async () => {
    writeEmulatorBinary(dir);
    await start(read());
    await connected();
    await change(read({ vpp: 'enabled = false' }), true);
    expect(plane.vpp.status).toMatchObject({ process: { state: 'disabled' }, api: { state: 'idle' } });
    expect(plane.vpp.service).toBeUndefined();
    expect(plane.kernel.interfaces.active).toBe(true);
    expect(conditions.list().map(({ reason }) => reason)).toEqual([
      'VPP is disabled (vpp.enabled = false): the kernel forwards',
    ]);
    await change(read(), true);
    await connected();
    expect(plane.kernel.interfaces.active).toBe(false);
    expect(conditions.list()).toEqual([]);
  });

  it('is replaced by an external one, and takes over again', async () => {
    await using other = await EmulatorProcess.start();
    writeEmulatorBinary(dir);
    await start(read());
    await connected();
    await change(read({ vpp: 'external = true', api: other.apiSocket, stats: other.statsSocket }), true);
    await connected();
    expect(plane.vpp.status).toMatchObject({ process: { state: 'external' }, pid: other.pid });
    await change(read(), true);
    await connected();
    expect(plane.vpp.status.process.state).toBe('running');
    expect(plane.vpp.status.pid).not.toBe(other.pid);
  });

  it('that cannot be started is a condition, and the change can be reverted', async () => {
    writeEmulatorBinary(dir);
    const good = read();
    await start(good);
    await connected();
    await change({ ...good, vpp: { ...good.vpp, binary: '/nowhere/vpp' } }, true);
    await until('it is reported', () =>
      conditions.list().some(({ reason }) => /\/nowhere\/vpp/.test(reason)),
    );
    await change(good, true);
    await connected();
  });

  it('that cannot be prepared leaves forwarding to the kernel', async () => {
    const policy = '[supervisor]\nbackoff-ms = 100\nloop-after = 1\nloop-retry-ms = 1000\n';
    await start(read({ more: policy }));
    await until('the kernel forwards', () => plane.kernel.interfaces.active);
    expect(lives).toEqual(['ended']);
    await until('it was retried', () => lives.length >= 3);
    expect(new Set(lives.slice(1))).toEqual(new Set(['ended, and the kernel forwards']));
    writeEmulatorBinary(dir);
    await connected();
    expect(plane.kernel.interfaces.active).toBe(false);
  });

  it('is not restarted by a change during the shutdown of the appliance', async () => {
    writeEmulatorBinary(dir);
    await start(read());
    await connected();
    const overtaken = change(read({ buffers: 32768 }), true);
    const failed = expect(overtaken).rejects.toThrow('the appliance is shutting down');
    await plane.stop();
    await failed;
    await sleep(200);
    expect(plane.vpp.status.pid).toBeUndefined();
    await expect(plane.reconfigure(read(), { restartVpp: false })).rejects.toThrow('it is stopped');
  });
});

describe('an external VPP', () => {
  it('may be replaced by another one, without any restart', async () => {
    await using first = await EmulatorProcess.start();
    await using second = await EmulatorProcess.start();
    const of = (one: EmulatorProcess): Config =>
      read({ vpp: 'external = true', api: one.apiSocket, stats: one.statsSocket });
    await start(of(first));
    await connected();
    await change(of(second), false);
    await connected();
    expect(plane.vpp.status.pid).toBe(second.pid);
    expect(routes()).toEqual(['10.0.0.0/8 192.0.2.254']);
  });

  it('that does not answer does not block a change', async () => {
    await using vpp = await EmulatorProcess.start();
    const given = { vpp: 'external = true', api: vpp.apiSocket, stats: vpp.statsSocket };
    await start(read(given));
    await connected();
    await vpp.control({ command: 'hang' });
    const begun = performance.now();
    await change(read({ ...given, more: LOOP1 }), false);
    expect(performance.now() - begun).toBeLessThan(15_000);
    await vpp.control({ command: 'resume' });
    await until('it is programmed after all', () => routes().join() === '10.1.0.0/16 198.51.100.2', 40_000);
    await until('so is the interface', () => addresses('loop1')?.join() === '198.51.100.1/24');
  }, 60_000);
});

describe('the neighbours of VPP', () => {
  const limits = async (vpp: EmulatorProcess): Promise<unknown> =>
    (await vpp.control({ command: 'state' }))['neighborLimits'];
  const both = (maxNumber: number, maxAge: number, recycle: boolean): unknown => {
    const one = { maxNumber, maxAge, recycle };
    return { 4: one, 6: one };
  };

  it('have the configured limits, also after a live change', async () => {
    await using vpp = await EmulatorProcess.start();
    const given = { vpp: 'external = true', api: vpp.apiSocket, stats: vpp.statsSocket };
    await start(read(given));
    await connected();
    expect(await limits(vpp)).toEqual(both(50_000, 30, true));
    const more = '[vpp.neighbors]\nmax-number = 1000\nmax-age = 300\nrecycle = false\n';
    await change(read({ ...given, more }), false);
    expect(await limits(vpp)).toEqual(both(1000, 300, false));
    expect(conditions.list().filter(({ subject }) => subject === 'vpp.neighbors')).toEqual([]);
  });

  it('are a condition when VPP refuses the limits', async () => {
    await using vpp = await EmulatorProcess.start();
    await vpp.control({ command: 'error', message: 'ip_neighbor_config', retval: -7 });
    await start(read({ vpp: 'external = true', api: vpp.apiSocket, stats: vpp.statsSocket }));
    await connected();
    expect(conditions.list()).toContainEqual(
      expect.objectContaining({ subject: 'vpp.neighbors', reason: expect.stringContaining('INVALID_VALUE') }),
    );
  });
});

describe('programs in the namespace of the TAPs', () => {
  const NETNS = `gate-${process.pid}`;
  const LCP = `enabled = true\nnetns = ${NETNS}`;
  const NOBODY = new AbortController().signal;
  let waits: string[];
  let passed: string[];

  /** A program in a namespace is about to start. */
  const want = (name: string, netns: string): void => {
    void plane.untilInterfaces(netns, (reason) => waits.push(reason), NOBODY).then(() => passed.push(name));
  };

  beforeEach((test) => {
    if (process.getuid?.() !== 0) test.skip('network namespaces need root');
    waits = [];
    passed = [];
  });
  afterEach(() => void deleteNamedNetns(NETNS));

  it('wait for the interfaces only the first time; those of other namespaces do not', async () => {
    const api = `${dir}/later.sock`;
    await start(read({ vpp: 'external = true', api, stats: `${dir}/later-stats.sock`, lcp: LCP }));
    want('bird', NETNS);
    want('other', `${NETNS}-other`);
    await sleep(100);
    expect(passed).toEqual(['other']);
    expect(waits).toEqual([`waiting up to 60 s for the addresses of the interfaces in ${NETNS}`]);
    await using vpp = await EmulatorProcess.start({ faults: { namespaces: [NETNS] } });
    await change(
      read({ vpp: 'external = true', api: vpp.apiSocket, stats: vpp.statsSocket, lcp: LCP }),
      false,
    );
    await until('it passes', () => passed.includes('bird'));
    expect(addresses('loop0')).toEqual(['192.0.2.1/24']);
    await vpp.kill();
    await until('VPP is away', () => plane.vpp.status.api.state !== 'connected');
    want('later', NETNS);
    await until('it passes at once', () => passed.includes('later'));
    expect(waits.length).toBe(1);
  });

  it('do not wait for a VPP that does not start', async () => {
    const api = `${dir}/never.sock`;
    const given = { vpp: 'external = true\nstart-timeout = 1', api, stats: `${dir}/never-stats.sock` };
    await start(read({ ...given, lcp: LCP }));
    want('bird', NETNS);
    await until('it passes', () => passed.includes('bird'), 5_000);
  });

  it('wait for the kernel when VPP is looping or disabled', async () => {
    await start(read({ vpp: 'enabled = false', lcp: LCP }));
    want('bird', NETNS);
    await until('it passes', () => passed.includes('bird'), 5_000);
  });
});
