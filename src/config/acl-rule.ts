/**
 * One line of `[acl.NAME]`, as people write it:
 *
 *   ACTION PROTOCOLS [from ADDRESSES [port PORTS]] [to ADDRESSES [port PORTS]] [OPTION …]
 *
 *   ACTION     permit | deny
 *   PROTOCOLS  any | NAME-OR-NUMBER[, …]
 *   ADDRESSES  any | PREFIX-OR-ADDRESS-OR-PREFIX-LIST[, …]
 *   PORTS      PORT-OR-RANGE-OR-PORT-LIST[, …]
 *   OPTION     type N[-M][, …] | code N[-M][, …] | flags FLAG[, !FLAG …] | established | stateful
 *
 * Pure; names of lists are looked up by `expandAcl`.
 */
import { formatPrefix } from './addresses.ts';
import type { Prefix } from './basic-types.ts';
import { formatRange, type NumberRange, readFilterPrefix, readRange } from './filter-values.ts';
import { nearest } from './nearest.ts';
import type { Read } from './network-values.ts';
import { quote } from './problems.ts';

/** One thing, or the list that names several. */
export type OrList<T> = T | { readonly list: string };

export interface TcpFlags {
  readonly mask: number;
  readonly value: number;
}

export interface AclRule {
  readonly action: 'permit' | 'deny';
  /** What answers a packet that the rule permits is permitted too, until the session ends. */
  readonly isStateful: boolean;
  /** None: any. */
  readonly protocols: readonly number[];
  readonly from: readonly OrList<Prefix>[];
  readonly fromPorts: readonly OrList<NumberRange>[];
  readonly to: readonly OrList<Prefix>[];
  readonly toPorts: readonly OrList<NumberRange>[];
  readonly icmpTypes: readonly NumberRange[];
  readonly icmpCodes: readonly NumberRange[];
  readonly flags: TcpFlags | undefined;
  /** TCP packets of a connection that is not being opened: with ACK or RST. */
  readonly isEstablished: boolean;
}

export const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  ah: 51,
  icmp6: 58,
  ospf: 89,
  pim: 103,
  vrrp: 112,
  sctp: 132,
};
const [ICMP, TCP, UDP, ICMP6] = [1, 6, 17, 58];
/** As others call them. */
const PROTOCOL_ALIASES: Readonly<Record<string, string>> = {
  ip: 'any',
  ipv4: 'any from 0.0.0.0/0',
  ipv6: 'any from ::/0',
  all: 'any',
  icmpv6: 'icmp6',
  'ipv6-icmp': 'icmp6',
  'icmp-v6': 'icmp6',
};
/** In the order of their bits. */
const TCP_FLAGS = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'];
const CLAUSES = ['from', 'to', 'port', 'type', 'code', 'flags', 'established', 'stateful'];
/** Words that cannot be the name of a list. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set([...CLAUSES, 'any', 'permit', 'deny', 'list']);

const GRAMMAR =
  'expected a rule such as permit tcp from 10.0.0.0/8 to any port 443, deny any, permit icmp type 8';

/** Reads a rule; the first thing that is wrong with it is its error. */
export function readAclRule(text: string): Read<AclRule> {
  const words = text.replaceAll(',', ' , ').trim().split(/\s+/);
  try {
    return { value: new RuleReader(words, text).read() };
  } catch (error) {
    if (error instanceof RuleError) return { error: error.message };
    throw error;
  }
}

class RuleError extends Error {}

type Draft = { -readonly [P in keyof AclRule]: AclRule[P] };

