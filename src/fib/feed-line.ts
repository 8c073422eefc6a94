/**
 * Applies lines of a feed to its source, from bytes: the usual line (an IP prefix, and a text behind it that was read
 * before) takes no object and no string, since a full table is a million of them. Any other line is read by the slow
 * reader (config/route-line.ts), which alone knows what is wrong.
 *
 * Invariant: for each line the outcome is the slow reader's (feed-line.test.ts compares them); a line is fast only
 * when it is written with single blanks and canonical numbers.
 */
import { readRouteLine } from '../config/mod.ts';
import { ActionCache, HASH_FACTOR, HASH_START, MAX_TEXT_BYTES } from './action-cache.ts';
import { NO_GROUP } from './next-hop-groups.ts';
import { DEFAULT_TABLE, formatKey, maskWord, newRouteKey, type RouteKey, setKey } from './route-key.ts';
import { MAX_SLOTS } from './route-store.ts';
import type { RouteSource, RouteTable } from './route-table.ts';

const SPACE = 0x20;
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
const MAX_U32 = 0xffff_ffff;
const DEL = bytesOf('del ');
const METRIC = bytesOf('metric ');
const TABLE = bytesOf('table ');

const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One reader serves all feeders: nothing of a line is kept but the texts behind prefixes. */
export class FeedLineReader implements Disposable {
  readonly #table: RouteTable;
  readonly #cache: ActionCache;
  readonly #key: RouteKey = newRouteKey();
  // What the fast path reads of a line beside the key.
  #at = 0;
  #hash = 0;
  #metric = 0;
  #tableId = DEFAULT_TABLE;

  constructor(table: RouteTable) {
    this.#table = table;
    this.#cache = new ActionCache(table.groups);
  }

