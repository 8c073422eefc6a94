/**
 * Owns detecting pauses of this process itself: while it is stopped (SIGSTOP), its machine is paused or its event loop
 * is blocked, it receives nothing, and a peer's deadline that passed meanwhile says nothing about the peer.
 */

/** A turn this late is not an ordinary delay of the event loop. */
const PAUSE_MS = 1_000;

/** One per polling loop. */
export class OwnPauses {
  #turnAt: number;

  constructor(now = performance.now()) {
    this.#turnAt = now;
  }

  /**
   * Called on every turn of a waiting loop, a few per second: true when this process did not run since the last turn.
   * Uses a clock that does not jump (CLOCK_MONOTONIC). Data that arrived meanwhile is still in the sockets then: it is
   * read after the timers that are due, so the caller checks again on a later turn.
   */
  wasPaused(now = performance.now()): boolean {
    const isLate = now - this.#turnAt > PAUSE_MS;
    this.#turnAt = now;
    return isLate;
  }
}
