import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  addErrorEntries,
  addInterfaceEntries,
  addNodeEntries,
  addStandardEntries,
  removeInterfaceEntries,
} from '../../../test/emulator/stats-directory.ts';
import { StatsSegment, StatType } from '../../../test/emulator/stats-segment.ts';
import { StatsClient, StatsError } from './mod.ts';

const BOOT_TIME = 1_780_000_000;
const owned: Disposable[] = [];

afterEach(() => {
  while (owned.length > 0) owned.pop()?.[Symbol.dispose]();
});

function own<T extends Disposable>(value: T): T {
  owned.push(value);
  return value;
}

function makeSegment(threads = 3): StatsSegment {
  const segment = own(new StatsSegment({ sizeBytes: 4 << 20, threads }));
  addStandardEntries(segment, { bootTime: BOOT_TIME });
  return segment;
}

function attach(segment: StatsSegment): StatsClient {
  return own(StatsClient.fromFd(openSync(`/proc/self/fd/${segment.fd}`, 'r')));
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof StatsError) return error.code;
    throw error;
  }
  return 'none';
}

describe('a snapshot', () => {
  test('sums each interface over the threads', () => {
    const segment = makeSegment();
    addInterfaceEntries(segment, 0, 'local0');
    addInterfaceEntries(segment, 1, 'xe0');
    for (let thread = 0; thread < 3; thread++) {
      segment.setCombined('/if/rx', thread, 1, 10 + thread, 1000);
      segment.setCombined('/if/tx', thread, 1, 5, 500);
      segment.setSimple('/if/drops', thread, 1, thread);
      segment.setSimple('/if/rx-miss', thread, 1, 7);
    }
    segment.setSimple('/if/ip6', 2, 1, 2n ** 33n + 5n);
    const { interfaces } = attach(segment).readSnapshot();
    expect(interfaces.map(({ index, name }) => ({ index, name }))).toEqual([
      { index: 0, name: 'local0' },
      { index: 1, name: 'xe0' },
    ]);
    expect(interfaces[1]).toEqual({
      index: 1,
      name: 'xe0',
      rxPackets: 33,
      rxBytes: 3000,
      txPackets: 15,
      txBytes: 1500,
      drops: 3,
      punt: 0,
      ip4: 0,
      ip6: 2 ** 33 + 5,
      mpls: 0,
      rxMiss: 21,
      rxNoBuf: 0,
      rxError: 0,
      txError: 0,
    });
  });

  test('omits deleted interfaces and null names, and keeps indexes', () => {
    const segment = makeSegment();
    for (const [index, name] of ['local0', 'xe0', 'xe1'].entries()) addInterfaceEntries(segment, index, name);
    const client = attach(segment);
    expect(client.readSnapshot().interfaces).toHaveLength(3);
    removeInterfaceEntries(segment, 1, 'xe0');
    segment.setCombined('/if/rx', 0, 2, 9, 90);
    const after = client.readSnapshot().interfaces;
    expect(after.map(({ index, name, rxPackets }) => [index, name, rxPackets])).toEqual([
      [0, 'local0', 0],
      [2, 'xe1', 9],
    ]);
    removeInterfaceEntries(segment, 0, 'local0');
    segment.setName('/if/names', 0, undefined);
    expect(client.readSnapshot().interfaces.map(({ name }) => name)).toEqual(['xe1']);
  });

  test('reads system figures as whole numbers, heaps through symlinks and one rate per thread', () => {
    const segment = makeSegment(3);
    segment.setScalar('/sys/vector_rate', 42);
    segment.setScalar('/sys/input_rate', 1_000_000);
    segment.setScalar('/sys/heartbeat', 17);
    for (const thread of [0, 1, 2]) segment.setSimple('/sys/vector_rate_per_worker', 0, thread, thread * 10);
    segment.setSimple('/mem/main heap', 0, 0, 1000);
    segment.setSimple('/mem/main heap', 0, 1, 400);
    segment.setSimple('/mem/main heap', 0, 2, 600);
    segment.setScalar('/buffer-pools/default-numa-0/available', 16_800);
    const snapshot = attach(segment).readSnapshot();
    expect(snapshot.system).toMatchObject({
      vectorRate: 42,
      inputRate: 1_000_000,
      numWorkerThreads: 2,
      heartbeat: 17,
      bootTime: BOOT_TIME,
      vectorRatePerWorker: [0, 10, 20],
    });
    expect(snapshot.memory).toContainEqual({ name: 'main heap', total: 1000, used: 400, free: 600 });
    expect(snapshot.bufferPools).toEqual([{ name: 'default-numa-0', cached: 0, used: 0, available: 16_800 }]);
  });

  test('has nodes with their figures, and nonzero errors by node and reason', () => {
    const segment = makeSegment(2);
    addNodeEntries(segment, ['ip4-lookup', 'GigabitEthernet0/8/0-output']);
    addErrorEntries(segment, 0, [
      { node: 'ip4-input', reason: 'ip4 ttl <= 1' },
      { node: 'GigabitEthernet0/8/0-output', reason: 'interface is down' },
      { node: 'ip4-input', reason: 'never seen' },
    ]);
    segment.setSimple('/sys/node/clocks', 0, 0, 100);
    segment.setSimple('/sys/node/clocks', 1, 0, 20);
    segment.setSimple('/sys/node/vectors', 1, 0, 8);
    segment.setSimple('/node/errors', 0, 0, 3);
    segment.setSimple('/node/errors', 1, 1, 4);
    const { nodes, errors } = attach(segment).readSnapshot();
    expect(nodes[0]).toEqual({ name: 'ip4-lookup', clocks: 120, vectors: 8, calls: 0, suspends: 0 });
    expect(errors).toEqual([
      { node: 'ip4-input', reason: 'ip4 ttl <= 1', count: 3 },
      { node: 'GigabitEthernet0/8/0-output', reason: 'interface is down', count: 4 },
    ]);
  });

  test('is valid without interfaces and nodes', () => {
    const snapshot = attach(makeSegment()).readSnapshot();
    expect(snapshot.interfaces).toEqual([]);
    expect(snapshot.nodes).toEqual([]);
    expect(snapshot.errors).toEqual([]);
  });

  test('takes the gauges of VPP 26.06 for scalars and skips unknown types', () => {
    const segment = makeSegment();
    segment.removeEntry('/sys/vector_rate');
    segment.addRaw('/sys/vector_rate', StatType.gauge, 9n);
    segment.addRaw('/sys/some/histogram', StatType.histogramLog2, 0xdead_beefn);
    segment.addRaw('/if/some-ring', StatType.ringBuffer, 0xdead_beefn);
    segment.addRaw('/mem/of-the-future', 42, 0xdead_beefn);
    const client = attach(segment);
    expect(client.readSnapshot().system.vectorRate).toBe(9);
    expect(client.readEntry('/if/some-ring')).toEqual({ kind: 'ring' });
  });
});

