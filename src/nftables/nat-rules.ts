/**
 * NAT44 as chains of nftables: `[nat44]`, `[port-forward.NAME]`, `[nat-static.NAME]` and `nat` of interfaces. Pure.
 *
 * Forwards come before whole addresses and these before masquerade, as in VPP. What comes from outside unasked is dropped
 * after the translation, so that what was translated to a host inside is known by its connection.
 */
import { ipv4Number, ipv4Text, parsePrefix, prefixContains } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { type Chain, setOfNames } from './chain.ts';

export type NatConfig = Pick<Config, 'interfaces' | 'nat44' | 'natStatics' | 'portForwards'>;
type Link = (name: string) => string;

/** The names of the links on both sides. */
interface Sides {
  readonly insides: string;
  readonly outsides: string;
  readonly both: string;
}

export function natChains(config: NatConfig, linkOf: Link): Chain[] {
  const { nat44 } = config;
  const [insides, outsides] = [namesOf(config, 'inside'), namesOf(config, 'outside')];
  if (!nat44.enabled || outsides.length === 0) return [];
  const sides: Sides = {
    insides: setOfNames(insides.map(linkOf)),
    outsides: setOfNames(outsides.map(linkOf)),
    both: setOfNames([...insides, ...outsides].map(linkOf)),
  };
  return [
    {
      name: 'nat-destination',
      hook: 'type nat hook prerouting priority -100',
      rules: destinationRules(config, sides),
    },
    {
      name: 'nat-source',
      hook: 'type nat hook postrouting priority 100',
      rules: insides.length === 0 ? [] : sourceRules(config, outsides, sides, linkOf),
    },
    {
      name: 'nat-forward',
      hook: 'type filter hook forward priority 0',
      rules: [...strandedRules(config, outsides, sides, linkOf), ...forwardRules(config, sides)],
    },
    { name: 'nat-box', hook: 'type filter hook input priority 0', rules: boxRules(config, sides) },
  ];
}

/** Addresses that hosts outside take for the box's: those of NAT in a network of an outside interface. */
export function natAddresses(config: NatConfig): string[] {
  if (!config.nat44.enabled) return [];
  const networks = outsideInterfaces(config).flatMap(({ addresses }) => addresses);
  const own = new Set(networks.map(({ address }) => address));
  return externalAddresses(config).filter((address) => {
    const parsed = parsePrefix(`${address}/32`);
    return !own.has(address) && parsed !== undefined && networks.some((one) => prefixContains(one, parsed));
  });
}

/** Seconds of connections' states, by sysctl. */
export function natTimeouts({ nat44 }: NatConfig): ReadonlyMap<string, number> {
  if (!nat44.enabled) return new Map();
  const transitory = ['syn_sent', 'syn_recv', 'fin_wait', 'close_wait', 'last_ack', 'time_wait'];
  return new Map([
    ['udp_timeout', nat44.udpTimeoutSeconds],
    ['udp_timeout_stream', nat44.udpTimeoutSeconds],
    ['tcp_timeout_established', nat44.tcpEstablishedTimeoutSeconds],
    ...transitory.map((state) => [`tcp_timeout_${state}`, nat44.tcpTransitoryTimeoutSeconds] as const),
    ['icmp_timeout', nat44.icmpTimeoutSeconds],
  ]);
}

function namesOf({ interfaces }: NatConfig, side: 'inside' | 'outside'): string[] {
  return interfaces.filter(({ nat }) => nat === side).map(({ name }) => name);
}

function outsideInterfaces({ interfaces }: NatConfig): Config['interfaces'] {
  return interfaces.filter(({ nat }) => nat === 'outside');
}

/** The address that an interface is known by outside; undefined: one by DHCP, known to the kernel alone. */
function addressOf({ interfaces }: NatConfig, name: string): string | undefined {
  const own = interfaces.find((one) => one.name === name);
  return own?.addresses.find(({ family }) => family === 4)?.address;
}

function poolOf({ nat44 }: NatConfig): string[] {
  return nat44.pool.flatMap(({ first, last }) => {
    const start = ipv4Number(first) ?? 0;
    return Array.from({ length: (ipv4Number(last) ?? 0) - start + 1 }, (_, at) => ipv4Text(start + at));
  });
}

/** All addresses of NAT that are not found by an interface. */
function externalAddresses(config: NatConfig): string[] {
  const forwarded = config.portForwards.flatMap(({ external: { on } }) =>
    'address' in on ? [on.address] : [],
  );
  const statics = config.natStatics.map(({ external }) => external);
  return [...new Set([...poolOf(config), ...statics, ...forwarded])];
}

