/**
 * What a route does, as the configuration and feeds write it:
 *
 *   HOP[, …] [label L[/L…]] [metric N] [table N | vrf NAME]                                for a prefix
 *   blackhole | unreachable | prohibit [metric N] [table N | vrf NAME]                     for a prefix
 *   NEXT-HOP[%INTERFACE] [swap L[/L…] | pop]                                    for an MPLS label
 *
 *   HOP: NEXT-HOP[@WEIGHT][%INTERFACE | %VRF] | [@WEIGHT]%INTERFACE | [@WEIGHT]%VRF
 *
 * Everything that is wrong is reported; the caller adds where.
 */
import { formatAddress, isIpv6LinkLocal } from './addresses.ts';
import { nearest } from './nearest.ts';
import { type Read, readHostAddress, readRoutePrefix, splitList } from './network-values.ts';
import { quote } from './problems.ts';
import { readLocalLabel, readStack, wholeNumber } from './route-labels.ts';
import type { Destination, NextHop, RouteAction } from './types.ts';

/** Paths of one route. VPP takes more; nobody spreads a route wider. */
const MAX_NEXT_HOPS = 16;
const MAX_U32 = 0xffff_ffff;

/** Actions that are a word, and take no next hop. */
export const ACTION_WORDS = ['blackhole', 'unreachable', 'prohibit'] as const;
type ActionWord = (typeof ACTION_WORDS)[number];

const GRAMMAR = 'expected NEXT-HOP[@WEIGHT][%INTERFACE], %INTERFACE, blackhole, unreachable or prohibit';
const MPLS_GRAMMAR = 'expected NEXT-HOP[%INTERFACE], then swap LABEL or pop';

export interface RouteValue {
  readonly action: RouteAction;
  readonly metric: number;
  readonly tableId: number | undefined;
}

export interface RouteRules {
  /** Why a route may not use an interface, or a VRF in its place; undefined: it may. */
  readonly refuseInterface: (name: string) => string | undefined;
  /** Whether a name is that of a VRF, as far as that is known here. */
  readonly isVrf: (name: string) => boolean;
  /** The number of a VRF's table, or why there is none. */
  readonly tableOf: (vrf: string) => Read<number>;
  readonly report: (message: string) => void;
}

/** What the route is to, as far as it could be read. */
export interface RouteSubject {
  readonly isMpls: boolean;
  /** As messages name it. */
  readonly text: string;
  /** Undefined after a prefix that could not be read, and of an MPLS label, which has next hops of either family. */
  readonly family: 4 | 6 | undefined;
}

/** `mpls LABEL` or a prefix without host bits. */
export function readDestination(text: string): Read<Destination> {
  const mpls = /^mpls(?:\s+(.*))?$/s.exec(text);
  if (mpls !== null) {
    const label = readLocalLabel(mpls[1] ?? '');
    return 'error' in label ? label : { value: { family: 'mpls', label: label.value } };
  }
  const read = readRoutePrefix(text);
  if ('error' in read) return read;
  const { family, address, length } = read.value;
  return { value: { family, address, length } };
}

export function subjectOf(text: string, read: Read<Destination>): RouteSubject {
  if ('error' in read) return { isMpls: /^mpls\b/.test(text), text, family: undefined };
  const { family } = read.value;
  if (family === 'mpls') return { isMpls: true, text, family: undefined };
  return { isMpls: false, text: `${read.value.address}/${read.value.length}`, family };
}

