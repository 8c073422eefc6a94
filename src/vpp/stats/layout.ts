/**
 * Owns the structure of a segment: the directory entries by name, the names of interfaces, nodes and errors, and where
 * the rows of counters are. It is valid until the epoch changes or the directory moves or grows (adding a symlink
 * changes the directory without changing the epoch).
 *
 * Invariant: data that VPP writes twice was compared (`verify.ts`), so that a damaged segment is an error rather than
 * a figure under a wrong name.
 */
import { endsWith, type RawName, startsWith, StatType, textOf, walkDirectory } from './directory.ts';
import { StatsError } from './errors.ts';
import { FIRST_BYTE, FIRST_WORD, type SegmentFile, type SegmentHeader } from './segment-file.ts';
import type { Place, Rows } from './place.ts';
import type { Sliced } from './slices.ts';
import { Claims, type Column, verifyErrors, verifyIndex, verifyNames } from './verify.ts';

const MAX_NAMES = 65_536;
const MAX_NAME_BYTES = 256;
/** VPP has at most this many threads (src/vlib/threads.h has 256 by default). */
export const MAX_THREADS = 1024;
/** Names read between two pauses. */
const PIECE_NAMES = 256;
/** Sessions of NAT44, one row a thread (nat44_ed.c); without the plugin it is missing. */
export const NAT_SESSIONS = '/nat44-ed/total-sessions';
/** A symlink with this counter name exists for each interface and node; its path is compared with their names. */
const INTERFACE_WITNESS = '/drops';
const NODE_WITNESS = '/calls';

/** Counters of `/err`: columns of the entry `/node/errors`. */
export interface ErrorSource {
  readonly node: string;
  readonly reason: string;
  readonly column: number;
}

export interface Layout {
  readonly epoch: number;
  readonly directory: number;
  readonly directoryLength: number;
  /** By name: `/if/`, `/sys/`, `/buffer-pools/`, `/mem/`, `/node/errors`, `/acl/N/matches`, the sessions of NAT. */
  readonly index: ReadonlyMap<string, Place>;
  readonly interfaces: Rows;
  readonly nodes: Rows;
  readonly errors: readonly ErrorSource[];
  readonly bufferPools: readonly string[];
  readonly heaps: readonly string[];
  /** Numbers of the filters that VPP counts for, or has counted for. */
  readonly acls: readonly number[];
  /** By name of a counter vector: pointers to its rows, one per thread. */
  readonly rows: ReadonlyMap<string, readonly number[]>;
}

/** Reads the directory and all names. Only valid when the epoch is unchanged afterwards. */
export function* readLayout(file: SegmentFile, header: SegmentHeader): Sliced<Layout> {
  const index = new Map<string, Place>();
  const claims = new Claims();
  const errorLinks: { name: string; target: number; column: number }[] = [];
  let errorsEntry: number | undefined;
  const witnesses = { interfaces: new Map<string, Column>(), nodes: new Map<string, Column>() };
  const directoryLength = yield* walkDirectory(file, header, (type, entry, wordIndex, name) => {
    const value = file.u64(wordIndex);
    if (type === StatType.simple || type === StatType.combined || type === StatType.histogramLog2) {
      claims.take(value, entry);
    }
    const group = groupOf(name);
    if (group !== 'errors' && type === StatType.symlink && file.words[wordIndex] === errorsEntry) {
      throw new StatsError(
        'corrupt',
        `cannot read ${textOf(name)}: it points to the errors, but is not below /err/`,
      );
    }
    if (group === undefined) return;
    if (group === 'values') {
      const text = textOf(name);
      index.set(text, { entry, type, value });
      if (text === '/node/errors') errorsEntry = entry;
      return;
    }
    const text = textOf(name);
    if (type !== StatType.symlink) {
      throw new StatsError(
        'corrupt',
        `cannot read ${text}: its type is ${type}, expected ${StatType.symlink}`,
      );
    }
    const target = file.words[wordIndex] ?? 0;
    const column = file.words[wordIndex + 1] ?? 0;
    if (group === 'errors') errorLinks.push({ name: text, target, column });
    else if (group === 'interfaces') {
      witnesses.interfaces.set(middle(text, '/interfaces/', INTERFACE_WITNESS), { target, column });
    } else witnesses.nodes.set(middle(text, '/nodes/', NODE_WITNESS), { target, column });
  });
  claims.take(header.directory, -1);
  const interfaceNames = yield* readNames(file, index.get('/if/names'), '/if/names', claims);
  const nodeNames = yield* readNames(file, index.get('/sys/node/names'), '/sys/node/names', claims);
  const interfaces = rowsOf(interfaceNames, 'deleted');
  const nodes = rowsOf(nodeNames);
  verifyNames('/if/names', interfaces, witnesses.interfaces, index.get('/if/drops')?.entry);
  verifyNames('/sys/node/names', nodes, witnesses.nodes, index.get('/sys/node/calls')?.entry);
  verifyErrors(errorLinks, index.get('/node/errors')?.entry);
  const rows = yield* readRows(file, index, claims);
  verifyIndex(index, rows);
  const knownNodes = new Set(nodes.names);
  return {
    epoch: header.epoch,
    directory: header.directory,
    directoryLength,
    index,
    interfaces,
    nodes,
    errors: errorLinks.map(({ name, column }) => ({ ...splitError(name, knownNodes), column })),
    bufferPools: groupNames(index, '/buffer-pools/', '/available'),
    heaps: groupNames(index, '/mem/', '/total'),
    acls: groupNames(index, '/acl/', '/matches').map(Number),
    rows,
  };
}