class RuleReader {
  readonly #words: readonly string[];
  readonly #text: string;
  #at = 0;
  readonly #given = new Set<string>();
  readonly #rule: Draft = {
    action: 'deny',
    isStateful: false,
    protocols: [],
    from: [],
    fromPorts: [],
    to: [],
    toPorts: [],
    icmpTypes: [],
    icmpCodes: [],
    flags: undefined,
    isEstablished: false,
  };

  constructor(words: readonly string[], text: string) {
    this.#words = words;
    this.#text = text;
  }

  read(): AclRule {
    this.#readAction();
    this.#readProtocols();
    let side: 'from' | 'to' | undefined;
    for (let word = this.#next(); word !== undefined; word = this.#next()) {
      const name = word === 'port' && side !== undefined ? `${side} port` : word;
      if (CLAUSES.includes(word) && this.#given.has(name)) this.#fail(`${name} is given twice: give it once`);
      this.#given.add(name);
      if (word === 'from' || word === 'to') {
        side = word;
        this.#rule[side] = this.#addresses(word);
      } else if (word === 'port') {
        if (side === undefined)
          this.#fail('port stands before from and to: write to any port, or from any port');
        this.#rule[side === 'from' ? 'fromPorts' : 'toPorts'] = this.#ports();
      } else if (word === 'type') this.#rule.icmpTypes = this.#ranges('type', 255);
      else if (word === 'code') this.#rule.icmpCodes = this.#ranges('code', 255);
      else if (word === 'flags') this.#rule.flags = this.#flags();
      else if (word === 'established') this.#rule.isEstablished = true;
      else if (word === 'stateful') this.#rule.isStateful = true;
      else this.#refuseWord(word);
    }
    this.#checkTogether();
    return this.#rule;
  }

  #fail(message: string): never {
    throw new RuleError(message);
  }

  #next(): string | undefined {
    return this.#words[this.#at++];
  }

  #peek(): string | undefined {
    return this.#words[this.#at];
  }

  #readAction(): void {
    const word = this.#next() ?? '';
    if (word === 'permit' || word === 'deny') {
      this.#rule.action = word;
      return;
    }
    const lower = word.toLowerCase();
    if (/^(permit[+_-]?reflect|permit-stateful|allow-stateful|reflect)$/.test(lower)) {
      this.#fail(`${quote(word)} is not an action: write permit … stateful`);
    }
    const meant = /^(allow|accept|pass|permit)$/.test(lower)
      ? 'permit'
      : /^(drop|reject|block|discard|deny)$/.test(lower)
        ? 'deny'
        : nearest(word, ['permit', 'deny']);
    const hint = meant === undefined ? GRAMMAR : `write ${meant}`;
    this.#fail(`expected permit or deny, got ${quote(word)}: ${hint}`);
  }

  #readProtocols(): void {
    const first = this.#peek();
    if (first === undefined)
      this.#fail(`${quote(this.#text)} names no packets: write ${this.#text} any for all`);
    if (CLAUSES.includes(first)) return;
    const items = this.#items('a protocol');
    if (items.includes('any')) {
      if (items.length > 1) this.#fail('any stands for all protocols: name no other beside it');
      return;
    }
    this.#rule.protocols = items.map((item) => {
      const number = /^(0|[1-9][0-9]{0,2})$/.test(item) ? Number(item) : PROTOCOLS[item];
      if (number !== undefined && number >= 1 && number <= 255) return number;
      if (number !== undefined)
        this.#fail(`the protocol ${quote(item)} is out of range (1–255, any for all)`);
      const alias = PROTOCOL_ALIASES[item.toLowerCase()];
      const names = ['any', ...Object.keys(PROTOCOLS)];
      const near = alias ?? nearest(item, names);
      const hint =
        near === undefined ? `expected a number (1–255), or one of ${names.join(', ')}` : `write ${near}`;
      this.#fail(`${quote(item)} is not a protocol: ${hint}`);
    });
    const twice = items.find((_, at) => this.#rule.protocols.indexOf(this.#rule.protocols[at]!) !== at);
    if (twice !== undefined) this.#fail(`the protocol ${quote(twice)} is listed twice: list it once`);
  }

  /** Words with commas between them. */
  #items(what: string): string[] {
    const items: string[] = [];
    for (;;) {
      const word = this.#next();
      if (word === undefined || word === ',' || (CLAUSES.includes(word) && what !== 'a flag')) {
        const before = this.#words[this.#at - 2] ?? '';
        this.#fail(
          `expected ${what} after ${before === ',' ? 'the comma' : before}, got ${quote(word ?? '')}`,
        );
      }
      items.push(word);
      if (this.#peek() !== ',') return items;
      this.#at++;
    }
  }

  #addresses(side: 'from' | 'to'): OrList<Prefix>[] {
    const items = this.#items('an address, a prefix, a prefix list or any');
    if (items.includes('any')) {
      if (items.length > 1) this.#fail(`any stands for all addresses: name no other after ${side}`);
      return [];
    }
    return items.map((item) => {
      if (isListName(item)) return { list: item };
      const read = readFilterPrefix(item);
      if ('error' in read) this.#fail(read.error);
      return read.value;
    });
  }

  #ports(): OrList<NumberRange>[] {
    const word = this.#peek();
    if (word === 'any') this.#fail('port any: omit port for all ports');
    if (word === 'eq' || word === 'range') this.#fail(`${quote(word)}: write port 443 or port 8000-8010`);
    return this.#items('a port, a range or a port list').map((item) => {
      if (isListName(item)) return { list: item };
      return this.#range(item, 'port', 65535);
    });
  }

  #range(item: string, what: string, max: number): NumberRange {
    const read = readRange(item, what, max);
    if ('error' in read) this.#fail(read.error);
    return read.value;
  }

  #ranges(what: 'type' | 'code', max: number): NumberRange[] {
    return this.#items(`an ICMP ${what}`).map((item) => this.#range(item, `ICMP ${what}`, max));
  }

  #flags(): TcpFlags {
    let [mask, value] = [0, 0];
    for (const item of this.#items('a flag')) {
      const isSet = !item.startsWith('!');
      const bit = 1 << TCP_FLAGS.indexOf(isSet ? item : item.slice(1));
      if (bit <= 0)
        this.#fail(`${quote(item)} is not a TCP flag: expected ${TCP_FLAGS.join(', ')}, or one after !`);
      if (mask & bit) this.#fail(`the flag ${quote(item)} is listed twice: list it once`);
      mask |= bit;
      if (isSet) value |= bit;
    }
    return { mask, value };
  }

  #refuseWord(word: string): never {
    if (word === ',') this.#fail(`a comma separates protocols, addresses and ports only: ${GRAMMAR}`);
    if (word === 'any' || word.includes('.') || word.includes(':') || word.includes('/')) {
      this.#fail(`${quote(word)}: write from ${word} or to ${word}`);
    }
    if (word === 'eq' || word === 'range') this.#fail(`${quote(word)}: write port 443 or port 8000-8010`);
    const near = nearest(word, CLAUSES);
    const hint = near === undefined ? `expected ${CLAUSES.join(', ')}` : `did you mean ${near}?`;
    this.#fail(`unknown word ${quote(word)}: ${hint}`);
  }

  #checkTogether(): void {
    const { action, isStateful, protocols, fromPorts, toPorts, icmpTypes, icmpCodes, flags, isEstablished } =
      this.#rule;
    const areAll = (...ones: readonly (number | undefined)[]): boolean =>
      protocols.length > 0 && protocols.every((one) => ones.includes(one));
    if (fromPorts.length + toPorts.length > 0 && !areAll(TCP, UDP)) {
      this.#fail(`port applies to tcp and udp only: write ${action} tcp or ${action} udp`);
    }
    if (icmpTypes.length + icmpCodes.length > 0 && !areAll(ICMP, ICMP6)) {
      const word = icmpTypes.length > 0 ? 'type' : 'code';
      this.#fail(`${word} applies to icmp and icmp6 only: write ${action} icmp ${word} …`);
    }
    if ((flags !== undefined || isEstablished) && !areAll(TCP)) {
      const word = isEstablished ? 'established' : 'flags';
      this.#fail(`${word} applies to tcp only: write ${action} tcp … ${word}`);
    }
    if (flags !== undefined && isEstablished)
      this.#fail('established and flags exclude each other: write one');
    if (isStateful && action === 'deny') this.#fail('stateful applies to permit only: omit it');
  }
}

