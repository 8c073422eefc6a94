/**
 * What the kernel does with packets in VPP's place, as rules of nftables: filters, MAC filters, source checks, MSS
 * clamping, NAT44 and cross-connects; from the configuration. Pure.
 *
 * As in VPP, `acl-in` and `macip` see packets before they are translated and routed, `acl-out` after it, those of the
 * box as well. A session of `stateful` belongs to one interface: what a rule there has permitted carries the interface's
 * label in the table of connections, and passes that interface in both directions.
 */
import { encapsulationOf, filterLists, portsOf, subInterfaceName } from '../config/mod.ts';
import type { Config, InterfaceConfig } from '../config/types.ts';
import { aclRules, macipRules } from './acl-rules.ts';
import { type Chain, chainText } from './chain.ts';
import { natAddresses, natChains, natTimeouts } from './nat-rules.ts';

/** Our table in both families. */
export const TABLE = 'appliance';

export interface Ruleset {
  /** The tables of packets and of cross-connects; empty: nothing is needed. */
  readonly inet: string;
  readonly netdev: string;
  /** Interfaces that must not be up without it, with the keys that need it. */
  readonly guarded: ReadonlyMap<string, readonly string[]>;
  /** Interfaces that must not be up at all, with the reason. */
  readonly refused: ReadonlyMap<string, string>;
  /** Interfaces that forward without the table of packets, with what they lack then. */
  readonly optional: ReadonlyMap<string, readonly string[]>;
  /** Ends of cross-connects, whether Linux can have it: they take frames for everybody. */
  readonly ends: ReadonlyMap<string, 'possible' | 'impossible'>;
  /** Kernel modules that it needs. */
  readonly modules: readonly string[];
  /** Addresses that the box answers for besides those of interfaces. */
  readonly addresses: readonly string[];
  /** Seconds, by the names of sysctls below net.netfilter.nf_conntrack_. */
  readonly timeouts: ReadonlyMap<string, number>;
}

/** nf_conntrack has 128 labels; the last one keeps them on. */
const LABELS = 127;
const HEADER_BYTES = { ipv4: 40, ipv6: 60 } as const;

/**
 * The ruleset of a configuration. `find` gives the kernel's name of an interface, if there is one; `labels` are
 * remembered between calls, since connections keep theirs.
 */
export function rulesetOf(
  config: Config,
  find: (name: string) => string | undefined,
  labels: Map<string, number>,
): Ruleset {
  // A rule of packets may name what is not there.
  const linkOf = (name: string): string => find(name) ?? name;
  const ports = portsOf(config);
  const refused = new Map<string, string>();
  const filtered = config.interfaces.filter(isFiltered);
  for (const one of filtered) {
    const port = ports.get(one.name);
    if (port !== undefined) refused.set(one.name, `the kernel filters no port of a ${port.kind}`);
    else if (isStateful(one, config) && !takeLabel(one.name, labels))
      refused.set(one.name, `the kernel has sessions on ${LABELS} interfaces, and this is one more`);
  }
  const here = config.interfaces.filter(({ name }) => !refused.has(name));
  const inet = [
    ...packetChains({ ...config, interfaces: here }, linkOf, labels),
    ...natChains(config, linkOf),
  ];
  const netdev = crossConnectChains(config, find);
  const isNat = config.nat44.enabled;
  const guarded = here.flatMap((one) => {
    const keys = [
      ...(isFiltered(one) ? filterKeys(one) : []),
      ...(isNat && one.nat !== undefined ? ['nat'] : []),
    ];
    return keys.length === 0 ? [] : [[one.name, keys] as const];
  });
  return {
    inet: tableText('inet', inet),
    netdev: tableText('netdev', netdev.chains),
    guarded: new Map(guarded),
    refused,
    optional: optionalOf(config),
    ends: netdev.ends,
    modules: modulesOf([...inet, ...netdev.chains]),
    addresses: natAddresses(config),
    timeouts: natTimeouts(config),
  };
}

function tableText(family: 'inet' | 'netdev', chains: readonly Chain[]): string {
  if (chains.length === 0) return '';
  return [`table ${family} ${TABLE} {\n`, ...chains.map(chainText), '}\n'].join('');
}

const isFiltered = ({ aclIn, aclOut, macip }: InterfaceConfig): boolean =>
  aclIn.length + aclOut.length > 0 || macip !== undefined;

