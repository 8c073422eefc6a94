/**
 * The routes of one neighbour and family, as sources of the route table.
 *
 * A source is one telling of all routes: a session, or a refresh of it. Invariants: there are at most two, the current one
 * and the stale one before it; what is announced or withdrawn leaves the stale one at once, and what was not mentioned
 * leaves with it, when the neighbour has told all (`endOfRib`) or nobody waits for that any more (`sweep`).
 */
import type { RouteKey, RouteSource, RouteStore, RouteTable } from '../fib/mod.ts';
import type { AddressFamily } from './families.ts';
import { type PathId, Paths } from './paths.ts';
import { PathStore } from './path-store.ts';
import type { UpdateTarget } from './update.ts';

export interface FamilyRoutesOptions {
  readonly table: RouteTable;
  readonly family: AddressFamily;
  /** As people read it: `bgp.bird`. */
  readonly name: string;
  readonly distance: number;
  /** Whether equally good additional paths share the traffic. */
  readonly isMultipath: boolean;
}

interface Telling {
  readonly source: RouteSource;
  /** With additional paths. */
  readonly paths: PathStore | undefined;
}

export class FamilyRoutes implements UpdateTarget {
  readonly paths: Paths;
  readonly #options: FamilyRoutesOptions;
  readonly #store: RouteStore;
  #current: Telling | undefined;
  #stale: Telling | undefined;
  /** Withdrawals that are under way. */
  readonly #leaving = new Set<Promise<void>>();
  /** Routes that the table had no room for. */
  refused = 0;

  constructor(options: FamilyRoutesOptions) {
    this.#options = options;
    this.#store = options.table.store(options.family.family);
    this.paths = new Paths(options.table.groups, options.family.family);
  }

  /** Prefixes that the neighbour has announced. */
  get size(): number {
    return this.#current?.source.size ?? 0;
  }

  /** Prefixes of an earlier telling that were not mentioned again so far. */
  get staleSize(): number {
    return this.#stale?.source.size ?? 0;
  }

  /** Additional paths; 0 without them. */
  get pathCount(): number {
    return this.#current?.paths?.size ?? 0;
  }

  /**
   * Begins another telling; what there is becomes stale, and what was stale is withdrawn. Throws RangeError when the
   * route table has no source left.
   */
  begin(hasAdditionalPaths: boolean): void {
    const { table, name, distance } = this.#options;
    this.retain();
    const source = table.addSource({ name, distance, origin: 'feed' });
    this.#current = {
      source,
      paths: hasAdditionalPaths ? new PathStore(this.#store, this.paths) : undefined,
    };
  }

  /** There is nobody who tells; the routes stay, as stale ones. */
  retain(): void {
    if (this.#current === undefined) return;
    this.sweep();
    this.#stale = this.#current;
    this.#current = undefined;
  }

  /** Withdraws what is stale. */
  sweep(): void {
    if (this.#stale !== undefined) this.#end(this.#stale);
    this.#stale = undefined;
  }

  endOfRib(): void {
    this.sweep();
  }

  announce(key: RouteKey, pathId: number, path: PathId): void {
    const telling = this.#current;
    if (telling === undefined) return;
    const { source, paths } = telling;
    if (paths === undefined) {
      if (source.set(key, this.paths.group(path), this.paths.med(path)) === 'full') this.refused += 1;
    } else this.#announceOne(source, paths, key, pathId, path);
    if (this.#stale !== undefined) this.#forget(this.#stale, key);
  }

  withdraw(key: RouteKey, pathId: number): void {
    const telling = this.#current;
    if (telling !== undefined && this.#withdrawOne(telling, key, pathId)) return;
    if (this.#stale !== undefined) this.#withdrawOne(this.#stale, key, pathId);
  }

  /** Withdraws everything. Resolves when that is done. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.retain();
    this.sweep();
    await Promise.all(this.#leaving);
    this.paths[Symbol.dispose]();
  }

  #announceOne(source: RouteSource, paths: PathStore, key: RouteKey, pathId: number, path: PathId): void {
    let slot = this.#store.find(key);
    if (slot < 0 || !paths.holds(slot)) {
      // It is the only path so far; the slot exists from then on.
      if (source.set(key, this.paths.group(path), this.paths.med(path)) === 'full') {
        this.refused += 1;
        return;
      }
      slot = this.#store.find(key);
      paths.set(slot, pathId, path);
    } else if (paths.set(slot, pathId, path)) this.#choose(source, paths, key, slot);
    else this.refused += 1;
  }

  #withdrawOne({ source, paths }: Telling, key: RouteKey, pathId: number): boolean {
    if (paths === undefined) return source.remove(key);
    const slot = this.#store.find(key);
    if (slot < 0 || !paths.remove(slot, pathId)) return false;
    if (paths.holds(slot)) this.#choose(source, paths, key, slot);
    else source.remove(key);
    return true;
  }

  /** The paths of a prefix are others: their best ones are its route. */
  #choose(source: RouteSource, paths: PathStore, key: RouteKey, slot: number): void {
    const best = paths.best(slot, this.#options.isMultipath);
    const [first] = best;
    if (first === undefined) return;
    const group = this.paths.join(best);
    if (source.set(key, group, this.paths.med(first)) === 'full') this.refused += 1;
  }

  /** A prefix that is told anew: identifiers of paths mean nothing across a restart (RFC 7911, section 5). */
  #forget({ source, paths }: Telling, key: RouteKey): void {
    if (paths !== undefined) {
      const slot = this.#store.find(key);
      if (slot >= 0) paths.removeAll(slot);
    }
    source.remove(key);
  }

  #end({ source, paths }: Telling): void {
    const leaving = source[Symbol.asyncDispose]().then(() => paths?.clear());
    this.#leaving.add(leaving);
    void leaving.then(() => this.#leaving.delete(leaving));
  }
}
