/**
 * Decides whether a worker thread is stalled though it has queues to poll.
 *
 * A worker measures at every turn of its loop how often it turns (src/vlib/main.c, vlib_main_or_worker_loop); the main
 * thread copies the figures into the segment before each heartbeat (src/vlib/stats/init.c). A worker that polls turns
 * thousands to millions of times a second, and its figure, a mean over the last twenty samples, is never the same
 * twice; a stalled one keeps its last figure. A worker without a queue to poll sleeps: it turns a hundred times a
 * second, with the same figure for hours, and no packet waits for it. Both hold in 25.02 and in 26.06.
 *
 * Invariant: only figures of one run of VPP and of different heartbeats are compared.
 */
import type { SystemCounters } from './snapshot.ts';

/** Turns per second: a worker below may be sleeping. */
const POLLS_FROM = 1_000;
/** The same figure in this many readings, for this long. A healthy worker repeats one in hundreds, by chance. */
const READINGS = 5;
const STANDSTILL_MS = 5_000;

interface Reading {
  readonly loops: number;
  /** `performance.now()` of the first reading with this figure, and the number of readings. */
  readonly sinceMs: number;
  readonly count: number;
}

export class Standstill {
  #heartbeat = -1;
  #bootTime = -1;
  #nowMs = 0;
  /** By worker. */
  #readings: readonly Reading[] = [];

  /** Takes the figures read at `nowMs` (`performance.now()`). */
  observe({ heartbeat, bootTime, loopsPerWorker }: SystemCounters, nowMs: number): void {
    const isSameLife = bootTime === this.#bootTime;
    if (isSameLife && heartbeat === this.#heartbeat) return;
    this.#heartbeat = heartbeat;
    this.#bootTime = bootTime;
    this.#nowMs = nowMs;
    // Thread 0 is the main thread: the API checks whether it is alive.
    this.#readings = loopsPerWorker.slice(1).map((loops, worker) => {
      const before = isSameLife ? this.#readings[worker] : undefined;
      if (before?.loops === loops && loops >= POLLS_FROM) return { ...before, count: before.count + 1 };
      return { loops, sinceMs: nowMs, count: 1 };
    });
  }

  /** Stalled workers, by their number: 0 is vpp_wk_0. */
  get workers(): readonly number[] {
    return this.#readings.flatMap(({ count, sinceMs }, worker) =>
      count >= READINGS && this.#nowMs - sinceMs >= STANDSTILL_MS ? [worker] : [],
    );
  }

  /** Whether further readings, made soon, may show a stalled worker. */
  get isSuspected(): boolean {
    return this.#readings.some(({ count }) => count > 1);
  }
}
