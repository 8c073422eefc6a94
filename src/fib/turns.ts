/**
 * Who has work for the event loop takes turns: one slice of one worker between two turns of the loop, however many
 * there are, so that thirty busy feeders cost no more delay than one.
 */

/** Works for one time slice; whether there is more to do. */
export type Work = () => boolean;

export class Turns {
  readonly #waiting = new Set<Work>();
  #isScheduled = false;

  /** Has `work` called, in its turn, until there is no more. Once it is waiting, another call makes no difference. */
  add(work: Work): void {
    this.#waiting.add(work);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.size === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const [first] = this.#waiting;
      if (first === undefined) return;
      this.#waiting.delete(first);
      if (first()) this.#waiting.add(first);
      this.#schedule();
    });
  }
}
