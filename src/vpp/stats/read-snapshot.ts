/** Owns the reading of values: a known layout in, one snapshot out. Valid only if nothing changed meanwhile. */
import { StatsError } from './errors.ts';
import { ENTRY_BYTES, type Layout, readPointers, StatType } from './layout.ts';
import { FIRST_WORD, type SegmentFile } from './segment-file.ts';
import type {
  BufferPool,
  ErrorCounter,
  InterfaceCounters,
  MemoryHeap,
  NodeCounters,
  StatsSnapshot,
  SystemCounters,
} from './snapshot.ts';

/** VPP has at most this many threads (src/vlib/threads.h has 256 by default). */
const MAX_THREADS = 1024;
/** Bound on the width of the error counters, so that a damaged index allocates nothing large. */
const MAX_ERROR_COLUMNS = 1 << 20;
const TWO_32 = 4_294_967_296;

/** Reads all figures of a snapshot. Errors: `corrupt`, `read`. */
export function readSnapshot(file: SegmentFile, layout: Layout): StatsSnapshot {
  const reader = new ValueReader(file, layout);
  return {
    epoch: layout.epoch,
    interfaces: readInterfaces(reader),
    nodes: readNodes(reader),
    errors: readErrors(reader),
    system: readSystem(reader),
    bufferPools: layout.bufferPools.map((name): BufferPool => {
      const read = (counter: string) => reader.value(`/buffer-pools/${name}/${counter}`);
      return { name, cached: read('cached'), used: read('used'), available: read('available') };
    }),
    memory: layout.heaps.map((name): MemoryHeap => {
      const read = (counter: string) => reader.value(`/mem/${name}/${counter}`);
      return { name, total: read('total'), used: read('used'), free: read('free') };
    }),
  };
}

/** Packets and bytes by index, summed over the threads. */
interface Combined {
  readonly packets: Float64Array;
  readonly bytes: Float64Array;
}

/** Reads values of entries by name or place. A name that is not there reads as zero. */
class ValueReader {
  readonly layout: Layout;
  readonly #file: SegmentFile;

  constructor(file: SegmentFile, layout: Layout) {
    this.#file = file;
    this.layout = layout;
  }

  /** A scalar, a gauge, or what a symlink leads to. */
  value(name: string): number {
    const entry = this.layout.index.get(name);
    return entry === undefined ? 0 : this.#valueAt(entry, name, true);
  }

  /** The first `count` simple counters, summed over the threads. */
  simple(name: string, count: number): Float64Array {
    const entry = this.layout.index.get(name);
    return entry === undefined ? new Float64Array(count) : this.simpleAt(entry, count, name);
  }

  simpleAt(entry: number, count: number, name: string): Float64Array {
    const sums = new Float64Array(count);
    for (const row of this.#rows(entry, StatType.simple, name)) {
      const length = this.#file.readVector(row, 8, count, name);
      const words = this.#file.words;
      for (let i = 0, at = FIRST_WORD; i < length; i++, at += 2) {
        sums[i] = (sums[i] ?? 0) + (words[at] ?? 0) + (words[at + 1] ?? 0) * TWO_32;
      }
    }
    return sums;
  }

