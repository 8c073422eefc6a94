/**
 * Does the same work again and again: now, or later.
 *
 * Invariants: one run at a time; a request during a run causes another run after it; of the later runs that were asked
 * for, the last one counts, and one that begins takes its place.
 */
export class RunLoop {
  readonly #work: () => Promise<void>;
  #running: Promise<void> | undefined;
  #isAskedAgain = false;
  #later: NodeJS.Timeout | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Resolves when nothing more is asked for; rejects as the work does. */
  async run(): Promise<void> {
    if (this.#running !== undefined) {
      this.#isAskedAgain = true;
      return this.#running;
    }
    this.#running = this.#runUntilQuiet().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Runs in the background: who does the work reports why it failed. */
  runSoon(): void {
    this.run().catch(() => {});
  }

  runIn(ms: number): void {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.runSoon(), ms).unref();
  }

  /** Nothing is to be done later. */
  cancel(): void {
    clearTimeout(this.#later);
  }

  async #runUntilQuiet(): Promise<void> {
    do {
      this.#isAskedAgain = false;
      clearTimeout(this.#later);
      await this.#work();
    } while (this.#isAskedAgain);
  }
}
