import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ChangePart } from '../config/mod.ts';
import { parseConfig } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { directoryBootPartition } from '../disk/mod.ts';

import { Conditions } from '../log/conditions.ts';
import { type Appliers, LiveConfig, type LiveConfigOptions } from './live-config.ts';

const LOGGER = { info() {}, warning() {}, error() {} };
const BASE = '[vpp]\nenabled = true\n';
const FAST = `${BASE}[vpp.stats]\npoll-interval = 5\n`;
const WORKERS = `${BASE}[vpp.cpu]\nworkers = 2\n`;
const PLAIN = { dryRun: false, restartVpp: false };
const RESTART = { dryRun: false, restartVpp: true };

let dir: string;
let path: string;
let conditions: Conditions;
/** What was applied to each part, in order: `data-plane 5` with a note for a restart of VPP. */
let applied: string[];
/** Parts that refuse a change, and how often. */
let refusals: Map<ChangePart, number>;
let inForce: Config | undefined;
let live: LiveConfig;

function configOf(text: string): Config {
  const parsed = parseConfig(text, 'test.ini');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

const appliers = Object.fromEntries(
  (['system', 'log', 'update', 'watchdog', 'management', 'http', 'data-plane'] as const).map((part) => [
    part,
    async ({ vpp, http }: Config, { restartVpp }: { restartVpp: boolean }) => {
      const left = refusals.get(part) ?? 0;
      refusals.set(part, left - 1);
      const words =
        part === 'http'
          ? `port ${http.listen.port}`
          : `poll ${vpp.stats.pollIntervalSeconds}, ${vpp.cpu.workers ?? 'no'} workers`;
      applied.push(
        `${part}: ${words}${restartVpp && part === 'data-plane' ? ', restart' : ''}${left > 0 ? ', refused' : ''}`,
      );
      if (left > 0) throw new Error('refused by the test');
    },
  ]),
) as unknown as Appliers;

function start(text: string, more: Partial<LiveConfigOptions> = {}): LiveConfig {
  writeFileSync(path, text);
  const partition = directoryBootPartition(dir);
  live = new LiveConfig({
    text,
    config: configOf(text),
    isFile: true,
    path,
    readFile: () => readFileSync(path),
    writeFile: (next) => partition.writeFile('appliance.ini', next),
    appliers,
    logger: LOGGER,
    conditions,
    onInForce: (running) => {
      inForce = running;
    },
    ...more,
  });
  return live;
}

const onDisk = (): string => readFileSync(path, 'utf8');
const said = (): string =>
  conditions
    .list()
    .map(({ subject, reason }) => `${subject}: ${reason}`)
    .join('\n');

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'live-config-'));
  path = join(dir, 'appliance.ini');
  conditions = new Conditions(LOGGER);
  applied = [];
  refusals = new Map();
  inForce = undefined;
});
afterEach(() => {
  vi.useRealTimers();
  live[Symbol.dispose]();
  rmSync(dir, { recursive: true, force: true });
});

