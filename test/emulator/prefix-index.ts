/**
 * Numbers ("slots") for the prefixes of one table: a hash with open addressing over typed arrays, so that a million
 * prefixes take some 15 to 30 bytes each and a look-up makes no object. (A Map has a heap number or a string for each
 * key, and takes three times as long.)
 *
 * Invariants: a prefix is compared with its host bits zero; a slot belongs to a prefix until `delete`, then to any
 * other.
 */

const FREE = 255;
const FIRST_CAPACITY = 64;

/** A prefix in words, host bits zero: the scratch of one index, overwritten by the next `read`. */
interface Scratch {
  w0: number;
  w1: number;
  w2: number;
  w3: number;
  length: number;
}

export class PrefixIndex {
  /** Words of an address: 1 for IPv4, 4 for IPv6. */
  readonly #stride: 1 | 4;
  /** Slot + 1 by hash; 0 is empty. At least twice as long as the number of slots. */
  #places = new Int32Array(2 * FIRST_CAPACITY);
  #words: Uint32Array;
  #lengths = new Uint8Array(FIRST_CAPACITY).fill(FREE);
  #free: number[] = [];
  #end = 0;
  readonly #key: Scratch = { w0: 0, w1: 0, w2: 0, w3: 0, length: 0 };

  constructor(family: 4 | 6) {
    this.#stride = family === 4 ? 1 : 4;
    this.#words = new Uint32Array(FIRST_CAPACITY * this.#stride);
  }

  get size(): number {
    return this.#end - this.#free.length;
  }

  /** The upper bound of the slots; some of them may be free. */
  get end(): number {
    return this.#end;
  }

  isUsed(slot: number): boolean {
    return this.#lengths[slot] !== FREE;
  }

  lengthOf(slot: number): number {
    return this.#lengths[slot] ?? FREE;
  }

  /** The address of a slot's prefix, host bits zero. */
  addressOf(slot: number): Buffer {
    const address = Buffer.allocUnsafe(4 * this.#stride);
    for (let i = 0; i < this.#stride; i++) {
      address.writeUInt32BE(this.#words[slot * this.#stride + i] ?? 0, 4 * i);
    }
    return address;
  }

  /** The slot of the prefix whose address is at `at`, host bits ignored; -1 when there is none. */
  find(bytes: Uint8Array, at: number, length: number): number {
    this.#read(bytes, at, length);
    return (this.#places[this.#place()] ?? 0) - 1;
  }

  /** As `find`, with a new slot when there is none. */
  add(bytes: Uint8Array, at: number, length: number): number {
    this.#read(bytes, at, length);
    let place = this.#place();
    const found = this.#places[place] ?? 0;
    if (found !== 0) return found - 1;
    if (this.size >= this.#lengths.length) {
      this.#grow();
      place = this.#place();
    }
    const slot = this.#free.pop() ?? this.#end++;
    this.#places[place] = slot + 1;
    this.#lengths[slot] = length;
    const { w0, w1, w2, w3 } = this.#key;
    const word = slot * this.#stride;
    this.#words[word] = w0;
    if (this.#stride === 4) {
      this.#words[word + 1] = w1;
      this.#words[word + 2] = w2;
      this.#words[word + 3] = w3;
    }
    return slot;
  }

  /** Frees a slot that is used. */
  delete(slot: number): void {
    this.#load(slot);
    const mask = this.#places.length - 1;
    let hole = this.#place();
    this.#lengths[slot] = FREE;
    this.#free.push(slot);
    // Entries displaced by the deleted one move up, or they would not be found any more.
    for (let place = (hole + 1) & mask; ; place = (place + 1) & mask) {
      const other = (this.#places[place] ?? 0) - 1;
      if (other < 0) break;
      this.#load(other);
      const home = this.#hash() & mask;
      if (((place - home) & mask) >= ((place - hole) & mask)) {
        this.#places[hole] = other + 1;
        hole = place;
      }
    }
    this.#places[hole] = 0;
  }

  #read(bytes: Uint8Array, at: number, length: number): void {
    const key = this.#key;
    key.length = length;
    key.w0 = (wordAt(bytes, at) & maskOf(length)) >>> 0;
    if (this.#stride === 1) return;
    key.w1 = (wordAt(bytes, at + 4) & maskOf(length - 32)) >>> 0;
    key.w2 = (wordAt(bytes, at + 8) & maskOf(length - 64)) >>> 0;
    key.w3 = (wordAt(bytes, at + 12) & maskOf(length - 96)) >>> 0;
  }

  #load(slot: number): void {
    const key = this.#key;
    const word = slot * this.#stride;
    key.length = this.#lengths[slot] ?? 0;
    key.w0 = this.#words[word] ?? 0;
    if (this.#stride === 1) return;
    key.w1 = this.#words[word + 1] ?? 0;
    key.w2 = this.#words[word + 2] ?? 0;
    key.w3 = this.#words[word + 3] ?? 0;
  }

  #hash(): number {
    const { w0, w1, w2, w3, length } = this.#key;
    let hash = Math.imul(w0 ^ (length << 24), 0x9e37_79b1);
    if (this.#stride === 4) {
      hash = Math.imul(hash ^ (hash >>> 15) ^ w1, 0x85eb_ca6b);
      hash = Math.imul(hash ^ (hash >>> 13) ^ w2, 0xc2b2_ae35);
      hash = Math.imul(hash ^ (hash >>> 16) ^ w3, 0x27d4_eb2f);
    }
    hash ^= hash >>> 15;
    return Math.imul(hash, 0x2c1b_3c6d) ^ (hash >>> 12);
  }

  /** The key's place, or its future place. */
  #place(): number {
    const mask = this.#places.length - 1;
    const { w0, w1, w2, w3, length } = this.#key;
    for (let place = this.#hash() & mask; ; place = (place + 1) & mask) {
      const slot = (this.#places[place] ?? 0) - 1;
      if (slot < 0) return place;
      const word = slot * this.#stride;
      if (this.#lengths[slot] !== length || this.#words[word] !== w0) continue;
      if (this.#stride === 1) return place;
      if (this.#words[word + 1] === w1 && this.#words[word + 2] === w2 && this.#words[word + 3] === w3)
        return place;
    }
  }

  /** Twice as many slots; the key stays. */
  #grow(): void {
    const { w0, w1, w2, w3, length } = this.#key;
    const capacity = 2 * this.#lengths.length;
    const words = new Uint32Array(capacity * this.#stride);
    words.set(this.#words);
    this.#words = words;
    const lengths = new Uint8Array(capacity).fill(FREE);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
    this.#places = new Int32Array(2 * capacity);
    for (let slot = 0; slot < this.#end; slot++) {
      if (!this.isUsed(slot)) continue;
      this.#load(slot);
      this.#places[this.#place()] = slot + 1;
    }
    Object.assign(this.#key, { w0, w1, w2, w3, length });
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)
  );
}

/** The mask of the first `bits` of a word; all of it from 32 on, nothing of it to 0. */
function maskOf(bits: number): number {
  return bits >= 32 ? -1 : bits <= 0 ? 0 : -1 << (32 - bits);
}
