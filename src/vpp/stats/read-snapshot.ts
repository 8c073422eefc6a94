/** Reads values: a known layout in, one snapshot out. Valid only if nothing changed meanwhile. */
import {
  INTERFACE_COUNTERS,
  INTERFACE_PATHS,
  type InterfaceCounter,
  NODE_COUNTERS,
  NODE_FAMILIES,
  type NodeCounter,
} from './counters.ts';
import { ENTRY_BYTES } from './directory.ts';
import { StatsError } from './errors.ts';
import { type Layout, MAX_THREADS, NAT_SESSIONS } from './layout.ts';
import type { Rows } from './place.ts';
import { FIRST_WORD, type SegmentFile } from './segment-file.ts';
import type { Sliced } from './slices.ts';
import {
  type AclCounters,
  type BufferPool,
  type CounterTable,
  type ErrorTable,
  makeSnapshot,
  type MemoryHeap,
  type StatsSnapshot,
  type SystemCounters,
} from './snapshot.ts';

/** Bound on the width of a table, so that a damaged index causes no large allocation. */
const MAX_COLUMNS = 1 << 20;
const TWO_32 = 4_294_967_296;

/** Reads all figures of a snapshot. Errors: `corrupt`, `read`. */
export function* readSnapshot(file: SegmentFile, layout: Layout): Sliced<StatsSnapshot> {
  const reader = new ValueReader(file, layout);
  return makeSnapshot({
    epoch: layout.epoch,
    interfaceTable: yield* readInterfaces(reader),
    nodeTable: yield* readNodes(reader),
    errorTable: yield* readErrors(reader),
    system: readSystem(reader),
    bufferPools: layout.bufferPools.map((name): BufferPool => {
      const read = (counter: string) => reader.scalar(`/buffer-pools/${name}/${counter}`);
      return { name, cached: read('cached'), used: read('used'), available: read('available') };
    }),
    acls: yield* readAcls(reader),
    ruleHits: [],
    natSessions: yield* readNatSessions(reader),
    memory: layout.heaps.map((name): MemoryHeap => {
      const read = (counter: string) => reader.column(`/mem/${name}`, `/mem/${name}/${counter}`);
      return { name, total: read('total'), used: read('used'), free: read('free') };
    }),
  });
}

/** Reads values of entries by name. A name missing from the layout means a damaged segment. */
class ValueReader {
  readonly layout: Layout;
  readonly #file: SegmentFile;

  constructor(file: SegmentFile, layout: Layout) {
    this.#file = file;
    this.layout = layout;
  }

  has(name: string): boolean {
    return this.layout.index.has(name);
  }

  /** The elements of each row of a vector of combined counters. */
  widthOf(name: string): number {
    const width = this.#file.readVectorLength(this.#rows(name)[0] ?? 0, 16, name);
    if (width > MAX_COLUMNS)
      throw new StatsError('corrupt', `cannot read ${name}: ${width} elements are out of range`);
    return width;
  }

  /** A scalar or a gauge. */
  scalar(name: string): number {
    const place = this.layout.index.get(name);
    if (place === undefined) throw missing(name);
    this.#file.readWithin(this.layout.directory, place.entry * ENTRY_BYTES, 16, name);
    const type = this.#file.words[0] ?? 0;
    if (type !== place.type) {
      throw new StatsError('corrupt', `cannot read ${name}: its type changed from ${place.type} to ${type}`);
    }
    return this.#file.u64(2);
  }

  /** One row of simple counters whose columns are threads. VPP has one column more before its workers start. */
  row(name: string, count: number): number[] {
    const length = this.#read(this.#rows(name)[0] ?? 0, 8, count, name);
    if (length > count + 1) {
      throw new StatsError(
        'corrupt',
        `cannot read ${name}: it has ${length} elements, expected ${count}, one per thread`,
      );
    }
    return Array.from({ length: count }, (_, i) => this.#file.u64(FIRST_WORD + 2 * i));
  }

  /** The simple counter of the entry `name` that the symlink `link` names, summed over its rows. */
  column(name: string, link: string): number {
    const column = Math.floor((this.layout.index.get(link)?.value ?? 0) / TWO_32);
    if (column >= MAX_COLUMNS)
      throw new StatsError('corrupt', `cannot read ${link}: column ${column} does not exist`);
    let sum = 0;
    for (const row of this.#rows(name)) {
      this.#read(row, 8, column + 1, link);
      sum += this.#file.u64(FIRST_WORD + 2 * column);
    }
    return sum;
  }

  /** Adds simple counters, summed over the threads, to `sums`, element by element. */
  *addSimple(name: string, sums: Float64Array): Sliced<void> {
    const count = sums.length;
    let length: number | undefined;
    for (const row of this.#rows(name)) {
      length = this.#read(row, 8, count, name, length);
      const words = this.#file.words;
      for (let i = 0, at = FIRST_WORD; i < count; i++, at += 2) {
        sums[i] = (sums[i] ?? 0) + (words[at] ?? 0) + (words[at + 1] ?? 0) * TWO_32;
      }
      yield 'slice';
    }
  }

  *addCombined(name: string, packets: Float64Array, bytes: Float64Array): Sliced<void> {
    const count = packets.length;
    let length: number | undefined;
    for (const row of this.#rows(name)) {
      length = this.#read(row, 16, count, name, length);
      const words = this.#file.words;
      for (let i = 0, at = FIRST_WORD; i < count; i++, at += 4) {
        packets[i] = (packets[i] ?? 0) + (words[at] ?? 0) + (words[at + 1] ?? 0) * TWO_32;
        bytes[i] = (bytes[i] ?? 0) + (words[at + 2] ?? 0) + (words[at + 3] ?? 0) * TWO_32;
      }
      yield 'slice';
    }
  }

  #rows(name: string): readonly number[] {
    const rows = this.layout.rows.get(name);
    if (rows === undefined) throw missing(name);
    return rows;
  }