describe('a change over HTTP', () => {
  it('is in force at once, on the disk only after its confirmation', async () => {
    start(BASE);
    const before = Date.now();
    const done = await live.put(FAST, PLAIN);
    expect(done).toMatchObject({
      result: 'applied',
      plan: { steps: [{ leaf: 'vpp.stats.poll-interval', words: '30 → 5 seconds', effect: 'live' }] },
      pendingRestart: false,
    });
    expect(done.result === 'applied' && (done.confirmBefore ?? 0) - before).toBeGreaterThanOrEqual(120_000);
    expect(applied).toEqual(['data-plane: poll 5, no workers']);
    expect(inForce?.vpp.stats.pollIntervalSeconds).toBe(5);
    expect([live.current(), onDisk()]).toEqual([FAST, BASE]);
    expect(live.status).toMatchObject({ state: 'waiting', pending: [] });
    expect(live.status).toHaveProperty('confirmBefore', done.result === 'applied' ? done.confirmBefore : 0);
    expect(said()).toContain('unless it is confirmed within 120 s, the previous one is restored');
    expect(await live.confirm()).toMatchObject({ result: 'applied', pendingRestart: false });
    expect([live.current(), onDisk()]).toEqual([FAST, FAST]);
    expect(live.status.state).toBe('confirmed');
    expect(said()).toBe('');
    expect(live.status).not.toHaveProperty('confirmBefore');
    expect(await live.confirm()).toEqual({ result: 'unchanged' });
  });

  it('is reverted without a confirmation in time, with the reason, and cannot be confirmed then', async () => {
    vi.useFakeTimers();
    start(BASE);
    await live.put(`${FAST}[update]\nconfirm-timeout = 10\n`, PLAIN);
    await vi.advanceTimersByTimeAsync(9_900);
    expect(live.status.state).toBe('waiting');
    await vi.advanceTimersByTimeAsync(200);
    expect(live.status).toMatchObject({
      state: 'reverted',
      reason: 'the new configuration was not confirmed within 10 s: the previous configuration was restored',
    });
    expect(applied.at(-1)).toBe('data-plane: poll 30, no workers');
    expect(inForce?.vpp.stats.pollIntervalSeconds).toBe(30);
    expect([live.current(), onDisk()]).toEqual([BASE, BASE]);
    expect(said()).toContain('was not confirmed within 10 s');
    await expect(live.confirm()).rejects.toMatchObject({ code: 'not-waiting' });
  });

  it('is replaced by another one, which has its own deadline and reverts to the confirmed one', async () => {
    vi.useFakeTimers();
    start(BASE);
    await live.put(FAST, PLAIN);
    await vi.advanceTimersByTimeAsync(100_000);
    await live.put(FAST.replace('5', '7'), PLAIN);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(live.status).toMatchObject({
      state: 'waiting',
      plan: { steps: [{ words: '30 → 7 seconds' }] },
    });
    await vi.advanceTimersByTimeAsync(21_000);
    expect(live.status.state).toBe('reverted');
    expect(live.current()).toBe(BASE);
    expect(applied).toEqual(['5', '7', '30'].map((poll) => `data-plane: poll ${poll}, no workers`));
  });

  it('back to the confirmed configuration ends the wait', async () => {
    start(BASE);
    await live.put(FAST, PLAIN);
    const done = await live.put(BASE, PLAIN);
    expect(done).not.toHaveProperty('confirmBefore');
    expect(live.status.state).toBe('confirmed');
  });

  it('changes nothing when it is invalid, identical or a dry run', async () => {
    start(BASE);
    const wrong = await live.put(`${BASE}[vpp.cpu]\nworkers = many\n`, PLAIN);
    expect(wrong).toMatchObject({ result: 'rejected', problems: [{ line: 4, leaf: 'vpp.cpu.workers' }] });
    expect(await live.put('x'.repeat(2 ** 20 + 1), PLAIN)).toMatchObject({ result: 'rejected' });
    expect(await live.put(BASE, PLAIN)).toEqual({ result: 'unchanged' });
    expect(await live.put(BASE, { ...PLAIN, dryRun: true })).toEqual({ result: 'unchanged' });
    const dry = await live.put(WORKERS, { dryRun: true, restartVpp: true });
    expect(dry).toMatchObject({
      result: 'planned',
      plan: { steps: [], restart: [{ leaf: 'vpp.cpu.workers' }] },
    });
    expect(applied).toEqual([]);
    expect(live.current()).toBe(BASE);
    expect(live.status).toEqual({ state: 'confirmed', pending: [] });
  });

  it('of comments alone is saved by a confirmation as well', async () => {
    start(BASE);
    expect(await live.put(`# mine\n${BASE}`, PLAIN)).toMatchObject({
      result: 'applied',
      plan: { steps: [] },
    });
    await live.confirm();
    expect(onDisk()).toBe(`# mine\n${BASE}`);
    expect(applied).toEqual([]);
  });

  it('replaces a file that was rejected at the boot, even if it equals the configuration in force', async () => {
    start(BASE, { isFile: false });
    writeFileSync(path, '[nonsense]\n');
    expect(await live.put(BASE, PLAIN)).toMatchObject({ result: 'applied', plan: { steps: [] } });
    await live.confirm();
    expect(onDisk()).toBe(BASE);
  });
});