  /** The first row of simple counters whose columns are threads. */
  firstRow(name: string, count: number): number[] {
    const entry = this.layout.index.get(name);
    if (entry === undefined) return [];
    const [row] = this.#rows(entry, StatType.simple, name);
    const length = this.#file.readVector(row ?? 0, 8, count, name);
    return Array.from({ length }, (_, i) => this.#file.u64(FIRST_WORD + 2 * i));
  }

  combined(name: string, count: number): Combined {
    const packets = new Float64Array(count);
    const bytes = new Float64Array(count);
    const entry = this.layout.index.get(name);
    if (entry === undefined) return { packets, bytes };
    for (const row of this.#rows(entry, StatType.combined, name)) {
      const length = this.#file.readVector(row, 16, count, name);
      const words = this.#file.words;
      for (let i = 0, at = FIRST_WORD; i < length; i++, at += 4) {
        packets[i] = (packets[i] ?? 0) + (words[at] ?? 0) + (words[at + 1] ?? 0) * TWO_32;
        bytes[i] = (bytes[i] ?? 0) + (words[at + 2] ?? 0) + (words[at + 3] ?? 0) * TWO_32;
      }
    }
    return { packets, bytes };
  }

  /** One simple counter of a symlink's target, over all threads. */
  column(entry: number, column: number, name: string): number {
    let sum = 0;
    for (const row of this.#rows(entry, StatType.simple, name)) {
      if (column >= this.#file.readVectorLength(row, 8, name)) continue;
      this.#file.readWithin(row, column * 8, 8, name);
      sum += this.#file.u64(0);
    }
    return sum;
  }

  #valueAt(entry: number, name: string, follow: boolean): number {
    const { type, value, index1, index2 } = this.#entry(entry, name);
    if (type === StatType.scalar || type === StatType.gauge) return value;
    if (type === StatType.symlink && follow) return this.column(index1, index2, name);
    throw new StatsError('corrupt', `read ${name}: its type ${type} is not that of one figure`);
  }

  #rows(entry: number, expected: number, name: string): number[] {
    const { type, value } = this.#entry(entry, name);
    if (type !== expected)
      throw new StatsError('corrupt', `read ${name}: its type is ${type}, not ${expected}`);
    return readPointers(this.#file, value, MAX_THREADS, name);
  }

  #entry(entry: number, name: string): { type: number; value: number; index1: number; index2: number } {
    if (entry >= this.layout.directoryLength) {
      throw new StatsError('corrupt', `read ${name}: there is no entry ${entry} in the directory`);
    }
    this.#file.readWithin(this.layout.directory, entry * ENTRY_BYTES, 16, name);
    const words = this.#file.words;
    return { type: words[0] ?? 0, value: this.#file.u64(2), index1: words[2] ?? 0, index2: words[3] ?? 0 };
  }
}

function readInterfaces(reader: ValueReader): InterfaceCounters[] {
  const names = reader.layout.interfaceNames;
  const count = names.length;
  if (count === 0) return [];
  for (const required of ['/if/rx', '/if/tx', '/if/drops']) {
    // every VPP has them: a directory that names interfaces but not these was damaged
    if (!reader.layout.index.has(required))
      throw new StatsError('corrupt', `read ${required}: it is missing`);
  }
  const rx = reader.combined('/if/rx', count);
  const tx = reader.combined('/if/tx', count);
  const drops = reader.simple('/if/drops', count);
  const punt = reader.simple('/if/punt', count);
  const ip4 = reader.simple('/if/ip4', count);
  const ip6 = reader.simple('/if/ip6', count);
  const mpls = reader.simple('/if/mpls', count);
  const rxMiss = reader.simple('/if/rx-miss', count);
  const rxNoBuf = reader.simple('/if/rx-no-buf', count);
  const rxError = reader.simple('/if/rx-error', count);
  const txError = reader.simple('/if/tx-error', count);
  const interfaces: InterfaceCounters[] = [];
  for (let index = 0; index < count; index++) {
    const name = names[index];
    if (name === undefined) continue;
    interfaces.push({
      index,
      name,
      rxPackets: rx.packets[index] ?? 0,
      rxBytes: rx.bytes[index] ?? 0,
      txPackets: tx.packets[index] ?? 0,
      txBytes: tx.bytes[index] ?? 0,
      drops: drops[index] ?? 0,
      punt: punt[index] ?? 0,
      ip4: ip4[index] ?? 0,
      ip6: ip6[index] ?? 0,
      mpls: mpls[index] ?? 0,
      rxMiss: rxMiss[index] ?? 0,
      rxNoBuf: rxNoBuf[index] ?? 0,
      rxError: rxError[index] ?? 0,
      txError: txError[index] ?? 0,
    });
  }
  return interfaces;
}

function readNodes(reader: ValueReader): NodeCounters[] {
  const names = reader.layout.nodeNames;
  if (names.length === 0) return [];
  const clocks = reader.simple('/sys/node/clocks', names.length);
  const vectors = reader.simple('/sys/node/vectors', names.length);
  const calls = reader.simple('/sys/node/calls', names.length);
  const suspends = reader.simple('/sys/node/suspends', names.length);
  const nodes: NodeCounters[] = [];
  for (const [i, name] of names.entries()) {
    if (name === undefined) continue;
    nodes.push({
      name,
      clocks: clocks[i] ?? 0,
      vectors: vectors[i] ?? 0,
      calls: calls[i] ?? 0,
      suspends: suspends[i] ?? 0,
    });
  }
  return nodes;
}

/** Those that are not zero; each target vector (in practice one, `/node/errors`) is read once. */
function readErrors(reader: ValueReader): ErrorCounter[] {
  const widths = new Map<number, number>();
  for (const { target, column } of reader.layout.errors) {
    widths.set(target, Math.max(widths.get(target) ?? 0, column + 1));
  }
  const sums = new Map<number, Float64Array>();
  for (const [target, width] of widths) {
    if (width > MAX_ERROR_COLUMNS) throw new StatsError('corrupt', `read /err: there is no column ${width}`);
    sums.set(target, reader.simpleAt(target, width, '/err'));
  }
  const errors: ErrorCounter[] = [];
  for (const { node, reason, target, column } of reader.layout.errors) {
    const count = sums.get(target)?.[column] ?? 0;
    if (count > 0) errors.push({ node, reason, count });
  }
  return errors;
}

function readSystem(reader: ValueReader): SystemCounters {
  const numWorkerThreads = reader.value('/sys/num_worker_threads');
  return {
    vectorRate: reader.value('/sys/vector_rate'),
    vectorRatePerWorker: reader.firstRow(
      '/sys/vector_rate_per_worker',
      Math.min(numWorkerThreads, MAX_THREADS) + 1,
    ),
    inputRate: reader.value('/sys/input_rate'),
    numWorkerThreads,
    lastUpdate: reader.value('/sys/last_update'),
    heartbeat: reader.value('/sys/heartbeat'),
    bootTime: reader.value('/sys/boottime'),
  };
}
