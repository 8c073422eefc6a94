/**
 * When a service that ended is started again: exponential backoff by p-retry, reset after a stable life,
 * `looping` after too many short ones.
 *
 * An episode is a row of short lives: the delay doubles within it (1, 2, 4 … 30 s) and p-retry gives up after
 * `loopAfter` starts. One life of at least `stableMs` ends the episode: the next crash starts at the first delay
 * again. A looping service is tried every `loopRetryMs`, or at once when `retryNow` is called, for ever.
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
  /** A life ended and the next begins after `delayMs`. */
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
  /** May be replaced at any time; an episode keeps the delays with which it began. */
  config: SupervisorConfig;
  readonly #events: RestartEvents;
  #wake: (() => void) | undefined;

  constructor(config: SupervisorConfig, events: RestartEvents) {
    this.config = config;
    this.#events = events;
  }

  /** Runs lives until the signal aborts or a life is the last one; resolves then. */
  async run(runner: Runner, signal: AbortSignal): Promise<void> {
    let looping = false;
    while (!signal.aborted) {
      const starts = looping ? 1 : this.config.loopAfter;
      try {
        const end = await this.#episode(runner, starts, signal);
        if (end.isLast === true) return;
        looping = false;
        this.#events.onBackoff(end, 0, this.config.backoffMs);
        await this.#sleep(this.config.backoffMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ShortLife)) throw error;
        const failures = looping ? this.config.loopAfter + 1 : this.config.loopAfter;
        looping = true;
        await this.#events.onLooping(error.end, failures, this.config.loopRetryMs);
        await this.#sleep(this.config.loopRetryMs, signal);
      }
    }
  }

  /** Ends a looping service's wait now; without effect in any other state. */
  retryNow(): void {
    this.#wake?.();
  }

  /** Resolves with the end of a stable or the last life; rejects with ShortLife after `starts` short ones. */
  #episode(runner: Runner, starts: number, signal: AbortSignal): Promise<LifeEnd> {
    return pRetry(
      async () => {
        const end = await runner(signal);
        signal.throwIfAborted();
        if (end.isLast !== true && end.livedMs < this.config.stableMs) throw new ShortLife(end);
        return end;
      },
      {
        retries: starts - 1,
        minTimeout: this.config.backoffMs,
        maxTimeout: this.config.backoffMaxMs,
        factor: 2,
        randomize: false,
        signal,
        onFailedAttempt: ({ error, attemptNumber, retriesLeft, retryDelay }) => {
          if (error instanceof ShortLife && retriesLeft > 0) {
            this.#events.onBackoff(error.end, attemptNumber, retryDelay);
          }
        },
      },
    );
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      // Aborted while a fallback was being set up: nobody would wake this wait.
      if (signal.aborted) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }
}