/** What begins with a letter and has neither dot nor colon: an address has one of them. */
function isListName(item: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]*$/.test(item);
}

/** `tcp`, or the number of a protocol without a name here. */
export function protocolName(protocol: number): string {
  return Object.entries(PROTOCOLS).find(([, number]) => number === protocol)?.[0] ?? String(protocol);
}

/** The rule in its one spelling. */
export function formatAclRule(rule: AclRule): string {
  const list = <T>(items: readonly OrList<T>[], format: (item: T) => string): string =>
    items
      .map((item) => (typeof item === 'object' && item !== null && 'list' in item ? item.list : format(item)))
      .join(', ');
  const side = (
    word: 'from' | 'to',
    addresses: readonly OrList<Prefix>[],
    ports: readonly OrList<NumberRange>[],
  ): string[] => {
    if (addresses.length + ports.length === 0) return [];
    const port = ports.length === 0 ? [] : ['port', list(ports, formatRange)];
    return [word, list(addresses, formatPrefix) || 'any', ...port];
  };
  const { flags } = rule;
  const flagNames = TCP_FLAGS.flatMap((name, at) =>
    flags === undefined || (flags.mask & (1 << at)) === 0
      ? []
      : [flags.value & (1 << at) ? name : `!${name}`],
  );
  return [
    rule.action,
    rule.protocols.map(protocolName).join(', ') || 'any',
    ...side('from', rule.from, rule.fromPorts),
    ...side('to', rule.to, rule.toPorts),
    ...(rule.icmpTypes.length === 0 ? [] : ['type', list(rule.icmpTypes, formatRange)]),
    ...(rule.icmpCodes.length === 0 ? [] : ['code', list(rule.icmpCodes, formatRange)]),
    ...(flags === undefined ? [] : ['flags', flagNames.join(', ')]),
    ...(rule.isEstablished ? ['established'] : []),
    ...(rule.isStateful ? ['stateful'] : []),
  ].join(' ');
}
