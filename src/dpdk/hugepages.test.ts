import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allocateHugepages } from './hugepage-allocation.ts';
import { bufferBytes, dpdkNumaNodes, hugepageBudget } from './hugepages.ts';
import { vppConfig } from '../../test/fixtures/vpp-config.ts';

const MIB = 2 ** 20;

/** A pool of hugepages in a kernel with `available` free pages, `laterAvailable` after compaction. */
class FakePools implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'appliance-hugepages-'));
  readonly writes: string[] = [];
  readonly #available: number[];

  readonly pool: string;

  constructor(
    pool: string,
    available: readonly number[],
    existing: { readonly total: number; readonly free: number } = { total: 0, free: 0 },
  ) {
    this.pool = pool;
    this.#available = [...available];
    mkdirSync(join(this.root, 'sys', pool), { recursive: true });
    mkdirSync(join(this.root, 'proc'), { recursive: true });
    writeFileSync(join(this.root, 'proc/meminfo'), 'MemTotal: 4194304 kB\nMemAvailable: 1048576 kB\n');
    this.#set(existing.total, existing.free);
  }

  get options(): { sysfs: string; procfs: string; write: FakePools['write'] } {
    return { sysfs: join(this.root, 'sys'), procfs: join(this.root, 'proc'), write: this.write };
  }

  readonly write = async (path: string, text: string): Promise<void> => {
    await Promise.resolve();
    this.writes.push(`${path.slice(this.root.length + 1)} = ${text}`);
    if (path.endsWith('compact_memory') && this.#available.length > 1) this.#available.shift();
    if (!path.endsWith('nr_hugepages')) return;
    const [total, free] = this.read();
    const given = Math.min(Number(text), this.#available[0] ?? 0);
    this.#set(Math.max(given, total - free), Math.max(given, total - free) - (total - free));
  };

  read(): [number, number] {
    const value = (name: string): number =>
      Number(readFileSync(join(this.root, 'sys', this.pool, name), 'utf8'));
    return [value('nr_hugepages'), value('free_hugepages')];
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #set(total: number, free: number): void {
    writeFileSync(join(this.root, 'sys', this.pool, 'nr_hugepages'), `${total}\n`);
    writeFileSync(join(this.root, 'sys', this.pool, 'free_hugepages'), `${free}\n`);
  }
}

const POOL_2M = 'kernel/mm/hugepages/hugepages-2048kB';

const small = vppConfig(
  { '0000:03:00.0': 'xe0', '0000:04:00.0': 'xe1' },
  {
    cpu: { mainCore: 0, workers: 1, isolate: true },
    memory: { mainHeapBytes: 256 * MIB, hugepageSize: '2M', buffers: 16_384 },
    stats: { segmentBytes: 33 * MIB, socketPath: '/run/vpp/stats.sock', pollIntervalSeconds: 30 },
  },
);

test("a buffer's size is VPP's: 2496 bytes with DPDK, 2368 without", () => {
  expect(bufferBytes(true)).toBe(2496);
  expect(bufferBytes(false)).toBe(2368);
});

test('the budget counts whole pages for each purpose', () => {
  // 16,384 buffers: 840 in a page of 2 MiB. A real VPP 25.02 took 128 + 17 + 20 pages, and 8 for DPDK's base.
  const budget = hugepageBudget(small);
  expect(budget.parts.map((part) => [part.purpose, part.pages])).toEqual([
    ['main heap', 128],
    ['stats segment', 17],
    ['buffers', 20],
    ['DPDK', 11],
  ]);
  expect(budget).toMatchObject({ pages: 176, pageBytes: 2 * MIB, nodes: [{ numaNode: 0, pages: 176 }] });
});

test('with 1G pages each purpose takes at least one', () => {
  const vpp = { ...small, memory: { ...small.memory, hugepageSize: '1G' as const } };
  expect(hugepageBudget(vpp).parts.map((part) => part.pages)).toEqual([1, 1, 1, 1]);
});

test('each NUMA node has its buffers, the main one the heap too; no DPDK without NICs', () => {
  const budget = hugepageBudget(small, { numaNodes: [1, 0], dpdk: false });
  expect(budget.nodes).toEqual([
    { numaNode: 1, pages: 128 + 17 + 19 },
    { numaNode: 0, pages: 19 },
  ]);
});

test("NUMA nodes: those with processors and memory, the main core's first", () => {
  const root = mkdtempSync(join(tmpdir(), 'appliance-numa-'));
  const node = join(root, 'devices/system/node');
  for (const dir of ['node0/cpu0', 'node1/cpu4', 'node2']) mkdirSync(join(node, dir), { recursive: true });
  writeFileSync(join(node, 'has_cpu'), '0-1\n');
  writeFileSync(join(node, 'has_memory'), '0-2\n');
  expect(dpdkNumaNodes(4, root)).toEqual([1, 0]);
  expect(dpdkNumaNodes(undefined, root)).toEqual([0, 1]);
  expect(dpdkNumaNodes(4, join(root, 'none'))).toEqual([0]);
  rmSync(root, { recursive: true });
});

test('pages are allocated and read back', async () => {
  using pools = new FakePools(POOL_2M, [1000]);
  const result = await allocateHugepages(hugepageBudget(small), pools.options);
  expect(result).toEqual({ state: 'ok', pageSizeBytes: 2 * MIB, requested: 176, allocated: 176 });
  expect(pools.read()).toEqual([176, 176]);
});

test('existing pages are kept, pages in use do not count', async () => {
  using enough = new FakePools(POOL_2M, [1000], { total: 400, free: 300 });
  expect((await allocateHugepages(hugepageBudget(small), enough.options)).state).toBe('ok');
  expect(enough.writes).toEqual([]);

  using used = new FakePools(POOL_2M, [1000], { total: 200, free: 100 });
  expect((await allocateHugepages(hugepageBudget(small), used.options)).state).toBe('ok');
  expect(used.read()).toEqual([276, 176]);
});

test('fragmented memory is compacted, at most twice', async () => {
  using pools = new FakePools(POOL_2M, [50, 1000]);
  expect((await allocateHugepages(hugepageBudget(small), pools.options)).state).toBe('ok');
  expect(pools.writes).toContain('proc/sys/vm/compact_memory = 1');
});

test('too few: reports how many are missing, for what, and the remedy', async () => {
  using pools = new FakePools(POOL_2M, [100]);
  const result = await allocateHugepages(hugepageBudget(small), pools.options);
  expect(result).toMatchObject({ state: 'short', requested: 176, allocated: 100 });
  expect(result).toHaveProperty(
    'reason',
    '76 of 176 hugepages of 2M are missing (152 MiB of 352 MiB; main heap 128, stats segment 17, buffers 20, ' +
      'DPDK 11): memory is in use or fragmented (1024 MiB available): reserve them at boot with hugepagesz=2M ' +
      'hugepages=176 on the kernel command line, or lower vpp.memory.main-heap, vpp.memory.buffers or ' +
      'vpp.stats.segment-size',
  );
  expect(pools.writes.filter((write) => write.includes('nr_hugepages'))).toHaveLength(3);
});

test('more than the machine can spare is refused before any allocation', async () => {
  using pools = new FakePools(POOL_2M, [10_000]);
  const vpp = { ...small, memory: { ...small.memory, mainHeapBytes: 1024 * MIB } };
  const result = await allocateHugepages(hugepageBudget(vpp), pools.options);
  expect(result).toMatchObject({ state: 'short', requested: 560, allocated: 0 });
  expect(result).toHaveProperty('reason', expect.stringMatching(/^560 of 560 hugepages of 2M are missing/));
  expect(pools.writes).toEqual([]);
});

test('an unsupported page size and a refused write are failures with a reason', async () => {
  using pools = new FakePools(POOL_2M, [100]);
  const vpp = { ...small, memory: { ...small.memory, hugepageSize: '1G' as const } };
  const absent = await allocateHugepages(hugepageBudget(vpp), pools.options);
  expect(absent).toMatchObject({ state: 'failed', allocated: 0 });
  expect(absent).toHaveProperty('reason', expect.stringMatching(/no 1G hugepages.*hugepage-size = 2M/));

  const write = (): Promise<void> => Promise.reject(new Error('EACCES: permission denied'));
  const refused = await allocateHugepages(hugepageBudget(small), { ...pools.options, write });
  expect(refused).toMatchObject({ state: 'failed', reason: expect.stringContaining('EACCES') });
});

test('several nodes: each has its own pool', async () => {
  const node = 'devices/system/node/node0/hugepages/hugepages-2048kB';
  using pools = new FakePools(node, [1000]);
  mkdirSync(join(pools.root, 'sys/devices/system/node/node1/hugepages/hugepages-2048kB'), {
    recursive: true,
  });
  const budget = hugepageBudget(small, { numaNodes: [0, 1] });
  await allocateHugepages(budget, pools.options);
  expect(pools.writes[0]).toBe(`sys/${node}/nr_hugepages = 176`);
  expect(pools.writes[1]).toMatch(/node1.* = 31$/);
});

test("NICs of VPP's own drivers need no DPDK, and a page for their rings", () => {
  const { dpdk, ...rest } = vppConfig({ '0000:03:00.0': 'xe0' });
  const interfaces = dpdk.interfaces.map((nic) => ({ ...nic, driver: 'native' as const, rxQueues: 4 }));
  const { parts } = hugepageBudget({ ...rest, dpdk: { ...dpdk, interfaces } });
  expect(parts.map(({ purpose }) => purpose)).toEqual([
    'main heap',
    'stats segment',
    'buffers',
    "VPP's own drivers",
  ]);
  expect(parts.at(-1)?.pages).toBe(1);
  expect(parts[2]?.bytes).toBe(rest.memory.buffers * bufferBytes(false));
});
