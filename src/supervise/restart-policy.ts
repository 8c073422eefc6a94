/**
 * When a service that ended is restarted: `nextStart` decides (pure), p-retry waits.
 *
 * An episode is a series of short lives: the delay doubles within it (1, 2, 4 … 30 s), and after `loopAfter` of them the
 * service is looping and is retried every `loopRetryMs` without end. One life of at least `stableMs` ends the episode.
 * `retryNow` ends every wait at once and does not reset the episode. The policy knows no process: it runs a function
 * that resolves when the life is over.
 */
import pRetry from 'p-retry';
import type { SupervisorConfig } from '../config/types.ts';

/** How one life ended. */
export interface LifeEnd {
  readonly reason: string;
  /** How long the service itself lived, in ms; 0 when it could not be started. */
  readonly livedMs: number;
  /** The service is not restarted. */
  readonly isLast?: boolean;
}

/** One life: resolves when it is over; rejects only with the signal's reason. */
export type Runner = (signal: AbortSignal) => Promise<LifeEnd>;

export interface NextStart {
  /** Consecutive short lives. */
  readonly failures: number;
  readonly delayMs: number;
  readonly isLooping: boolean;
}

/**
 * Decides on the start after a life.
 *
 * @param failures consecutive short lives before this one
 */
export function nextStart(failures: number, end: LifeEnd, config: SupervisorConfig): NextStart {
  const { backoffMs, backoffMaxMs, stableMs, loopAfter, loopRetryMs } = config;
  if (end.livedMs >= stableMs) return { failures: 0, delayMs: backoffMs, isLooping: false };
  const consecutive = failures + 1;
  return consecutive >= loopAfter
    ? { failures: consecutive, delayMs: loopRetryMs, isLooping: true }
    : { failures: consecutive, delayMs: Math.min(backoffMs * 2 ** failures, backoffMaxMs), isLooping: false };
}

export class RestartPolicy {
  /** May be replaced at any time; a wait in progress is not changed. */
  config: SupervisorConfig;
  readonly #onWait: (end: LifeEnd, next: NextStart) => Promise<void> | void;
  /** Ends the wait for the next start; set from the end of a life, also while `onWait` prepares a fallback. */
  #wait: AbortController | undefined;

  /** @param onWait called when the next start is `next.delayMs` away; awaited before that wait begins */
  constructor(config: SupervisorConfig, onWait: (end: LifeEnd, next: NextStart) => Promise<void> | void) {
    this.config = config;
    this.#onWait = onWait;
  }

  /** Runs lives until the signal aborts or a life is the last one, then resolves. */
  async run(live: Runner, signal: AbortSignal): Promise<void> {
    let failures = 0;
    let end = await live(signal);
    while (!signal.aborted && end.isLast !== true) {
      const next = nextStart(failures, end, this.config);
      failures = next.failures;
      const wait = new AbortController();
      this.#wait = wait;
      await this.#onWait(end, next);
      const failed = new Error(end.reason);
      // The ended life was the first attempt; either signal ends the wait before the second early.
      const startAgain = (attempt: number): void => {
        if (attempt === 1) throw failed;
      };
      await pRetry(startAgain, {
        retries: 1,
        minTimeout: next.delayMs,
        maxTimeout: next.delayMs,
        signal: AbortSignal.any([signal, wait.signal]),
      }).catch(() => {});
      this.#wait = undefined;
      if (!signal.aborted) end = await live(signal);
    }
  }

  /** Ends the wait for the next start now; no effect during a life. */
  retryNow(): void {
    this.#wait?.abort(new Error('immediate start requested'));
  }
}
