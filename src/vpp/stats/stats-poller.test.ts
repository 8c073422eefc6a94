import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addInterfaceEntries, addStandardEntries } from '../../../test/emulator/stats-directory.ts';
import { StatsSegment } from '../../../test/emulator/stats-segment.ts';
import { StatsPoller, type StatsPollerOptions, type StatsStatus } from './mod.ts';

let dir: string;
let socketPath: string;
const owned: Disposable[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stats-poller-'));
  socketPath = join(dir, 'stats.sock');
});

afterEach(() => {
  while (owned.length > 0) owned.pop()?.[Symbol.dispose]();
  rmSync(dir, { recursive: true });
});

function startVpp(bootTime: number): StatsSegment {
  const segment = new StatsSegment({ sizeBytes: 1 << 20 });
  owned.push(segment);
  addStandardEntries(segment, { bootTime });
  addInterfaceEntries(segment, 0, 'local0');
  segment.serve(socketPath);
  return segment;
}

function startPoller(options: Partial<StatsPollerOptions> = {}): {
  poller: StatsPoller;
  seen: StatsStatus[];
} {
  const seen: StatsStatus[] = [];
  const poller = new StatsPoller({
    socketPath,
    intervalMs: 20,
    attachRetryMs: 20,
    onStatus: (status) => seen.push(status),
    ...options,
  });
  owned.push(poller);
  poller.start();
  return { poller, seen };
}

async function until(what: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!what()) {
    if (performance.now() > end) throw new Error('timed out after 30 s');
    await sleep(5);
  }
}

test('waits for a VPP that is not running yet, then keeps the latest figures', async () => {
  const { poller, seen } = startPoller();
  await until(() => poller.status.state === 'attaching' && poller.status.attempts >= 2);
  expect(poller.status).toMatchObject({ state: 'attaching', reason: expect.stringContaining(socketPath) });
  expect(poller.latest).toBeUndefined();

  const segment = startVpp(100);
  await until(() => poller.status.state === 'fresh');
  expect(poller.latest?.snapshot.interfaces[0]).toMatchObject({ name: 'local0', rxPackets: 0 });
  segment.setCombined('/if/rx', 0, 0, 7, 700);
  await until(() => poller.latest?.snapshot.interfaces[0]?.rxPackets === 7);
  expect(poller.latest?.ageSeconds).toBeLessThan(30);
  expect(poller.reads.attachments).toBe(1);
  expect(seen.at(-1)?.state).toBe('fresh');
});

test('applies another interval at once', async () => {
  startVpp(100);
  const { poller } = startPoller({ intervalMs: 3_600_000 });
  await until(() => poller.status.state === 'fresh');
  expect(poller.reads.polls).toBe(1);
  poller.setInterval(10);
  await until(() => poller.reads.polls > 4);
  poller.setInterval(3_600_000);
  const { polls } = poller.reads;
  await sleep(100);
  expect(poller.reads.polls).toBe(polls);
});

test('keeps polling through structural changes and counts the retries', async () => {
  const segment = startVpp(100);
  const { poller } = startPoller();
  await until(() => poller.status.state === 'fresh');
  segment.beginChange();
  await until(() => poller.status.state === 'stale');
  expect(poller.status).toMatchObject({ reason: expect.stringContaining('changing') });
  expect(poller.latest).toBeDefined();
  segment.endChange();
  await until(() => poller.status.state === 'fresh');
  expect(poller.reads.failures).toBeGreaterThan(0);
  expect(poller.reads.retries).toBeGreaterThan(0);
});

test('attaches to the next VPP on request', async () => {
  const first = startVpp(100);
  const { poller } = startPoller();
  await until(() => poller.latest?.snapshot.system.bootTime === 100);
  poller.detach('VPP was killed by SIGSEGV');
  expect(poller.status).toEqual({ state: 'idle', reason: 'VPP was killed by SIGSEGV' });
  expect(poller.latest?.snapshot.system.bootTime).toBe(100);
  first[Symbol.dispose]();
  startVpp(200);
  poller.reattach();
  await until(() => poller.latest?.snapshot.system.bootTime === 200);
  expect(poller.status.state).toBe('fresh');
});

test('detects by itself that the counters stopped, and finds the next VPP', async () => {
  const first = startVpp(100);
  const { poller, seen } = startPoller({ frozenAfterMs: 100 });
  await until(() => poller.status.state === 'stale');
  expect(poller.status).toMatchObject({ reason: expect.stringContaining('not updated its counters') });
  first.incrementScalar('/sys/heartbeat', 1);
  await until(() => poller.status.state === 'fresh');
  // the old segment stays readable after its VPP has ended, but its heartbeat has stopped
  first[Symbol.dispose]();
  startVpp(200);
  await until(() => poller.latest?.snapshot.system.bootTime === 200);
  expect(poller.status.state).toBe('fresh');
  expect(seen.length).toBeLessThan(12);
});

test('reattaches when the segment stays damaged', async () => {
  const segment = startVpp(100);
  const { poller } = startPoller();
  await until(() => poller.status.state === 'fresh');
  segment.removeEntry('/if/rx');
  await until(() => poller.reads.attachments >= 2);
  expect(poller.latest?.snapshot.interfaces).toHaveLength(1);
  expect(poller.reads.failures).toBeGreaterThanOrEqual(5);
});

test('stops when disposed, also during an attempt', async () => {
  const { poller, seen } = startPoller();
  poller[Symbol.dispose]();
  poller[Symbol.dispose]();
  poller.reattach();
  const count = seen.length;
  startVpp(100);
  await sleep(80);
  expect(seen).toHaveLength(count);
  expect(poller.status).toEqual({ state: 'idle', reason: 'stopped' });
  expect(poller.latest).toBeUndefined();
});

test('reports a stalled worker, reading more often on suspicion, and forgets it with its VPP', async () => {
  const segment = new StatsSegment({ sizeBytes: 1 << 20, threads: 3 });
  owned.push(segment);
  addStandardEntries(segment, { bootTime: 100 });
  addInterfaceEntries(segment, 0, 'local0');
  segment.serve(socketPath);
  const beats = setInterval(() => {
    segment.incrementScalar('/sys/heartbeat', 1);
    segment.setSimple('/sys/loops_per_worker', 0, 1, 1_000_000 + Math.floor(Math.random() * 50_000));
    segment.setSimple('/sys/loops_per_worker', 0, 2, 1_234_567);
  }, 100);
  owned.push({ [Symbol.dispose]: () => clearInterval(beats) });
  const { poller, seen } = startPoller({ intervalMs: 110 });
  await until(() => poller.reads.polls > 5);
  // From here on only the suspicion makes it read.
  poller.setInterval(3_600_000);
  await until(() => poller.status.state === 'fresh' && poller.status.stalledWorkers.length > 0);
  expect(seen.at(-1)).toMatchObject({ state: 'fresh', stalledWorkers: ['vpp_wk_1'] });
  poller.reattach();
  await until(() => poller.status.state === 'fresh');
  expect(poller.status).toMatchObject({ stalledWorkers: [] });
});
