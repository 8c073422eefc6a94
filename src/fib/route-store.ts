/**
 * All routes of one family, whatever their source and table: destinations as slots, and the candidates of each.
 *
 * Struct of arrays, because a full table has a million destinations (32 bytes a slot for IPv6, 20 for IPv4, and 8 of
 * the index). A slot holds its best candidate itself; others, which are rare, are in a chain of a second set of arrays.
 *
 * Invariants: the candidate in the slot is the best of its destination; a slot without a candidate (source 0) lives
 * until no FIB holds anything of it (`Holder.holds`), then it is free and may become another destination; each
 * candidate holds a reference of its group. Whoever keeps a slot's number must be a holder.
 */
import { hashOf, KeyIndex, type KeyColumns } from './key-index.ts';
import type { GroupId, NextHopGroups } from './next-hop-groups.ts';
import { DEFAULT_TABLE, type Family, newRouteKey, type RouteKey } from './route-key.ts';

/** Destinations of one family at most: four full tables. */
export const MAX_SLOTS = 1 << 22;
/** Tables beside the default one. */
const MAX_TABLES = 1 << 16;
const FIRST_CAPACITY = 1024;
const GROWTH = 1.5;
const NONE = 0;

/** What a source is to the choice of the best route. */
export interface SourceRank {
  readonly distance: number;
  /** Of two that are otherwise alike the newer one counts. */
  readonly serial: number;
}

/** Keeps something for slots: a FIB that is programmed. */
export interface Holder {
  /** The best candidate of a slot is another one, or there is none any more (source 0). */
  changed(slot: number): void;
  /** Whether the slot's number must not be used for another destination yet. */
  holds(slot: number): boolean;
  /** There are slots up to `capacity` now. */
  grow(capacity: number): void;
}

export interface Candidate {
  readonly source: number;
  readonly metric: number;
  readonly group: GroupId;
}

export class RouteStore implements KeyColumns {
  readonly family: Family;
  readonly #groups: NextHopGroups;
  readonly #rankOf: (source: number) => SourceRank;
  readonly #holders: Holder[] = [];
  readonly #index: KeyIndex;
  #capacity = FIRST_CAPACITY;
  /** Slots that were ever used: those below are in use or free. */
  #top = 0;
  #free = -1;
  #size = 0;

  // One value a slot.
  w0 = new Uint32Array(FIRST_CAPACITY);
  w1: Uint32Array<ArrayBuffer>;
  w2: Uint32Array<ArrayBuffer>;
  w3: Uint32Array<ArrayBuffer>;
  length = new Uint8Array(FIRST_CAPACITY);
  /** Index into `tables`. */
  table = new Uint16Array(FIRST_CAPACITY);
  /** Of the best candidate; 0: there is none. */
  source = new Uint8Array(FIRST_CAPACITY);
  metric = new Uint32Array(FIRST_CAPACITY);
  group = new Uint32Array(FIRST_CAPACITY);
  /** The next candidate plus one; of a free slot the next free one plus one. */
  #next = new Uint32Array(FIRST_CAPACITY);

  // One value a candidate that is not the best.
  #otherSource = new Uint8Array(0);
  #otherMetric = new Uint32Array(0);
  #otherGroup = new Uint32Array(0);
  #otherNext = new Uint32Array(0);
  #othersTop = 0;
  #othersFree = 0;

  /** Table numbers by index; index 0 is the default table. */
  readonly tables: number[] = [DEFAULT_TABLE];
  readonly #tableIndexes = new Map<number, number>([[DEFAULT_TABLE, 0]]);
  /** Slots with a candidate, by length: which lengths a lookup has to try. */
  readonly #byLength = new Uint32Array(129);

  constructor(family: Family, groups: NextHopGroups, rankOf: (source: number) => SourceRank) {
    this.family = family;
    this.#groups = groups;
    this.#rankOf = rankOf;
    const wide = family === 6 ? FIRST_CAPACITY : 0;
    this.w1 = new Uint32Array(wide);
    this.w2 = new Uint32Array(wide);
    this.w3 = new Uint32Array(wide);
    this.#index = new KeyIndex(this);
  }

  /** Destinations with a candidate. */
  get size(): number {
    return this.#size;
  }

