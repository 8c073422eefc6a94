/** Filters: the names in their rules and in interfaces, rules that match nothing, and too many of them. */
import {
  expandAcl,
  expandMacip,
  expandRule,
  filterLists,
  MAX_RULES,
  type Packet,
  permits,
} from './acl-expand.ts';
import { type AclRule, type OrList, RESERVED_WORDS } from './acl-rule.ts';
import { formatAddress, isIpv6LinkLocal, type ParsedPrefix } from './addresses.ts';
import { expectedOneOf, suggestion } from './nearest.ts';
import { quote } from './problems.ts';
import type { Review } from './review.ts';
import type { InterfaceConfig } from './types.ts';

/** Filters on one interface in both directions: VPP counts them in one byte. */
const MAX_FILTERS = 255;
const ICMP6 = 58;
const NEIGHBOR_SOLICITATION = 135;
const NEIGHBOR_ADVERTISEMENT = 136;
const WELL_KNOWN_PORTS: Readonly<Record<string, number>> = {
  ssh: 22,
  smtp: 25,
  dns: 53,
  domain: 53,
  http: 80,
  ntp: 123,
  snmp: 161,
  bgp: 179,
  https: 443,
  syslog: 514,
};

/** Reports names of filters and lists that do not exist, and rules that VPP cannot have. */
export function checkFilters(review: Review): void {
  checkReservedNames(review);
  checkAcls(review);
  checkMacips(review);
  const { config, layer3Tunnels } = review;
  const acls = new Set(config.acls.map(({ name }) => name));
  const macips = new Set(config.macips.map(({ name }) => name));
  for (const { name, aclIn, aclOut, macip } of config.interfaces) {
    const check = (
      key: 'acl-in' | 'acl-out' | 'macip',
      section: string,
      used: readonly string[],
      known: Set<string>,
    ) => {
      for (const one of used.filter((filter) => !known.has(filter))) {
        const what = `filter of this configuration ([${section}.NAME])`;
        review.error(`interface.${name}.${key}`, unknown(one, what, known));
      }
    };
    check('acl-in', 'acl', aclIn, acls);
    check('acl-out', 'acl', aclOut, acls);
    check('macip', 'macip', macip === undefined ? [] : [macip], macips);
    if (macip !== undefined && layer3Tunnels.has(name)) {
      const message = `the tunnel ${name} carries IP packets, which have no MAC address: remove the line`;
      review.error(`interface.${name}.macip`, message);
    }
    const count = aclIn.length + aclOut.length;
    if (count > MAX_FILTERS) {
      const message = `${count} filters exceed the limit of ${MAX_FILTERS} per interface`;
      review.error(`interface.${name}.acl-in`, message);
    }
  }
}

function unknown(name: string, what: string, known: ReadonlySet<string>, hint = ''): string {
  const otherwise = hint || (known.size === 0 ? 'there is none' : expectedOneOf(known));
  return `${quote(name)} is not a ${what}: ${suggestion(name, known, otherwise)}`;
}

function checkReservedNames(review: Review): void {
  const lists = { 'prefix-list': review.config.prefixLists, 'port-list': review.config.portLists };
  for (const [section, all] of Object.entries(lists)) {
    for (const { name, line } of all) {
      if (!RESERVED_WORDS.has(name)) continue;
      const message = `${quote(name)} is a word of the rules: choose another name`;
      review.errorAt(line, `${section}.${name}`, message);
    }
  }
}

function checkAcls(review: Review): void {
  const { config } = review;
  const lists = filterLists(config);
  const prefixNames = new Set(lists.prefixes.keys());
  const portNames = new Set(lists.ports.keys());
  for (const { name, line, rules } of config.acls) {
    if (rules.length === 0 && !review.hasErrors)
      review.errorAt(line, `acl.${name}`, noRule(name, 'deny any'));
    let count = 0;
    for (const { key, value, line: at } of rules) {
      const report = (message: string): void => review.errorAt(at, `acl.${name}.${key}`, message);
      const prefixes = namesIn([...value.from, ...value.to]).filter((one) => !prefixNames.has(one));
      const ports = namesIn([...value.fromPorts, ...value.toPorts]).filter((one) => !portNames.has(one));
      for (const one of prefixes)
        report(unknown(one, 'prefix list of this configuration ([prefix-list.NAME])', prefixNames));
      for (const one of ports) {
        const number = WELL_KNOWN_PORTS[one.toLowerCase()];
        const hint = number === undefined ? '' : `write port ${number}`;
        report(unknown(one, 'port list of this configuration ([port-list.NAME])', portNames, hint));
      }
      if (prefixes.length + ports.length > 0) continue;
      const made = expandRule(value, lists).length;
      if (made === 0) report(noPacket(value));
      const before = count;
      count += made;
      if (before <= MAX_RULES && count > MAX_RULES) {
        report(
          `the filter has more than ${MAX_RULES} rules in VPP with this one, which alone makes ${made > MAX_RULES ? `more than ${MAX_RULES}` : made} (each prefix with each prefix and each port): use shorter lists`,
        );
      }
    }
  }
}

