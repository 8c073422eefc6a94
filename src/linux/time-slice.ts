/**
 * Long work in slices: the one thread works for some ms, then the event loop gets its turn.
 *
 * @example
 * const slice = new TimeSlice({ clockEvery: 1_024 });
 * for (const item of items) {
 *   work(item);
 *   if (slice.isOver()) await slice.next();
 * }
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

const SLICE_MS = 4;

export class TimeSlice {
  readonly #sliceMs: number;
  readonly #clockEvery: number;
  #steps = 0;
  #until: number;

  /**
   * Begins the first slice.
   *
   * @param options.sliceMs default 4
   * @param options.clockEvery steps between two looks at the clock: what is quick to do asks for many (default 1)
   */
  constructor(options: { readonly sliceMs?: number; readonly clockEvery?: number } = {}) {
    this.#sliceMs = options.sliceMs ?? SLICE_MS;
    this.#clockEvery = options.clockEvery ?? 1;
    this.#until = performance.now() + this.#sliceMs;
  }

  /** Whether the slice is over; asked after each step. */
  isOver(): boolean {
    this.#steps += 1;
    return this.#steps % this.#clockEvery === 0 && performance.now() > this.#until;
  }

  /** Resolves when the event loop has had its turn, as the next slice begins. */
  async next(): Promise<void> {
    await nextTurn();
    this.#until = performance.now() + this.#sliceMs;
  }
}
