/**
 * The routes that should be in a FIB, and how far each has come.
 *
 * Invariants: one entry a prefix; `counts` always equals the states of the entries; an entry's state changes only
 * through `setState`, which keeps both in step.
 */
import type { Prefix, RouteAction, StaticRoute } from '../config/types.ts';

export type RouteState =
  | { readonly state: 'pending' }
  | { readonly state: 'in-flight' }
  | { readonly state: 'programmed' }
  | { readonly state: 'failed'; readonly reason: string; readonly retryAt: number };

export interface RouteEntry {
  /** Canonical text, `10.0.0.0/8`: the identity. */
  readonly key: string;
  readonly prefix: Prefix;
  readonly action: RouteAction;
  state: RouteState;
  /** Tries since the last success. */
  attempts: number;
}

const PENDING: RouteState = { state: 'pending' };

export class RouteTable {
  readonly #entries = new Map<string, RouteEntry>();
  /** Entries by the two states that are looked for, in the order in which they got there. */
  readonly #pending = new Set<RouteEntry>();
  readonly #failed = new Set<RouteEntry>();
  #inFlight = 0;
  #programmed = 0;

  constructor(routes: readonly StaticRoute[]) {
    for (const { prefix, action } of routes) {
      const key = `${prefix.address}/${prefix.length}`;
      if (this.#entries.has(key)) continue;
      const entry: RouteEntry = { key, prefix, action, state: PENDING, attempts: 0 };
      this.#entries.set(key, entry);
      this.#pending.add(entry);
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  get counts(): Readonly<Record<RouteState['state'], number>> {
    return {
      pending: this.#pending.size,
      'in-flight': this.#inFlight,
      programmed: this.#programmed,
      failed: this.#failed.size,
    };
  }

  entries(): IterableIterator<RouteEntry> {
    return this.#entries.values();
  }

  failed(): IterableIterator<RouteEntry> {
    return this.#failed.values();
  }

  setState(entry: RouteEntry, state: RouteState): void {
    this.#leave(entry);
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

  #leave(entry: RouteEntry): void {
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
    for (const entry of this.#entries.values()) this.setState(entry, PENDING);
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

/** `192.0.2.1@2%xe0, 192.0.2.5`: an action as `[route]` writes it. */
export function formatAction(action: RouteAction): string {
  if (action.kind !== 'forward') return action.kind;
  return action.nextHops
    .map(
      ({ address, weight, interface: name }) =>
        `${address}${weight === 1 ? '' : `@${weight}`}${name === undefined ? '' : `%${name}`}`,
    )
    .join(', ');
}