function noRule(name: string, example: string): string {
  return `${name} has no rule, and would deny everything: write at least one, such as 10 = ${example}`;
}

function namesIn(items: readonly OrList<unknown>[]): string[] {
  return items.flatMap((item) =>
    typeof item === 'object' && item !== null && 'list' in item && typeof item.list === 'string'
      ? [item.list]
      : [],
  );
}

function noPacket({ protocols }: AclRule): string {
  const why = protocols.includes(1)
    ? 'icmp is of IPv4 (icmp6 is of IPv6)'
    : protocols.includes(ICMP6)
      ? 'icmp6 is of IPv6 (icmp is of IPv4)'
      : 'from and to are of different families';
  return `no packet matches this rule: ${why}`;
}

function checkMacips(review: Review): void {
  for (const { name, line, rules } of review.config.macips) {
    if (rules.length === 0 && !review.hasErrors)
      review.errorAt(line, `macip.${name}`, noRule(name, 'permit any'));
    if (expandMacip(rules).length > MAX_RULES) {
      review.errorAt(line, `macip.${name}`, `the filter has more than ${MAX_RULES} rules in VPP: split it`);
    }
  }
}

/** Reports filters that cut off the box from its neighbours, and those that nothing uses. */
export function warnFilters(review: Review): void {
  const { config } = review;
  const lists = filterLists(config);
  const rules = new Map(config.acls.map((acl) => [acl.name, expandAcl(acl.rules, lists)]));
  for (const one of config.interfaces) {
    if (one.aclIn.length === 0) continue;
    const all = one.aclIn.flatMap((name) => rules.get(name) ?? []);
    const blocked = neighborPackets(one).find((packet) => !permits(all, packet));
    if (blocked === undefined) continue;
    const what = blocked.first === NEIGHBOR_SOLICITATION ? 'solicitations' : 'advertisements';
    review.warning(
      `interface.${one.name}.acl-in`,
      `it denies neighbor ${what}, without which IPv6 does not work on ${one.name}: permit icmp6 type 133-136 first`,
    );
  }
  const used = new Set(config.interfaces.flatMap(({ aclIn, aclOut }) => [...aclIn, ...aclOut]));
  const usedMacips = new Set(config.interfaces.map(({ macip }) => macip));
  for (const { name, line } of config.acls) {
    if (!used.has(name)) review.warningAt(line, `acl.${name}`, unusedWords(name, 'acl-in or acl-out'));
  }
  for (const { name, line } of config.macips) {
    if (!usedMacips.has(name)) review.warningAt(line, `macip.${name}`, unusedWords(name, 'macip'));
  }
}

function unusedWords(name: string, keys: string): string {
  return `no interface uses ${name}: name it in ${keys} of an interface, or remove it`;
}

/** Neighbour discovery as a neighbour in each IPv6 subnet of an interface sends it. */
function neighborPackets({ addresses }: InterfaceConfig): Packet[] {
  return addresses
    .filter((one) => one.family === 6 && !isIpv6LinkLocal(one))
    .flatMap((own) => {
      const from = neighborOf(own);
      const group = Uint8Array.from([
        0xff,
        2,
        ...Array.from({ length: 9 }, () => 0),
        1,
        0xff,
        ...own.bytes.slice(13),
      ]);
      const common = { from, protocol: ICMP6, second: 0 };
      return [
        { ...common, to: formatAddress(group), first: NEIGHBOR_SOLICITATION },
        { ...common, to: own.address, first: NEIGHBOR_ADVERTISEMENT },
      ];
    });
}

/** Another address of the subnet; of a host prefix, a link-local one. */
function neighborOf({ bytes, length }: ParsedPrefix): string {
  if (length === 128) return 'fe80::1';
  const other = Uint8Array.from(bytes);
  other[15] = (other[15] ?? 0) ^ 1;
  return formatAddress(other);
}
