/**
 * Damaged segments: for any flipped bit in the structure, or a truncated end, a read returns an error, or exactly the
 * figures of the intact segment because the flip hit unused bytes. Counter values and the texts of `/err` are left
 * alone: nothing in a segment could show that they were changed.
 *
 * The environment's SEED selects another run.
 */
import { ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeSegmentOfSize } from '../../../test/emulator/stats-size.ts';
import type { StatsSegment } from '../../../test/emulator/stats-segment.ts';
import { StatsClient, StatsError, StatsPoller, type StatsSnapshot } from './mod.ts';

const FLIPS = 500;
const TRUNCATIONS = 20;
const ENTRY_BYTES = 144;
const SIMPLE = 2;
const COMBINED = 3;
const NAMES = 4;
const SYMLINK = 6;

const seed = Number(process.env['SEED'] ?? 20_260_701) >>> 0;
const said = `SEED=${seed}`;

/** mulberry32 */
let state = seed;
function random(limit: number): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) % limit;
}

let segment: StatsSegment;
let bytes: Buffer;
let truth: StatsSnapshot;
beforeAll(() => {
  process.stdout.write(`damaged segments: ${said}\n`);
  segment = makeSegmentOfSize({ interfaces: 12, workers: 2, nodes: 40, errors: 60 });
  bytes = Buffer.alloc(segment.usedBytes);
  readSync(segment.fd, bytes, 0, bytes.length, 0);
  using client = attach();
  truth = client.readSnapshot();
});
afterAll(() => segment[Symbol.dispose]());

function attach(): StatsClient {
  return StatsClient.fromFd(openSync(`/proc/self/fd/${segment.fd}`, 'r'));
}

/** A region of the structure: file offset and length. */
type Place = readonly [offset: number, length: number];

/** All places that may be flipped, by kind, found by a reader of the format that is not the product's. */
function places(): Record<'header' | 'vector' | 'pointer' | 'directory' | 'name', Place[]> {
  const base = Number(bytes.readBigUInt64LE(8));
  const found: ReturnType<typeof places> = {
    header: [[0, 40]],
    vector: [],
    pointer: [],
    directory: [],
    name: [],
  };
  const offsetAt = (at: number): number => Number(bytes.readBigUInt64LE(at)) - base;
  const vector = (data: number): number => {
    found.vector.push([data - 8, 6]);
    return bytes.readUInt32LE(data - 8);
  };
  const directory = offsetAt(32);
  const entries = vector(directory);
  for (let i = 0; i < entries; i++) {
    const at = directory + i * ENTRY_BYTES;
    const type = bytes.readUInt32LE(at);
    const length = bytes.indexOf(0, at + 16) - at - 16;
    const name = bytes.toString('utf8', at + 16, at + 16 + length);
    found.directory.push([at, 4]);
    // the prefix of an error's path is checked, its texts are not
    found.directory.push(name.startsWith('/err/') ? [at + 16, 5] : [at + 16, length]);
    if (type === SYMLINK) found.directory.push([at + 8, 8]);
    if (type !== SIMPLE && type !== COMBINED && type !== NAMES) continue;
    found.pointer.push([at + 8, 8]);
    const outer = offsetAt(at + 8);
    const rows = vector(outer);
    found.pointer.push([outer, rows * 8]);
    for (let row = 0; row < rows; row++) {
      const data = offsetAt(outer + row * 8);
      const count = vector(data);
      if (type === NAMES) found.name.push([data, count]);
    }
  }
  return found;
}

/** Flips one to three bits somewhere in `kind`; returns where, for a failure's message. */
function flip(all: readonly Place[]): string {
  const [offset, length] = all[random(all.length)] ?? [0, 1];
  const words: string[] = [];
  for (let n = 1 + random(3); n > 0; n--) {
    const at = offset + random(length);
    const bit = random(8);
    const byte = Buffer.alloc(1);
    readSync(segment.fd, byte, 0, 1, at);
    writeSync(segment.fd, Buffer.of((byte[0] ?? 0) ^ (1 << bit)), 0, 1, at);
    words.push(`bit ${bit} of byte ${at}`);
  }
  return words.join(', ');
}

