/**
 * Rules as VPP has them: each of one family, with one prefix and one range of ports on either side. A rule of the
 * configuration is the product of what it lists. Pure.
 */
import { formatPrefix, maskBytes, parseAddress } from './addresses.ts';
import type { AclRule, OrList } from './acl-rule.ts';
import type { Prefix } from './basic-types.ts';
import type { NumberRange } from './filter-values.ts';
import type { MacipRule } from './macip-rule.ts';
import type { Config } from './types.ts';

/** The rules of one ACL in VPP; one message carries them all. */
export const MAX_RULES = 4096;

/** One rule in VPP: prefixes as text, of one family. Ranges include both ends. */
export interface FilterRule {
  readonly action: 'deny' | 'permit' | 'permit-stateful';
  readonly from: string;
  readonly to: string;
  /** 0: any, without regard to the ranges. */
  readonly protocol: number;
  /** Source ports, or ICMP types. */
  readonly first: readonly [first: number, last: number];
  /** Destination ports, or ICMP codes. */
  readonly second: readonly [first: number, last: number];
  readonly flags: readonly [mask: number, value: number];
}

/** The lists that rules name. */
export interface FilterLists {
  readonly prefixes: ReadonlyMap<string, readonly Prefix[]>;
  readonly ports: ReadonlyMap<string, readonly NumberRange[]>;
}

export function filterLists({
  prefixLists,
  portLists,
}: Pick<Config, 'prefixLists' | 'portLists'>): FilterLists {
  return {
    prefixes: new Map(prefixLists.map(({ name, prefixes }) => [name, prefixes])),
    ports: new Map(portLists.map(({ name, ports }) => [name, ports])),
  };
}

const ANY: Readonly<Record<4 | 6, Prefix>> = {
  4: { family: 4, address: '0.0.0.0', length: 0 },
  6: { family: 6, address: '::', length: 0 },
};
const ALL: NumberRange = { first: 0, last: 65535 };
/** Protocols of one family. */
const FAMILY_OF: Readonly<Record<number, 4 | 6>> = { 1: 4, 58: 6 };
const ACK = 0x10;
const RST = 0x04;

/** A rule in VPP's terms; empty when no packet can match it, and a list that does not exist has no items. */
export function expandRule(rule: AclRule, lists: FilterLists): FilterRule[] {
  const rules: FilterRule[] = [];
  const from = itemsOf(rule.from, lists.prefixes);
  const to = itemsOf(rule.to, lists.prefixes);
  const action = rule.action === 'permit' && rule.isStateful ? ('permit-stateful' as const) : rule.action;
  const protocols = rule.protocols.length === 0 ? [0] : rule.protocols;
  const isIcmp = rule.icmpTypes.length + rule.icmpCodes.length > 0;
  const firsts = orAll(isIcmp ? rule.icmpTypes : itemsOf(rule.fromPorts, lists.ports), rule.fromPorts);
  const seconds = orAll(isIcmp ? rule.icmpCodes : itemsOf(rule.toPorts, lists.ports), rule.toPorts);
  const flags = flagsOf(rule);
  for (const family of [4, 6] as const) {
    const sources = ofFamily(rule.from, from, family);
    const destinations = ofFamily(rule.to, to, family);
    for (const protocol of protocols) {
      if ((FAMILY_OF[protocol] ?? family) !== family) continue;
      for (const source of sources) {
        for (const destination of destinations) {
          for (const first of firsts) {
            for (const second of seconds) {
              for (const flag of flags) {
                // A bound on the work; the caller counts.
                if (rules.length > MAX_RULES) return rules;
                rules.push({
                  action,
                  from: formatPrefix(source),
                  to: formatPrefix(destination),
                  protocol,
                  first: [first.first, first.last],
                  second: [second.first, second.last],
                  flags: flag,
                });
              }
            }
          }
        }
      }
    }
  }
  return rules;
}

/** All rules of an ACL, in order. */
export function expandAcl(rules: readonly { readonly value: AclRule }[], lists: FilterLists): FilterRule[] {
  return rules.flatMap(({ value }) => expandRule(value, lists));
}

/** By rule of `expandAcl`: the number of the one that it was made of. */
export function ruleNumbers(
  rules: readonly { readonly key: number; readonly value: AclRule }[],
  lists: FilterLists,
): number[] {
  return rules.flatMap(({ key, value }) => expandRule(value, lists).map(() => key));
}

/** Items, those of lists by their names; a list that does not exist has none. */
export function itemsOf<T>(items: readonly OrList<T>[], lists: ReadonlyMap<string, readonly T[]>): T[] {
  return items.flatMap((item) =>
    typeof item === 'object' && item !== null && 'list' in item ? (lists.get(item.list) ?? []) : [item],
  );
}

function orAll(ranges: readonly NumberRange[], written: readonly unknown[]): readonly NumberRange[] {
  return ranges.length === 0 && written.length === 0 ? [ALL] : ranges;
}

function ofFamily(
  written: readonly unknown[],
  prefixes: readonly Prefix[],
  family: 4 | 6,
): readonly Prefix[] {
  return written.length === 0 ? [ANY[family]] : prefixes.filter((one) => one.family === family);
}

function flagsOf({ flags, isEstablished }: AclRule): FilterRule['flags'][] {
  if (isEstablished) {
    return [
      [ACK, ACK],
      [RST, RST],
    ];
  }
  return [flags === undefined ? [0, 0] : [flags.mask, flags.value]];
}

/** One rule of a MACIP ACL in VPP. */
export interface MacFilterRule {
  readonly action: 'deny' | 'permit';
  readonly mac: string;
  readonly mask: string;
  readonly prefix: string;
}

/** A rule without a prefix is one for each family. */
export function expandMacip(rules: readonly { readonly value: MacipRule }[]): MacFilterRule[] {
  return rules.flatMap(({ value: { action, mac, mask, prefix } }) =>
    (prefix === undefined ? [ANY[4], ANY[6]] : [prefix]).map((one) => ({
      action,
      mac,
      mask,
      prefix: formatPrefix(one),
    })),
  );
}

/** A packet, as far as rules look at it. */
export interface Packet {
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly first: number;
  readonly second: number;
}

/** Whether the rules let a packet pass: the first that matches decides, and none of them denies. */
export function permits(rules: readonly FilterRule[], packet: Packet): boolean {
  const isIn = (prefix: string, address: string): boolean => {
    const [network = '', length = ''] = prefix.split('/');
    const [a, b] = [parseAddress(network), parseAddress(address)];
    if (a === undefined || b === undefined || a.family !== b.family) return false;
    const masked = maskBytes(b.bytes, Number(length));
    return a.bytes.every((byte, at) => byte === masked[at]);
  };
  const found = rules.find(
    ({ from, to, protocol, first, second }) =>
      isIn(from, packet.from) &&
      isIn(to, packet.to) &&
      (protocol === 0 ||
        (protocol === packet.protocol &&
          packet.first >= first[0] &&
          packet.first <= first[1] &&
          packet.second >= second[0] &&
          packet.second <= second[1])),
  );
  return found !== undefined && found.action !== 'deny';
}