/** Reads what stands behind the destination; undefined after something was reported. */
export function readRouteValue(
  text: string,
  subject: RouteSubject,
  rules: RouteRules,
): RouteValue | undefined {
  let isGood = true;
  const report = (message: string): void => {
    isGood = false;
    rules.report(message);
  };
  const grammar = subject.isMpls ? MPLS_GRAMMAR : GRAMMAR;
  if (text === '') {
    report(`no value: ${grammar}`);
    return undefined;
  }
  const padded = ` ${text}`;
  const end = padded.search(/\s(?:label|swap|pop|metric|table|vrf)(?:\s|$)/);
  const target = (end < 0 ? text : padded.slice(0, end)).trim();
  const words = end < 0 ? [] : padded.slice(end).trim().split(/\s+/);
  const options = readOptions(words, subject, { ...rules, report });
  if (target === '') {
    const [word, name] = words;
    const right = word === 'vrf' && name !== undefined ? `write %${name} to look it up in ${name}` : grammar;
    report(`no next hop before ${quote(word ?? '')}: ${right}`);
  }
  const action =
    target === '' ? undefined : readAction(target, subject, options.labels, { ...rules, report });
  if (!isGood || action === undefined) return undefined;
  return { action, metric: options.metric ?? 0, tableId: options.table };
}

interface Options {
  labels?: readonly number[];
  metric?: number;
  table?: number;
}

const PREFIX_WORDS = ['label', 'metric', 'table', 'vrf'];
const MPLS_WORDS = ['swap', 'pop'];

function readOptions(
  words: readonly string[],
  { isMpls }: RouteSubject,
  { report, tableOf }: Pick<RouteRules, 'report' | 'tableOf'>,
): Options {
  const options: Options = {};
  const allowed = isMpls ? MPLS_WORDS : PREFIX_WORDS;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!allowed.includes(word)) {
      report(unknownWord(word, isMpls));
      return options;
    }
    if (word === 'pop') {
      if (options.labels !== undefined) report('pop excludes swap, and may be given once only');
      options.labels = [];
      continue;
    }
    at += 1;
    const value = words[at];
    if (value === undefined) {
      report(`expected a ${word === 'vrf' ? 'name' : 'number'} after ${word}`);
    } else if (word === 'label' || word === 'swap') {
      const stack = readStack(value, word);
      if ('error' in stack) report(stack.error);
      else if (options.labels !== undefined) report(twice(word));
      else options.labels = stack.value;
    } else if (word === 'vrf') {
      const table = tableOf(value);
      if ('error' in table) report(table.error);
      else if (options.table !== undefined)
        report('vrf and table exclude each other, and may be given once only');
      else options.table = table.value;
    } else if (word === 'metric' || word === 'table') {
      const number = wholeNumber(value);
      if (number === undefined || number > MAX_U32) {
        report(`expected a ${word} (0–${MAX_U32}), got ${quote(value)}`);
      } else if (options[word] !== undefined) report(twice(word));
      else options[word] = number;
    }
  }
  return options;
}

const twice = (word: string): string => `${word} is given twice: give it once`;

function unknownWord(word: string, isMpls: boolean): string {
  if (isMpls && PREFIX_WORDS.includes(word)) {
    const instead = word === 'label' ? 'write swap after mpls' : `omit it for a label`;
    return `${quote(word)} applies to prefixes only: ${instead}`;
  }
  if (!isMpls && MPLS_WORDS.includes(word)) {
    const instead = word === 'swap' ? 'write label for a prefix' : 'omit it';
    return `${quote(word)} applies to labels (mpls LABEL) only: ${instead}`;
  }
  const words = isMpls ? MPLS_WORDS : PREFIX_WORDS;
  const near = nearest(word, words);
  const right = near === undefined ? `expected ${words.join(', ')}` : `did you mean ${near}?`;
  return `unknown word ${quote(word)}: ${right}`;
}

