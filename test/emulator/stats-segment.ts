/**
 * Owns the emulator's stats segment: a memory file laid out like VPP 25.02's (src/vlib/stats/), handed
 * over by SCM_RIGHTS. It has its own encoder and shares no code with the product's reader.
 *
 * Invariants: a structural change (entry, vector growth, name) happens between in_progress = 1 and epoch + 1; writing
 * an existing counter changes nothing else, as in VPP; pointers are VPP's addresses, `BASE` + offset in the file.
 *
 *   0x0000  version u64 | base u64 | epoch u64 | in_progress u64 | directory_vector u64
 *   0x1000  heap: blocks of 64 bytes, a vector's data at the second block, its header in the 8 bytes before
 */
import { closeSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import { isErrno } from '../../src/linux/mod.ts';
import { createMemfd, SeqpacketServer } from './seqpacket-server.ts';

/** The address at which the emulated VPP pretends to have mapped the segment. */
const BASE = 0x7f3a_4000_0000n;
const HEAP_START = 4096;
const ALIGN = 64;
const ENTRY_BYTES = 144;
const NAME_BYTES = 128;

/** Directory types, src/vlib/stats/shared.h; 7 to 9 exist from 26.06 on. */
export const StatType = {
  illegal: 0,
  scalar: 1,
  simple: 2,
  combined: 3,
  names: 4,
  empty: 5,
  symlink: 6,
  histogramLog2: 7,
  ringBuffer: 8,
  gauge: 9,
} as const;

/** A vector in the file: `offset` of its data, `length` in elements, `capacity` in bytes. */
interface Vector {
  offset: number;
  length: number;
  capacityBytes: number;
}

interface Entry {
  readonly index: number;
  readonly type: number;
  /** Rows of a counter vector. */
  readonly rows: number;
  /** By thread (counters) or by index (names). */
  readonly children: (Vector | undefined)[];
  outer: Vector | undefined;
}

export interface StatsSegmentOptions {
  readonly sizeBytes: number;
  /** Main thread and workers; every counter vector has one row for each. Default 1. */
  readonly threads?: number;
  /** A file to use instead of a memfd; the segment then owns it. */
  readonly fd?: number;
}

export class StatsSegment implements Disposable {
  /** The memory file. */
  readonly fd: number;
  readonly sizeBytes: number;
  readonly threads: number;
  readonly #entries = new Map<string, Entry>();
  readonly #freeBlocks = new Map<number, number[]>();
  readonly #freeEntries: number[] = [];
  readonly #scratch = Buffer.alloc(16);
  #directory: Vector;
  #heapEnd = HEAP_START;
  #epoch = 0n;
  #locks = 0;
  #server: SeqpacketServer | undefined;
  #closed = false;

  constructor(options: StatsSegmentOptions) {
    this.sizeBytes = options.sizeBytes;
    this.threads = options.threads ?? 1;
    this.fd = options.fd ?? createMemfd('stat segment');
    ftruncateSync(this.fd, options.sizeBytes);
    this.#writeU64(0, 2n);
    this.#writeU64(8, BASE);
    this.#directory = this.#allocate(64 * ENTRY_BYTES);
    this.#writeU64(32, BASE + BigInt(this.#directory.offset));
    this.change(() => {});
  }

  get epoch(): number {
    return Number(this.#epoch);
  }

  /** Runs `body` as one structural change; nested calls are part of the outer one. */
  change<T>(body: () => T): T {
    this.beginChange();
    try {
      return body();
    } finally {
      this.endChange();
    }
  }

  /** Sets in_progress to 1 until the matching `endChange`. */
  beginChange(): void {
    if (this.#locks++ === 0) this.#writeU64(24, 1n);
  }

  endChange(): void {
    if (--this.#locks > 0) return;
    this.#writeU64(16, ++this.#epoch);
    this.#writeU64(24, 0n);
  }

  addScalar(name: string, value: number | bigint = 0): void {
    const entry = this.#addEntry(name, StatType.scalar);
    this.#writeU64(this.#entryOffset(entry) + 8, BigInt(value));
  }

  /** Simple counters: `indexes` elements in each of `rows` (one per thread, or fewer), all zero. */
  addSimple(name: string, indexes = 0, rows = this.threads): void {
    this.#addCounters(name, StatType.simple, indexes, rows);
  }

  /** Combined counters: pairs of packets and bytes. */
  addCombined(name: string, indexes = 0, rows = this.threads): void {
    this.#addCounters(name, StatType.combined, indexes, rows);
  }

  /** An entry of any type with a raw union value, for types this class does not build. */
  addRaw(name: string, type: number, value: bigint): void {
    const entry = this.#addEntry(name, type);
    this.#writeU64(this.#entryOffset(entry) + 8, value);
  }

  /** A second name for column `column` of the counters `target`, over all threads. */
  addSymlink(name: string, target: string, column: number): void {
    const { index } = this.#entry(target);
    const entry = this.#addEntry(name, StatType.symlink);
    this.#scratch.writeUInt32LE(index, 0);
    this.#scratch.writeUInt32LE(column, 4);
    writeSync(this.fd, this.#scratch, 0, 8, this.#entryOffset(entry) + 8);
  }

  /** Sets a whole vector of names, adding it if missing; `undefined` becomes a null pointer. */
  setNames(name: string, values: readonly (string | undefined)[]): void {
    this.change(() => {
      if (!this.#entries.has(name)) this.#addEntry(name, StatType.names);
      const entry = this.#entry(name);
      this.#growOuter(entry, values.length);
      for (const [index, value] of values.entries()) this.#setName(entry, index, value);
    });
  }

  /** Sets one name; VPP writes `deleted` for a deleted interface. */
  setName(name: string, index: number, value: string | undefined): void {
    this.change(() => {
      const entry = this.#entry(name);
      this.#growOuter(entry, index + 1);
      this.#setName(entry, index, value);
    });
  }

  setScalar(name: string, value: number | bigint): void {
    this.#writeU64(this.#entryOffset(this.#entry(name)) + 8, BigInt(value));
  }

  /** Sets one counter; the vectors of all threads grow when `index` is new (a structural change). */
  setSimple(name: string, thread: number, index: number, value: number | bigint): void {
    this.#writeU64(this.#cell(name, StatType.simple, thread, index), BigInt(value));
  }

  setCombined(
    name: string,
    thread: number,
    index: number,
    packets: number | bigint,
    bytes: number | bigint,
  ): void {
    const offset = this.#cell(name, StatType.combined, thread, index);
    this.#scratch.writeBigUInt64LE(BigInt(packets), 0);
    this.#scratch.writeBigUInt64LE(BigInt(bytes), 8);
    writeSync(this.fd, this.#scratch, 0, 16, offset);
  }

  incrementScalar(name: string, delta: number | bigint): void {
    this.#increment(this.#entryOffset(this.#entry(name)) + 8, delta);
  }

  incrementSimple(name: string, thread: number, index: number, delta: number | bigint): void {
    this.#increment(this.#cell(name, StatType.simple, thread, index), delta);
  }

  incrementCombined(
    name: string,
    thread: number,
    index: number,
    packets: number | bigint,
    bytes: number | bigint,
  ): void {
    const offset = this.#cell(name, StatType.combined, thread, index);
    this.#increment(offset, packets);
    this.#increment(offset + 8, bytes);
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Frees an entry and its vectors; its place in the directory reads as empty until it is reused. */
  removeEntry(name: string): void {
    const entry = this.#entry(name);
    this.change(() => {
      for (const child of entry.children) if (child) this.#free(child);
      if (entry.outer) this.#free(entry.outer);
      this.#entries.delete(name);
      this.#freeEntries.push(entry.index);
      const bytes = Buffer.alloc(ENTRY_BYTES);
      bytes.writeUInt32LE(StatType.empty, 0);
      writeSync(this.fd, bytes, 0, ENTRY_BYTES, this.#entryOffset(entry));
    });
  }

  /** File offset of an entry of the directory, for tests that damage it. */
  offsetOfEntry(name: string): number {
    return this.#entryOffset(this.#entry(name));
  }

  /** File offset of the data of row `thread` of an entry, or of its outer vector without one. */
  offsetOfVector(name: string, thread?: number): number {
    const entry = this.#entry(name);
    const vector = thread === undefined ? entry.outer : entry.children[thread];
    if (!vector) throw new Error(`${name} has no such vector`);
    return vector.offset;
  }

  /** The end of all allocations so far: everything after it is zero. */
  get usedBytes(): number {
    return this.#heapEnd;
  }

  /** Listens on `socketPath` and sends the descriptor to every client, until disposed. */
  serve(socketPath: string): void {
    this.#server?.[Symbol.dispose]();
    this.#server = new SeqpacketServer(socketPath, {
      onClient: (client) => {
        using owned = client;
        try {
          owned.sendFd(this.fd);
        } catch (error) {
          // The client has disconnected, as after its timeout.
          if (!isErrno(error, 'EPIPE', 'ECONNRESET')) throw error;
        }
      },
    });
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#server?.[Symbol.dispose]();
    closeSync(this.fd);
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`the segment has no entry ${name}`);
    return entry;
  }

  #entryOffset(entry: Entry): number {
    return this.#directory.offset + entry.index * ENTRY_BYTES;
  }

  #addEntry(name: string, type: number, rows = 0): Entry {
    if (this.#entries.has(name)) throw new Error(`the segment already has an entry ${name}`);
    return this.change(() => {
      const index = this.#freeEntries.pop() ?? this.#appendDirectory();
      const entry: Entry = { index, type, rows, children: [], outer: undefined };
      const bytes = Buffer.alloc(ENTRY_BYTES);
      bytes.writeUInt32LE(type, 0);
      bytes.write(name, 16, NAME_BYTES - 1, 'utf8');
      writeSync(this.fd, bytes, 0, ENTRY_BYTES, this.#entryOffset(entry));
      this.#entries.set(name, entry);
      return entry;
    });
  }

  #appendDirectory(): number {
    const index = this.#directory.length;
    this.#directory = this.#grow(this.#directory, index + 1, ENTRY_BYTES);
    this.#writeU64(32, BASE + BigInt(this.#directory.offset));
    return index;
  }

  #addCounters(name: string, type: number, indexes: number, rows: number): void {
    this.change(() => {
      const entry = this.#addEntry(name, type, rows);
      this.#growOuter(entry, rows);
      this.#growCounters(entry, indexes);
    });
  }

  #cell(name: string, type: number, thread: number, index: number): number {
    const entry = this.#entry(name);
    if (entry.type !== type) throw new Error(`${name} has type ${entry.type}, expected ${type}`);
    if (thread >= entry.rows) throw new Error(`${name} has no row for thread ${thread}`);
    if (index >= (entry.children[thread]?.length ?? 0))
      this.change(() => this.#growCounters(entry, index + 1));
    const row = entry.children[thread];
    if (!row) throw new Error(`${name} has no row for thread ${thread}`);
    return row.offset + index * elementBytes(type);
  }

  #growCounters(entry: Entry, indexes: number): void {
    for (let thread = 0; thread < entry.rows; thread++) {
      const size = elementBytes(entry.type);
      const row = this.#grow(entry.children[thread] ?? this.#allocate(indexes * size), indexes, size);
      this.#setChild(entry, thread, row);
    }
  }

  #growOuter(entry: Entry, length: number): void {
    entry.outer = this.#grow(entry.outer ?? this.#allocate(length * 8), length, 8);
    this.#writeU64(this.#entryOffset(entry) + 8, BASE + BigInt(entry.outer.offset));
  }

  #setName(entry: Entry, index: number, value: string | undefined): void {
    const old = entry.children[index];
    if (old) this.#free(old);
    if (value === undefined) {
      this.#setChild(entry, index, undefined);
      return;
    }
    const bytes = Buffer.from(`${value}\0`, 'utf8');
    const vector = this.#grow(this.#allocate(bytes.length), bytes.length, 1);
    writeSync(this.fd, bytes, 0, bytes.length, vector.offset);
    this.#setChild(entry, index, vector);
  }

  #setChild(entry: Entry, index: number, vector: Vector | undefined): void {
    entry.children[index] = vector;
    const outer = entry.outer;
    if (!outer) throw new Error('the entry has no vector');
    this.#writeU64(outer.offset + index * 8, vector ? BASE + BigInt(vector.offset) : 0n);
  }

  /** Lengthens a vector, moving it when its block is full. */
  #grow(vector: Vector, length: number, size: number): Vector {
    let grown = vector;
    if (length * size > vector.capacityBytes) {
      grown = this.#allocate(length * size);
      const bytes = Buffer.alloc(vector.length * size);
      readSync(this.fd, bytes, 0, bytes.length, vector.offset);
      writeSync(this.fd, bytes, 0, bytes.length, grown.offset);
      this.#free(vector);
    }
    grown.length = Math.max(length, vector.length);
    this.#scratch.writeUInt32LE(grown.length, 0);
    writeSync(this.fd, this.#scratch, 0, 4, grown.offset - 8);
    return grown;
  }

  #allocate(bytes: number): Vector {
    let capacityBytes: number = ALIGN;
    while (capacityBytes < bytes) capacityBytes *= 2;
    const offset = this.#freeBlocks.get(capacityBytes)?.pop() ?? this.#extendHeap(capacityBytes);
    const zeros = Buffer.alloc(8 + capacityBytes);
    zeros.writeUInt8(ALIGN / 8, 4);
    zeros.writeUInt8(0x80 | Math.log2(ALIGN), 5);
    writeSync(this.fd, zeros, 0, zeros.length, offset - 8);
    return { offset, length: 0, capacityBytes };
  }

  #extendHeap(capacityBytes: number): number {
    const offset = this.#heapEnd + ALIGN;
    if (offset + capacityBytes > this.sizeBytes) {
      throw new Error(`the stats segment of ${this.sizeBytes} bytes is full`);
    }
    this.#heapEnd = offset + capacityBytes;
    return offset;
  }

  #free(vector: Vector): void {
    const blocks = this.#freeBlocks.get(vector.capacityBytes) ?? [];
    blocks.push(vector.offset);
    this.#freeBlocks.set(vector.capacityBytes, blocks);
  }

  #increment(offset: number, delta: number | bigint): void {
    readSync(this.fd, this.#scratch, 0, 8, offset);
    this.#writeU64(offset, this.#scratch.readBigUInt64LE(0) + BigInt(delta));
  }

  #writeU64(offset: number, value: bigint): void {
    this.#scratch.writeBigUInt64LE(BigInt.asUintN(64, value), 0);
    writeSync(this.fd, this.#scratch, 0, 8, offset);
  }
}

function elementBytes(type: number): number {
  return type === StatType.combined ? 16 : 8;
}
