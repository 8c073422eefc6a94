/**
 * The figures of one consistent read of the segment. Counters are numbers, exact up to 2^53, summed over VPP's
 * threads, raw (they start at zero when VPP starts, see `SystemCounters.bootTime`).
 *
 * Invariants: a snapshot never changes; its figures are columns of doubles, so that reading and exposing thousands of
 * counters makes no objects; the rows of `interfaces`, `nodes` and `errors` are made at their first use.
 */

import {
  BASIC_COUNTERS,
  type BasicCounter,
  type InterfaceCounter,
  NODE_COUNTERS,
  type NodeCounter,
} from './counters.ts';
import type { RuleHits } from './rule-hits.ts';

/** One column per name of `K`, one element per row. */
export interface CounterTable<K extends string> {
  /** By row. The same array in every snapshot while the segment's structure stays the same. */
  readonly names: readonly string[];
  /** By row: VPP's index, sw_if_index or the node's. */
  readonly indexes: readonly number[];
  readonly columns: Readonly<Record<K, Float64Array>>;
}

/** The counters of `/err`, including zeros. */
export interface ErrorTable {
  /** By row; the same array while the segment's structure stays the same. */
  readonly sources: readonly { readonly node: string; readonly reason: string }[];
  readonly counts: Float64Array;
}

export type InterfaceCounters = Readonly<Record<BasicCounter, number>> & {
  /** sw_if_index */
  readonly index: number;
  readonly name: string;
};

/** One graph node; the list is empty unless VPP runs with `statseg { per-node-counters on }`. */
export type NodeCounters = Readonly<Record<NodeCounter, number>> & { readonly name: string };

/** `/err/NODE/REASON`; only nonzero counters. */
export interface ErrorCounter {
  readonly node: string;
  readonly reason: string;
  readonly count: number;
}

export interface SystemCounters {
  /** Packets per call of an internal graph node, mean over the workers; VPP has at most 256 in a frame. */
  readonly vectorRate: number;
  /** The same by thread; thread 0 is the main thread. */
  readonly vectorRatePerWorker: readonly number[];
  /** Turns of the thread's main loop per second, by thread: they decrease as the thread gets busy. */
  readonly loopsPerWorker: readonly number[];
  /** Packets per second. */
  readonly inputRate: number;
  readonly numWorkerThreads: number;
  /** Seconds of VPP's own clock at the last update of these scalars. */
  readonly lastUpdate: number;
  /** Increases with each update. */
  readonly heartbeat: number;
  /** Unix seconds. */
  readonly bootTime: number;
}

/** Buffers of one pool. */
export interface BufferPool {
  readonly name: string;
  readonly cached: number;
  readonly used: number;
  readonly available: number;
}

/** Bytes of one heap. */
export interface MemoryHeap {
  readonly name: string;
  readonly total: number;
  readonly used: number;
  readonly free: number;
}

/** What the rules of one filter have matched since they were set; VPP's rules, and one more. */
export interface AclCounters {
  /** VPP's number of the filter. */
  readonly index: number;
  readonly packets: Float64Array;
  readonly bytes: Float64Array;
}

/** The parts of a snapshot. */
export interface SnapshotParts {
  readonly epoch: number;
  readonly interfaceTable: CounterTable<InterfaceCounter>;
  /** Empty unless VPP runs with `statseg { per-node-counters on }`. */
  readonly nodeTable: CounterTable<NodeCounter>;
  readonly errorTable: ErrorTable;
  readonly system: SystemCounters;
  readonly bufferPools: readonly BufferPool[];
  readonly memory: readonly MemoryHeap[];
  readonly acls: readonly AclCounters[];
  /** What rules of the configuration have matched; empty where nobody has named the filters. */
  readonly ruleHits: readonly RuleHits[];
  /** Of NAT44, of all threads; undefined without its plugin. */
  readonly natSessions: number | undefined;
}

/** The same with rows, for users of single ones. */
export interface StatsSnapshot extends SnapshotParts {
  readonly interfaces: readonly InterfaceCounters[];
  readonly nodes: readonly NodeCounters[];
  /** Only nonzero counters. */
  readonly errors: readonly ErrorCounter[];
}

export function makeSnapshot(parts: SnapshotParts): StatsSnapshot {
  return new Snapshot(parts);
}

class Snapshot implements StatsSnapshot {
  readonly epoch: number;
  readonly interfaceTable: CounterTable<InterfaceCounter>;
  readonly nodeTable: CounterTable<NodeCounter>;
  readonly errorTable: ErrorTable;
  readonly system: SystemCounters;
  readonly bufferPools: readonly BufferPool[];
  readonly memory: readonly MemoryHeap[];
  readonly acls: readonly AclCounters[];
  readonly ruleHits: readonly RuleHits[];
  readonly natSessions: number | undefined;
  #interfaces: readonly InterfaceCounters[] | undefined;
  #nodes: readonly NodeCounters[] | undefined;
  #errors: readonly ErrorCounter[] | undefined;

  constructor(parts: SnapshotParts) {
    this.epoch = parts.epoch;
    this.interfaceTable = parts.interfaceTable;
    this.nodeTable = parts.nodeTable;
    this.errorTable = parts.errorTable;
    this.system = parts.system;
    this.bufferPools = parts.bufferPools;
    this.memory = parts.memory;
    this.acls = parts.acls;
    this.ruleHits = parts.ruleHits;
    this.natSessions = parts.natSessions;
  }

  get interfaces(): readonly InterfaceCounters[] {
    this.#interfaces ??= interfaceRows(this.interfaceTable);
    return this.#interfaces;
  }

  get nodes(): readonly NodeCounters[] {
    this.#nodes ??= nodeRows(this.nodeTable);
    return this.#nodes;
  }

  get errors(): readonly ErrorCounter[] {
    this.#errors ??= errorRows(this.errorTable);
    return this.#errors;
  }
}

function interfaceRows(table: CounterTable<InterfaceCounter>): readonly InterfaceCounters[] {
  return table.names.map((name, row) => ({
    index: table.indexes[row] ?? 0,
    name,
    ...figuresOf(table, BASIC_COUNTERS, row),
  }));
}

function nodeRows(table: CounterTable<NodeCounter>): readonly NodeCounters[] {
  return table.names.map((name, row) => ({ name, ...figuresOf(table, NODE_COUNTERS, row) }));
}

/** The figures of one row. */
function figuresOf<K extends string, L extends K>(
  { columns }: CounterTable<K>,
  counters: readonly L[],
  row: number,
): Record<L, number> {
  const figures: Partial<Record<L, number>> = {};
  for (const counter of counters) figures[counter] = columns[counter][row] ?? 0;
  return figures as Record<L, number>;
}

function errorRows({ sources, counts }: ErrorTable): readonly ErrorCounter[] {
  const rows: ErrorCounter[] = [];
  for (const [row, { node, reason }] of sources.entries()) {
    const count = counts[row] ?? 0;
    if (count > 0) rows.push({ node, reason, count });
  }
  return rows;
}