function readAction(
  text: string,
  subject: RouteSubject,
  labels: readonly number[] | undefined,
  rules: RouteRules,
): RouteAction | undefined {
  const { report } = rules;
  if (isActionWord(text)) {
    if (subject.isMpls) report(`${quote(text)} applies to prefixes only: ${MPLS_GRAMMAR}`);
    if (labels !== undefined && !subject.isMpls) report(`${text} takes no label: omit it`);
    return { kind: text };
  }
  const items = splitList(text);
  if (items.length > MAX_NEXT_HOPS) {
    report(`${items.length} next hops exceed the limit of ${MAX_NEXT_HOPS}`);
    return undefined;
  }
  if (subject.isMpls && items.length > 1) {
    report(`${items.length} next hops: a label takes one`);
    return undefined;
  }
  const nextHops: NextHop[] = [];
  for (const item of items) {
    const read = readNextHop(item, subject, rules.refuseInterface);
    if ('error' in read) report(read.error);
    else if (nextHops.some((known) => isSameHop(known, read.value))) {
      report(`${quote(item)} is listed twice: list it once, with a weight if it should carry more`);
    } else {
      const { address, interface: name } = read.value;
      if (labels !== undefined && address === undefined) {
        report(`${quote(item)} has no address, which a label needs: name the next hop`);
      } else if (labels !== undefined && name !== undefined && rules.isVrf(name)) {
        report(`${quote(item)} has a VRF, and a label needs an interface: name that in its place`);
      }
      nextHops.push(read.value);
    }
  }
  return { kind: 'forward', nextHops, labels: labels ?? [] };
}

function isActionWord(text: string): text is ActionWord {
  return (ACTION_WORDS as readonly string[]).includes(text);
}

function isSameHop(a: NextHop, b: NextHop): boolean {
  return a.address === b.address && a.interface === b.interface;
}

function readNextHop(
  item: string,
  subject: RouteSubject,
  refuseInterface: RouteRules['refuseInterface'],
): Read<NextHop> {
  const grammar = subject.isMpls ? MPLS_GRAMMAR : GRAMMAR;
  if (item === '') return { error: 'empty next hop: remove the extra comma' };
  if (isActionWord(item.toLowerCase())) {
    return { error: `${quote(item)}: write ${item.toLowerCase()} alone and in lower case` };
  }
  const stray = /^[^\s@%]+\s+([^\s@%]+)/.exec(item)?.[1];
  if (stray !== undefined) {
    if (/^[0-9a-fA-F:.]+$/.test(stray)) return { error: `${quote(item)}: separate next hops by commas` };
    return { error: unknownWord(stray, subject.isMpls) };
  }
  const match = /^([^@%]*)(?:@([^@%]*))?(?:%([^@%]*))?$/.exec(item);
  if (!match) {
    const swapped = /^([^@%]*)%([^@%]+)@([^@%]+)$/.exec(item);
    if (swapped)
      return {
        error: `${quote(item)}: the weight comes first, write ${swapped[1]}@${swapped[3]}%${swapped[2]}`,
      };
    return { error: `${quote(item)} is not a next hop: ${grammar}` };
  }
  const [, addressText = '', weightText, name] = match.map((part) => part?.trim());
  if (addressText === '' && (subject.isMpls || name === undefined)) {
    return { error: `${quote(item)} has no address before its @ or %: ${grammar}` };
  }
  const address = addressText === '' ? undefined : readHostAddress(addressText);
  if (address !== undefined && 'error' in address) return address;
  if (subject.family === 6 && address?.value.family === 4) {
    return { error: `${quote(addressText)} is an IPv4 address: ${subject.text} needs an IPv6 next hop` };
  }
  if (weightText !== undefined) {
    if (subject.isMpls)
      return { error: `${quote(item)} has a weight: the one next hop of a label takes none` };
    if (!/^[1-9][0-9]{0,2}$/.test(weightText) || Number(weightText) > 255) {
      return { error: `the weight ${quote(weightText)} of ${quote(item)} is out of range (1–255)` };
    }
  }
  if (name === undefined && address !== undefined && isIpv6LinkLocal(address.value)) {
    const example = `${formatAddress(address.value.bytes)}%xe0`;
    return { error: `${quote(item)} is link-local: name its interface, as in ${example}` };
  }
  const refusal = name === undefined ? undefined : refuseInterface(name);
  if (refusal !== undefined) return { error: refusal };
  const weight = weightText === undefined ? 1 : Number(weightText);
  if (address !== undefined) {
    const { family, address: text } = address.value;
    return { value: { family, address: text, weight, interface: name } };
  }
  return { value: { family: subject.family ?? 4, address: undefined, weight, interface: name ?? '' } };
}
