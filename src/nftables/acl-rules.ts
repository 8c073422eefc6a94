/**
 * Filters as rules of nftables, one or two lines for each rule of the configuration: of both families, or of each. Pure.
 *
 * Source: nft(8).
 */
import {
  type AclRule,
  type FilterLists,
  formatPrefix,
  formatRange,
  itemsOf,
  type MacipRule,
  type NumberRange,
} from '../config/mod.ts';
import type { Prefix } from '../config/types.ts';

type Family = 4 | 6;

/** What happens to a packet that a rule permits. */
export interface Verdicts {
  readonly permit: string;
  /** Its answers are permitted too. */
  readonly stateful: string;
}

interface Line<T> {
  readonly key: number;
  readonly value: T;
}

/** Protocols of one family: ICMP and ICMPv6. */
const FAMILY_OF: Readonly<Record<number, Family>> = { 1: 4, 58: 6 };
const ACK_OR_RST = 0x14;
const NO_MAC = '00:00:00:00:00:00';
const ALL_BITS = 'ff:ff:ff:ff:ff:ff';

/** The rules of `[acl.NAME]`, each counted under its name and number. */
export function aclRules(
  name: string,
  rules: readonly Line<AclRule>[],
  lists: FilterLists,
  verdicts: Verdicts,
): string[] {
  return rules.flatMap(({ key, value }) => {
    const verdict = value.action === 'deny' ? 'drop' : value.isStateful ? verdicts.stateful : verdicts.permit;
    return matchesOf(value, lists).map((match) =>
      [...match, 'counter', verdict, `comment "acl ${name} ${key}"`].join(' '),
    );
  });
}

/** The rules of `[macip.NAME]`: what one permits goes on. */
export function macipRules(name: string, rules: readonly Line<MacipRule>[]): string[] {
  return rules.map(({ key, value: { action, mac, mask, prefix } }) => {
    const who =
      mask === NO_MAC ? [] : [mask === ALL_BITS ? `ether saddr ${mac}` : `ether saddr & ${mask} == ${mac}`];
    const from = prefix === undefined ? [] : addressMatch('saddr', prefix.family, [prefix]);
    const verdict = action === 'deny' ? 'drop' : 'return';
    return [...who, ...from, 'counter', verdict, `comment "macip ${name} ${key}"`].join(' ');
  });
}

/** What the packets of a rule have in common: one list for both families where they do not differ. */
function matchesOf(rule: AclRule, lists: FilterLists): string[][] {
  const { protocols, from, to } = rule;
  const isAnyFamily = from.length + to.length === 0 && protocols.every((one) => FAMILY_OF[one] === undefined);
  if (isAnyFamily) return [[...protocolMatch(protocols), ...detailMatch(rule, lists, 4)]];
  const sources = itemsOf(from, lists.prefixes);
  const destinations = itemsOf(to, lists.prefixes);
  return ([4, 6] as const).flatMap((family) => {
    const of = (prefixes: readonly Prefix[]) => prefixes.filter((one) => one.family === family);
    const own = protocols.filter((one) => (FAMILY_OF[one] ?? family) === family);
    if (from.length > 0 && of(sources).length === 0) return [];
    if (to.length > 0 && of(destinations).length === 0) return [];
    if (protocols.length > 0 && own.length === 0) return [];
    return [
      [
        `meta nfproto ipv${family}`,
        ...addressMatch('saddr', family, of(sources)),
        ...addressMatch('daddr', family, of(destinations)),
        ...protocolMatch(own),
        ...detailMatch(rule, lists, family),
      ],
    ];
  });
}

function addressMatch(side: 'saddr' | 'daddr', family: Family, prefixes: readonly Prefix[]): string[] {
  if (prefixes.length === 0 || prefixes.some(({ length }) => length === 0)) return [];
  return [`${family === 4 ? 'ip' : 'ip6'} ${side} ${setOf(prefixes.map(formatPrefix))}`];
}

function protocolMatch(protocols: readonly number[]): string[] {
  return protocols.length === 0 ? [] : [`meta l4proto ${setOf(protocols.map(String))}`];
}

/** Ports, ICMP types and codes, TCP flags. */
function detailMatch(rule: AclRule, lists: FilterLists, family: Family): string[] {
  const icmp = family === 4 ? 'icmp' : 'icmpv6';
  const { flags } = rule;
  return [
    ...rangeMatch('th sport', itemsOf(rule.fromPorts, lists.ports)),
    ...rangeMatch('th dport', itemsOf(rule.toPorts, lists.ports)),
    ...rangeMatch(`${icmp} type`, rule.icmpTypes),
    ...rangeMatch(`${icmp} code`, rule.icmpCodes),
    ...(flags === undefined ? [] : [`tcp flags & ${flags.mask} == ${flags.value}`]),
    ...(rule.isEstablished ? [`tcp flags & ${ACK_OR_RST} != 0`] : []),
  ];
}

function rangeMatch(what: string, ranges: readonly NumberRange[]): string[] {
  if (ranges.length === 0) return [];
  return [`${what} ${setOf(ranges.map(formatRange))}`];
}

/** nft merges what overlaps. */
function setOf(items: readonly string[]): string {
  return items.length === 1 ? items[0]! : `{ ${items.join(', ')} }`;
}