/** Packets to an outside interface's address; by DHCP, to any of the box but those inside. */
function toInterface(config: NatConfig, name: string): string {
  const address = addressOf(config, name);
  if (address !== undefined) return `ip daddr ${address}`;
  const others = config.interfaces
    .filter((one) => one.name !== name)
    .flatMap(({ addresses }) => addresses)
    .filter(({ family }) => family === 4)
    .map((one) => one.address);
  const except = others.length === 0 ? '' : ` ip daddr != { ${others.join(', ')} }`;
  return `meta nfproto ipv4 fib daddr type local${except}`;
}

/** From inside as well: hosts there may use the address outside. */
function destinationRules(config: NatConfig, { both }: Sides): string[] {
  const forwards = config.portForwards.flatMap(({ name, protocols, external, internal }) => {
    const { on, port } = external;
    const to = 'interface' in on ? toInterface(config, on.interface) : `ip daddr ${on.address}`;
    return protocols.map(
      (protocol) =>
        `iifname ${both} ${to} ${protocol} dport ${port} counter dnat ip to ${internal.address}:${internal.port} comment "port-forward ${name}"`,
    );
  });
  const statics = config.natStatics.map(
    ({ name, external, internal }) =>
      `iifname ${both} ip daddr ${external} counter dnat ip to ${internal} comment "nat-static ${name}"`,
  );
  return [...forwards, ...statics];
}

function sourceRules(
  config: NatConfig,
  outsides: readonly string[],
  { insides, outsides: out }: Sides,
  linkOf: Link,
): string[] {
  const { masquerade } = config.nat44;
  const statics = config.natStatics.map(
    ({ name, external, internal }) =>
      `iifname ${insides} oifname ${out} ip saddr ${internal} counter snat ip to ${external} comment "nat-static ${name}"`,
  );
  const others = outsides.flatMap((name) => {
    const where = `iifname ${insides} oifname "${linkOf(name)}" meta nfproto ipv4 counter`;
    if (masquerade.includes(name)) return [`${where} masquerade comment "masquerade ${name}"`];
    const source = poolSource(config);
    return source === undefined ? [] : [`${where} ${source} comment "pool"`];
  });
  // Answers to what came back inside pass the box, too.
  const hairpin = `iifname ${insides} oifname ${insides} meta nfproto ipv4 ct status dnat counter masquerade`;
  return [...statics, ...others, hairpin];
}

/** One address for each host; without a pool, that of an interface of `masquerade`. */
function poolSource(config: NatConfig): string | undefined {
  const pool = poolOf(config);
  const known = config.nat44.masquerade.flatMap((name) => addressOf(config, name) ?? []);
  const all = pool.length > 0 ? pool : known.slice(0, 1);
  if (all.length <= 1) return all[0] === undefined ? undefined : `snat ip to ${all[0]}`;
  const items = all.map((address, at) => `${at} : ${address}`).join(', ');
  return `snat ip to jhash ip saddr mod ${all.length} map { ${items} }`;
}

/** Interfaces outside for which there is no address: hosts inside would appear under their own. */
function strandedRules(
  config: NatConfig,
  outsides: readonly string[],
  { insides }: Sides,
  linkOf: Link,
): string[] {
  if (insides === '' || poolSource(config) !== undefined) return [];
  return outsides
    .filter((name) => !config.nat44.masquerade.includes(name))
    .map((name) => `iifname ${insides} oifname "${linkOf(name)}" meta nfproto ipv4 counter drop`);
}

function forwardRules({ nat44 }: NatConfig, { outsides }: Sides): string[] {
  const { mssClampBytes, forwarding } = nat44;
  const mss =
    mssClampBytes === undefined
      ? []
      : [`iifname ${outsides}`, `oifname ${outsides}`].map(
          (where) =>
            `${where} meta nfproto ipv4 tcp flags & (syn | rst) == syn tcp option maxseg size set ${mssClampBytes}`,
        );
  if (forwarding) return mss;
  const from = `iifname ${outsides} meta nfproto ipv4`;
  return [
    ...mss,
    `${from} ct status dnat accept`,
    `${from} ct state { new, invalid } counter drop comment "nat44 unasked"`,
  ];
}

/** What the box itself gets from outside. */
function boxRules(config: NatConfig, { outsides }: Sides): string[] {
  const { forwarding, ownTraffic, masquerade } = config.nat44;
  const from = `iifname ${outsides} meta nfproto ipv4`;
  const externals = externalAddresses(config);
  const taken =
    externals.length === 0 ? [] : [`${from} ip daddr { ${externals.join(', ')} } ct state new counter drop`];
  if (forwarding) return taken;
  const own = ownTraffic ? masquerade.map((name) => `${from} ${toInterface(config, name)} accept`) : [];
  return [
    `${from} ct state { established, related } accept`,
    `${from} fib daddr type { multicast, broadcast } accept`,
    `${from} icmp type echo-request accept`,
    `${from} udp sport 67 udp dport 68 accept`,
    ...taken,
    ...own,
    `${from} counter drop comment "nat44 unasked"`,
  ];
}