  /**
   * Applies the line in `bytes` from `start` to `end` (without its newline, neither blank nor a comment) to `source`.
   * Undefined, or what is wrong with it, in words.
   */
  apply(source: RouteSource, bytes: Uint8Array, start: number, end: number): string | undefined {
    const isDelete = startsWith(bytes, start, end, DEL);
    const prefixEnd = this.#readPrefix(bytes, isDelete ? start + DEL.length : start, end);
    if (prefixEnd < 0) return this.#applySlowly(source, bytes, start, end);
    if (isDelete) {
      if (!this.#readOptions(bytes, prefixEnd, end, false))
        return this.#applySlowly(source, bytes, start, end);
      this.#key.tableId = this.#tableId;
      return source.remove(this.#key) ? undefined : this.#notThere(source);
    }
    const textStart = prefixEnd + 1;
    const textEnd = this.#readText(bytes, prefixEnd, end);
    if (textEnd < 0 || !this.#readOptions(bytes, textEnd, end, true))
      return this.#applySlowly(source, bytes, start, end);
    const key = this.#key;
    key.tableId = this.#tableId;
    const group = this.#cache.find(key.family === 6, this.#hash, bytes, textStart, textEnd);
    if (group === NO_GROUP) return this.#learn(source, bytes, start, end, textStart, textEnd);
    return source.set(key, group, this.#metric) === 'full' ? FULL : undefined;
  }

  [Symbol.dispose](): void {
    this.#cache[Symbol.dispose]();
  }

  /** A text that is not known: the slow reader judges the line, and its group is remembered. */
  #learn(
    source: RouteSource,
    bytes: Uint8Array,
    start: number,
    end: number,
    textStart: number,
    textEnd: number,
  ): string | undefined {
    const read = readRouteLine(textOf(bytes, start, end) ?? '');
    if ('error' in read) return read.error;
    if (read.value.kind !== 'route')
      throw new Error('a line that begins with a prefix was read as another one');
    const { destination, action } = read.value.route;
    const group = this.#table.groups.intern(destination.family, action);
    if (group === NO_GROUP) return TOO_MANY_GROUPS;
    const isIpv6 = destination.family === 6;
    if (textEnd - textStart <= MAX_TEXT_BYTES)
      this.#cache.add(isIpv6, this.#hash, bytes.subarray(textStart, textEnd), group);
    const result = source.set(this.#key, group, this.#metric);
    this.#table.groups.release(group);
    return result === 'full' ? FULL : undefined;
  }

  #applySlowly(source: RouteSource, bytes: Uint8Array, start: number, end: number): string | undefined {
    const text = textOf(bytes, start, end);
    if (text === undefined) return 'expected a line of UTF-8 text';
    const read = readRouteLine(text);
    if ('error' in read) return read.error;
    const line = read.value;
    if (line.kind === 'delete') {
      setKey(this.#key, line.destination, this.#table.canonicalTable(line.tableId));
      return source.remove(this.#key) ? undefined : this.#notThere(source);
    }
    const { destination, action, metric, tableId } = line.route;
    const group = this.#table.groups.intern(destination.family, action);
    if (group === NO_GROUP) return TOO_MANY_GROUPS;
    setKey(this.#key, destination, this.#table.canonicalTable(tableId));
    const result = source.set(this.#key, group, metric);
    this.#table.groups.release(group);
    return result === 'full' ? FULL : undefined;
  }

  #notThere({ name }: RouteSource): string {
    const { tableId } = this.#key;
    const table = tableId === DEFAULT_TABLE ? '' : ` in table ${tableId}`;
    return `${name} has no route to ${formatKey(this.#key)}${table}: there is nothing to delete`;
  }

  /** Where the prefix that begins at `at` ends; -1 when it is anything unusual. The key is its destination then. */
  #readPrefix(bytes: Uint8Array, at: number, end: number): number {
    // The fourth character of an IPv4 address at the latest is a dot.
    for (let i = at; i < end && i < at + 5; i++) {
      if (bytes[i] === DOT) return this.#readIpv4Prefix(bytes, at, end);
      if (bytes[i] === COLON) return this.#readIpv6Prefix(bytes, at, end);
    }
    return -1;
  }

  #readIpv4Prefix(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    let word = 0;
    for (let part = 0; part < 4; part++) {
      const first = at;
      let value = 0;
      for (; at < end; at++) {
        const digit = bytes[at]! - 48;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
        if (value > 255 || (value === digit && at > first)) return -1;
      }
      if (at === first || at >= end || bytes[at] !== (part === 3 ? SLASH : DOT)) return -1;
      at += 1;
      word = (word << 8) | value;
    }
    word >>>= 0;
    const length = readNumber(bytes, at, end, 32);
    // Multicast is refused by the slow reader, as host bits are.
    if (length < 0 || word >>> 28 === 0xe || maskWord(word, length) !== word) return -1;
    const key = this.#key;
    key.family = 4;
    key.w0 = word;
    key.w1 = 0;
    key.w2 = 0;
    key.w3 = 0;
    key.length = length;
    return at + digitsOf(length);
  }

  #readIpv6Prefix(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    let count = 0;
    let gap = -1;
    groups.fill(0);
    for (;;) {
      if (bytes[at] === COLON && bytes[at + 1] === COLON && at + 1 < end) {
        if (gap >= 0) return -1;
        gap = count;
        at += 2;
        if (bytes[at] === SLASH) break;
      } else if (count > 0) {
        if (bytes[at] === SLASH) break;
        if (bytes[at] !== COLON) return -1;
        at += 1;
      }
      if (count === 8) return -1;
      const first = at;
      let value = 0;
      for (; at < end; at++) {
        const digit = hexDigit(bytes[at]!);
        if (digit < 0) break;
        if (at - first === 4) return -1;
        value = (value << 4) | digit;
      }
      if (at === first || at >= end) return -1;
      groups[count] = value;
      count += 1;
    }
    if (gap < 0 ? count !== 8 : count > 7) return -1;
    if (gap >= 0) spread(count, gap);
    at += 1;
    const length = readNumber(bytes, at, end, 128);
    const w0 = wordAt(0);
    const w1 = wordAt(2);
    const w2 = wordAt(4);
    const w3 = wordAt(6);
    if (length < 0 || w0 >>> 24 === 0xff) return -1;
    if (
      maskWord(w0, length) !== w0 ||
      maskWord(w1, length - 32) !== w1 ||
      maskWord(w2, length - 64) !== w2 ||
      maskWord(w3, length - 96) !== w3
    )
      return -1;
    const key = this.#key;
    key.family = 6;
    key.w0 = w0;
    key.w1 = w1;
    key.w2 = w2;
    key.w3 = w3;
    key.length = length;
    return at + digitsOf(length);
  }

  /**
   * Where the text behind the prefix ends: before ` metric` or ` table`, or with the line; -1 when there is anything
   * but printable ASCII. Its hash is in `#hash`.
   */
  #readText(bytes: Uint8Array, prefixEnd: number, end: number): number {
    if (bytes[prefixEnd] !== SPACE || prefixEnd + 1 >= end) return -1;
    let hash = HASH_START;
    let at = prefixEnd + 1;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte < SPACE || byte > 0x7e) return -1;
      // No word of a target begins with either letter: what follows are options.
      if (byte === SPACE && at + 1 < end && (bytes[at + 1] === METRIC[0] || bytes[at + 1] === TABLE[0]))
        break;
      hash = Math.imul(hash ^ byte, HASH_FACTOR);
    }
    this.#hash = hash | 0;
    return at;
  }

