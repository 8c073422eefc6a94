/** Who is to be told when a part of the status becomes another one. Listeners are cheap and do not throw. */

export class Changes {
  readonly #listeners = new Set<() => void>();

  /** Something is another now; said as often as it happens. */
  readonly announce = (): void => {
    for (const listener of this.#listeners) listener();
  };

  /** Calls `listener` at each change until the function returned is called. */
  subscribe(listener: () => void): () => void {
    // one of its own each time: the same function may listen twice
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}
