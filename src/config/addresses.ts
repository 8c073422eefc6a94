/**
 * IPv4 and IPv6 addresses and prefixes: strict text in, bytes and canonical text out.
 *
 * Invariants: an address is 4 or 16 bytes in network order; canonical text is RFC 5952 (IPv4-mapped addresses in
 * their mixed form); what one system reads as octal and another as decimal (leading zeros in IPv4) is refused.
 */

import type { Prefix } from './basic-types.ts';

export interface ParsedAddress {
  readonly family: 4 | 6;
  /** Canonical text. */
  readonly address: string;
  /** 4 or 16 bytes, network order. */
  readonly bytes: Uint8Array;
}

export interface ParsedPrefix extends Prefix {
  /** The address as written, host bits kept. */
  readonly bytes: Uint8Array;
}

const DOT = 46;

/** Dotted quad into `out` at `at`; false when it is none (four decimal numbers 0..255 without leading zeros). */
function readIpv4(text: string, out: Uint8Array, at: number): boolean {
  let part = 0;
  let value = 0;
  let digits = 0;
  for (let i = 0; i <= text.length; i++) {
    const c = i < text.length ? text.charCodeAt(i) : DOT;
    if (c === DOT) {
      if (digits === 0 || part > 3) return false;
      out[at + part++] = value;
      value = 0;
      digits = 0;
    } else {
      if (c < 48 || c > 57 || (digits > 0 && value === 0)) return false;
      value = value * 10 + c - 48;
      digits++;
      if (value > 255) return false;
    }
  }
  return part === 4;
}

/** Colon-separated groups (and perhaps a dotted quad at the end) as 16-bit numbers; undefined when malformed. */
function readGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? '';
    if (part.includes('.')) {
      const quad = new Uint8Array(4);
      if (i !== parts.length - 1 || !readIpv4(part, quad, 0)) return undefined;
      groups.push(((quad[0] ?? 0) << 8) | (quad[1] ?? 0), ((quad[2] ?? 0) << 8) | (quad[3] ?? 0));
    } else {
      if (!/^[0-9A-Fa-f]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function readIpv6(text: string, out: Uint8Array): boolean {
  if (text.length > 45) return false;
  const gap = text.indexOf('::');
  const head = readGroups(gap < 0 ? text : text.slice(0, gap));
  const tail = gap < 0 ? [] : readGroups(text.slice(gap + 2));
  if (head === undefined || tail === undefined) return false;
  // A dotted quad is the end of an address: never before the gap.
  if (gap >= 0 && text.slice(0, gap).includes('.')) return false;
  const count = head.length + tail.length;
  if (gap < 0 ? count !== 8 : count > 7) return false;
  for (let i = 0; i < head.length; i++) putGroup(out, i, head[i] ?? 0);
  for (let i = 0; i < tail.length; i++) putGroup(out, 8 - tail.length + i, tail[i] ?? 0);
  return true;
}

function putGroup(out: Uint8Array, index: number, value: number): void {
  out[index * 2] = value >> 8;
  out[index * 2 + 1] = value & 255;
}

/**
 * Reads one IPv4 or IPv6 address; undefined when the text is none. No zone (`%eth0`), no blanks, no port, and no
 * leading zeros in IPv4. IPv4-mapped IPv6 (`::ffff:192.0.2.1`) stays family 6.
 */
export function parseAddress(text: string): ParsedAddress | undefined {
  const isIpv6 = text.includes(':');
  const bytes = new Uint8Array(isIpv6 ? 16 : 4);
  if (!(isIpv6 ? readIpv6(text, bytes) : readIpv4(text, bytes, 0))) return undefined;
  // Without leading zeros an IPv4 address has one form.
  return isIpv6 ? { family: 6, address: formatAddress(bytes), bytes } : { family: 4, address: text, bytes };
}

/** Canonical text of 4 or 16 bytes (RFC 5952). Throws RangeError for another length. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  if (bytes.length !== 16) throw new RangeError(`expected an address of 4 or 16 bytes, got ${bytes.length}`);
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  if (isIpv4Mapped(bytes)) return `::ffff:${bytes.subarray(12).join('.')}`;
  // The longest run of two or more zero groups becomes `::`, the first of equals (RFC 5952, 4.2).
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && groups[i + run] === 0) run++;
    if (run > length) [start, length] = [i, run];
    i += run;
  }
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  if (start < 0) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** Reads `ADDRESS/LENGTH`, keeping host bits; undefined when it is none. The length has no leading zeros. */
export function parsePrefix(text: string): ParsedPrefix | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const parsed = parseAddress(text.slice(0, slash));
  const lengthText = text.slice(slash + 1);
  if (parsed === undefined || !/^(0|[1-9][0-9]{0,2})$/.test(lengthText)) return undefined;
  const length = Number(lengthText);
  if (length > parsed.bytes.length * 8) return undefined;
  return { ...parsed, length };
}

/** A copy of `bytes` with every bit after the first `length` zero. */
export function maskBytes(bytes: Uint8Array, length: number): Uint8Array {
  const masked = Uint8Array.from(bytes);
  for (let i = 0; i < masked.length; i++) {
    const keep = Math.min(8, Math.max(0, length - i * 8));
    masked[i] = (masked[i] ?? 0) & (0xff << (8 - keep));
  }
  return masked;
}

/** The prefix with its host bits zero, in canonical text. Throws RangeError when `prefix.address` is no address. */
export function canonicalPrefix(prefix: Prefix): Prefix {
  const parsed = parseAddress(prefix.address);
  if (parsed === undefined) throw new RangeError(`"${prefix.address}" is not an address`);
  const { family } = parsed;
  return { family, address: formatAddress(maskBytes(parsed.bytes, prefix.length)), length: prefix.length };
}

/** `ADDRESS/LENGTH` */
export function formatPrefix(prefix: Prefix): string {
  return `${prefix.address}/${prefix.length}`;
}

/** Whether `address` lies in `prefix` (families must match to be so). */
export function prefixContains(prefix: ParsedPrefix, address: ParsedAddress): boolean {
  if (prefix.family !== address.family) return false;
  const a = maskBytes(prefix.bytes, prefix.length);
  const b = maskBytes(address.bytes, prefix.length);
  return a.every((byte, i) => byte === b[i]);
}

/** 224.0.0.0/4 and ff00::/8. */
export function isMulticast({ family, bytes }: ParsedAddress): boolean {
  return family === 4 ? ((bytes[0] ?? 0) & 0xf0) === 0xe0 : bytes[0] === 0xff;
}

/** 0.0.0.0 and ::. */
export function isUnspecified({ bytes }: ParsedAddress): boolean {
  return bytes.every((byte) => byte === 0);
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback({ family, address, bytes }: ParsedAddress): boolean {
  return family === 4 ? bytes[0] === 127 : address === '::1';
}

/** fe80::/10; IPv4's 169.254.0.0/16 is not meant: there an interface is not needed to name the next hop. */
export function isIpv6LinkLocal({ family, bytes }: ParsedAddress): boolean {
  return family === 6 && bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;
}

/** ::ffff:0:0/96: 16 bytes that stand for an IPv4 address. */
export function isIpv4Mapped(bytes: Uint8Array): boolean {
  return (
    bytes.length === 16 &&
    bytes[10] === 0xff &&
    bytes[11] === 0xff &&
    bytes.subarray(0, 10).every((b) => b === 0)
  );
}
