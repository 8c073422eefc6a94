/**
 * When a service that ended is started again: exponential backoff by p-retry, reset after a stable life, `looping` after
 * too many short ones.
 *
 * An episode is a row of short lives: the delay doubles within it (1, 2, 4 … 30 s) and p-retry gives up after
 * `loopAfter` starts. One life of at least `stableMs` ends the episode: the next crash starts at the first delay
 * again. A looping service is tried every `loopRetryMs`, for ever. Every wait ends at once when `retryNow` is called:
 * a delay of p-retry by its signal, after which the episode goes on where it was.
 * The policy knows no process: what it wraps is a function that resolves when the life is over.
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

export interface RestartEvents {
  /** A life ended and the next begins after `delayMs`; `failures`: short lives in a row. */
  onBackoff(end: LifeEnd, failures: number, delayMs: number): void;
  /** The service counts as looping; it is tried again in `delayMs`. Awaited before that wait begins. */
  onLooping(end: LifeEnd, failures: number, delayMs: number): Promise<void> | void;
}

class ShortLife extends Error {
  readonly end: LifeEnd;
  constructor(end: LifeEnd) {
    super(end.reason);
    this.end = end;
  }
}

export class RestartPolicy {
  /** May be replaced at any time; delays that are under way, and those of their episode, stay as they were begun. */
  config: SupervisorConfig;
  readonly #events: RestartEvents;
  /** Ends the wait for the next start; there from the end of a life on, while a fallback is being set up as well. */
  #wait: AbortController | undefined;

  constructor(config: SupervisorConfig, events: RestartEvents) {
    this.config = config;
    this.#events = events;
  }

  /** Runs lives until the signal aborts or a life is the last one; resolves then. */
  async run(runner: Runner, signal: AbortSignal): Promise<void> {
    /** Short lives in a row. */
    let failures = 0;
    const onShortLife = (): number => ++failures;
    while (!signal.aborted) {
      const wait = new AbortController();
      try {
        const end = await this.#episode(runner, { signal, wait, failures, onShortLife });
        if (end.isLast === true) return;
        failures = 0;
        const { backoffMs } = this.config;
        this.#wait = wait;
        this.#events.onBackoff(end, failures, backoffMs);
        await sleep(backoffMs, AbortSignal.any([signal, wait.signal]));
      } catch (error) {
        if (signal.aborted) return;
        // A delay was cut short: the episode goes on.
        if (wait.signal.aborted) continue;
        if (!(error instanceof ShortLife)) throw error;
        const { loopRetryMs } = this.config;
        this.#wait = wait;
        await this.#events.onLooping(error.end, failures, loopRetryMs);
        await sleep(loopRetryMs, AbortSignal.any([signal, wait.signal]));
      }
    }
  }

  /** Ends the wait for the next start now; without effect while a life is under way. */
  retryNow(): void {
    this.#wait?.abort(new Error('the next start is wanted now'));
  }

  /**
   * Resolves with the end of a stable or the last life; rejects with ShortLife when `loopAfter` short ones are counted,
   * and with the signal's reason.
   */
  #episode(
    runner: Runner,
    at: {
      readonly signal: AbortSignal;
      readonly wait: AbortController;
      readonly failures: number;
      readonly onShortLife: () => number;
    },
  ): Promise<LifeEnd> {
    const { backoffMs, backoffMaxMs, loopAfter } = this.config;
    const { signal, wait, failures, onShortLife } = at;
    return pRetry(
      async () => {
        this.#wait = undefined;
        const end = await runner(signal);
        signal.throwIfAborted();
        if (end.isLast !== true && end.livedMs < this.config.stableMs) throw new ShortLife(end);
        return end;
      },
      {
        retries: Math.max(0, loopAfter - 1 - failures),
        minTimeout: Math.min(backoffMs * 2 ** failures, backoffMaxMs),
        maxTimeout: backoffMaxMs,
        factor: 2,
        randomize: false,
        signal: AbortSignal.any([signal, wait.signal]),
        onFailedAttempt: ({ error, retriesLeft, retryDelay }) => {
          if (!(error instanceof ShortLife)) return;
          const inARow = onShortLife();
          if (retriesLeft === 0) return;
          this.#wait = wait;
          this.#events.onBackoff(error.end, inARow, retryDelay);
        },
      },
    );
  }
}

/** Resolves after `ms`, or when the signal aborts. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
