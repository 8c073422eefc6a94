/**
 * Slots that were refused, by the time of their next try: 1, 2, 4 … 30 s after the last one.
 *
 * All slots of one number of attempts wait equally long, so each number has a queue in which the first is always the
 * next one: no heap, no timer and no object a route. A slot that meanwhile did something else is found out by whoever
 * takes it. Memory is taken at the first refusal only.
 */
import { SlotQueue } from './slot-queue.ts';

const FIRST_MS = 1_000;
const MAX_MS = 30_000;
const LEVELS = 6;
/** Due times are whole units of this since the queue was made, so that they fit beside the slots. */
const UNIT_MS = 10;

export class RetryQueue {
  readonly #startedAt = performance.now();
  readonly #slots: SlotQueue[] = [];
  readonly #times: SlotQueue[] = [];

  /** Puts a slot in after its `attempts`th refusal in a row, from 1 on. */
  push(slot: number, attempts: number): void {
    const level = Math.min(attempts, LEVELS) - 1;
    while (this.#slots.length <= level) {
      this.#slots.push(new SlotQueue());
      this.#times.push(new SlotQueue());
    }
    this.#slots[level]?.push(slot);
    this.#times[level]?.push(Math.ceil((performance.now() + delayMs(level) - this.#startedAt) / UNIT_MS));
  }

  /** A slot whose time has come, or -1. */
  shiftDue(): number {
    const now = (performance.now() - this.#startedAt) / UNIT_MS;
    for (const [level, times] of this.#times.entries()) {
      const due = times.peek();
      if (due === undefined || due > now) continue;
      times.shift();
      return this.#slots[level]?.shift() ?? -1;
    }
    return -1;
  }

  /** Any slot, whatever its time, or -1. */
  shiftAny(): number {
    for (const [level, slots] of this.#slots.entries()) {
      if (slots.size === 0) continue;
      this.#times[level]?.shift();
      return slots.shift();
    }
    return -1;
  }

  /** Milliseconds until the next one is due; undefined when there is none. */
  dueInMs(): number | undefined {
    const now = performance.now() - this.#startedAt;
    const waits = this.#times.flatMap((times) => {
      const due = times.peek();
      return due === undefined ? [] : [Math.max(0, due * UNIT_MS - now)];
    });
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  clear(): void {
    for (const queue of [...this.#slots, ...this.#times]) queue.clear();
  }
}

function delayMs(level: number): number {
  return Math.min(MAX_MS, FIRST_MS * 2 ** level);
}
