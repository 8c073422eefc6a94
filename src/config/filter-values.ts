/** Readers of what filters match: prefixes, ranges of numbers, MAC addresses. */
import {
  formatAddress,
  formatPrefix,
  isIpv4Mapped,
  maskBytes,
  type ParsedPrefix,
  parseAddress,
  parsePrefix,
} from './addresses.ts';
import { listOf, namesOf, pattern } from './leaf-types.ts';
import type { LineKeys } from './leaf.ts';
import type { Read } from './network-values.ts';
import { quote } from './problems.ts';

/** A prefix without host bits, multicast or not; an address is its own host prefix. */
export function readFilterPrefix(text: string): Read<ParsedPrefix> {
  const address = parseAddress(text);
  const prefix = address === undefined ? parsePrefix(text) : { ...address, length: address.bytes.length * 8 };
  if (prefix === undefined) {
    return {
      error: `expected a prefix or an address such as 192.0.2.0/24 or 2001:db8::1, got ${quote(text)}`,
    };
  }
  if (isIpv4Mapped(prefix.bytes)) {
    return { error: `${quote(text)} is an IPv4-mapped prefix, which no packet has: write the IPv4 prefix` };
  }
  const masked = maskBytes(prefix.bytes, prefix.length);
  if (masked.some((byte, at) => byte !== prefix.bytes[at])) {
    return { error: `${quote(text)} has host bits set: write ${formatAddress(masked)}/${prefix.length}` };
  }
  return { value: prefix };
}

/** Both ends are part of it. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

export function formatRange({ first, last }: NumberRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}

/** `443` or `8000-8010`, from 0 to `max`. */
export function readRange(text: string, what: string, max: number): Read<NumberRange> {
  const match = /^([0-9]{1,6})(?:-([0-9]{1,6}))?$/.exec(text);
  if (match === null) {
    return { error: `expected a ${what} (0–${max}) or a range such as 8-10, got ${quote(text)}` };
  }
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  if (first > max || last > max) return { error: `the ${what} ${quote(text)} is out of range (0–${max})` };
  if (first > last) return { error: `the range ${quote(text)} is reversed: write ${last}-${first}` };
  return { value: { first, last } };
}

const MAX_SEQUENCE = 999_999;

/** The keys of rules: their order is that of the numbers. */
export const sequenceNumbers: LineKeys = {
  example: '10',
  read: (key) => {
    const number = /^[1-9][0-9]{0,5}$/.test(key) ? Number(key) : 0;
    if (number > 0) return { value: number };
    const range = `1–${MAX_SEQUENCE}`;
    return {
      error: `${quote(key)} is not a sequence number (${range}): expected a line such as 10 = permit any`,
    };
  },
};

/** Names of filters and of lists: 31 characters fit into VPP's tag beside our mark. */
export const filterName = pattern('name', '^[A-Za-z][A-Za-z0-9_-]{0,30}$', (text, example) => {
  const shown = quote(text);
  if (text.length > 31) return `${shown} has ${text.length} characters: a name has at most 31`;
  if (/^[^A-Za-z]/.test(text))
    return `${shown} does not begin with a letter: expected a name such as ${example}`;
  return `${shown} has characters other than letters, digits, "_" and "-": expected a name such as ${example}`;
});

export const filterNames = namesOf('names of filters, several with commas', filterName, 'lan-in');

export const filterPrefixes = listOf('prefixes or addresses, with commas', {
  read: readFilterPrefix,
  format: formatPrefix,
  isUnordered: true,
});

export const filterPorts = listOf('ports or ranges, with commas', {
  read: (item) => readRange(item, 'port', 65535),
  format: formatRange,
});
