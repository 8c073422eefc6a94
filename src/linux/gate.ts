/** Who waits until something is so: all go on at the same moment. */
export class Gate {
  #opening = Promise.withResolvers<void>();

  /** Resolves when the gate opens the next time. */
  opened(): Promise<void> {
    return this.#opening.promise;
  }

  /** Lets all pass that wait now. */
  open(): void {
    this.#opening.resolve();
    this.#opening = Promise.withResolvers();
  }
}
