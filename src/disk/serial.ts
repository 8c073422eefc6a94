/** Runs calls one at a time, in order; a call from inside a running one joins it instead of deadlocking. */
import { AsyncLocalStorage } from 'node:async_hooks';

export class Serial {
  readonly #inside = new AsyncLocalStorage<symbol>();
  #running: symbol | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** Whether the caller runs inside an unfinished call. */
  get joined(): boolean {
    return this.#running !== undefined && this.#inside.getStore() === this.#running;
  }

  /** Runs `work` when all earlier calls have ended, however they ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.joined) return work();
    const result = this.#last.then(async () => {
      const turn = Symbol();
      this.#running = turn;
      try {
        return await this.#inside.run(turn, work);
      } finally {
        this.#running = undefined;
      }
    });
    this.#last = result.catch(() => {}); // reported to the caller; the next call proceeds
    return result;
  }
}
