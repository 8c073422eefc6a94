import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskSink, type DiskSinkOptions, type DiskSinkStatus } from './disk-sink.ts';
import { LogHub } from './log-hub.ts';
import { LogSegments } from './log-segments.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'appliance-log-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** The files' contents, oldest first. */
function contents(directory: string): string[] {
  const closed = readdirSync(directory)
    .filter((name) => /^appliance-\d+\.log$/.test(name))
    .sort();
  return [...closed, 'appliance.log'].map((name) => readFileSync(join(directory, name), 'utf8'));
}

function totalBytes(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

describe('LogSegments', () => {
  it('never exceeds its limit, splits no line, and keeps the newest', async () => {
    let run = 0;
    const step = fc.oneof(
      { weight: 10, arbitrary: fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { maxLength: 20 }) },
      { weight: 1, arbitrary: fc.constantFrom('reopen' as const, 'power cut' as const) },
      { weight: 1, arbitrary: fc.integer({ min: 400, max: 4_000 }) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 400, max: 4_000 }),
        fc.array(step, { maxLength: 40 }),
        async (first, steps) => {
          const directory = join(dir, String((run += 1)));
          let bound = first;
          let segments = new LogSegments(directory, bound);
          await segments.open();
          let newest: string | undefined;
          for (const one of steps) {
            if (typeof one === 'number') {
              bound = one;
              segments.resize(bound);
            } else if (typeof one === 'string') {
              await segments.close();
              if (one === 'power cut' && totalBytes(directory) < bound - 40) {
                appendFileSync(join(directory, 'appliance.log'), 'torn li');
                newest = undefined;
              }
              segments = new LogSegments(directory, bound);
              await segments.open();
            } else {
              const lines = one.map((line) => line.replaceAll('\n', ' '));
              expect(await segments.append(lines)).toBe(lines.length);
              if (lines.length === 0) continue;
              newest = lines.at(-1);
              expect(totalBytes(directory)).toBeLessThanOrEqual(bound);
              expect(segments.bytes).toBe(totalBytes(directory));
            }
          }
          await segments.close();
          for (const text of contents(directory)) expect(text === '' || text.endsWith('\n')).toBe(true);
          if (newest !== undefined) {
            const last = contents(directory).join('').slice(0, -1).split('\n').at(-1) ?? '';
            // Cut only where it exceeds a file alone, and then at a whole character.
            expect(newest.startsWith(last)).toBe(true);
            expect(last === newest || Buffer.byteLength(newest) >= Math.floor(bound / 8) - 4).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('undoes a failed write', async () => {
    const segments = new LogSegments(dir, 80_000);
    await segments.open();
    await segments.append(['one']);
    await segments.close();
    await expect(segments.append(['two'])).rejects.toThrow('not open');
    await segments.open();
    expect(await segments.append(['two'])).toBe(1);
    expect(contents(dir).join('')).toBe('one\ntwo\n');
    await segments.close();
  });
});

describe('DiskSink', () => {
  const open = (more: Partial<DiskSinkOptions> = {}): DiskSink =>
    new DiskSink({ directory: dir, diskBytes: 1024 * 1024, persistent: true, boot: 'version 1', ...more });

  it('writes lines from before it was attached, with their severity', async () => {
    const hub = new LogHub();
    hub.push('kernel', 'warning', 'early', Date.UTC(2026, 6, 1));
    await using sink = open();
    hub.attach(sink);
    hub.push('vpp', 'info', 'later', Date.UTC(2026, 6, 2));
    await sink.flush();
    const lines = contents(dir).join('').split('\n');
    expect(lines[0]).toMatch(/^\S+Z ---- boot: version 1 ----$/);
    expect(lines.slice(1)).toEqual([
      '2026-07-01T00:00:00.000Z kernel warning: early',
      '2026-07-02T00:00:00.000Z vpp info: later',
      '',
    ]);
    expect(sink.status).toMatchObject({ state: 'writing', lost: 0, bytes: totalBytes(dir) });
  });

  it('writes by itself: error lines at once, others within a batch', async () => {
    const hub = new LogHub();
    await using sink = open();
    hub.attach(sink);
    await sink.flush();
    hub.push('vpp', 'error', 'grave');
    const deadline = performance.now() + 30_000;
    while (!contents(dir).join('').includes('grave') && performance.now() < deadline) await sleep(10);
    hub.push('vpp', 'info', 'light');
    while (!contents(dir).join('').includes('light') && performance.now() < deadline) await sleep(10);
    expect(contents(dir).join('')).toMatch(/grave\n.*light\n$/);
  });

  it('marks where a boot begins', async () => {
    const hub = new LogHub();
    {
      await using sink = open();
      hub.attach(sink);
      hub.push('appliance', 'info', 'the first boot ends');
    }
    const second = new LogHub();
    await using sink = open({ boot: 'version 2' });
    second.attach(sink);
    second.push('appliance', 'info', 'the second boot runs');
    await sink.flush();
    expect(contents(dir).join('')).toMatch(
      /the first boot ends\n.*version 2 ----\n.*the second boot runs\n$/,
    );
  });

  it('reports why a disk cannot be written, keeps what it can meanwhile, and recovers', async () => {
    const blocked = join(dir, 'log');
    writeFileSync(blocked, 'a file where the directory should be');
    const statuses: DiskSinkStatus[] = [];
    const hub = new LogHub();
    await using sink = open({
      directory: blocked,
      retryMs: 20,
      queueBytes: 2_000,
      onStatus: (status) => void statuses.push(status),
    });
    hub.attach(sink);
    await sink.flush();
    expect(sink.status).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/cannot write logs to .*EEXIST/),
    });
    for (let i = 0; i < 200; i += 1) hub.push('vpp', 'info', `line ${i}`);
    rmSync(blocked);
    const deadline = performance.now() + 30_000;
    while (sink.status.state !== 'writing' && performance.now() < deadline) await sleep(10);
    await sink.flush();
    const text = contents(blocked).join('');
    expect(text).toContain('line 199\n');
    const missing = Number(/(\d+) lines are missing here/.exec(text)?.[1]);
    expect(missing).toBe(200 - text.split('\n').filter((line) => line.includes('vpp info')).length);
    expect(statuses.map(({ state }) => state)).toEqual(['failed', 'writing']);
  });

  it('recovers from a full disk, without partial lines', async ({ skip }) => {
    // Any write there fails with ENOSPC, as on a full disk.
    if (!statSync('/dev/full', { throwIfNoEntry: false })) return skip('/dev/full is not here');
    const { symlinkSync } = await import('node:fs');
    mkdirSync(join(dir, 'log'));
    symlinkSync('/dev/full', join(dir, 'log', 'appliance.log'));
    const hub = new LogHub();
    await using sink = open({ directory: join(dir, 'log'), retryMs: 20 });
    hub.attach(sink);
    hub.push('vpp', 'info', 'one');
    await sink.flush();
    expect(sink.status).toMatchObject({ state: 'failed', reason: expect.stringContaining('ENOSPC') });
    rmSync(join(dir, 'log', 'appliance.log'));
    const deadline = performance.now() + 30_000;
    while (sink.status.state !== 'writing' && performance.now() < deadline) await sleep(10);
    await sink.flush();
    expect(contents(join(dir, 'log')).join('')).toMatch(
      /^\S+Z ---- boot: version 1 ----\n\S+ vpp info: one\n$/,
    );
  });

  it('is off without persistent storage', async () => {
    const hub = new LogHub();
    await using sink = open({ persistent: false });
    hub.attach(sink);
    hub.push('vpp', 'error', 'one');
    await sink.flush();
    expect(readdirSync(dir)).toEqual([]);
    expect(sink.status).toEqual({ state: 'off', reason: 'no data partition' });
  });
});
