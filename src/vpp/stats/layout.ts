/**
 * Owns what is known of a segment's structure: which entry of the directory has which name, and the names of
 * interfaces, nodes and errors. It holds until the epoch moves or the directory is somewhere else (adding a symlink
 * moves the directory without moving the epoch).
 */
import { StatsError } from './errors.ts';
import { FIRST_BYTE, FIRST_WORD, type SegmentFile, type SegmentHeader } from './segment-file.ts';

/** Directory types, src/vlib/stats/shared.h; 7 to 9 since 26.06. */
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

/** 144 bytes: type u32 at 0, union at 8 (value u64 | pointer | index1 u32, index2 u32), name[128] at 16 */
export const ENTRY_BYTES = 144;
const NAME_OFFSET = 16;
const NAME_BYTES = 128;

/** Bounds on what one read may cost, far above what a VPP of this size can have. */
const MAX_DIRECTORY_ENTRIES = 524_288;
const MAX_NAMES = 65_536;
const MAX_NAME_BYTES = 256;

/** Where one counter of `/err` is kept: a column of the entry `target`. */
export interface ErrorSource {
  readonly node: string;
  readonly reason: string;
  readonly target: number;
  readonly column: number;
}

export interface Layout {
  readonly epoch: number;
  readonly directory: number;
  readonly directoryLength: number;
  /** Entry by name, for `/if/`, `/sys/`, `/buffer-pools/` and `/mem/`. */
  readonly index: ReadonlyMap<string, number>;
  /** By sw_if_index; `undefined` where there is no interface. */
  readonly interfaceNames: readonly (string | undefined)[];
  readonly nodeNames: readonly (string | undefined)[];
  readonly errors: readonly ErrorSource[];
  readonly bufferPools: readonly string[];
  readonly heaps: readonly string[];
}

/** Reads the directory and all names. Only valid when the caller finds the epoch unchanged afterwards. */
export function readLayout(file: SegmentFile, header: SegmentHeader): Layout {
  const index = new Map<string, number>();
  const symlinks: { name: string; target: number; column: number }[] = [];
  const directoryLength = walkDirectory(file, header, isOfInterest, (name, type, entry, wordIndex) => {
    if (type === StatType.symlink && name.startsWith('/err/')) {
      symlinks.push({ name, target: file.words[wordIndex] ?? 0, column: file.words[wordIndex + 1] ?? 0 });
    } else {
      index.set(name, entry);
    }
  });
  const nodeNames = readNames(file, header, index, '/sys/node/names');
  const knownNodes = new Set(nodeNames);
  return {
    epoch: header.epoch,
    directory: header.directory,
    directoryLength,
    index,
    interfaceNames: readNames(file, header, index, '/if/names').map((name) =>
      name === 'deleted' ? undefined : name,
    ),
    nodeNames,
    errors: symlinks.map((link) => splitError(link, knownNodes)),
    bufferPools: groupNames(index, '/buffer-pools/', '/available'),
    heaps: groupNames(index, '/mem/', '/total'),
  };
}

/**
 * Visits the entries whose name passes `filter` on its raw bytes; `wordIndex` is where the entry's union begins in
 * `file.words` (the visitor must not read from the file). Returns the directory's length.
 */
export function walkDirectory(
  file: SegmentFile,
  header: SegmentHeader,
  filter: (bytes: Uint8Array, at: number) => boolean,
  visit: (name: string, type: number, entry: number, wordIndex: number) => void,
): number {
  const length = file.readVectorLength(header.directory, ENTRY_BYTES, 'directory');
  if (length > MAX_DIRECTORY_ENTRIES) {
    throw new StatsError(
      'corrupt',
      `read directory: ${length} entries are more than ${MAX_DIRECTORY_ENTRIES}`,
    );
  }
  const count = file.readVector(header.directory, ENTRY_BYTES, length, 'directory');
  for (let entry = 0; entry < count; entry++) {
    const at = FIRST_BYTE + entry * ENTRY_BYTES;
    const type = file.words[at / 4] ?? 0;
    if (type === StatType.illegal || type === StatType.empty) continue;
    if (!filter(file.bytes, at + NAME_OFFSET)) continue;
    visit(entryName(file, at + NAME_OFFSET), type, entry, at / 4 + 2);
  }
  return count;
}

