/** Measures the duration of each step of an operation, for the log. */
export class Stopwatch {
  #last = performance.now();
  readonly #laps: string[] = [];

  lap(name: string): void {
    const now = performance.now();
    this.#laps.push(`${name} ${(now - this.#last).toFixed(1)} ms`);
    this.#last = now;
  }

  toString(): string {
    return this.#laps.join(', ');
  }
}
