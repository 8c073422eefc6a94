/**
 * The next-hop groups of texts that were read lately: what stands behind a prefix in a feed is one of a few hundred
 * texts, read once and compared as bytes from then on.
 *
 * Two cells a hash, the older one of which gives way: bounded, without a string or a lookup in a Map per route (measured
 * in test/bench/run.ts). Invariant: each cell holds a reference of its group, until another text takes it or `clear`.
 */
import { type GroupId, type NextHopGroups, NO_GROUP } from './next-hop-groups.ts';

/** Texts that are known at once; a power of two. */
const CELLS = 4_096;
/** A text of sixteen next hops and sixteen labels is shorter. */
export const MAX_TEXT_BYTES = 2_048;

/** FNV-1a (Fowler, Noll, Vo; 32 bits): where a hash begins, and what it is multiplied with for each byte. */
export const HASH_START = 0x811c_9dc5;
export const HASH_FACTOR = 0x0100_0193;

export class ActionCache implements Disposable {
  readonly #groups: NextHopGroups;
  readonly #ids = new Uint32Array(CELLS);
  readonly #hashes = new Int32Array(CELLS);
  readonly #isIpv6 = new Uint8Array(CELLS);
  readonly #texts: (Uint8Array | undefined)[] = Array.from({ length: CELLS }, () => undefined);

  constructor(groups: NextHopGroups) {
    this.#groups = groups;
  }

  /** The group of the text in `bytes` from `start` to `end`, or `NO_GROUP`; the reference stays the cache's. */
  find(isIpv6: boolean, hash: number, bytes: Uint8Array, start: number, end: number): GroupId {
    const cell = cellOf(hash, isIpv6);
    if (this.#is(cell, isIpv6, hash, bytes, start, end)) return this.#ids[cell]!;
    return this.#is(cell ^ 1, isIpv6, hash, bytes, start, end) ? this.#ids[cell ^ 1]! : NO_GROUP;
  }

  /** Remembers a text that is not there, with a reference of its own to the group. */
  add(isIpv6: boolean, hash: number, text: Uint8Array, group: GroupId): void {
    const cell = cellOf(hash, isIpv6);
    if (this.#ids[cell] !== NO_GROUP) this.#move(cell, cell ^ 1);
    this.#groups.retain(group);
    this.#ids[cell] = group;
    this.#hashes[cell] = hash;
    this.#isIpv6[cell] = isIpv6 ? 1 : 0;
    this.#texts[cell] = Uint8Array.from(text);
  }

  /** Forgets everything. */
  clear(): void {
    for (let cell = 0; cell < CELLS; cell++) {
      this.#groups.release(this.#ids[cell]!);
      this.#ids[cell] = NO_GROUP;
      this.#texts[cell] = undefined;
    }
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  #is(cell: number, isIpv6: boolean, hash: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#hashes[cell] !== hash || this.#isIpv6[cell] !== (isIpv6 ? 1 : 0)) return false;
    const text = this.#texts[cell];
    if (text === undefined || text.length !== end - start) return false;
    for (let i = 0; i < text.length; i++) if (text[i] !== bytes[start + i]) return false;
    return true;
  }

  /** What is in `from` takes the place of what is in `to`. */
  #move(from: number, to: number): void {
    this.#groups.release(this.#ids[to]!);
    this.#ids[to] = this.#ids[from]!;
    this.#hashes[to] = this.#hashes[from]!;
    this.#isIpv6[to] = this.#isIpv6[from]!;
    this.#texts[to] = this.#texts[from];
    this.#ids[from] = NO_GROUP;
  }
}

function cellOf(hash: number, isIpv6: boolean): number {
  return ((hash ^ (hash >>> 15)) + (isIpv6 ? 2 : 0)) & (CELLS - 1);
}