  /** ` metric N`, ` table N` or both in this order up to the end; false when it is anything else. */
  #readOptions(bytes: Uint8Array, start: number, end: number, takesMetric: boolean): boolean {
    this.#metric = 0;
    this.#tableId = DEFAULT_TABLE;
    this.#at = start;
    if (start === end) return true;
    if (takesMetric) {
      const metric = this.#readOption(bytes, end, METRIC);
      if (metric >= 0) this.#metric = metric;
      if (this.#at === end) return true;
    }
    const tableId = this.#readOption(bytes, end, TABLE);
    if (tableId < 0 || this.#at !== end) return false;
    this.#tableId = tableId === this.#table.defaultTableId ? DEFAULT_TABLE : tableId;
    return true;
  }

  /** The number behind a blank and `word`, past which `#at` is then; -1, with `#at` left alone, when it is not there. */
  #readOption(bytes: Uint8Array, end: number, word: Uint8Array): number {
    const at = this.#at + 1;
    if (bytes[this.#at] !== SPACE || !startsWith(bytes, at, end, word)) return -1;
    const number = readNumber(bytes, at + word.length, end, MAX_U32);
    if (number >= 0) this.#at = at + word.length + digitsOf(number);
    return number;
  }
}

const FULL = `the route table is full: it takes ${MAX_SLOTS} destinations of a family`;
const TOO_MANY_GROUPS = 'too many different sets of next hops are in use: this one was not taken';

/** The groups of the IPv6 address that is being read; no line is read within another. */
const groups = new Uint16Array(8);

/** Moves what stands behind the gap to the end. */
function spread(count: number, gap: number): void {
  for (let i = 0; i < count - gap; i++) {
    const value = groups[count - 1 - i]!;
    groups[count - 1 - i] = 0;
    groups[7 - i] = value;
  }
}

function wordAt(index: number): number {
  return ((groups[index]! << 16) | groups[index + 1]!) >>> 0;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** Decimal digits at `at`, up to a blank or the end; -1 for none, leading zeros, more than `max`, or other bytes. */
function readNumber(bytes: Uint8Array, at: number, end: number, max: number): number {
  let value = 0;
  let i = at;
  for (; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === SPACE) break;
    if (byte < 48 || byte > 57 || (value === 0 && i > at)) return -1;
    value = value * 10 + byte - 48;
    if (value > max) return -1;
  }
  return i === at ? -1 : value;
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let rest = value; rest >= 10; rest /= 10) digits += 1;
  return digits;
}

function startsWith(bytes: Uint8Array, at: number, end: number, word: Uint8Array): boolean {
  if (end - at < word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

function bytesOf(word: string): Uint8Array {
  return new TextEncoder().encode(word);
}

/** Undefined for bytes that are not UTF-8. */
function textOf(bytes: Uint8Array, start: number, end: number): string | undefined {
  try {
    return strictText.decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}
