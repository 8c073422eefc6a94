/**
 * Goes through all slots of a store, in slices, so that the event loop gets its turns.
 *
 * Invariants: a walk that fits the first slice is over when `start` returns; one walk is under way at a time: another
 * one takes its place.
 */

/** Time of one slice, in ms. The families' walks share a turn of the event loop. */
const SLICE_MS = 2;
/** Slots between two looks at the clock. */
const CLOCK_EVERY = 1_024;

interface Walk {
  readonly visit: (slot: number) => void;
  readonly onEnd: () => void;
}

export class SlotWalk {
  readonly #top: () => number;
  #walk: Walk | undefined;
  #slot = 0;
  #again: NodeJS.Immediate | undefined;
  #waiters: (() => void)[] = [];

  /** @param top one more than the highest slot; may grow meanwhile */
  constructor(top: () => number) {
    this.#top = top;
  }

  get isUnderWay(): boolean {
    return this.#walk !== undefined;
  }

  /** Visits every slot once, in order, and tells when that is done. */
  start(visit: (slot: number) => void, onEnd: () => void): void {
    if (this.#again !== undefined) clearImmediate(this.#again);
    this.#walk = { visit, onEnd };
    this.#slot = 0;
    this.#go(this.#walk);
  }

  /** Ends the walk where it is. */
  stop(): void {
    if (this.#again !== undefined) clearImmediate(this.#again);
    this.#again = this.#walk = undefined;
    this.#release();
  }

  /** Resolves when no walk is under way. */
  ended(): Promise<void> {
    if (this.#walk === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #go(walk: Walk): void {
    this.#again = undefined;
    const until = performance.now() + SLICE_MS;
    do {
      const end = Math.min(this.#top(), this.#slot + CLOCK_EVERY);
      for (let slot = this.#slot; slot < end; slot++) walk.visit(slot);
      this.#slot = end;
      if (end < this.#top()) continue;
      this.#walk = undefined;
      walk.onEnd();
      this.#release();
      return;
    } while (performance.now() < until);
    this.#again = setImmediate(() => this.#go(walk));
  }

  #release(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}
