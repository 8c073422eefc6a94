/**
 * Goes through all slots of a store, in slices, so that the event loop gets its turns.
 *
 * Invariants: a walk that fits the first slice is over when `start` returns; one walk is under way at a time: another
 * one takes its place.
 */
import { Gate, TimeSlice } from '../linux/mod.ts';

/** Time of one slice, in ms. The families' walks share a turn of the event loop. */
const SLICE_MS = 2;
/** Slots between two looks at the clock. */
const SLOTS_A_STEP = 1_024;

interface Walk {
  readonly visit: (slot: number) => void;
  readonly onEnd: () => void;
}

/** Visits every slot once, in slices; resolves when that is done. @param top as of `SlotWalk` */
export async function visitSlots(top: () => number, visit: (slot: number) => void): Promise<void> {
  const walk = new SlotWalk(top);
  walk.start(visit, () => {});
  await walk.ended();
}

export class SlotWalk {
  readonly #top: () => number;
  #walk: Walk | undefined;
  #slot = 0;
  #again: NodeJS.Immediate | undefined;
  readonly #end = new Gate();

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
    this.#end.open();
  }

  /** Resolves when no walk is under way. */
  ended(): Promise<void> {
    return this.#walk === undefined ? Promise.resolve() : this.#end.opened();
  }

  #go(walk: Walk): void {
    this.#again = undefined;
    const slice = new TimeSlice({ sliceMs: SLICE_MS });
    do {
      const end = Math.min(this.#top(), this.#slot + SLOTS_A_STEP);
      for (let slot = this.#slot; slot < end; slot++) walk.visit(slot);
      this.#slot = end;
      if (end < this.#top()) continue;
      this.#walk = undefined;
      walk.onEnd();
      this.#end.open();
      return;
    } while (!slice.isOver());
    this.#again = setImmediate(() => this.#go(walk));
  }
}