function filterKeys({ aclIn, aclOut, macip }: InterfaceConfig): string[] {
  return [
    ...(aclIn.length > 0 ? ['acl-in'] : []),
    ...(aclOut.length > 0 ? ['acl-out'] : []),
    ...(macip === undefined ? [] : ['macip']),
  ];
}

function isStateful({ aclIn, aclOut }: InterfaceConfig, { acls }: Pick<Config, 'acls'>): boolean {
  return acls.some(
    ({ name, rules }) =>
      (aclIn.includes(name) || aclOut.includes(name)) && rules.some(({ value }) => value.isStateful),
  );
}

/** A label is nobody's again only when all are taken anew: connections of one that has gone may still have it. */
function takeLabel(name: string, labels: Map<string, number>): boolean {
  if (labels.has(name)) return true;
  if (labels.size >= LABELS) return false;
  labels.set(name, labels.size);
  return true;
}

type Direction = 'in' | 'out';
const LINK_MATCH = { in: 'iifname', out: 'oifname' } as const;

function packetChains(
  config: Config,
  linkOf: (name: string) => string,
  labels: ReadonlyMap<string, number>,
): Chain[] {
  const { interfaces } = config;
  const directions = (['in', 'out'] as const).map((direction) => {
    const filtersOf = ({ aclIn, aclOut }: InterfaceConfig) => (direction === 'in' ? aclIn : aclOut);
    const filtered = interfaces.filter((one) => filtersOf(one).length > 0);
    const jumps = filtered.map(({ name }) => `"${linkOf(name)}" : jump ${direction}-${name}`);
    return {
      chains: [
        ...usedFilters(config, filtered.flatMap(filtersOf), direction, linkOf, labels),
        ...filtered.map((one) => interfaceChain(one, direction, filtersOf(one), config, labels)),
      ],
      rules: jumps.length === 0 ? [] : [`${LINK_MATCH[direction]} vmap { ${jumps.join(', ')} }`],
    };
  });
  const [received, sent] = directions;
  const macips = interfaces.flatMap(({ name, macip }) => (macip === undefined ? [] : [{ name, macip }]));
  const receivedRules = [
    ...interfaces.flatMap((one) => urpfRules(one, linkOf)),
    ...interfaces.flatMap((one) => mssRules(one, 'in', linkOf)),
    ...macips.map(({ name, macip }) => `iifname "${linkOf(name)}" jump macip-${macip}`),
    ...(received?.rules ?? []),
  ];
  const sentRules = [...interfaces.flatMap((one) => mssRules(one, 'out', linkOf)), ...(sent?.rules ?? [])];
  if (receivedRules.length + sentRules.length === 0) return [];
  const usedMacips = config.macips.filter(({ name }) => macips.some(({ macip }) => macip === name));
  return [
    // Has the kernel put fragments together, and keep labels.
    { name: 'connections', rules: [`ct label set ${LABELS}`] },
    ...usedMacips.map(({ name, rules }) => ({
      name: `macip-${name}`,
      rules: [...macipRules(name, rules), 'counter drop'],
    })),
    ...directions.flatMap(({ chains }) => chains),
    // After the fragments and the connections, before the translation.
    { name: 'received', hook: 'type filter hook prerouting priority -150', rules: receivedRules },
    // After the translation.
    { name: 'sent', hook: 'type filter hook postrouting priority 150', rules: sentRules },
  ];
}

/** The filters of a direction, and what remembers the sessions of their `stateful` rules. */
function usedFilters(
  config: Config,
  names: readonly string[],
  direction: Direction,
  linkOf: (name: string) => string,
  labels: ReadonlyMap<string, number>,
): Chain[] {
  const lists = filterLists(config);
  const used = config.acls.filter(({ name }) => names.includes(name));
  const stateful = config.interfaces.filter((one) => labels.has(one.name) && isStateful(one, config));
  const verdicts = { permit: 'accept', stateful: `goto remember-${direction}` };
  const remember = stateful.map(
    ({ name }) => `${LINK_MATCH[direction]} "${linkOf(name)}" ct label set ${labels.get(name)} accept`,
  );
  return [
    ...(used.length === 0 ? [] : [{ name: `remember-${direction}`, rules: remember }]),
    ...used.map(({ name, rules }) => ({
      name: `acl-${direction}-${name}`,
      rules: aclRules(name, rules, lists, verdicts),
    })),
  ];
}

