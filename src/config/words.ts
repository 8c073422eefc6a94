/**
 * What is right, in words, for a value that the schema refused: one sentence per mistake that people make.
 */

import { isImageVersion } from './image-version.ts';
import type { Leaf, LeafType } from './leaves.ts';
import { quote } from './problems.ts';
import { PATTERNS } from './schema.ts';

const UNITS = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 } as const;

/** `1536M` → bytes (K, M, G are powers of 1024, plain digits are bytes); undefined when the text is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^([0-9]{1,15})([KMG]?)$/.exec(text);
  if (!match) return undefined;
  const unit = match[2];
  return Number(match[1]) * (unit === 'K' || unit === 'M' || unit === 'G' ? UNITS[unit] : 1);
}

/** Bytes in the largest unit that divides them: `1536M`. */
export function formatSize(bytes: number): string {
  for (const unit of ['G', 'M', 'K'] as const) {
    if (bytes > 0 && bytes % UNITS[unit] === 0) return `${bytes / UNITS[unit]}${unit}`;
  }
  return String(bytes);
}

/** `1..3600 seconds`, `32M..64G`, `true or false`; undefined when the type has no bounds that fit in a few words. */
export function rangeText(leaf: Leaf): string | undefined {
  if (leaf.type === 'boolean') return 'true or false';
  if (leaf.type === 'choice') return (leaf.choices ?? []).join(', ').replace(/, (?=[^,]*$)/, ' or ');
  if (leaf.type === 'size') return `${formatSize(leaf.min ?? 0)}..${formatSize(leaf.max ?? 0)}`;
  if (leaf.type !== 'integer') return undefined;
  return `${leaf.min}..${leaf.max}${leaf.unit === undefined ? '' : ` ${leaf.unit}`}`;
}

const TRUE_WORDS = new Set(['true', 'yes', 'on', '1', 'enable', 'enabled', 'y', 't']);
const FALSE_WORDS = new Set(['false', 'no', 'off', '0', 'disable', 'disabled', 'n', 'f']);

function booleanWords(text: string): string {
  const lower = text.toLowerCase();
  if (TRUE_WORDS.has(lower)) return 'is not true or false: write true';
  if (FALSE_WORDS.has(lower)) return 'is not true or false: write false';
  return 'is not true or false';
}

function integerWords(leaf: Leaf, text: string): string {
  const range = rangeText(leaf) ?? '';
  if (/^-?(0|[1-9][0-9]*)$/.test(text)) return `is out of range: ${range} is right`;
  const digits = /^\+?0*([0-9]+?)(?:\s*[a-z]+|\.0+)?$/i.exec(text);
  const number = Number(digits?.[1] ?? Number.NaN);
  if (number >= (leaf.min ?? 0) && number <= (leaf.max ?? 0)) {
    return `is not a plain whole number: write ${number} (${range})`;
  }
  return `is not a whole number: ${range} is right`;
}