/** Reads a vector of names; null pointers and empty names are `undefined`. */
export function readNameVector(file: SegmentFile, pointer: number, what: string): (string | undefined)[] {
  const length = file.readVectorLength(pointer, 8, what);
  if (length > MAX_NAMES)
    throw new StatsError('corrupt', `read ${what}: ${length} names are more than ${MAX_NAMES}`);
  return readPointers(file, pointer, length, what).map((name) => readName(file, name, what));
}

/** The pointers of an outer vector, copied out of the scratch buffer. */
export function readPointers(file: SegmentFile, pointer: number, wanted: number, what: string): number[] {
  const count = file.readVector(pointer, 8, wanted, what);
  const pointers: number[] = [];
  for (let i = 0; i < count; i++) pointers.push(file.u64(FIRST_WORD + 2 * i));
  return pointers;
}

function readNames(
  file: SegmentFile,
  header: SegmentHeader,
  index: ReadonlyMap<string, number>,
  name: string,
): (string | undefined)[] {
  const entry = index.get(name);
  if (entry === undefined) return [];
  file.readWithin(header.directory, entry * ENTRY_BYTES, 16, name);
  if (file.words[0] !== StatType.names) {
    throw new StatsError('corrupt', `read ${name}: its type is ${file.words[0]}, not ${StatType.names}`);
  }
  return readNameVector(file, file.u64(2), name);
}

function readName(file: SegmentFile, pointer: number, what: string): string | undefined {
  const length = file.readVector(pointer, 1, MAX_NAME_BYTES, what);
  let end = FIRST_BYTE;
  while (end < FIRST_BYTE + length && file.bytes[end] !== 0) end++;
  return end === FIRST_BYTE ? undefined : file.bytes.toString('utf8', FIRST_BYTE, end);
}

function entryName(file: SegmentFile, at: number): string {
  const end = file.bytes.indexOf(0, at);
  if (end < 0 || end >= at + NAME_BYTES) {
    throw new StatsError('corrupt', 'read directory: the name of an entry has no end');
  }
  return file.bytes.toString('utf8', at, end);
}

/** `/if/…`, `/sys/…`, `/err/…`, `/buffer-pools/…`, `/mem/…`: a third of the names, told apart before decoding. */
function isOfInterest(bytes: Uint8Array, at: number): boolean {
  switch (bytes[at + 1] ?? 0) {
    case 0x69: // i: /if/, but not /interfaces/
      return bytes[at + 2] === 0x66 && bytes[at + 3] === 0x2f;
    case 0x73: // s: /sys/
      return bytes[at + 2] === 0x79;
    case 0x65: // e: /err/
      return bytes[at + 2] === 0x72;
    case 0x62: // b: /buffer-pools/, but not /bfd/
      return bytes[at + 2] === 0x75;
    case 0x6d: // m: /mem/
      return bytes[at + 2] === 0x65;
    default:
      return false;
  }
}

/**
 * `/err/NODE/REASON`. A node's name may hold slashes (`GigabitEthernet0/8/0-output`), and so may a reason: a known
 * node decides, else the last slash.
 */
function splitError(
  link: { readonly name: string; readonly target: number; readonly column: number },
  knownNodes: ReadonlySet<string | undefined>,
): ErrorSource {
  const text = link.name.slice('/err/'.length);
  let slash = text.lastIndexOf('/');
  if (text.indexOf('/') !== slash) {
    for (let at = slash; at > 0; at = text.lastIndexOf('/', at - 1)) {
      if (knownNodes.has(text.slice(0, at))) slash = at;
    }
  }
  return slash < 0
    ? { node: text, reason: '', target: link.target, column: link.column }
    : { node: text.slice(0, slash), reason: text.slice(slash + 1), target: link.target, column: link.column };
}

/** The middles of all `PREFIX…SUFFIX`. */
function groupNames(index: ReadonlyMap<string, number>, prefix: string, suffix: string): string[] {
  const names: string[] = [];
  for (const name of index.keys()) {
    if (name.startsWith(prefix) && name.endsWith(suffix) && name.length > prefix.length + suffix.length) {
      names.push(name.slice(prefix.length, -suffix.length));
    }
  }
  return names;
}
