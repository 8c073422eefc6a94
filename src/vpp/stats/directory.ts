/**
 * Reads the directory of a segment, its entries and their names, in pieces.
 *
 *   entry, 144 bytes: type u32 at 0 | union at 8: value u64, or pointer, or index1 u32 and index2 u32 | name[128] at 16
 *
 * Source: src/vlib/stats/shared.h.
 */
import { StatsError } from './errors.ts';
import type { SegmentFile, SegmentHeader } from './segment-file.ts';
import type { Sliced } from './slices.ts';

/** Directory types; 7 to 9 since 26.06. */
export const StatType = {
  illegal: 0,
  scalar: 1,
  simple: 2,
  combined: 3,
  names: 4,
  empty: 5,
  symlink: 6,
  histogramLog2: 7,
  ringBuffer: 8,
  gauge: 9,
} as const;

export const ENTRY_BYTES = 144;
/** Offsets in an entry. */
const NAME_OFFSET = 16;
const NAME_BYTES = 128;
/** VPP keeps this entry at index 0 (STAT_COUNTER_HEARTBEAT, src/vlib/stats/stats.h). */
const FIRST_NAME = '/sys/heartbeat';

/** Bounds the cost of one read, far above what a VPP of this size can have. */
const MAX_ENTRIES = 524_288;
/** Entries read at once, and between two pauses. */
const PIECE_ENTRIES = 2048;

/** The position in `file.bytes` of the visited entry's name. */
export interface RawName {
  readonly bytes: Buffer;
  readonly start: number;
  /** Exclusive; without the NUL. */
  readonly end: number;
}

/** Called for each entry with the index in `file.words` of its union; must not read from the file. */
export type EntryVisitor = (type: number, entry: number, wordIndex: number, name: RawName) => void;

/** Visits every entry that is in use and returns the directory's length. Errors: `corrupt`, `read`. */
export function* walkDirectory(
  file: SegmentFile,
  header: SegmentHeader,
  visit: EntryVisitor,
): Sliced<number> {
  const length = readDirectoryLength(file, header);
  const name = { bytes: file.bytes, start: 0, end: 0 };
  for (let first = 0; first < length; first += PIECE_ENTRIES) {
    const count = Math.min(PIECE_ENTRIES, length - first);
    file.readWithin(header.directory, first * ENTRY_BYTES, count * ENTRY_BYTES, 'directory');
    name.bytes = file.bytes;
    for (let i = 0; i < count; i++) {
      const at = i * ENTRY_BYTES;
      const type = file.words[at / 4] ?? 0;
      name.start = at + NAME_OFFSET;
      name.end = endOfName(file.bytes, name.start);
      if (type === StatType.illegal || type === StatType.empty) {
        // VPP clears an entry that it frees
        if (name.end > name.start) throw damaged(first + i, 'it has a name, but no type');
        continue;
      }
      if (name.end === name.start) throw damaged(first + i, `it has type ${type}, but no name`);
      if (first + i === 0 && textOf(name) !== FIRST_NAME) throw damaged(0, `expected ${FIRST_NAME}`);
      visit(type, first + i, at / 4 + 2, name);
    }
    yield 'slice';
  }
  return length;
}

/** Errors: `corrupt`, `read`. */
export function readDirectoryLength(file: SegmentFile, header: SegmentHeader): number {
  const length = file.readVectorLength(header.directory, ENTRY_BYTES, 'directory');
  if (length === 0 || length > MAX_ENTRIES) {
    throw new StatsError(
      'corrupt',
      `cannot read the directory: ${length} entries are out of range (1–${MAX_ENTRIES})`,
    );
  }
  return length;
}

export function textOf({ bytes, start, end }: RawName): string {
  return bytes.toString('utf8', start, end);
}

/** Whether a raw name begins with `prefix`, without decoding it. */
export function startsWith({ bytes, start }: RawName, prefix: string): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[start + i] !== prefix.charCodeAt(i)) return false;
  return true;
}

/** Whether it ends with `suffix`. */
export function endsWith({ bytes, end }: RawName, suffix: string): boolean {
  for (let i = 0; i < suffix.length; i++) {
    if (bytes[end - suffix.length + i] !== suffix.charCodeAt(i)) return false;
  }
  return true;
}

function endOfName(bytes: Buffer, start: number): number {
  const end = bytes.indexOf(0, start);
  if (end < 0 || end >= start + NAME_BYTES) {
    throw new StatsError('corrupt', 'cannot read the directory: the name of an entry is not terminated');
  }
  return end;
}

function damaged(entry: number, why: string): StatsError {
  return new StatsError('corrupt', `cannot read the directory: entry ${entry} is damaged: ${why}`);
}