describe("a change that needs VPP's restart", () => {
  it('is named and waits until the restart is requested; live changes are applied', async () => {
    start(BASE);
    const both = `${FAST}[vpp.cpu]\nworkers = 2\n`;
    expect(await live.put(both, PLAIN)).toMatchObject({ result: 'applied', pendingRestart: true });
    expect(applied).toEqual(['data-plane: poll 5, no workers']);
    await live.confirm();
    const pending = ['vpp.cpu.workers: not set → 2 (needs a restart of VPP)'];
    expect(live.status).toEqual({ state: 'confirmed', pending });
    expect(said()).toContain(pending[0]);
    expect(await live.put(both, RESTART)).toMatchObject({ result: 'applied', pendingRestart: false });
    expect(applied.at(-1)).toBe('data-plane: poll 5, 2 workers, restart');
    expect(live.status).toMatchObject({ state: 'waiting', pending: [] });
    await live.confirm();
    expect(said()).toBe('');
  });

  it('is reverted by another restart, and without one when there was none', async () => {
    vi.useFakeTimers();
    start(BASE);
    await live.put(WORKERS, RESTART);
    await vi.advanceTimersByTimeAsync(121_000);
    expect(applied).toEqual([
      'data-plane: poll 30, 2 workers, restart',
      'data-plane: poll 30, no workers, restart',
    ]);
    await live.put(WORKERS, PLAIN);
    expect(live.status.pending).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(121_000);
    expect(live.status).toMatchObject({ state: 'reverted', pending: [] });
    expect(applied).toHaveLength(2);
  });

  it('of the confirmed configuration still waits after another one was reverted', async () => {
    vi.useFakeTimers();
    start(BASE);
    await live.put(WORKERS, PLAIN);
    await live.confirm();
    await live.put(`${WORKERS}[vpp.stats]\npoll-interval = 5\n`, RESTART);
    await vi.advanceTimersByTimeAsync(121_000);
    expect(applied.at(-1)).toBe('data-plane: poll 30, no workers, restart');
    expect(live.status.pending).toEqual(['vpp.cpu.workers: not set → 2 (needs a restart of VPP)']);
  });
});

describe('a part that refuses', () => {
  it('causes a revert of what was changed, and no more', async () => {
    start(BASE);
    refusals.set('http', 1);
    const change = live.put(`${WORKERS}[http]\nlisten = :81\n[log]\nsyslog = 192.0.2.1:514\n`, RESTART);
    await expect(change).rejects.toMatchObject({
      code: 'failed',
      message:
        'cannot change the configuration: http: refused by the test; the previous configuration was restored',
    });
    // The data plane was not changed, so it is not restarted.
    expect(applied).toEqual([
      'log: poll 30, 2 workers',
      'http: port 81, refused',
      'log: poll 30, no workers',
      'http: port 8080',
    ]);
    expect(live.current()).toBe(BASE);
    expect(live.status.state).toBe('confirmed');
  });

  it('is included in the next change when it did not revert either', async () => {
    start(BASE);
    refusals.set('http', 2);
    await expect(live.put(`${BASE}[http]\nlisten = :81\n`, PLAIN)).rejects.toThrow(
      'the previous configuration was not restored completely: http: refused by the test',
    );
    await live.put(FAST, PLAIN);
    expect(applied.slice(2)).toEqual(['http: port 8080', 'data-plane: poll 5, no workers']);
  });

  it('during a revert is reported, and the others revert', async () => {
    vi.useFakeTimers();
    start(BASE);
    await live.put(`${FAST}[http]\nlisten = :81\n`, PLAIN);
    refusals.set('http', 1);
    await vi.advanceTimersByTimeAsync(121_000);
    expect(applied.at(-1)).toBe('data-plane: poll 30, no workers');
    expect(said()).toContain(
      'the previous configuration was not restored completely: http: refused by the test',
    );
    expect(conditions.list()[0]?.severity).toBe('error');
  });

  it('and does not finish is not waited for', async () => {
    vi.useFakeTimers();
    const stuck = { ...appliers, log: () => new Promise<void>(() => {}) };
    start(BASE, { appliers: stuck });
    const change = live.put(`${BASE}[log]\nsyslog = 192.0.2.1:514\n`, PLAIN);
    const failed = expect(change).rejects.toThrow('log: it did not finish within 60 s');
    await vi.advanceTimersByTimeAsync(130_000);
    await failed;
    expect(await live.put(FAST, { ...PLAIN, dryRun: true })).toMatchObject({ result: 'planned' });
  });
});

