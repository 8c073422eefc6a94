/** Reads single entries of any type, for tools and tests; the poller reads snapshots. */
import { ENTRY_BYTES, StatType, textOf, walkDirectory } from './directory.ts';
import { StatsError } from './errors.ts';
import { MAX_THREADS, readNameVector, readPointers } from './layout.ts';
import { FIRST_WORD, type SegmentFile, type SegmentHeader } from './segment-file.ts';
import type { Sliced } from './slices.ts';

const MAX_COUNTERS = 1 << 20;

export interface EntryInfo {
  readonly name: string;
  /** `stat_directory_type_t` */
  readonly type: number;
}

/**
 * Counters are by thread, then by index; a histogram's bins by thread, then by power of two. `ring` is skipped on
 * purpose: its bytes have their own schema. `unknown`: a type of a later VPP.
 */
export type EntryValue =
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'simple'; readonly threads: readonly (readonly number[])[] }
  | {
      readonly kind: 'combined';
      readonly threads: readonly (readonly { readonly packets: number; readonly bytes: number }[])[];
    }
  | { readonly kind: 'names'; readonly names: readonly (string | undefined)[] }
  | { readonly kind: 'histogram'; readonly threads: readonly (readonly number[])[] }
  | { readonly kind: 'ring' }
  | { readonly kind: 'unknown'; readonly type: number };

interface Place {
  readonly type: number;
  readonly value: number;
  readonly index1: number;
  readonly index2: number;
}

export function* listEntries(file: SegmentFile, header: SegmentHeader): Sliced<EntryInfo[]> {
  const entries: EntryInfo[] = [];
  yield* walkDirectory(file, header, (type, _entry, _wordIndex, name) => {
    entries.push({ name: textOf(name), type });
  });
  return entries;
}

/** A symlink returns its column as one counter per thread. */
export function* readEntry(
  file: SegmentFile,
  header: SegmentHeader,
  name: string,
): Sliced<EntryValue | undefined> {
  let found: number | undefined;
  const length = yield* walkDirectory(file, header, (_type, entry, _wordIndex, entryName) => {
    if (textOf(entryName) === name) found = entry;
  });
  if (found === undefined) return undefined;
  const place = readPlace(file, header, found, name);
  if (place.type !== StatType.symlink) return yield* readValue(file, place, undefined, name);
  if (place.index1 >= length) {
    throw new StatsError('corrupt', `cannot read ${name}: it points to entry ${place.index1} of ${length}`);
  }
  return yield* readValue(file, readPlace(file, header, place.index1, name), place.index2, name);
}

function* readValue(
  file: SegmentFile,
  place: Place,
  column: number | undefined,
  name: string,
): Sliced<EntryValue> {
  switch (place.type) {
    case StatType.scalar:
    case StatType.gauge:
      return { kind: 'scalar', value: place.value };
    case StatType.simple:
      return {
        kind: 'simple',
        threads: readRows(file, place.value, 8, column, name, (at) => file.u64(at)),
      };
    case StatType.combined:
      return {
        kind: 'combined',
        threads: readRows(file, place.value, 16, column, name, (at) => ({
          packets: file.u64(at),
          bytes: file.u64(at + 2),
        })),
      };
    case StatType.names:
      return { kind: 'names', names: yield* readNameVector(file, place.value, name) };
    case StatType.histogramLog2:
      return {
        kind: 'histogram',
        threads: readRows(file, place.value, 8, column, name, (at) => file.u64(at)),
      };
    case StatType.ringBuffer:
      return { kind: 'ring' };
    default:
      return { kind: 'unknown', type: place.type };
  }
}

function readRows<T>(
  file: SegmentFile,
  pointer: number,
  size: number,
  column: number | undefined,
  name: string,
  element: (wordIndex: number) => T,
): T[][] {
  return readPointers(file, pointer, MAX_THREADS, name).map((row) => {
    const length = file.readVector(row, size, MAX_COUNTERS, name);
    const first = column ?? 0;
    const end = column === undefined ? length : Math.min(length, column + 1);
    const elements: T[] = [];
    for (let i = first; i < end; i++) elements.push(element(FIRST_WORD + (i * size) / 4));
    return elements;
  });
}

function readPlace(file: SegmentFile, header: SegmentHeader, entry: number, name: string): Place {
  file.readWithin(header.directory, entry * ENTRY_BYTES, 16, name);
  const { words } = file;
  return { type: words[0] ?? 0, value: file.u64(2), index1: words[2] ?? 0, index2: words[3] ?? 0 };
}
