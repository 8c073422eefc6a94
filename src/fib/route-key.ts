/**
 * What identifies a route, as numbers: a destination in a table. One key object is kept and overwritten by each
 * caller, so that a million routes need no million objects.
 *
 *   family 4:      w0 = the address, big-endian; length 0..32
 *   family 6:      w0..w3 = the address, big-endian words; length 0..128
 *   family 'mpls': w0 = label << 1 | end-of-stack bit; length 21
 *
 * Invariant: host bits are zero.
 */
import { formatAddress, parseAddress } from '../config/mod.ts';
import type { Destination } from '../config/types.ts';

export type Family = 4 | 6 | 'mpls';
export const FAMILIES: readonly Family[] = [4, 6, 'mpls'];

/** The table that each FIB has for routes that name none. */
export const DEFAULT_TABLE = -1;
/** An MPLS entry is looked up by its label and the end-of-stack bit (RFC 3032). */
export const MPLS_KEY_LENGTH = 21;

export interface RouteKey {
  family: Family;
  /** A table's number, or `DEFAULT_TABLE`. */
  tableId: number;
  w0: number;
  w1: number;
  w2: number;
  w3: number;
  length: number;
}

export function newRouteKey(): RouteKey {
  return { family: 4, tableId: DEFAULT_TABLE, w0: 0, w1: 0, w2: 0, w3: 0, length: 0 };
}

/** Makes `key` the one of a destination; an MPLS label without its end-of-stack bit. Throws RangeError for no address. */
export function setKey(key: RouteKey, destination: Destination, tableId: number | undefined): RouteKey {
  key.family = destination.family;
  key.tableId = tableId ?? DEFAULT_TABLE;
  if (destination.family === 'mpls') {
    setWords(key, (destination.label << 1) >>> 0, 0, 0, 0);
    key.length = MPLS_KEY_LENGTH;
    return key;
  }
  const parsed = parseAddress(destination.address);
  if (parsed === undefined || parsed.family !== destination.family) {
    throw new RangeError(`"${destination.address}" is no IPv${destination.family} address`);
  }
  setAddress(key, parsed.bytes);
  key.length = destination.length;
  maskKey(key);
  return key;
}

/** Puts an address of 4 or 16 bytes into `key`, with its family; the length is left alone. */
export function setAddress(key: RouteKey, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 4) {
    key.family = 4;
    setWords(key, view.getUint32(0), 0, 0, 0);
  } else {
    key.family = 6;
    setWords(key, view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12));
  }
}

/** Clears the host bits; an MPLS label has none. */
export function maskKey(key: RouteKey): void {
  const { length } = key;
  if (key.family === 'mpls') return;
  key.w0 = maskWord(key.w0, length);
  if (key.family !== 6) return;
  key.w1 = maskWord(key.w1, length - 32);
  key.w2 = maskWord(key.w2, length - 64);
  key.w3 = maskWord(key.w3, length - 96);
}

/** A word of which the first `bits` bits stay; any number of bits. */
export function maskWord(word: number, bits: number): number {
  if (bits >= 32) return word;
  return bits <= 0 ? 0 : (word & (-1 << (32 - bits))) >>> 0;
}

/** `10.0.0.0/8`, `2001:db8::/32`, `mpls 100 eos`. */
export function formatKey(key: Readonly<RouteKey>): string {
  if (key.family === 'mpls') return `mpls ${key.w0 >>> 1}${(key.w0 & 1) === 1 ? ' eos' : ''}`;
  return `${formatAddress(keyAddress(key))}/${key.length}`;
}

/** The address of a key as 4 or 16 bytes. */
export function keyAddress({ family, w0, w1, w2, w3 }: Readonly<RouteKey>): Uint8Array {
  const bytes = new Uint8Array(family === 6 ? 16 : 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, w0);
  if (family !== 6) return bytes;
  view.setUint32(4, w1);
  view.setUint32(8, w2);
  view.setUint32(12, w3);
  return bytes;
}

function setWords(key: RouteKey, w0: number, w1: number, w2: number, w3: number): void {
  key.w0 = w0;
  key.w1 = w1;
  key.w2 = w2;
  key.w3 = w3;
}