  /** One more than the highest slot in use. */
  get top(): number {
    return this.#top;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Bytes of all arrays, in use or not. */
  get bytes(): number {
    const columns = [this.w0, this.w1, this.w2, this.w3, this.length, this.table, this.source, this.metric];
    const rest = [this.group, this.#next, this.#otherSource, this.#otherMetric, this.#otherGroup];
    const all = [...columns, ...rest, this.#otherNext];
    return all.reduce((sum, column) => sum + column.byteLength, this.#index.bytes);
  }

  attach(holder: Holder): void {
    this.#holders.push(holder);
    holder.grow(this.#capacity);
  }

  /** A holder that holds no slot any more leaves. */
  detach(holder: Holder): void {
    this.#holders.splice(this.#holders.indexOf(holder), 1);
  }

  /** The slot of a destination, or -1. */
  find({ w0, w1, w2, w3, length, tableId }: Readonly<RouteKey>): number {
    const table = this.#tableIndexes.get(tableId);
    if (table === undefined) return -1;
    return this.#index.find(hashOf(w0, w1, w2, w3, length, table), w0, w1, w2, w3, length, table);
  }

  /** Puts the destination of a slot into `key`. */
  readKey(slot: number, key: RouteKey): void {
    key.family = this.family;
    key.tableId = this.tableIdOf(slot);
    key.w0 = this.w0[slot]!;
    key.length = this.length[slot]!;
    const isWide = this.family === 6;
    key.w1 = isWide ? this.w1[slot]! : 0;
    key.w2 = isWide ? this.w2[slot]! : 0;
    key.w3 = isWide ? this.w3[slot]! : 0;
  }

  /** Whether a destination of this table is known; looks at all destinations. */
  usesTable(tableId: number): boolean {
    const table = this.#tableIndexes.get(tableId);
    if (table === undefined) return false;
    const key = newRouteKey();
    for (let slot = 0; slot < this.#top; slot++) {
      if (this.table[slot] !== table) continue;
      // A free slot has what it had last.
      this.readKey(slot, key);
      if (this.find(key) === slot) return true;
    }
    return false;
  }

  tableIdOf(slot: number): number {
    return this.tables[this.table[slot]!] ?? DEFAULT_TABLE;
  }

  /** Whether any destination has this length. */
  hasLength(length: number): boolean {
    return this.#byLength[length] !== 0;
  }

  /**
   * Adds or replaces a source's candidate, and tells the holders when the best one is another. The caller's reference
   * of the group stays the caller's.
   */
  set(source: number, key: Readonly<RouteKey>, group: GroupId, metric: number): SetResult {
    const slot = this.#slotFor(key);
    if (slot < 0) return 'full';
    const best = this.source[slot]!;
    if (best === NONE) {
      this.#groups.retain(group);
      this.source[slot] = source;
      this.metric[slot] = metric;
      this.group[slot] = group;
      this.#size += 1;
      this.#byLength[key.length] = this.#byLength[key.length]! + 1;
      this.#tell(slot);
      return 'added';
    }
    if (best === source) return this.#setBest(slot, group, metric);
    return this.#setOther(slot, source, group, metric);
  }

  /** Takes a source's candidate away; false when it had none. */
  remove(source: number, key: Readonly<RouteKey>): boolean {
    const slot = this.find(key);
    return slot >= 0 && this.removeAt(source, slot);
  }

  /** The same by slot. */
  removeAt(source: number, slot: number): boolean {
    if (this.source[slot] !== source) return this.source[slot] !== NONE && this.#removeOther(slot, source);
    this.#groups.release(this.group[slot]!);
    if (this.#next[slot] === 0) {
      this.source[slot] = NONE;
      this.group[slot] = 0;
      this.#size -= 1;
      this.#byLength[this.length[slot]!] = this.#byLength[this.length[slot]!]! - 1;
      this.#tell(slot);
      this.released(slot);
      return true;
    }
    this.#takeFirstOther(slot);
    this.#settle(slot);
    this.#tell(slot);
    return true;
  }

  /** A holder let go of a slot: it is free when nobody else holds it and it has no candidate. */
  released(slot: number): void {
    if (this.source[slot] !== NONE || this.length[slot] === FREE_LENGTH) return;
    for (const holder of this.#holders) if (holder.holds(slot)) return;
    this.#index.remove(slot);
    this.length[slot] = FREE_LENGTH;
    this.#next[slot] = this.#free + 1;
    this.#free = slot;
  }

  /** All candidates of a slot, the best one first. */
  candidates(slot: number): Candidate[] {
    const source = this.source[slot]!;
    if (source === NONE) return [];
    const all: Candidate[] = [{ source, metric: this.metric[slot]!, group: this.group[slot]! }];
    for (let at = this.#next[slot]!; at !== 0; at = this.#otherNext[at - 1]!) {
      const [other, metric, group] = [
        this.#otherSource[at - 1]!,
        this.#otherMetric[at - 1]!,
        this.#otherGroup[at - 1]!,
      ];
      all.push({ source: other, metric, group });
    }
    return all;
  }

  /** Whether a source has a candidate at a slot. */
  has(source: number, slot: number): boolean {
    if (this.source[slot] === source) return true;
    return this.#next[slot] !== 0 && this.source[slot] !== NONE && this.#findOther(slot, source) !== 0;
  }

  #slotFor(key: Readonly<RouteKey>): number {
    const { w0, w1, w2, w3, length, tableId } = key;
    const table = this.#tableIndexFor(tableId);
    if (table < 0) return -1;
    const hash = hashOf(w0, w1, w2, w3, length, table);
    const known = this.#index.find(hash, w0, w1, w2, w3, length, table);
    if (known >= 0) return known;
    let slot = this.#free;
    if (slot >= 0) this.#free = this.#next[slot]! - 1;
    else {
      if (this.#top === MAX_SLOTS) return -1;
      if (this.#top === this.#capacity) this.#grow();
      slot = this.#top;
      this.#top += 1;
    }
    this.w0[slot] = w0;
    if (this.family === 6) {
      this.w1[slot] = w1;
      this.w2[slot] = w2;
      this.w3[slot] = w3;
    }
    this.length[slot] = length;
    this.table[slot] = table;
    this.source[slot] = NONE;
    this.#next[slot] = 0;
    this.#index.insert(slot, hash);
    return slot;
  }

  #tableIndexFor(tableId: number): number {
    const known = this.#tableIndexes.get(tableId);
    if (known !== undefined) return known;
    if (this.tables.length >= MAX_TABLES) return -1;
    this.#tableIndexes.set(tableId, this.tables.length);
    return this.tables.push(tableId) - 1;
  }

  #setBest(slot: number, group: GroupId, metric: number): SetResult {
    const before = this.group[slot]!;
    if (before === group && this.metric[slot] === metric) return 'same';
    this.#groups.retain(group);
    this.#groups.release(before);
    this.group[slot] = group;
    this.metric[slot] = metric;
    const isOther = this.#next[slot] !== 0 && this.#settle(slot);
    if (isOther || before !== group) this.#tell(slot);
    return 'changed';
  }

  #setOther(slot: number, source: number, group: GroupId, metric: number): SetResult {
    let at = this.#findOther(slot, source);
    const isNew = at === 0;
    if (isNew) {
      at = this.#newOther();
      if (at === 0) return 'full';
      this.#otherSource[at - 1] = source;
      this.#otherNext[at - 1] = this.#next[slot]!;
      this.#next[slot] = at;
    } else {
      const isSame = this.#otherGroup[at - 1] === group && this.#otherMetric[at - 1] === metric;
      if (isSame) return 'same';
      this.#groups.release(this.#otherGroup[at - 1]!);
    }
    this.#groups.retain(group);
    this.#otherGroup[at - 1] = group;
    this.#otherMetric[at - 1] = metric;
    if (this.#settle(slot)) this.#tell(slot);
    return isNew ? 'added' : 'changed';
  }

  #removeOther(slot: number, source: number): boolean {
    let before = 0;
    for (let at = this.#next[slot]!; at !== 0; at = this.#otherNext[at - 1]!) {
      if (this.#otherSource[at - 1] !== source) {
        before = at;
        continue;
      }
      const after = this.#otherNext[at - 1]!;
      if (before === 0) this.#next[slot] = after;
      else this.#otherNext[before - 1] = after;
      this.#groups.release(this.#otherGroup[at - 1]!);
      this.#dropOther(at);
      return true;
    }
    return false;
  }

  /** Puts the best candidate into the slot; true when that was another one. */
  #settle(slot: number): boolean {
    let best = 0;
    let rank = this.#rankOf(this.source[slot]!);
    let metric = this.metric[slot]!;
    for (let at = this.#next[slot]!; at !== 0; at = this.#otherNext[at - 1]!) {
      const other = this.#rankOf(this.#otherSource[at - 1]!);
      const otherMetric = this.#otherMetric[at - 1]!;
      if (!isBetter(other, otherMetric, rank, metric)) continue;
      best = at;
      rank = other;
      metric = otherMetric;
    }
    if (best === 0) return false;
    const cell = best - 1;
    const [source, group] = [this.source[slot]!, this.group[slot]!];
    const oldMetric = this.metric[slot]!;
    this.source[slot] = this.#otherSource[cell]!;
    this.metric[slot] = metric;
    this.group[slot] = this.#otherGroup[cell]!;
    this.#otherSource[cell] = source;
    this.#otherMetric[cell] = oldMetric;
    this.#otherGroup[cell] = group;
    return true;
  }

  #takeFirstOther(slot: number): void {
    const at = this.#next[slot]!;
    this.source[slot] = this.#otherSource[at - 1]!;
    this.metric[slot] = this.#otherMetric[at - 1]!;
    this.group[slot] = this.#otherGroup[at - 1]!;
    this.#next[slot] = this.#otherNext[at - 1]!;
    this.#dropOther(at);
  }

  #findOther(slot: number, source: number): number {
    let at = this.#next[slot]!;
    while (at !== 0 && this.#otherSource[at - 1] !== source) at = this.#otherNext[at - 1]!;
    return at;
  }

  /** A place for a candidate, plus one; 0 when there are too many. */
  #newOther(): number {
    if (this.#othersFree !== 0) {
      const at = this.#othersFree;
      this.#othersFree = this.#otherNext[at - 1]!;
      return at;
    }
    if (this.#othersTop === MAX_SLOTS) return 0;
    if (this.#othersTop === this.#otherSource.length) {
      const capacity = larger(this.#otherSource.length);
      this.#otherSource = grown(this.#otherSource, capacity);
      this.#otherMetric = grown(this.#otherMetric, capacity);
      this.#otherGroup = grown(this.#otherGroup, capacity);
      this.#otherNext = grown(this.#otherNext, capacity);
    }
    this.#othersTop += 1;
    return this.#othersTop;
  }

  #dropOther(at: number): void {
    this.#otherNext[at - 1] = this.#othersFree;
    this.#othersFree = at;
  }

  #tell(slot: number): void {
    for (const holder of this.#holders) holder.changed(slot);
  }

  #grow(): void {
    const capacity = larger(this.#capacity);
    this.#capacity = capacity;
    this.w0 = grown(this.w0, capacity);
    if (this.family === 6) {
      this.w1 = grown(this.w1, capacity);
      this.w2 = grown(this.w2, capacity);
      this.w3 = grown(this.w3, capacity);
    }
    this.length = grown(this.length, capacity);
    this.table = grown(this.table, capacity);
    this.source = grown(this.source, capacity);
    this.metric = grown(this.metric, capacity);
    this.group = grown(this.group, capacity);
    this.#next = grown(this.#next, capacity);
    for (const holder of this.#holders) holder.grow(capacity);
  }
}

/** `full`: nothing was changed, since there is no room. */
export type SetResult = 'added' | 'changed' | 'same' | 'full';

/** No destination has this length: the slot is free. */
const FREE_LENGTH = 255;

function isBetter(a: SourceRank, aMetric: number, b: SourceRank, bMetric: number): boolean {
  if (a.distance !== b.distance) return a.distance < b.distance;
  if (aMetric !== bMetric) return aMetric < bMetric;
  return a.serial > b.serial;
}

function larger(capacity: number): number {
  return Math.min(MAX_SLOTS, Math.max(FIRST_CAPACITY, Math.ceil(capacity * GROWTH)));
}

/**
 * The column with room for `capacity` values. The one given is of no use any more: its memory is given back at once, not
 * when a garbage collection finds it, which V8 would have more and more of for the sake of such memory.
 */
export function grown<
  Column extends Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
>(column: Column, capacity: number): Column {
  const memory = column.buffer.transfer(capacity * column.BYTES_PER_ELEMENT);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the constructor is the column's own
  return new (column.constructor as new (memory: ArrayBuffer) => Column)(memory);
}