function restore(): void {
  ftruncateSync(segment.fd, segment.sizeBytes);
  writeSync(segment.fd, bytes, 0, bytes.length, 0);
}

/** Everything that is shown of a snapshot, without the epoch. */
function figures(snapshot: StatsSnapshot): unknown {
  const { interfaceTable, nodeTable, errorTable, system, bufferPools, memory } = snapshot;
  return { interfaceTable, nodeTable, errorTable, system, bufferPools, memory };
}

/** Reads the segment with a client: the code of an error, or `figures` if they equal the intact ones. */
function read(client: StatsClient, what: string): string {
  let snapshot: StatsSnapshot;
  try {
    snapshot = client.readSnapshot();
  } catch (error) {
    if (error instanceof StatsError) return error.code;
    throw new Error(`${said}: ${what} threw something else`, { cause: error });
  }
  expect(figures(snapshot), `${said}: ${what}`).toEqual(figures(truth));
  return 'figures';
}

describe('a damaged segment', () => {
  test(`returns an error or the true figures, and the true ones again once it is intact (${FLIPS} flips)`, () => {
    using known = attach();
    known.readSnapshot();
    const outcomes = new Map<string, number>();
    const kinds = Object.entries(places());
    for (let i = 0; i < FLIPS; i++) {
      const [kind, all] = kinds[i % kinds.length] ?? ['', []];
      const what = `flip ${i} in ${kind}, ${flip(all)}`;
      let fresh: string;
      try {
        using client = attach();
        fresh = read(client, what);
      } catch (error) {
        if (!(error instanceof StatsError)) throw error;
        fresh = error.code;
      }
      const retriesBefore = known.retries;
      const again = read(known, `${what}, on a client that knew the structure`);
      if (again === 'corrupt' || again === 'unstable') expect(known.retries).toBeGreaterThan(retriesBefore);
      outcomes.set(`${kind}: ${fresh}`, (outcomes.get(`${kind}: ${fresh}`) ?? 0) + 1);
      restore();
      expect(read(known, `${what}, undone`)).toBe('figures');
    }
    const text = [...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', ');
    process.stdout.write(`damaged segments: ${text}\n`);
    const errors =
      FLIPS - [...outcomes].reduce((sum, [key, n]) => sum + (key.endsWith('figures') ? n : 0), 0);
    expect(errors).toBeGreaterThan(FLIPS / 2);
  });

  test(`that is truncated returns an error, and figures again once it is intact (${TRUNCATIONS} lengths)`, () => {
    using known = attach();
    known.readSnapshot();
    for (let i = 0; i < TRUNCATIONS; i++) {
      // somewhere before the last vector that is read
      const length = i === 0 ? 0 : random(segment.offsetOfVector('/if/rx', 2));
      ftruncateSync(segment.fd, length);
      expect(read(known, `truncated to ${length} bytes`)).toBe('corrupt');
      restore();
      expect(read(known, `truncated to ${length} bytes, then restored`)).toBe('figures');
    }
  });

  test('is never fresh for the poller: the last figures stay, with their age, until it can be read again', async () => {
    const socketPath = `/tmp/corruption-${process.pid}-${seed}.sock`;
    segment.serve(socketPath);
    using poller = new StatsPoller({ socketPath, intervalMs: 10, attachRetryMs: 10 });
    poller.start();
    await until(() => poller.status.state === 'fresh');
    for (let i = 0; i < 3; i++) {
      ftruncateSync(segment.fd, 4096 + random(4096));
      await until(() => poller.status.state !== 'fresh');
      const failuresBefore = poller.reads.failures;
      const ageBefore = poller.latest?.ageSeconds ?? 0;
      await until(() => poller.reads.failures > failuresBefore + 1);
      expect(poller.status.state).not.toBe('fresh');
      expect(poller.latest?.ageSeconds).toBeGreaterThan(ageBefore);
      expect(figures(poller.latest?.snapshot ?? truth)).toEqual(figures(truth));
      restore();
      await until(() => poller.status.state === 'fresh');
    }
  });
});

async function until(check: () => boolean): Promise<void> {
  for (let i = 0; i < 2000; i++) {
    if (check()) return;
    await sleep(5);
  }
  throw new Error(`${said}: timed out waiting`);
}
