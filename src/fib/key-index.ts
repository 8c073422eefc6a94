/**
 * Finds the slot of a key: open addressing with linear probing, in shards that grow one at a time.
 *
 * Why shards: one table of a million keys takes 100 ms to be made anew, in which nothing else would run; a shard of a
 * few thousand takes well under one. Why numbers and no Map: 11 to 21 bytes a key instead of about 100
 * (test/bench/run.ts). Why the hash is kept beside the slot: most of the time goes into waiting for memory, and with it
 * neither a look for a key that is not there nor the growth of a shard reads the keys of others.
 *
 * Invariants: a shard is at most 3/4 full; a cell is two numbers, a slot plus one (0: free) and the hash of its key; there
 * are no tombstones, what follows a deleted cell moves up. The hash has a seed of its own in each process, so that nobody
 * can announce prefixes that all fall into one place.
 */
import { randomBytes } from 'node:crypto';
import type { Family } from './route-key.ts';

const SHARDS = 256;
/** The first 8 bits of a hash say which; the last ones which cell. */
const SHARD_SHIFT = 24;
/** Numbers a cell: the place of a cell is the hash, shifted by one. */
const CELL = 2;
const FIRST_CELLS = 16;
const SEED = randomBytes(4).readUInt32LE();

/** Where the keys of slots are: one array a field (struct of arrays). */
export interface KeyColumns {
  readonly w0: Uint32Array;
  readonly w1: Uint32Array;
  readonly w2: Uint32Array;
  readonly w3: Uint32Array;
  readonly length: Uint8Array;
  readonly table: Uint16Array;
  /** Of 6 alone, w1 to w3 are in use. */
  readonly family: Family;
}

export class KeyIndex {
  readonly #columns: KeyColumns;
  readonly #shards: Uint32Array<ArrayBuffer>[] = Array.from(
    { length: SHARDS },
    () => new Uint32Array(FIRST_CELLS * CELL),
  );
  readonly #counts = new Uint32Array(SHARDS);

  /** @param columns read anew at each call: they may have moved to larger arrays */
  constructor(columns: KeyColumns) {
    this.#columns = columns;
  }

  get bytes(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.byteLength, 0);
  }

  /** The slot of a key, or -1; `hash` is the key's `hashOf`. */
  find(hash: number, w0: number, w1: number, w2: number, w3: number, length: number, table: number): number {
    const shard = this.#shards[hash >>> SHARD_SHIFT]!;
    const mask = shard.length - CELL;
    for (let cell = (hash << 1) & mask; ; cell = (cell + CELL) & mask) {
      const slot = shard[cell]! - 1;
      if (slot < 0) return -1;
      if (shard[cell + 1] === hash && this.#isAt(slot, w0, w1, w2, w3, length, table)) return slot;
    }
  }

  /** Enters a slot whose key has this hash, is in the columns and not in the index. */
  insert(slot: number, hash: number): void {
    const number = hash >>> SHARD_SHIFT;
    let shard = this.#shards[number]!;
    const count = this.#counts[number]! + 1;
    if (count * CELL * 4 > shard.length * 3) shard = this.#grow(number);
    this.#counts[number] = count;
    place(shard, hash, slot);
  }

  /** Takes out a slot that is in the index. */
  remove(slot: number): void {
    const hash = this.#hashAt(slot);
    const number = hash >>> SHARD_SHIFT;
    const shard = this.#shards[number]!;
    const mask = shard.length - CELL;
    let hole = (hash << 1) & mask;
    while (shard[hole] !== slot + 1) hole = (hole + CELL) & mask;
    // What follows may have been pushed past the hole: move it up, so that a search does not end too early.
    for (let cell = (hole + CELL) & mask; shard[cell] !== 0; cell = (cell + CELL) & mask) {
      const home = (shard[cell + 1]! << 1) & mask;
      if (((cell - home) & mask) < ((cell - hole) & mask)) continue;
      shard[hole] = shard[cell]!;
      shard[hole + 1] = shard[cell + 1]!;
      hole = cell;
    }
    shard[hole] = 0;
    this.#counts[number] = this.#counts[number]! - 1;
  }

  #isAt(
    slot: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    table: number,
  ): boolean {
    const columns = this.#columns;
    if (columns.w0[slot] !== w0 || columns.length[slot] !== length || columns.table[slot] !== table)
      return false;
    if (columns.family !== 6) return true;
    return columns.w1[slot] === w1 && columns.w2[slot] === w2 && columns.w3[slot] === w3;
  }

  #hashAt(slot: number): number {
    const { w0, w1, w2, w3, length, table, family } = this.#columns;
    if (family !== 6) return hashOf(w0[slot]!, 0, 0, 0, length[slot]!, table[slot]!);
    return hashOf(w0[slot]!, w1[slot]!, w2[slot]!, w3[slot]!, length[slot]!, table[slot]!);
  }

  #grow(number: number): Uint32Array<ArrayBuffer> {
    const old = this.#shards[number]!;
    const grown = new Uint32Array(old.length * 2);
    for (let cell = 0; cell < old.length; cell += CELL) {
      if (old[cell] !== 0) place(grown, old[cell + 1]!, old[cell]! - 1);
    }
    // gives its memory back at once
    old.buffer.transfer(0);
    this.#shards[number] = grown;
    return grown;
  }
}

function place(shard: Uint32Array, hash: number, slot: number): void {
  const mask = shard.length - CELL;
  let cell = (hash << 1) & mask;
  while (shard[cell] !== 0) cell = (cell + CELL) & mask;
  shard[cell] = slot + 1;
  shard[cell + 1] = hash;
}

/** The rounds and the end of MurmurHash3 (32 bits, public domain) over the words of a key. */
export function hashOf(
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  length: number,
  table: number,
): number {
  let hash = mix(SEED ^ (table << 8) ^ length, w0);
  if ((w1 | w2 | w3) !== 0) hash = mix(mix(mix(hash, w1), w2), w3);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85eb_ca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mix(hash: number, word: number): number {
  let value = Math.imul(word, 0xcc9e_2d51);
  value = Math.imul((value << 15) | (value >>> 17), 0x1b87_3593);
  const mixed = hash ^ value;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe654_6b64) | 0;
}