describe('a structural change', () => {
  test('is followed when the epoch changed', () => {
    const segment = makeSegment();
    addInterfaceEntries(segment, 0, 'local0');
    const client = attach(segment);
    const before = client.readSnapshot();
    for (let index = 1; index < 40; index++) addInterfaceEntries(segment, index, `loop${index}`);
    segment.setCombined('/if/rx', 2, 39, 1, 2);
    const after = client.readSnapshot();
    expect(after.epoch).toBeGreaterThan(before.epoch);
    expect(after.interfaces).toHaveLength(40);
    expect(after.interfaces[39]).toMatchObject({ name: 'loop39', rxPackets: 1, rxBytes: 2 });
  });

  test('in progress is not read: unstable after a bounded number of tries, correct afterwards', () => {
    const segment = makeSegment();
    const client = attach(segment);
    segment.beginChange();
    expect(codeOf(() => client.readSnapshot())).toBe('unstable');
    expect(client.retries).toBe(8);
    segment.endChange();
    expect(client.readSnapshot().system.bootTime).toBe(BOOT_TIME);
  });
});

describe('damage', () => {
  test('refuses a wrong version at once', () => {
    const segment = makeSegment();
    writeU64(segment.fd, 0, 3n);
    expect(codeOf(() => attach(segment))).toBe('version');
  });

  test('an empty file, a page of zeros and a base that is not a page address are corrupt', () => {
    const dir = mkdtempSync(join(tmpdir(), 'stats-'));
    own({ [Symbol.dispose]: () => rmSync(dir, { recursive: true }) });
    const path = join(dir, 'segment');
    const fd = openSync(path, 'w+');
    own({ [Symbol.dispose]: () => closeSync(fd) });
    expect(codeOf(() => StatsClient.fromFd(openSync(path, 'r')))).toBe('corrupt');
    ftruncateSync(fd, 4096);
    expect(codeOf(() => StatsClient.fromFd(openSync(path, 'r')))).toBe('version');
    writeU64(fd, 0, 2n);
    expect(codeOf(() => StatsClient.fromFd(openSync(path, 'r')))).toBe('corrupt');
    writeU64(fd, 8, 12_345n);
    expect(codeOf(() => StatsClient.fromFd(openSync(path, 'r')))).toBe('corrupt');
  });

  test.each([
    ['the directory', (_segment: StatsSegment) => 32],
    ['an outer vector', (segment: StatsSegment) => segment.offsetOfEntry('/if/rx') + 8],
    ['a row', (segment: StatsSegment) => segment.offsetOfVector('/if/rx') + 8],
    ['a name', (segment: StatsSegment) => segment.offsetOfVector('/if/names') + 8],
  ])('a pointer out of the segment is an error: %s', (_what, offsetOf) => {
    const segment = makeSegment();
    addInterfaceEntries(segment, 0, 'local0');
    addInterfaceEntries(segment, 1, 'xe0');
    const client = attach(segment);
    const offset = offsetOf(segment);
    for (const bad of [1n, 0x7f3a_4000_0000n - 64n, 0x7f3a_4000_0000n + (1n << 22n) * 2n, 2n ** 64n - 8n]) {
      const good = readU64(segment.fd, offset);
      writeU64(segment.fd, offset, bad);
      segment.change(() => {});
      expect(codeOf(() => client.readSnapshot())).toBe('corrupt');
      writeU64(segment.fd, offset, good);
      expect(client.readSnapshot().interfaces).toHaveLength(2);
    }
  });

  test.each([
    ['the directory', (segment: StatsSegment) => Number(readU64(segment.fd, 32) - 0x7f3a_4000_0000n)],
    ['rows', (segment: StatsSegment) => segment.offsetOfVector('/if/tx', 1)],
    ['names', (segment: StatsSegment) => segment.offsetOfVector('/if/names')],
  ])('a length beyond the end is an error: %s', (_what, offsetOf) => {
    const segment = makeSegment();
    addInterfaceEntries(segment, 0, 'local0');
    const client = attach(segment);
    writeU64(segment.fd, offsetOf(segment) - 8, 0xffff_ffffn);
    segment.change(() => {});
    expect(codeOf(() => client.readSnapshot())).toBe('corrupt');
  });

  test('a symlink to a missing entry or a huge column is an error, not an allocation', () => {
    const segment = makeSegment();
    segment.addSymlink('/err/node/reason', '/node/errors', 0xffff_fff0);
    expect(codeOf(() => attach(segment).readSnapshot())).toBe('corrupt');
    segment.removeEntry('/err/node/reason');
    const at = segment.offsetOfEntry('/mem/main heap/total') + 8;
    writeU64(segment.fd, at, 0x0000_0000_00ff_ffffn);
    segment.change(() => {});
    expect(codeOf(() => attach(segment).readSnapshot())).toBe('corrupt');
  });

  test('a segment truncated while attached is an error, and readable again once it is intact', () => {
    const segment = makeSegment();
    for (let index = 0; index < 20; index++) addInterfaceEntries(segment, index, `loop${index}`);
    const client = attach(segment);
    const whole = Buffer.alloc(segment.usedBytes);
    readSync(segment.fd, whole, 0, whole.length, 0);
    for (let i = 0; i < 20; i++) {
      ftruncateSync(segment.fd, Math.floor((segment.usedBytes * i) / 20));
      expect(codeOf(() => client.readSnapshot())).toMatch(/corrupt|version/);
    }
    ftruncateSync(segment.fd, segment.sizeBytes);
    writeSync(segment.fd, whole, 0, whole.length, 0);
    expect(client.readSnapshot().interfaces).toHaveLength(20);
  });

  test('500 random flips result in a snapshot or a coded error, never in anything else', () => {
    const segment = makeSegment(2);
    for (let index = 0; index < 10; index++) addInterfaceEntries(segment, index, `loop${index}`);
    addNodeEntries(segment, ['a', 'b', 'c']);
    addErrorEntries(segment, 0, [{ node: 'a', reason: 'b' }]);
    const client = attach(segment);
    client.readSnapshot();
    let seed = 1;
    const random = (limit: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * limit);
    };
    const seen = new Map<string, number>();
    const byte = Buffer.alloc(1);
    for (let i = 0; i < 500; i++) {
      const offset = i % 10 === 0 ? random(40) : 4096 + random(segment.usedBytes - 4096);
      readSync(segment.fd, byte, 0, 1, offset);
      const old = byte[0] ?? 0;
      byte[0] = old ^ (1 << random(8));
      writeSync(segment.fd, byte, 0, 1, offset);
      const code = codeOf(() => client.readSnapshot());
      seen.set(code, (seen.get(code) ?? 0) + 1);
      byte[0] = old;
      writeSync(segment.fd, byte, 0, 1, offset);
    }
    expect(seen.get('none')).toBeGreaterThan(0);
    expect(seen.get('corrupt')).toBeGreaterThan(0);
    expect(client.readSnapshot().interfaces).toHaveLength(10);
  });

  test('reads after disposal report it', () => {
    const client = attach(makeSegment());
    client[Symbol.dispose]();
    client[Symbol.dispose]();
    expect(codeOf(() => client.readSnapshot())).toBe('disposed');
  });
});

function readU64(fd: number, offset: number): bigint {
  const bytes = Buffer.alloc(8);
  readSync(fd, bytes, 0, 8, offset);
  return bytes.readBigUInt64LE(0);
}

function writeU64(fd: number, offset: number, value: bigint): void {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  writeSync(fd, bytes, 0, 8, offset);
}
