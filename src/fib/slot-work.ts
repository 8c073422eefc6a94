/**
 * The slots that a FIB is to be told of, in the order in which they are taken: those in queues, then all of a sweep that
 * is under way, then those that were refused, when their time has come.
 *
 * Invariant: a slot that need not be told by the time of its turn is stepped over, so that nothing ever has to be taken
 * out of a queue.
 */
import { RetryQueue } from './retry-queue.ts';
import { SlotQueue } from './slot-queue.ts';

/** Slots looked at between two looks at the clock, when everything is gone through. */
const SWEEP_SLICE = 4_096;

export type WorkSource = 'queue' | 'sweep' | 'retry';

export class SlotWork {
  readonly #top: () => number;
  /** Whose turn it is first: default routes, and those that others resolve through. */
  readonly #isFirst: (slot: number) => boolean;
  readonly #first = new SlotQueue();
  readonly #changes = new SlotQueue();
  readonly #retries = new RetryQueue();
  /** Pass 0 takes those whose turn is first, pass 1 the rest. */
  #sweep: { pass: 0 | 1; slot: number } | undefined;

  constructor(top: () => number, isFirst: (slot: number) => boolean) {
    this.#top = top;
    this.#isFirst = isFirst;
  }

  /** Slots that wait in queues; a sweep that is under way counts as many more. */
  get size(): number {
    return this.#sweep === undefined ? this.#first.size + this.#changes.size : Number.POSITIVE_INFINITY;
  }

  /** Milliseconds until a refused slot is due again; undefined when none waits. */
  get retryInMs(): number | undefined {
    return this.#retries.dueInMs();
  }

  push(slot: number): void {
    (this.#isFirst(slot) ? this.#first : this.#changes).push(slot);
  }

  /** The next one that is taken. */
  pushFirst(slot: number): void {
    this.#first.push(slot);
  }

  /** Puts a slot in after its `attempts`th refusal in a row. */
  pushRefused(slot: number, attempts: number): void {
    this.#retries.push(slot, attempts);
  }

  /** A refused slot, whatever its time, or -1. */
  shiftRefused(): number {
    return this.#retries.shiftAny();
  }

  /** Goes through all slots from the beginning; false: there are none. */
  startSweep(): boolean {
    this.#sweep = this.#top() === 0 ? undefined : { pass: 0, slot: 0 };
    return this.#sweep !== undefined;
  }

  clear(): void {
    this.#first.clear();
    this.#changes.clear();
    this.#retries.clear();
    this.#sweep = undefined;
  }

  /**
   * The next slot for which `isDue` holds, or -1 when there is none now. Looks at a bounded number of slots of a sweep:
   * -1 with `size` > 0 means "call again".
   */
  take(isDue: (slot: number, source: WorkSource) => boolean): number {
    for (let slot = this.#shift(); slot >= 0; slot = this.#shift()) if (isDue(slot, 'queue')) return slot;
    if (this.#sweep !== undefined) return this.#takeFromSweep(this.#sweep, isDue);
    for (let slot = this.#retries.shiftDue(); slot >= 0; slot = this.#retries.shiftDue()) {
      if (isDue(slot, 'retry')) return slot;
    }
    return -1;
  }

  #shift(): number {
    const slot = this.#first.shift();
    return slot >= 0 ? slot : this.#changes.shift();
  }

  #takeFromSweep(
    sweep: { pass: 0 | 1; slot: number },
    isDue: (slot: number, source: WorkSource) => boolean,
  ): number {
    const top = this.#top();
    for (let looked = 0; looked < SWEEP_SLICE; looked++) {
      if (sweep.slot >= top) {
        if (sweep.pass === 1) {
          this.#sweep = undefined;
          return -1;
        }
        sweep.pass = 1;
        sweep.slot = 0;
        continue;
      }
      const slot = sweep.slot++;
      if ((sweep.pass === 1 || this.#isFirst(slot)) && isDue(slot, 'sweep')) return slot;
    }
    return -1;
  }
}
