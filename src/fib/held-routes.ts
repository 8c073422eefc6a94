/**
 * Routes of feeders that have gone and asked for them to stay: until their time is over, or a feeder of the same name
 * has said all that it has.
 *
 * Invariants: of one name there are at most one source that was complete and one that was not; `MAX_HELD` in all.
 */
import type { Hold } from './feed-header.ts';
import type { RouteSource } from './route-table.ts';

/** The table has room for 255 sources, and feeders want theirs. */
export const MAX_HELD = 128;

export interface HeldSource {
  readonly source: RouteSource;
  readonly hold: Hold;
  /** Its feeder said `sync` or `end`. */
  readonly isComplete: boolean;
  readonly lines: number;
  readonly errors: number;
  /** When its feeder went. */
  readonly since: number;
}

interface Entry extends HeldSource {
  readonly timer: NodeJS.Timeout | undefined;
}

export class HeldRoutes implements Disposable {
  readonly #entries = new Set<Entry>();
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  get all(): readonly HeldSource[] {
    return [...this.#entries];
  }

  /** Keeps a source's routes; false, and its routes are withdrawn, when there is no room. */
  add(held: HeldSource): boolean {
    if (held.hold === 0) {
      void held.source[Symbol.asyncDispose]();
      return true;
    }
    // Another beginning that was not finished takes the place of the one before.
    if (!held.isComplete) {
      for (const entry of this.#of(held.source.name)) if (!entry.isComplete) void this.#withdraw(entry);
    }
    if (this.#entries.size >= MAX_HELD) {
      this.#log(`${held.source.name}: its routes are withdrawn, ${MAX_HELD} sources are held already`);
      void held.source[Symbol.asyncDispose]();
      return false;
    }
    const timer = held.hold === 'forever' ? undefined : setTimeout(() => this.#expire(entry), held.hold);
    const entry: Entry = { ...held, timer };
    timer?.unref();
    this.#entries.add(entry);
    return true;
  }

  /** Gives the newest source of a name back to a feeder; undefined: none is held. */
  take(name: string): HeldSource | undefined {
    const entry = this.#of(name).at(-1);
    if (entry === undefined) return undefined;
    this.#forget(entry);
    return entry;
  }

  /** Withdraws what is held of a name; resolves with how many routes these were. */
  async sweep(name: string): Promise<number> {
    const entries = this.#of(name);
    const routes = entries.reduce((sum, { source }) => sum + source.size, 0);
    await Promise.all(entries.map((entry) => this.#withdraw(entry)));
    return routes;
  }

  /** Forgets the times; the routes stay as they are. */
  [Symbol.dispose](): void {
    for (const entry of this.#entries) this.#forget(entry);
  }

  #of(name: string): Entry[] {
    return [...this.#entries].filter(({ source }) => source.name === name);
  }

  #expire(entry: Entry): void {
    this.#log(
      `${entry.source.name}: ${entry.source.size} routes are withdrawn, their feeder did not come back`,
    );
    void this.#withdraw(entry);
  }

  #withdraw(entry: Entry): Promise<void> {
    this.#forget(entry);
    return entry.source[Symbol.asyncDispose]();
  }

  #forget(entry: Entry): void {
    clearTimeout(entry.timer);
    this.#entries.delete(entry);
  }
}
