/**
 * The routes that should be in a FIB, and how far each has come; and those that should leave it.
 *
 * Invariants: one wanted entry a prefix, and one leaving entry a prefix and table; `counts` always equals the states
 * of the entries of both kinds; an entry's state changes only through `setState`, which keeps them in step. What an
 * entry says never changes: another next hop is another entry, so that an answer to the old one can be told apart
 * (`has`).
 */
import { isSameAction } from '../config/mod.ts';
import type { Prefix, RouteAction, StaticRoute } from '../config/types.ts';

export type RouteState =
  | { readonly state: 'pending' }
  | { readonly state: 'in-flight' }
  | { readonly state: 'programmed' }
  | { readonly state: 'failed'; readonly reason: string; readonly retryAt: number };

export interface RouteEntry {
  /** Canonical text, `10.0.0.0/8`: the identity within its table. */
  readonly key: string;
  readonly prefix: Prefix;
  readonly tableId: number;
  /** `leave`: the FIB is to forget the prefix. */
  readonly action: RouteAction | { readonly kind: 'leave' };
  state: RouteState;
  /** Tries since the last success. */
  attempts: number;
}

const PENDING: RouteState = { state: 'pending' };
const LEAVE = { kind: 'leave' } as const;

/** How many routes a new configuration adds, changes and removes. */
export interface RouteDifference {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

export class RouteTable {
  #wanted = new Map<string, RouteEntry>();
  readonly #leaving = new Map<string, RouteEntry>();
  /** Entries by the two states that are looked for, in the order in which they got there. */
  readonly #pending = new Set<RouteEntry>();
  readonly #failed = new Set<RouteEntry>();
  #inFlight = 0;
  #programmed = 0;

  constructor(routes: readonly StaticRoute[], tableId = 0) {
    this.replace(routes, tableId);
  }

  /** Routes that should be in the FIB. */
  get size(): number {
    return this.#wanted.size;
  }

  /** Routes that should leave it. */
  get leaving(): number {
    return this.#leaving.size;
  }

  get counts(): Readonly<Record<RouteState['state'], number>> {
    return {
      pending: this.#pending.size,
      'in-flight': this.#inFlight,
      programmed: this.#programmed,
      failed: this.#failed.size,
    };
  }

  /** What should be in the FIB. */
  entries(): IterableIterator<RouteEntry> {
    return this.#wanted.values();
  }

  failed(): IterableIterator<RouteEntry> {
    return this.#failed.values();
  }

  /** False for an entry that was replaced or has left: what is answered about it means nothing any more. */
  has(entry: RouteEntry): boolean {
    const holder =
      entry.action.kind === 'leave' ? this.#leaving.get(idOf(entry)) : this.#wanted.get(entry.key);
    return holder === entry;
  }

  /**
   * Makes these the routes that should be there. A route that is the same keeps its entry and its state; one with
   * another action gets a pending entry, which replaces all paths of the prefix at once; one that is gone, or was in
   * another table, leaves. New ones come before those that leave: an aggregate is not missed while its parts come.
   */
  replace(routes: readonly StaticRoute[], tableId: number): RouteDifference {
    const before = this.#wanted;
    const wanted = new Map<string, RouteEntry>();
    const difference = { added: 0, changed: 0, removed: 0 };
    for (const { destination: prefix, action } of routes) {
      if (prefix.family === 'mpls') continue;
      const key = `${prefix.address}/${prefix.length}`;
      if (wanted.has(key)) continue;
      const old = before.get(key);
      if (old?.tableId === tableId && old.action.kind !== 'leave' && isSameAction(old.action, action)) {
        wanted.set(key, old);
        continue;
      }
      const entry: RouteEntry = { key, prefix, tableId, action, state: PENDING, attempts: 0 };
      if (old?.tableId === tableId) {
        this.#drop(old);
        difference.changed += 1;
      } else {
        difference.added += 1;
      }
      const leaving = this.#leaving.size === 0 ? undefined : this.#leaving.get(idOf(entry));
      if (leaving !== undefined) this.remove(leaving);
      wanted.set(key, entry);
      this.#pending.add(entry);
    }
    this.#wanted = wanted;
    for (const old of before.values()) {
      const now = wanted.get(old.key);
      if (now !== undefined && now.tableId === old.tableId) continue;
      this.#drop(old);
      const { key, prefix, tableId: from } = old;
      const entry: RouteEntry = { key, prefix, tableId: from, action: LEAVE, state: PENDING, attempts: 0 };
      this.#leaving.set(idOf(entry), entry);
      this.#pending.add(entry);
      difference.removed += 1;
    }
    return difference;
  }

  /** An entry has left the FIB. */
  remove(entry: RouteEntry): void {
    this.#drop(entry);
    this.#leaving.delete(idOf(entry));
  }

  /** The FIB is a new one: nothing has to leave it. */
  forgetLeaving(): void {
    for (const entry of this.#leaving.values()) this.#drop(entry);
    this.#leaving.clear();
  }

  setState(entry: RouteEntry, state: RouteState): void {
    this.#drop(entry);
    entry.state = state;
    switch (state.state) {
      case 'pending':
        this.#pending.add(entry);
        break;
      case 'failed':
        this.#failed.add(entry);
        break;
      case 'in-flight':
        this.#inFlight += 1;
        break;
      case 'programmed':
        this.#programmed += 1;
        break;
    }
  }

  /** Takes an entry out of the counts. */
  #drop(entry: RouteEntry): void {
    switch (entry.state.state) {
      case 'pending':
        this.#pending.delete(entry);
        break;
      case 'failed':
        this.#failed.delete(entry);
        break;
      case 'in-flight':
        this.#inFlight -= 1;
        break;
      case 'programmed':
        this.#programmed -= 1;
        break;
    }
  }

  /** Everything is to be sent again: VPP restarted, or its connection broke. */
  resetAll(): void {
    for (const entry of this.#wanted.values()) this.setState(entry, PENDING);
    for (const entry of this.#leaving.values()) this.setState(entry, PENDING);
  }

  /** Up to `limit` entries that may be sent now: pending ones, then failed ones whose time has come. */
  due(limit: number, now = Date.now()): RouteEntry[] {
    const found: RouteEntry[] = [];
    for (const entry of this.#pending) {
      if (found.push(entry) === limit) return found;
    }
    for (const entry of this.#failed) {
      if (entry.state.state !== 'failed' || entry.state.retryAt > now) continue;
      if (found.push(entry) === limit) break;
    }
    return found;
  }

  /** The earliest time at which a failed route is tried again; undefined when none failed. */
  nextRetryAt(): number | undefined {
    let earliest: number | undefined;
    for (const { state } of this.#failed) {
      if (state.state === 'failed' && state.retryAt < (earliest ?? Number.POSITIVE_INFINITY))
        earliest = state.retryAt;
    }
    return earliest;
  }

  /** Failed routes are tried at the next opportunity, whatever their backoff: what they waited for may be there. */
  retryFailedNow(): void {
    for (const entry of this.#failed) {
      if (entry.state.state === 'failed') entry.state = { ...entry.state, retryAt: 0 };
    }
  }
}

function idOf({ tableId, key }: RouteEntry): string {
  return `${tableId} ${key}`;
}
