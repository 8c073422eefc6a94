/**
 * How long VPP has not answered. Any byte from it is a sign of life, on any connection.
 *
 * Invariant: only time in which this process ran counts: after a suspension (`OwnPauses`) the wait starts again,
 * so that VPP is pinged once more.
 */
import { OwnPauses } from '../../linux/mod.ts';

export class Silence {
  readonly #pauses: OwnPauses;
  #answeredAt: number;
  #waitsSince: number;

  /** @param now `performance.now()`, as everywhere here: a monotonic clock */
  constructor(now = performance.now()) {
    this.#pauses = new OwnPauses(now);
    this.#answeredAt = this.#waitsSince = now;
  }

  /** VPP has answered. */
  end(now = performance.now()): void {
    this.#answeredAt = this.#waitsSince = now;
  }

  /** To be called a few times a second; true when the wait restarts because this process was suspended. */
  turn(now = performance.now()): boolean {
    if (!this.#pauses.wasPaused(now)) return false;
    this.#waitsSince = now;
    return true;
  }

  /** Milliseconds without an answer that count; as of now, or of the last turn if that was a moment ago. */
  waitedMs(now = performance.now()): number {
    return now - this.#waitsSince;
  }

  /** Milliseconds since the last answer, suspended or not. */
  ageMs(now = performance.now()): number {
    return now - this.#answeredAt;
  }
}
