/**
 * When a service that ended is started again: exponential backoff, reset after a stable life, `looping` after too many
 * short ones.
 *
 * An episode is a row of short lives: the delay doubles within it (1, 2, 4 … 30 s). One life of at least `stableMs`
 * ends the episode: the next crash starts at the first delay again. After `loopAfter` short lives the service is
 * looping: it is tried every `loopRetryMs`, for ever. Every wait ends at once when `retryNow` is called.
 * The policy knows no process: what it wraps is a function that resolves when the life is over.
 */
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

export class RestartPolicy {
  /** May be replaced at any time; a wait that is under way ends as it was begun. */
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
    let failures = 0;
    while (!signal.aborted) {
      const end = await this.#live(runner, signal);
      if (end === undefined || end.isLast === true) return;
      const { backoffMs, backoffMaxMs, stableMs, loopAfter, loopRetryMs } = this.config;
      failures = end.livedMs < stableMs ? failures + 1 : 0;
      this.#wait = new AbortController();
      const waited = AbortSignal.any([signal, this.#wait.signal]);
      if (failures >= loopAfter) {
        await this.#events.onLooping(end, failures, loopRetryMs);
        await sleep(loopRetryMs, waited);
      } else {
        const delayMs = Math.min(backoffMs * 2 ** Math.max(0, failures - 1), backoffMaxMs);
        this.#events.onBackoff(end, failures, delayMs);
        await sleep(delayMs, waited);
      }
      this.#wait = undefined;
    }
  }

  /** Ends the wait for the next start now; without effect while a life is under way. */
  retryNow(): void {
    this.#wait?.abort();
  }

  /** Undefined when it was aborted. */
  async #live(runner: Runner, signal: AbortSignal): Promise<LifeEnd | undefined> {
    try {
      const end = await runner(signal);
      return signal.aborted ? undefined : end;
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
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
