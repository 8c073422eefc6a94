/**
 * What is not taken of the namespace's routes, by name and reason: for the status, and for the log.
 *
 * Invariants: at most `MAX_NAMED` are known by name, further ones are counted; a reading begins with none, and at its end
 * what it did not find again is gone; nothing is told twice while it holds, nor more than `TOLD_AT_ONCE` by name at once.
 */
import type { ImportRefusal, KernelImportStatus } from './status.ts';
import type { Refusal } from './kernel-import-groups.ts';

const MAX_NAMED = 1 << 16;
/** Of those that the status has. */
const REPORTED = 20;
const TOLD_AT_ONCE = 10;
/** Later than what comes and goes with a start: links whose interfaces VPP is still asked for. */
const TELL_AFTER_MS = 2_000;
const TELL_EVERY_MS = 30_000;

/** What is said at once: some by name, and how many more by reason. */
export interface RefusalNews {
  readonly named: readonly ImportRefusal[];
  readonly more: Counts;
}

type Counts = KernelImportStatus['notTaken']['byReason'];

interface Entry {
  readonly refusals: readonly ImportRefusal[];
  /** Of a route that is not taken: it stands for its destination all the same. */
  readonly metric: number | undefined;
  /** `RouteNotice.pathKey` */
  readonly pathKey: string;
  readonly reading: number;
  isTold: boolean;
}

export class ImportRefusals implements Disposable {
  readonly #onNews: (news: RefusalNews) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #counts = new Map<ImportRefusal['reason'], number>();
  /** Of `#counts`, those that have no entry. */
  #unnamed = new Map<ImportRefusal['reason'], number>();
  #routes = 0;
  #reading = 0;
  #timer: NodeJS.Timeout | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(onNews: (news: RefusalNews) => void) {
    this.#onNews = onNews;
  }

  /** Nothing is refused: most callers ask before they make a key. */
  get isEmpty(): boolean {
    return this.#entries.size === 0 && this.#unnamed.size === 0;
  }

  /** Some are not known by name: of a route that goes nobody can tell whether it was one of them. */
  get hasUnnamed(): boolean {
    return this.#unnamed.size > 0;
  }

  /** A reading begins. */
  begin(): void {
    this.#reading += 1;
    for (const [reason, count] of this.#unnamed) this.#count(reason, -count);
    this.#unnamed = new Map();
  }

  /** The reading is over. */
  end(): void {
    for (const [key, entry] of this.#entries) if (entry.reading !== this.#reading) this.#drop(key, entry);
  }

  /** `metric` undefined: the route is taken, but not as it is. Takes the place of what was there of the key. */
  set(
    key: string,
    where: Pick<ImportRefusal, 'prefix' | 'table' | 'from'>,
    refusals: readonly Refusal[],
    { metric, pathKey }: Pick<Entry, 'metric' | 'pathKey'>,
  ): void {
    const before = this.#entries.get(key);
    const named = refusals.map((refusal) => ({ ...where, ...refusal }));
    if (before !== undefined) this.#drop(key, before);
    else if (this.#entries.size >= MAX_NAMED) {
      for (const { reason } of refusals) {
        this.#count(reason, 1);
        this.#unnamed.set(reason, (this.#unnamed.get(reason) ?? 0) + 1);
      }
      return;
    }
    for (const { reason } of named) this.#count(reason, 1);
    if (metric !== undefined) this.#routes += 1;
    const isTold = before?.isTold === true && before.refusals[0]?.reason === named[0]?.reason;
    this.#entries.set(key, { refusals: named, metric, pathKey, reading: this.#reading, isTold });
    if (!isTold) this.#tellSoon();
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#drop(key, entry);
  }

  /** What this reading, or a notice since, said of a key. */
  get(key: string): Pick<Entry, 'metric' | 'pathKey'> | undefined {
    const entry = this.#entries.get(key);
    return entry?.reading === this.#reading ? entry : undefined;
  }

  get report(): KernelImportStatus['notTaken'] {
    const first: ImportRefusal[] = [];
    for (const { refusals } of this.#entries.values()) {
      if (first.length >= REPORTED) break;
      first.push(...refusals.slice(0, REPORTED - first.length));
    }
    const unnamed = [...this.#unnamed.values()].reduce((sum, count) => sum + count, 0);
    return { routes: this.#routes + unnamed, byReason: Object.fromEntries(this.#counts), first };
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#entries.clear();
  }

  #drop(key: string, { refusals, metric }: Entry): void {
    this.#entries.delete(key);
    for (const { reason } of refusals) this.#count(reason, -1);
    if (metric !== undefined) this.#routes -= 1;
  }

  #count(reason: ImportRefusal['reason'], change: number): void {
    const count = (this.#counts.get(reason) ?? 0) + change;
    if (count === 0) this.#counts.delete(reason);
    else this.#counts.set(reason, count);
  }

  #tellSoon(): void {
    if (this.#timer !== undefined) return;
    const waitMs = Math.max(TELL_AFTER_MS, this.#toldAt + TELL_EVERY_MS - performance.now());
    this.#timer = setTimeout(() => this.#tell(), waitMs).unref();
  }

  #tell(): void {
    this.#timer = undefined;
    this.#toldAt = performance.now();
    const named: ImportRefusal[] = [];
    const more: Record<string, number> = {};
    for (const entry of this.#entries.values()) {
      if (entry.isTold) continue;
      entry.isTold = true;
      for (const refusal of entry.refusals) {
        if (named.length < TOLD_AT_ONCE) named.push(refusal);
        else more[refusal.reason] = (more[refusal.reason] ?? 0) + 1;
      }
    }
    if (named.length > 0) this.#onNews({ named, more });
  }
}
