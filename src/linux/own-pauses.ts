/**
 * Owns the question whether this process itself ran all the time: while it is stopped (SIGSTOP), its machine is paused
 * or its event loop is blocked, it hears nobody, and a deadline of others that passed meanwhile says nothing about them.
 */

/** A turn that comes so late was no ordinary delay of the event loop. */
const PAUSE_MS = 1_000;

/** One for each loop of turns. */
export class OwnPauses {
  #turnAt: number;

  constructor(now = performance.now()) {
    this.#turnAt = now;
  }

  /**
   * For every turn of whoever waits, a few in each second: true when this process stood still since the last turn. By a
   * clock that does not jump (CLOCK_MONOTONIC). What came meanwhile is still in the sockets then: it is read after the
   * timers that are due, so whoever waits looks again at a later turn.
   */
  wasPaused(now = performance.now()): boolean {
    const isLate = now - this.#turnAt > PAUSE_MS;
    this.#turnAt = now;
    return isLate;
  }
}