/** Reads a vector of names; null pointers and empty names are `undefined`. */
export function* readNameVector(
  file: SegmentFile,
  pointer: number,
  what: string,
  claim: (pointer: number) => void = () => {},
): Sliced<(string | undefined)[]> {
  const length = file.readVectorLength(pointer, 8, what);
  if (length > MAX_NAMES)
    throw new StatsError('corrupt', `cannot read ${what}: ${length} names exceed the limit of ${MAX_NAMES}`);
  const names: (string | undefined)[] = [];
  for (const name of readPointers(file, pointer, length, what)) {
    claim(name);
    names.push(readName(file, name, what));
    if (names.length % PIECE_NAMES === 0) yield 'slice';
  }
  return names;
}

/** The pointers of an outer vector, copied out of the scratch buffer. */
export function readPointers(file: SegmentFile, pointer: number, wanted: number, what: string): number[] {
  const count = file.readVector(pointer, 8, wanted, what);
  const pointers: number[] = [];
  for (let i = 0; i < count; i++) pointers.push(file.u64(FIRST_WORD + 2 * i));
  return pointers;
}

function* readNames(
  file: SegmentFile,
  place: Place | undefined,
  name: string,
  claims: Claims,
): Sliced<(string | undefined)[]> {
  if (place === undefined) return [];
  if (place.type !== StatType.names) {
    throw new StatsError(
      'corrupt',
      `cannot read ${name}: its type is ${place.type}, expected ${StatType.names}`,
    );
  }
  claims.take(place.value, place.entry);
  return yield* readNameVector(file, place.value, name, (pointer) => claims.take(pointer, place.entry));
}

function readName(file: SegmentFile, pointer: number, what: string): string | undefined {
  const length = file.readVector(pointer, 1, MAX_NAME_BYTES, what);
  let end = FIRST_BYTE;
  while (end < FIRST_BYTE + length && file.bytes[end] !== 0) end++;
  return end === FIRST_BYTE ? undefined : file.bytes.toString('utf8', FIRST_BYTE, end);
}

/** Pointers to the rows of every counter vector of the index, each row claimed by its entry. */
function* readRows(
  file: SegmentFile,
  index: ReadonlyMap<string, Place>,
  claims: Claims,
): Sliced<Map<string, readonly number[]>> {
  const rows = new Map<string, readonly number[]>();
  for (const [name, { type, value, entry }] of index) {
    if (type !== StatType.simple && type !== StatType.combined) continue;
    const pointers = readPointers(file, value, MAX_THREADS, name);
    for (const pointer of pointers) claims.take(pointer, entry);
    rows.set(name, pointers);
    yield 'slice';
  }
  return rows;
}

function rowsOf(all: readonly (string | undefined)[], deleted?: string): Rows {
  const names: string[] = [];
  const indexes: number[] = [];
  for (const [index, name] of all.entries()) {
    if (name === undefined || name === deleted) continue;
    names.push(name);
    indexes.push(index);
  }
  return { names, indexes, width: (indexes.at(-1) ?? -1) + 1 };
}

/** The group of an entry, determined from its raw name, since most names need not be decoded. */
function groupOf(name: RawName): 'values' | 'errors' | 'interfaces' | 'nodes' | undefined {
  // by the first letter, which leaves one or two candidates
  switch (name.bytes[name.start + 1] ?? 0) {
    case 0x61: // a
      return endsWith(name, '/matches') && startsWith(name, '/acl/') ? 'values' : undefined;
    case 0x69: // i
      if (startsWith(name, '/if/')) return 'values';
      return endsWith(name, INTERFACE_WITNESS) && startsWith(name, '/interfaces/') ? 'interfaces' : undefined;
    case 0x6e: // n
      if (startsWith(name, '/node/errors') || startsWith(name, NAT_SESSIONS)) return 'values';
      return endsWith(name, NODE_WITNESS) && startsWith(name, '/nodes/') ? 'nodes' : undefined;
    case 0x65: // e
      return startsWith(name, '/err/') ? 'errors' : undefined;
    case 0x73: // s
      return startsWith(name, '/sys/') ? 'values' : undefined;
    case 0x62: // b
      return startsWith(name, '/buffer-pools/') ? 'values' : undefined;
    case 0x6d: // m
      return startsWith(name, '/mem/') ? 'values' : undefined;
    default:
      return undefined;
  }
}

function middle(text: string, prefix: string, suffix: string): string {
  return text.slice(prefix.length, -suffix.length);
}

/**
 * `/err/NODE/REASON`. A node's name may contain slashes (`GigabitEthernet0/8/0-output`), and so may a reason: a known
 * node decides, else the last slash.
 */
function splitError(name: string, knownNodes: ReadonlySet<string>): { node: string; reason: string } {
  const text = name.slice('/err/'.length);
  let slash = text.lastIndexOf('/');
  if (text.indexOf('/') !== slash) {
    for (let at = slash; at > 0; at = text.lastIndexOf('/', at - 1)) {
      if (knownNodes.has(text.slice(0, at))) slash = at;
    }
  }
  return slash < 0
    ? { node: text, reason: '' }
    : { node: text.slice(0, slash), reason: text.slice(slash + 1) };
}

/** The middle parts of all `PREFIX…SUFFIX`. */
function groupNames(index: ReadonlyMap<string, Place>, prefix: string, suffix: string): string[] {
  const names: string[] = [];
  for (const name of index.keys()) {
    if (name.startsWith(prefix) && name.endsWith(suffix) && name.length > prefix.length + suffix.length) {
      names.push(middle(name, prefix, suffix));
    }
  }
  return names;
}