describe('two simultaneous changes', () => {
  it('are one change and one refusal', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    start(BASE, { appliers: { ...appliers, 'data-plane': () => gate } });
    const first = live.put(FAST, PLAIN);
    await expect(live.put(WORKERS, PLAIN)).rejects.toMatchObject({
      code: 'busy',
      message: 'cannot begin a new configuration: a new configuration is in progress',
    });
    await expect(live.confirm()).rejects.toMatchObject({ code: 'busy' });
    expect(await live.put(WORKERS, { ...PLAIN, dryRun: true })).toMatchObject({ result: 'planned' });
    open();
    await first;
    expect(live.current()).toBe(FAST);
  });

  it('count as confirmed when the time expires while the confirmation is being written', async () => {
    vi.useFakeTimers();
    const { promise: written, resolve: write } = Promise.withResolvers<void>();
    start(BASE, { writeFile: () => written });
    await live.put(FAST, PLAIN);
    await vi.advanceTimersByTimeAsync(119_000);
    const confirmed = live.confirm();
    await vi.advanceTimersByTimeAsync(10_000);
    write();
    expect(await confirmed).toMatchObject({ result: 'applied' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(live.status.state).toBe('confirmed');
    expect(live.current()).toBe(FAST);
  });
});

describe('a confirmation that cannot be written', () => {
  it('is reported, and the deadline stays', async () => {
    vi.useFakeTimers();
    start(BASE, { writeFile: () => Promise.reject(new Error('no space left')) });
    await live.put(FAST, PLAIN);
    await expect(live.confirm()).rejects.toMatchObject({
      code: 'io',
      message: 'cannot save the configuration: no space left; it stays in force for 120 s',
    });
    await vi.advanceTimersByTimeAsync(121_000);
    expect(live.current()).toBe(BASE);
  });
});

describe('a reload', () => {
  it('applies the file at once and for good', async () => {
    start(BASE);
    writeFileSync(path, FAST);
    expect(await live.reload({ ...PLAIN, dryRun: true })).toMatchObject({ result: 'planned' });
    expect(applied).toEqual([]);
    const done = await live.reload(PLAIN);
    expect(done).toMatchObject({ result: 'applied', pendingRestart: false });
    expect(done).not.toHaveProperty('confirmBefore');
    expect(live.status.state).toBe('confirmed');
    expect(live.current()).toBe(FAST);
    expect(await live.reload(PLAIN)).toEqual({ result: 'unchanged' });
    writeFileSync(path, `\ufeff${FAST}`);
    expect(await live.reload(PLAIN)).toEqual({ result: 'unchanged' });
  });

  it('of an invalid or missing file changes nothing and reports why', async () => {
    start(BASE);
    writeFileSync(path, '[vpp]\nenabled = perhaps\n');
    expect(await live.reload(PLAIN)).toMatchObject({
      result: 'rejected',
      problems: [{ leaf: 'vpp.enabled' }],
    });
    expect(said()).toContain(`config: ${path} has 1 mistake, the first: ${path}:2: vpp.enabled: `);
    rmSync(path);
    expect(await live.reload(PLAIN)).toMatchObject({
      result: 'rejected',
      problems: [{ leaf: 'file', message: expect.stringContaining('ENOENT') }],
    });
    expect(applied).toEqual([]);
    expect(said()).toContain('the previous configuration stays in force');
    writeFileSync(path, FAST);
    await live.reload(PLAIN);
    expect(said()).toBe('');
  });

  it('discards a change that waits for its confirmation', async () => {
    start(BASE);
    await live.put(FAST, PLAIN);
    expect(await live.reload(PLAIN)).toMatchObject({ result: 'applied' });
    expect(live.current()).toBe(BASE);
    expect(live.status.state).toBe('confirmed');
  });

  it('restarts VPP on request', async () => {
    start(BASE);
    writeFileSync(path, WORKERS);
    expect(await live.reload(PLAIN)).toMatchObject({ pendingRestart: true });
    expect(await live.reload(RESTART)).toMatchObject({ pendingRestart: false });
    expect(applied).toEqual(['data-plane: poll 30, 2 workers, restart']);
  });
});

describe('disposal', () => {
  it('accepts no further change and reverts none', async () => {
    vi.useFakeTimers();
    start(BASE);
    await live.put(FAST, PLAIN);
    live[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(200_000);
    expect(applied).toHaveLength(1);
    await expect(live.put(BASE, PLAIN)).rejects.toMatchObject({ code: 'stopped' });
    expect(onDisk()).toBe(BASE);
  });
});
