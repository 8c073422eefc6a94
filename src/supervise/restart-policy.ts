/**
 * When a service that ended is started again: `nextStart` decides (pure), p-retry waits.
 *
 * An episode is a row of short lives: the delay doubles within it (1, 2, 4 … 30 s), and after `loopAfter` of them the
 * service is looping and tried every `loopRetryMs`, for ever. One life of at least `stableMs` ends the episode. Every
 * wait ends at once when `retryNow` is called, and the episode goes on where it was. The policy knows no process: what it
 * runs is a function that resolves when the life is over.
 */
import pRetry from 'p-retry';
import type { SupervisorConfig } from '../config/types.ts';

/** How one life ended. */
export interface LifeEnd {
  readonly reason: string;
  /** How long the service itself lived, in ms; 0 when it could not be started. */
  readonly livedMs: number;
  /** It is not to be started again. */
  readonly isLast?: boolean;
}

/** One life: resolves (never rejects, but by the signal's reason) when it is over. */
export type Runner = (signal: AbortSignal) => Promise<LifeEnd>;

export interface NextStart {
  /** Short lives in a row. */
  readonly failures: number;
  readonly delayMs: number;
  readonly isLooping: boolean;
}

/**
 * The start after a life that ended.
 *
 * @param failures short lives in a row before this one
 */
export function nextStart(failures: number, end: LifeEnd, config: SupervisorConfig): NextStart {
  const { backoffMs, backoffMaxMs, stableMs, loopAfter, loopRetryMs } = config;
  if (end.livedMs >= stableMs) return { failures: 0, delayMs: backoffMs, isLooping: false };
  const inARow = failures + 1;
  return inARow >= loopAfter
    ? { failures: inARow, delayMs: loopRetryMs, isLooping: true }
    : { failures: inARow, delayMs: Math.min(backoffMs * 2 ** failures, backoffMaxMs), isLooping: false };
}

export class RestartPolicy {
  /** May be replaced at any time; a wait that is under way stays as it was begun. */
  config: SupervisorConfig;
  readonly #onWait: (end: LifeEnd, next: NextStart) => Promise<void> | void;
  /** Ends the wait for the next start; there from the end of a life on, while `onWait` prepares a fallback as well. */
  #wait: AbortController | undefined;

  /** @param onWait the next start is `next.delayMs` away; awaited before that wait begins */
  constructor(config: SupervisorConfig, onWait: (end: LifeEnd, next: NextStart) => Promise<void> | void) {
    this.config = config;
    this.#onWait = onWait;
  }

  /** Runs lives until the signal aborts or a life is the last one; resolves then. */
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
      // The life that ended was the first attempt; the wait before the second ends early by either signal.
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

  /** Ends the wait for the next start now; without effect while a life is under way. */
  retryNow(): void {
    this.#wait?.abort(new Error('the next start is wanted now'));
  }
}