function interfaceChain(
  one: InterfaceConfig,
  direction: Direction,
  filters: readonly string[],
  config: Config,
  labels: ReadonlyMap<string, number>,
): Chain {
  const { name } = one;
  const session = isStateful(one, config) ? [`ct label ${labels.get(name)} counter accept`] : [];
  return {
    name: `${direction}-${name}`,
    rules: [
      ...session,
      ...filters.map((filter) => `jump acl-${direction}-${filter}`),
      `counter drop comment "acl-${direction} ${name}"`,
    ],
  };
}

function urpfRules({ name, urpf }: InterfaceConfig, linkOf: (name: string) => string): string[] {
  if (urpf === undefined) return [];
  const by = urpf === 'strict' ? 'saddr . iif' : 'saddr';
  return [`iifname "${linkOf(name)}" fib ${by} oif missing counter drop comment "urpf ${name}"`];
}

function mssRules(
  { name, mssClamp, mtuBytes }: InterfaceConfig,
  direction: Direction,
  linkOf: (name: string) => string,
): string[] {
  if (mssClamp === undefined) return [];
  return (['ipv4', 'ipv6'] as const).map((family) => {
    const bytes = mssClamp === 'auto' ? mtuBytes - HEADER_BYTES[family] : mssClamp;
    return `${LINK_MATCH[direction]} "${linkOf(name)}" meta nfproto ${family} tcp flags & (syn | rst) == syn tcp option maxseg size set ${bytes}`;
  });
}

/**
 * Each end's frames go out of the other one. A NIC's VLANs take their own first; a VLAN loses its tag on the way in, and
 * gets its own on the way out.
 */
function crossConnectChains(
  config: Config,
  find: (name: string) => string | undefined,
): { readonly chains: Chain[]; readonly ends: Map<string, 'possible' | 'impossible'> } {
  const chains: Chain[] = [];
  const ends = new Map<string, 'possible' | 'impossible'>();
  for (const { interfaces, tagRewrite } of config.crossConnects) {
    const hasVlan = interfaces.some((name) => subInterfaceName(name) !== undefined);
    const isPossible = tagRewrite === 'pop' || !hasVlan;
    for (const name of interfaces) ends.set(name, isPossible ? 'possible' : 'impossible');
    const [a = '', b = ''] = interfaces;
    // A chain of a link that is not there would be refused with all others.
    if (!isPossible || find(a) === undefined || find(b) === undefined) continue;
    chains.push(directionChain(a, b, config, find), directionChain(b, a, config, find));
  }
  return { chains, ends };
}

function directionChain(
  from: string,
  to: string,
  { interfaces }: Config,
  find: (name: string) => string | undefined,
): Chain {
  const vlans = interfaces
    .filter(({ name }) => subInterfaceName(name)?.parent === from)
    .map((one) => encapsulationOf(one)?.outer)
    .filter((outer) => typeof outer === 'number');
  return {
    name: `from-${from}`,
    hook: `type filter hook ingress device "${find(from)}" priority 0`,
    rules: [
      ...(vlans.length === 0 ? [] : [`vlan id { ${vlans.join(', ')} } accept`]),
      `counter fwd to "${find(to)}" comment "cross-connect ${from}"`,
    ],
  };
}

function optionalOf({ interfaces }: Config): ReadonlyMap<string, readonly string[]> {
  const all = interfaces.map(({ name, urpf, mssClamp }): [string, string[]] => [
    name,
    [...(urpf === undefined ? [] : ['urpf']), ...(mssClamp === undefined ? [] : ['mss-clamp'])],
  ]);
  return new Map(all.filter(([, keys]) => keys.length > 0));
}

/** By what the text says; the rest is in nf_tables itself. */
const MODULES: readonly (readonly [word: RegExp, modules: readonly string[]])[] = [
  [/\bct /, ['nft_ct']],
  [/\bfib /, ['nft_fib_ipv4', 'nft_fib_ipv6', 'nft_fib_inet']],
  [/^type nat /m, ['nft_chain_nat', 'nft_nat']],
  [/ masquerade/, ['nft_masq']],
  [/ jhash /, ['nft_hash']],
  [/ fwd to /, ['nft_fwd_netdev']],
];

function modulesOf(chains: readonly Chain[]): string[] {
  const text = chains.flatMap(({ hook = '', rules }) => [hook, ...rules]).join('\n');
  const needed = MODULES.flatMap(([word, modules]) => (word.test(text) ? modules : []));
  return text === '' ? [] : ['nf_tables', ...needed];
}
