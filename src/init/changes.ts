/** Notifies listeners of changes of the status. Listeners must be cheap and must not throw. */

export class Changes {
  readonly #listeners = new Set<() => void>();

  /** Notifies the listeners of a change; not coalesced. */
  readonly announce = (): void => {
    for (const listener of this.#listeners) listener();
  };

  /** Calls `listener` at each change until the function returned is called. */
  subscribe(listener: () => void): () => void {
    // a wrapper each time: the same function may subscribe twice
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}
