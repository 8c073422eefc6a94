/**
 * The additional paths of one session and family (RFC 7911): by slot of the route table a chain of cells, each a path
 * identifier and a path. Arrays of numbers, as the route table's.
 *
 * Invariants: a slot with a cell is held (route-store.ts), so that its number stays its prefix's; each cell holds its
 * path; whoever ends the store empties it first (`clear`).
 */
import { TimeSlice } from '../linux/mod.ts';
import type { Holder, RouteStore } from '../fib/mod.ts';
import type { PathId, Paths } from './paths.ts';

/** Paths of one prefix from one neighbour; further ones are not taken. */
export const MAX_PATHS = 256;
const FIRST_CELLS = 1024;
const CLOCK_EVERY = 1024;

export class PathStore implements Holder {
  readonly #store: RouteStore;
  readonly #paths: Paths;
  /** By slot: its first cell plus one. */
  #first = new Uint32Array(0);
  #pathId = new Uint32Array(FIRST_CELLS);
  #path = new Uint32Array(FIRST_CELLS);
  /** The next cell plus one, of a free one too. */
  #next = new Uint32Array(FIRST_CELLS);
  #top = 0;
  #free = 0;
  #size = 0;

  constructor(store: RouteStore, paths: Paths) {
    this.#store = store;
    this.#paths = paths;
    store.attach(this);
  }

  /** Paths of all prefixes. */
  get size(): number {
    return this.#size;
  }

  changed(): void {}

  holds(slot: number): boolean {
    return this.#first[slot] !== 0;
  }

  grow(capacity: number): void {
    const first = new Uint32Array(capacity);
    first.set(this.#first);
    this.#first = first;
  }

  /** Adds or replaces a path of a slot; false when it has too many. */
  set(slot: number, pathId: number, path: PathId): boolean {
    let count = 0;
    for (let cell = this.#first[slot]!; cell !== 0; cell = this.#next[cell - 1]!) {
      count += 1;
      if (this.#pathId[cell - 1] !== pathId) continue;
      this.#paths.retain(path);
      this.#paths.release(this.#path[cell - 1]!);
      this.#path[cell - 1] = path;
      return true;
    }
    if (count >= MAX_PATHS) return false;
    const cell = this.#newCell();
    this.#paths.retain(path);
    this.#pathId[cell - 1] = pathId;
    this.#path[cell - 1] = path;
    this.#next[cell - 1] = this.#first[slot]!;
    this.#first[slot] = cell;
    this.#size += 1;
    return true;
  }

  /** Takes a path away; false when the slot has none of that identifier. */
  remove(slot: number, pathId: number): boolean {
    let before = 0;
    for (let cell = this.#first[slot]!; cell !== 0; cell = this.#next[cell - 1]!) {
      if (this.#pathId[cell - 1] !== pathId) {
        before = cell;
        continue;
      }
      const after = this.#next[cell - 1]!;
      if (before === 0) this.#first[slot] = after;
      else this.#next[before - 1] = after;
      this.#drop(cell);
      return true;
    }
    return false;
  }

  /** Takes all paths of a slot away. */
  removeAll(slot: number): void {
    for (let cell = this.#first[slot]!; cell !== 0; ) {
      const after = this.#next[cell - 1]!;
      this.#drop(cell);
      cell = after;
    }
    this.#first[slot] = 0;
  }

  /** The best paths of a slot: all that are as good, or one. Empty when it has none. */
  best(slot: number, isMany: boolean): PathId[] {
    let best: PathId[] = [];
    for (let cell = this.#first[slot]!; cell !== 0; cell = this.#next[cell - 1]!) {
      const path = this.#path[cell - 1]!;
      const [first] = best;
      const order = first === undefined ? -1 : this.#paths.compare(path, first);
      if (order < 0) best = [path];
      else if (order === 0 && !best.includes(path)) best.push(path);
    }
    // Which one stays the same, whatever the order in which they came.
    return isMany ? best : best.toSorted((a, b) => a - b).slice(0, 1);
  }

  /** Lets go of all slots, in slices of the event loop, and of the route table. */
  async clear(): Promise<void> {
    const slice = new TimeSlice({ clockEvery: CLOCK_EVERY });
    for (let slot = 0; slot < this.#first.length; slot++) {
      if (this.#first[slot] !== 0) {
        this.removeAll(slot);
        this.#store.released(slot);
      }
      if (slice.isOver()) await slice.next();
    }
    this.#store.detach(this);
  }

  #newCell(): number {
    if (this.#free !== 0) {
      const cell = this.#free;
      this.#free = this.#next[cell - 1]!;
      return cell;
    }
    if (this.#top === this.#path.length) {
      this.#pathId = doubled(this.#pathId);
      this.#path = doubled(this.#path);
      this.#next = doubled(this.#next);
    }
    this.#top += 1;
    return this.#top;
  }

  #drop(cell: number): void {
    this.#paths.release(this.#path[cell - 1]!);
    this.#next[cell - 1] = this.#free;
    this.#free = cell;
    this.#size -= 1;
  }
}

function doubled(column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * column.length);
  larger.set(column);
  return larger;
}
