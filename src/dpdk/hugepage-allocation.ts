/**
 * Allocates hugepages in the kernel, and reports how many are really available.
 *
 * Invariants: existing pages are never released; free pages count, not the total; each step is bounded.
 * Source: Documentation/admin-guide/mm/hugetlbpage.rst.
 */
import { open } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { memInfo, readInt, readNames, reasonOf } from '../linux/mod.ts';
import { type HugepageBudget, PAGE_BYTES } from './hugepages.ts';
import type { HugepageStatus } from './status.ts';

export interface AllocateOptions {
  readonly sysfs?: string;
  readonly procfs?: string;
  /** Writes one value; awaited, because the kernel may take seconds to compact memory. */
  readonly write?: (path: string, text: string) => Promise<void>;
}

type HugepageResult = Exclude<HugepageStatus, { state: 'not-needed' }>;

/** Allocation attempts: first, after compaction, after compaction and dropping clean caches. */
const MAX_TRIES = 3;

const MIB = 2 ** 20;
/** Available memory left for the kernel and this program: with less the machine runs out of memory. */
const RESERVE_BYTES = 192 * MIB;

/** Ensures that the budget's pages are free. Never rejects: errors are in the result. */
export async function allocateHugepages(
  budget: HugepageBudget,
  options: AllocateOptions = {},
): Promise<HugepageResult> {
  const sysfs = options.sysfs ?? '/sys';
  const procfs = options.procfs ?? '/proc';
  const write = options.write ?? writeWhole;
  const base = { pageSizeBytes: budget.pageBytes, requested: budget.pages };
  const pools = poolsFor(budget, sysfs);
  const absent = pools.find((pool) => !existsSync(pool.path));
  if (absent !== undefined) {
    const reason = `this machine has no ${budget.pageSize} hugepages (no ${absent.path}): `;
    return { ...base, state: 'failed', allocated: 0, reason: reason + otherSizes(sysfs, budget) };
  }

  // Checked first: allocating all memory only to find it too little would leave none to report that.
  const memory = memInfo(procfs);
  const lacking = missingPages(pools);
  if (memory.totalBytes > 0 && lacking * budget.pageBytes > memory.availableBytes - RESERVE_BYTES) {
    const reason = shortReason(budget, lacking, procfs);
    return { ...base, state: 'short', allocated: budget.pages - lacking, reason };
  }

  let writeFailure: string | undefined;
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    if (attempt > 0) await makeRoom(procfs, write, attempt);
    for (const pool of pools) {
      const { total, free } = readPool(pool.path);
      const wanted = total - free + pool.pages;
      if (wanted <= total) continue;
      try {
        await write(`${pool.path}/nr_hugepages`, String(wanted));
      } catch (error) {
        writeFailure = reasonOf(error);
      }
    }
    if (missingPages(pools) === 0) return { ...base, state: 'ok', allocated: budget.pages };
    if (writeFailure !== undefined) break;
  }

  const missing = missingPages(pools);
  const allocated = budget.pages - missing;
  if (writeFailure !== undefined) {
    const reason = `${missing} of ${budget.pages} hugepages of ${budget.pageSize} are missing: ${writeFailure}`;
    return { ...base, state: 'failed', allocated, reason };
  }
  return { ...base, state: 'short', allocated, reason: shortReason(budget, missing, procfs) };
}

interface Pool {
  readonly path: string;
  readonly pages: number;
}

/** With several NUMA nodes each node's pool: the global file spreads pages evenly, needed or not. */
function poolsFor(budget: HugepageBudget, sysfs: string): Pool[] {
  const directory = `hugepages-${budget.pageBytes / 1024}kB`;
  if (budget.nodes.length <= 1) {
    return [{ path: `${sysfs}/kernel/mm/hugepages/${directory}`, pages: budget.pages }];
  }
  return budget.nodes.map(({ numaNode, pages }) => ({
    path: `${sysfs}/devices/system/node/node${numaNode}/hugepages/${directory}`,
    pages,
  }));
}

// Reserved pages belong to a mapping but still count as free; a node's pool does not report them.
function readPool(path: string): { total: number; free: number } {
  const free = (readInt(`${path}/free_hugepages`) ?? 0) - (readInt(`${path}/resv_hugepages`) ?? 0);
  return { total: readInt(`${path}/nr_hugepages`) ?? 0, free: Math.max(0, free) };
}

function missingPages(pools: readonly Pool[]): number {
  return pools.reduce((sum, pool) => sum + Math.max(0, pool.pages - readPool(pool.path).free), 0);
}

async function makeRoom(
  procfs: string,
  write: Required<AllocateOptions>['write'],
  attempt: number,
): Promise<void> {
  const steps: [string, string][] = [[`${procfs}/sys/vm/compact_memory`, '1']];
  if (attempt > 1) steps.unshift([`${procfs}/sys/vm/drop_caches`, '3']);
  for (const [path, text] of steps) {
    try {
      await write(path, text);
    } catch {
      // a kernel without compaction: the next attempt shows whether that matters
    }
  }
}

function shortReason(budget: HugepageBudget, missing: number, procfs: string): string {
  const memory = memInfo(procfs);
  const mib = (bytes: number): string => `${Math.ceil(bytes / MIB)} MiB`;
  const parts = [...Map.groupBy(budget.parts, (part) => part.purpose)]
    .map(([purpose, list]) => `${purpose} ${list.reduce((sum, part) => sum + part.pages, 0)}`)
    .join(', ');
  const needed = budget.pages * budget.pageBytes;
  const advice =
    needed > memory.totalBytes
      ? `the machine has only ${mib(memory.totalBytes)}: lower vpp.memory.main-heap, vpp.memory.buffers or vpp.stats.segment-size`
      : `memory is in use or fragmented (${mib(memory.availableBytes)} available): reserve them at boot with ` +
        `hugepagesz=${budget.pageSize} hugepages=${budget.pages} on the kernel command line, ` +
        'or lower vpp.memory.main-heap, vpp.memory.buffers or vpp.stats.segment-size';
  return (
    `${missing} of ${budget.pages} hugepages of ${budget.pageSize} are missing ` +
    `(${mib(missing * budget.pageBytes)} of ${mib(needed)}; ${parts}): ${advice}`
  );
}

function otherSizes(sysfs: string, budget: HugepageBudget): string {
  const present = new Set(readNames(`${sysfs}/kernel/mm/hugepages`));
  const other = (['2M', '1G'] as const).find(
    (size) => size !== budget.pageSize && present.has(`hugepages-${PAGE_BYTES[size] / 1024}kB`),
  );
  return other === undefined
    ? 'the kernel was built without them'
    : `set vpp.memory.hugepage-size = ${other}`;
}

async function writeWhole(path: string, text: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}