function sizeWords(leaf: Leaf, text: string): string {
  const range = rangeText(leaf) ?? '';
  if (parseSize(text) !== undefined) return `is out of range: ${range} is right`;
  const match = /^([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([kmgt]?)(?:i?b)?$/i.exec(text);
  const unit = match?.[2]?.toUpperCase() ?? '';
  const factor = unit === 'T' ? 1024 ** 4 : unit === 'K' || unit === 'M' || unit === 'G' ? UNITS[unit] : 1;
  const bytes = Number(match?.[1] ?? Number.NaN) * factor;
  if (Number.isInteger(bytes) && bytes >= (leaf.min ?? 0) && bytes <= (leaf.max ?? 0)) {
    return `is not a size: write ${formatSize(bytes)}`;
  }
  return `is not a size: a whole number with K, M or G is right, ${range}, for example ${leaf.example}`;
}

function choiceWords(leaf: Leaf, text: string): string {
  const upper = text.toUpperCase().replace(/I?B$/, '').replaceAll(' ', '');
  const { choices = [] } = leaf;
  const meant = choices.find((choice) => choice.toUpperCase() === upper);
  if (meant !== undefined) return `is not right: write ${meant}`;
  return `is ${choices.length === 2 ? 'neither' : 'none of them'}: ${rangeText(leaf)} is right`;
}

function pathWords(leaf: Leaf, text: string): string {
  const isSocket = leaf.type === 'socket-path';
  const bytes = Buffer.byteLength(text);
  if (!text.startsWith('/')) return `is not absolute: a path like ${leaf.example} is right`;
  if (text.includes('..')) return 'has .. in it: write the path without';
  if (text.endsWith('/'))
    return `is a folder: name the ${isSocket ? 'socket' : 'file'} in it, like ${leaf.example}`;
  if (isSocket && bytes > 107) return `has ${bytes} bytes: a socket path has at most 107`;
  if (!isSocket && text.length > 1024) return `has ${text.length} characters: at most 1024 are right`;
  return isSocket
    ? `has blanks, controls, quotes or one of { } # \\ in it: a path like ${leaf.example} is right`
    : 'has control characters in it';
}

/** Why `text` is no interface name, from `is …` on. */
export function interfaceNameWords(text: string): string {
  if (text.length > 15) return `has ${text.length} characters: an interface name has at most 15`;
  if (!/^[A-Za-z]/.test(text)) return 'does not begin with a letter: a name like xe0 is right';
  return 'has other characters than letters, digits, ".", "_" and "-": a name like xe0 is right';
}

/** Why `text` is no name of a service, from `is …` on. */
export function serviceNameWords(text: string): string {
  if (text.length > 31) return `has ${text.length} characters: the name of a service has at most 31`;
  if (!/^[A-Za-z]/.test(text)) return 'does not begin with a letter: a name like bird is right';
  return 'has other characters than letters, digits, "_" and "-": a name like bird is right';
}

function netnsWords(text: string): string {
  if (text.includes('/') || text.includes('\\')) {
    return 'is a path: the name alone is right, like dataplane (it appears below /run/netns)';
  }
  if (text === '.' || text === '..') return 'is a folder itself: a name like dataplane is right';
  if (text.length > 31) return `has ${text.length} characters: a network namespace name has at most 31`;
  return 'has other characters than letters, digits, ".", "_" and "-": a name like dataplane is right';
}

function hostnameWords(text: string): string {
  if (text.length > 64) return `has ${text.length} characters: Linux holds a host name of at most 64`;
  if (text.split('.').some((label) => label.length > 63)) return 'has a part of more than 63 characters';
  if (text.split('.').some((label) => label === '')) return 'has an empty part: a name like edge-1 is right';
  if (/(^|\.)-|-(\.|$)/.test(text))
    return 'has a part that begins or ends with "-": a name like edge-1 is right';
  return 'has other characters than letters, digits, "-" and ".": a name like edge-1 is right';
}

function versionWords(text: string): string {
  const meant = text
    .toLowerCase()
    .replace(/^v/, '')
    .replace(/^(\d+)(\.\d+)?$/, (_, major, minor = '.0') => `${major}${minor}.0`);
  if (isImageVersion(meant)) return `is not a version: write ${meant}`;
  return 'is not a version: MAJOR.MINOR.PATCH is right, with a -suffix of small letters and digits where it has one';
}

type Words = (leaf: Leaf, text: string) => string;

// The readers in network-values.ts say more; of these types the schema refuses only what is empty.
const exampleWords: Words = (leaf) => `is not right: for example ${leaf.key} = ${leaf.example}`;

const TYPE_WORDS: Readonly<Record<LeafType, Words>> = {
  boolean: (_leaf, text) => booleanWords(text),
  integer: integerWords,
  size: sizeWords,
  choice: choiceWords,
  hostname: (_leaf, text) => hostnameWords(text),
  version: (_leaf, text) => versionWords(text),
  'interface-name': (_leaf, text) => interfaceNameWords(text),
  netns: (_leaf, text) => netnsWords(text),
  'socket-path': pathWords,
  'file-path': pathWords,
  command: exampleWords,
  listen: exampleWords,
  address: exampleWords,
  'address-list': exampleWords,
  'host-list': exampleWords,
  'name-list': exampleWords,
  endpoint: exampleWords,
  'dhcp-or-prefix': exampleWords,
  'prefix-list': exampleWords,
  route: exampleWords,
};

/** The message for a value that the schema refused; names the value, the reason and what would be right. */
export function refusedValue(leaf: Leaf, text: string): string {
  if (text === '') return `no value: ${leaf.key} = ${leaf.example} would be right${omit(leaf)}`;
  return `${quote(text)} ${TYPE_WORDS[leaf.type](leaf, text)}`;
}

function omit(leaf: Leaf): string {
  if (leaf.required) return '';
  return `; leave the line out for ${leaf.default ?? leaf.absent ?? 'nothing'}`;
}

/** Why `text` is no PCI address, from `is …` on. */
export function pciAddressWords(text: string): string {
  const lower = text.toLowerCase();
  if (new RegExp(PATTERNS.pciAddress).test(`0000:${lower}`)) return `lacks its domain: write 0000:${lower}`;
  return 'is not a PCI address: DOMAIN:BUS:DEVICE.FUNCTION in hexadecimal is right, like 0000:03:00.0';
}
