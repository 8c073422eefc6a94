/**
 * Compares what a segment holds twice. VPP's structures have no checksum, but much of them is redundant:
 * an interface's name is in `/if/names` and in its symlinks, a column of errors has one name, a vector one owner, each
 * thread a row. A segment whose parts contradict each other is damaged, or was changed while it was read; either way
 * its figures are unusable.
 *
 * Not detectable this way: a changed counter value, a changed text of an error's reason, and a pointer changed so
 * that it leads to a vector of the right length which VPP has freed.
 */
import { INTERFACE_PATHS, NODE_FAMILIES } from './counters.ts';
import { StatType } from './directory.ts';
import { StatsError } from './errors.ts';
import type { Place, Rows } from './place.ts';

/** The target of a symlink. */
export interface Column {
  readonly target: number;
  readonly column: number;
}

const SCALARS = [
  '/sys/heartbeat',
  '/sys/boottime',
  '/sys/last_stats_clear',
  '/sys/vector_rate',
  '/sys/num_worker_threads',
  '/sys/last_update',
  '/sys/input_rate',
] as const;

/** One row, whose columns are threads. */
const SIMPLE_OF_THREADS = ['/sys/vector_rate_per_worker', '/sys/loops_per_worker'] as const;

const POOL_FIGURES = ['/cached', '/used', '/available'] as const;
const HEAP_FIGURES = ['', '/total', '/used', '/free'] as const;

/** Longest path that VPP does not truncate (VLIB_STATS_MAX_NAME_SZ), as an upper bound on compared names. */
const MAX_PATH = 127;

/** Vectors by their owner: no two entries share one. */
export class Claims {
  readonly #owners = new Map<number, number>();

  /** A null pointer is the empty vector, which any entry may have. */
  take(pointer: number, entry: number): void {
    if (pointer === 0) return;
    const owner = this.#owners.get(pointer);
    if (owner !== undefined) {
      throw corrupt(
        'directory',
        `entries ${owner} and ${entry} share the vector at 0x${pointer.toString(16)}`,
      );
    }
    this.#owners.set(pointer, entry);
  }
}

/** Compares the names of interfaces or nodes with their symlinks, `links` by name as VPP writes it in a path. */
export function verifyNames(
  what: string,
  { names, indexes }: Rows,
  links: ReadonlyMap<string, Column>,
  target: number | undefined,
): void {
  const byIndex = new Map(indexes.map((index, row) => [index, pathName(names[row] ?? '')]));
  for (const name of byIndex.values()) {
    if (name.length > MAX_PATH - '/interfaces//rx-multicast'.length) continue;
    const link = links.get(name);
    if (link === undefined) throw corrupt(what, `no counter of ${JSON.stringify(name)} exists`);
    if (link.target !== target) throw corrupt(what, `a counter of ${JSON.stringify(name)} points elsewhere`);
  }
  // two names may be equal in a path: then one of them has the symlinks
  for (const [name, { column }] of links) {
    if (byIndex.get(column) !== name) {
      throw corrupt(what, `number ${column} is ${JSON.stringify(name)} in the directory only`);
    }
  }
}

/** Checks the symlinks of `/err`: all point to one entry, no column twice. */
export function verifyErrors(
  links: readonly (Column & { readonly name: string })[],
  target: number | undefined,
): void {
  const names = new Map<number, string>();
  for (const link of links) {
    if (link.target !== target)
      throw corrupt(link.name, `it points to entry ${link.target}, expected ${target}`);
    const other = names.get(link.column);
    if (other !== undefined) throw corrupt(link.name, `its column ${link.column} is also that of ${other}`);
    names.set(link.column, link.name);
  }
}

/** Checks that every entry of a VPP exists, in the right type, with a row per thread. */
export function verifyIndex(
  index: ReadonlyMap<string, Place>,
  rows: ReadonlyMap<string, readonly number[]>,
): void {
  const want = (name: string, ...types: readonly number[]): Place => {
    const place = index.get(name);
    if (place === undefined) throw corrupt(name, 'it is missing');
    if (!types.includes(place.type)) {
      throw corrupt(name, `its type is ${place.type}, expected ${types.join(' or ')}`);
    }
    return place;
  };
  for (const name of SCALARS) want(name, StatType.scalar, StatType.gauge);
  const threads = want('/sys/num_worker_threads', StatType.scalar, StatType.gauge).value + 1;
  const wantRows = (name: string, type: number, fits: (count: number) => boolean): void => {
    want(name, type);
    const count = rows.get(name)?.length ?? 0;
    if (!fits(count)) throw corrupt(name, `it has ${count} rows, expected ${threads}, one per thread`);
  };
  for (const name of SIMPLE_OF_THREADS) wantRows(name, StatType.simple, (count) => count === 1);
  if (hasAny(index, ['/if/names', ...INTERFACE_PATHS.keys()])) {
    want('/if/names', StatType.names);
    for (const [path, counters] of INTERFACE_PATHS) {
      const type = counters.length === 1 ? StatType.simple : StatType.combined;
      wantRows(path, type, (count) => count === threads);
    }
  }
  const ofNodes = NODE_FAMILIES.map(({ path }) => path);
  if (hasAny(index, ['/sys/node/names', ...ofNodes])) {
    want('/sys/node/names', StatType.names);
    // VPP makes one row more than it has threads
    for (const path of ofNodes) wantRows(path, StatType.simple, (count) => count >= threads);
  }
  if (index.has('/node/errors')) wantRows('/node/errors', StatType.simple, (count) => count === threads);
  verifyGroups(index, want);
}

/** Every pool has its three figures and every heap its vector, and the symlinks of a heap point into its own vector. */
function verifyGroups(
  index: ReadonlyMap<string, Place>,
  want: (name: string, ...types: readonly number[]) => Place,
): void {
  for (const [name, { type }] of index) {
    // of a later VPP, unknown here
    if (type > StatType.gauge) continue;
    if (name.startsWith('/buffer-pools/')) {
      const pool = withoutSuffix(name, POOL_FIGURES);
      for (const figure of POOL_FIGURES) want(`${pool}${figure}`, StatType.scalar, StatType.gauge);
    }
    if (name.startsWith('/mem/')) {
      const heap = withoutSuffix(name, HEAP_FIGURES);
      const { entry } = want(heap, StatType.simple);
      for (const figure of HEAP_FIGURES.slice(1)) {
        const { value } = want(`${heap}${figure}`, StatType.symlink);
        if (value % 2 ** 32 !== entry) throw corrupt(`${heap}${figure}`, `it does not point to ${heap}`);
      }
    }
  }
}

/** Writes a name as VPP does in a path (format_vlib_stats_symlink). */
function pathName(name: string): string {
  return name.replaceAll('/', '_');
}

function withoutSuffix(name: string, suffixes: readonly string[]): string {
  const suffix = suffixes.find((one) => one !== '' && name.endsWith(one)) ?? '';
  return name.slice(0, name.length - suffix.length);
}

function hasAny(index: ReadonlyMap<string, Place>, names: readonly string[]): boolean {
  return names.some((name) => index.has(name));
}

function corrupt(what: string, why: string): StatsError {
  return new StatsError('corrupt', `cannot read ${what}: ${why}`);
}