  /**
   * Reads `count` elements and returns how many exist. A shorter vector is an error: its missing figures are not
   * zero; all rows of one entry have the same length, `likewise`.
   */
  #read(pointer: number, elementBytes: number, count: number, name: string, likewise?: number): number {
    const found = this.#file.readVector(pointer, elementBytes, count, name);
    if (found < count) {
      throw new StatsError('corrupt', `cannot read ${name}: it has ${found} elements, expected ${count}`);
    }
    const length = this.#file.words[0] ?? 0;
    if (likewise !== undefined && length !== likewise) {
      throw new StatsError(
        'corrupt',
        `cannot read ${name}: a row has ${length} elements, another ${likewise}`,
      );
    }
    return length;
  }
}

function* readInterfaces(reader: ValueReader): Sliced<CounterTable<InterfaceCounter>> {
  const { interfaces } = reader.layout;
  const columns = makeColumns(INTERFACE_COUNTERS, interfaces.width);
  if (interfaces.width > 0) {
    for (const [path, [first, second]] of INTERFACE_PATHS) {
      if (first === undefined) continue;
      if (second === undefined) yield* reader.addSimple(path, columns[first.name]);
      else yield* reader.addCombined(path, columns[first.name], columns[second.name]);
    }
  }
  return withoutGaps(interfaces, columns);
}

function* readNodes(reader: ValueReader): Sliced<CounterTable<NodeCounter>> {
  const { nodes } = reader.layout;
  const columns = makeColumns(NODE_COUNTERS, nodes.width);
  if (nodes.width > 0) {
    for (const { path, name } of NODE_FAMILIES) yield* reader.addSimple(path, columns[name]);
  }
  return withoutGaps(nodes, columns);
}

function* readErrors(reader: ValueReader): Sliced<ErrorTable> {
  const sources = reader.layout.errors;
  const counts = new Float64Array(sources.length);
  if (sources.length === 0) return { sources, counts };
  let width = 0;
  for (const { column } of sources) width = Math.max(width, column + 1);
  if (width > MAX_COLUMNS)
    throw new StatsError('corrupt', `cannot read /err: column ${width - 1} does not exist`);
  const sums = new Float64Array(width);
  yield* reader.addSimple('/node/errors', sums);
  for (let i = 0; i < sources.length; i++) counts[i] = sums[sources[i]?.column ?? 0] ?? 0;
  return { sources, counts };
}

function* readAcls(reader: ValueReader): Sliced<AclCounters[]> {
  const acls: AclCounters[] = [];
  for (const index of reader.layout.acls) {
    const name = `/acl/${index}/matches`;
    const width = reader.widthOf(name);
    const [packets, bytes] = [new Float64Array(width), new Float64Array(width)];
    yield* reader.addCombined(name, packets, bytes);
    acls.push({ index, packets, bytes });
  }
  return acls;
}

function* readNatSessions(reader: ValueReader): Sliced<number | undefined> {
  if (!reader.has(NAT_SESSIONS)) return undefined;
  const sums = new Float64Array(1);
  yield* reader.addSimple(NAT_SESSIONS, sums);
  return sums[0];
}

function readSystem(reader: ValueReader): SystemCounters {
  const numWorkerThreads = reader.scalar('/sys/num_worker_threads');
  const threads = numWorkerThreads + 1;
  if (threads > MAX_THREADS) {
    throw new StatsError(
      'corrupt',
      `cannot read /sys/num_worker_threads: ${numWorkerThreads} exceeds the limit`,
    );
  }
  return {
    vectorRate: reader.scalar('/sys/vector_rate'),
    vectorRatePerWorker: reader.row('/sys/vector_rate_per_worker', threads),
    loopsPerWorker: reader.row('/sys/loops_per_worker', threads),
    inputRate: reader.scalar('/sys/input_rate'),
    numWorkerThreads,
    lastUpdate: reader.scalar('/sys/last_update'),
    heartbeat: reader.scalar('/sys/heartbeat'),
    bootTime: reader.scalar('/sys/boottime'),
  };
}

/** Zeros for each counter, all in one allocation. */
function makeColumns<K extends string>(counters: readonly K[], width: number): Record<K, Float64Array> {
  const slab = new Float64Array(counters.length * width);
  const columns: Partial<Record<K, Float64Array>> = {};
  for (const [i, counter] of counters.entries()) columns[counter] = slab.subarray(i * width, (i + 1) * width);
  return columns as Record<K, Float64Array>;
}

/** Converts columns by VPP's index to columns by row. */
function withoutGaps<K extends string>(
  { names, indexes, width }: Rows,
  columns: Readonly<Record<K, Float64Array>>,
): CounterTable<K> {
  if (indexes.length < width) {
    for (const column of Object.values<Float64Array>(columns)) {
      // in place: a row never follows its index
      for (const [row, index] of indexes.entries()) column[row] = column[index] ?? 0;
    }
  }
  return { names, indexes, columns };
}

function missing(name: string): StatsError {
  return new StatsError('corrupt', `cannot read ${name}: it is missing`);
}
