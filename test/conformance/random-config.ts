/**
 * Arbitraries of configurations of all kinds of objects, for fast-check. They are valid: what a choice cannot have is
 * left out when it becomes text. Names and numbers are few, so that two configurations share objects, take one another's
 * VLANs and members, and change the roles of interfaces. Smaller choices are simpler configurations, for shrinking.
 */
import fc from 'fast-check';

const NICS = ['xe0', 'xe1', 'xe2', 'xe3'] as const;
const BONDS = ['lag0', 'lag1'] as const;
const VXLANS = ['vx0', 'vx1'] as const;
const LAYER3 = ['tun0', 'tun1'] as const;
const BRIDGES = ['br0', 'br1'] as const;
const LOOPBACKS = ['loop0', 'loop7'] as const;
const ACLS = ['lan-in', 'wan-in', 'any'] as const;
const VRFS = { blue: 100, red: 200 } as const;
const SUBNETS = 60;

type Keys = Readonly<Record<string, string | number | undefined>>;

/** What an interface that can route may have; what does not fit its place is left out. */
interface Attributes {
  readonly net: number;
  readonly families: 'none' | 'ipv4' | 'ipv6' | 'both' | 'two';
  readonly mtu: number | undefined;
  readonly enabled: boolean;
  readonly vrf: keyof typeof VRFS | undefined;
  readonly mpls: boolean;
  readonly aclIn: readonly (typeof ACLS)[number][];
  readonly aclOut: (typeof ACLS)[number] | undefined;
  readonly macip: boolean;
  readonly urpf: string | undefined;
  readonly mssClamp: string | undefined;
  readonly nat: 'inside' | 'outside' | undefined;
  readonly masquerade: boolean;
  readonly mac: number | undefined;
  readonly neighbors: readonly number[];
  readonly linkLocal: number | undefined;
  readonly donor: (typeof LOOPBACKS)[number] | undefined;
  readonly proxyArp: boolean;
  /** Hosts that it answers neighbour solicitations for. */
  readonly proxied: number;
}

const PORT_ROLES = ['br0', 'br1', 'wire'] as const;
type Role = 'unused' | 'routed' | (typeof PORT_ROLES)[number] | (typeof BONDS)[number];

interface Vlan {
  readonly role: Role;
  /** The number after the dot is another one than the VLAN. */
  readonly isRenamed: boolean;
  readonly tags: 'one' | 'dot1ad' | 'two' | 'any-inner' | 'not-exact';
  readonly attributes: Attributes;
}

interface Parent {
  readonly role: Role;
  readonly attributes: Attributes;
  readonly vlans: readonly (Vlan | undefined)[];
  readonly defaultVlan: Vlan | undefined;
}

/** Undefined in one of `freq` cases. */
const option = <T>(arb: fc.Arbitrary<T>, freq = 3): fc.Arbitrary<T | undefined> =>
  fc.option(arb, { nil: undefined, freq });

const underlay = fc.constantFrom(undefined, undefined, 'blue', 'red');

const attributes: fc.Arbitrary<Attributes> = fc.record({
  net: fc.nat(SUBNETS - 1),
  families: fc.constantFrom('none', 'ipv4', 'ipv4', 'ipv6', 'both', 'two'),
  mtu: fc.constantFrom(undefined, 1400, 9000, 9100),
  enabled: fc.constantFrom(true, true, true, true, false),
  vrf: fc.constantFrom(undefined, undefined, undefined, 'blue', 'red'),
  mpls: fc.constantFrom(false, false, false, true),
  aclIn: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.subarray([...ACLS])),
  aclOut: fc.constantFrom(undefined, undefined, ...ACLS),
  macip: fc.constantFrom(false, false, true),
  urpf: fc.constantFrom(undefined, undefined, 'strict', 'loose'),
  mssClamp: fc.constantFrom(undefined, undefined, '1360', 'auto'),
  nat: fc.constantFrom(undefined, 'inside', 'outside'),
  masquerade: fc.boolean(),
  mac: fc.constantFrom(undefined, undefined, undefined, 1, 2),
  neighbors: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.subarray([1, 2, 3])),
  linkLocal: fc.constantFrom(undefined, undefined, undefined, 1, 2),
  donor: fc.constantFrom(undefined, undefined, undefined, ...LOOPBACKS),
  proxyArp: fc.constantFrom(false, false, false, true),
  proxied: fc.constantFrom(0, 0, 0, 1, 2),
});

const vlan: fc.Arbitrary<Vlan> = fc.record({
  role: fc.constantFrom<Role>('routed', 'routed', 'routed', 'unused', ...PORT_ROLES),
  isRenamed: fc.constantFrom(false, false, true),
  tags: fc.constantFrom('one', 'one', 'one', 'dot1ad', 'two', 'any-inner', 'not-exact'),
  attributes,
});

const parentOf = (roles: readonly Role[], vlans: number): fc.Arbitrary<Parent> =>
  fc.record({
    role: fc.constantFrom(...roles),
    attributes,
    vlans: fc.tuple(...Array.from({ length: vlans }, () => option(vlan, 2))),
    defaultVlan: option(vlan, 3),
  });

const rule = fc.constantFrom(
  'permit tcp from 10.0.0.0/8 to any port 443',
  'deny udp from any to 192.0.2.0/24',
  'permit icmp',
  'permit tcp, udp from any to servers port 53, 8000-8010 stateful',
  'permit any',
  'deny from 2001:db8::/32',
);

const choice = fc.record({
  vrfs: fc.subarray(['blue', 'red'] as const),
  acls: fc.tuple(...ACLS.map(() => option(fc.array(rule, { minLength: 1, maxLength: 4 })))),
  servers: fc.constantFrom('192.0.2.1', '192.0.2.0/25, 2001:db8::/48'),
  macip: option(fc.constantFrom('permit any', 'deny any')),
  nics: fc.tuple(
    ...NICS.map(() => parentOf(['routed', 'routed', 'unused', 'br0', 'br1', 'wire', 'lag0', 'lag1'], 6)),
  ),
  bonds: fc.tuple(
    ...BONDS.map(() =>
      fc.record({
        parent: parentOf(['routed', 'routed', 'unused', ...PORT_ROLES], 4),
        mode: fc.constantFrom('lacp', 'active-backup', 'xor', 'round-robin', 'broadcast'),
        loadBalance: fc.constantFrom(undefined, 'l2', 'l23'),
        hasPrimary: fc.boolean(),
        isLong: fc.boolean(),
        isPassive: fc.boolean(),
      }),
    ),
  ),
  vxlans: fc.tuple(
    ...VXLANS.map(() =>
      option(
        fc.record({
          parent: parentOf(['routed', 'unused', ...PORT_ROLES], 2),
          isIpv6: fc.boolean(),
          vni: fc.integer({ min: 1, max: 3 }),
          port: fc.constantFrom(undefined, 8472),
          underlay,
        }),
      ),
    ),
  ),
  tunnels: fc.tuple(
    ...LAYER3.map(() =>
      option(
        fc.record({
          section: fc.constantFrom('gre', 'ipip'),
          isIpv6: fc.boolean(),
          end: fc.integer({ min: 1, max: 2 }),
          underlay,
          attributes,
        }),
      ),
    ),
  ),
  teb: option(fc.record({ parent: parentOf(['routed', 'unused', ...PORT_ROLES], 1) })),
  bridges: fc.tuple(
    ...BRIDGES.map(() =>
      fc.record({
        learn: fc.boolean(),
        flood: fc.boolean(),
        unknown: fc.boolean(),
        arp: fc.boolean(),
        age: fc.constantFrom(undefined, 0, 30),
        id: fc.constantFrom(undefined, undefined, 7, 8),
        stations: fc.subarray([1, 2, 3]),
        own: option(attributes),
      }),
    ),
  ),
  rewrite: fc.constantFrom(undefined, 'keep'),
  loopbacks: fc.tuple(...LOOPBACKS.map(() => option(attributes))),
  nat: option(
    fc.record({
      pool: fc.constantFrom(
        undefined,
        '203.0.113.10-203.0.113.14',
        '203.0.113.12-203.0.113.16, 203.0.113.20',
      ),
      sessions: fc.constantFrom(2048, 2048, 4096),
      udpTimeout: fc.constantFrom(undefined, 60),
      mssClamp: fc.constantFrom(undefined, 1400),
      forwarding: fc.boolean(),
      ownTraffic: fc.boolean(),
      forward: fc.constantFrom(undefined, 'address', 'interface'),
      protocols: fc.constantFrom('tcp', 'tcp, udp'),
      server: fc.constantFrom(undefined, '203.0.113.6', '203.0.113.7'),
    }),
  ),
});

type Choice = typeof choice extends fc.Arbitrary<infer T> ? T : never;

/** One configuration on the way from a choice to text. */
class Text {
  readonly #choice: Choice;
  readonly #sections: string[] = [];
  readonly #subnets = new Set<string>();
  #proxied = 0;
  readonly #members = new Map<string, string[]>();
  readonly #ends: string[] = [];
  readonly #outside: { readonly name: string; readonly isMasked: boolean }[] = [];

  constructor(given: Choice) {
    this.#choice = given;
  }

  #add(name: string, keys: Keys): void {
    const lines = Object.entries(keys).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key} = ${value}`],
    );
    this.#sections.push([`[${name}]`, ...lines].join('\n'));
  }

  /** Each subnet is on one interface of a VRF. */
  #addressesOf({ net, families }: Attributes, vrf: string | undefined): string | undefined {
    const key = `${vrf ?? ''} ${net}`;
    if (families === 'none' || this.#subnets.has(key)) return undefined;
    this.#subnets.add(key);
    const ipv4 = `10.${net}.0.1/24`;
    const ipv6 = `2001:db8:${net}::1/64`;
    const texts = { ipv4, ipv6, both: `${ipv4}, ${ipv6}`, two: `${ipv4}, 10.${net}.0.2/24` };
    return texts[families];
  }

  #filtersOf({ aclIn, aclOut, macip }: Attributes): Keys {
    const has = (name: (typeof ACLS)[number]): boolean => this.#choice.acls[ACLS.indexOf(name)] !== undefined;
    const input = aclIn.filter(has);
    return {
      'acl-in': input.length === 0 ? undefined : input.join(', '),
      'acl-out': aclOut !== undefined && has(aclOut) ? aclOut : undefined,
      macip: macip && this.#choice.macip !== undefined ? 'hosts' : undefined,
    };
  }

  /** What an interface has that routes. */
  #routedOf(
    name: string,
    given: Attributes,
    { isEthernet, isSub }: { isEthernet: boolean; isSub: boolean },
  ): Keys {
    const { vrfs, nat } = this.#choice;
    const vrf = vrfs.find((one) => one === given.vrf);
    const donor =
      given.donor !== undefined &&
      vrf === undefined &&
      this.#choice.loopbacks[LOOPBACKS.indexOf(given.donor)] !== undefined
        ? given.donor
        : undefined;
    const isBorrower = donor !== undefined && !name.startsWith('loop');
    const addresses = isBorrower ? undefined : this.#addressesOf(given, vrf);
    const role = nat !== undefined && vrf === undefined ? given.nat : undefined;
    // VPP follows an interface's own addresses.
    if (role === 'outside' && !isBorrower) this.#outside.push({ name, isMasked: given.masquerade });
    const { macip, ...filters } = this.#filtersOf(given);
    const neighbors = given.neighbors.map((n) => `10.250.${n}.9 02:00:00:00:01:0${n}`);
    return {
      ...this.#linkOf(given),
      ...filters,
      macip: isEthernet ? macip : undefined,
      vrf,
      nat: role,
      addresses,
      unnumbered: isBorrower ? donor : undefined,
      mpls: given.mpls ? 'true' : undefined,
      urpf: given.urpf,
      'mss-clamp': given.mssClamp,
      'link-local': given.linkLocal === undefined ? undefined : `fe80::${given.linkLocal}`,
      mac: isEthernet && !isSub && given.mac !== undefined ? `02:00:00:00:00:0${given.mac}` : undefined,
      neighbors: isEthernet && neighbors.length > 0 ? neighbors.join(', ') : undefined,
      'proxy-arp': isEthernet && given.proxyArp ? 'true' : undefined,
      'proxy-nd': this.#proxiedHosts(given.proxied),
    };
  }

  /** Hosts that no other interface has. */
  #proxiedHosts(count: number): string | undefined {
    const hosts = Array.from({ length: count }, () => `2001:db8:f::${(++this.#proxied).toString(16)}`);
    return hosts.length === 0 ? undefined : hosts.join(', ');
  }

  /** The VRF of the outer packets, where the configuration has it. */
  #underlayOf(name: string | undefined): Keys {
    return { 'underlay-vrf': this.#choice.vrfs.find((vrf) => vrf === name) };
  }

  #linkOf({ mtu, enabled }: Attributes): Keys {
    return { mtu, enabled: enabled ? undefined : 'false' };
  }

  /** A port of a bridge or an end of a cross-connect; it may have no section, unless it is a VLAN. */
  #port(name: string, role: Role, given: Attributes, tags: Keys = {}): void {
    this.#add(`interface.${name}`, { ...tags, ...this.#linkOf(given), ...this.#filtersOf(given) });
    if (role === 'wire') this.#ends.push(name);
    else this.#members.set(role, [...(this.#members.get(role) ?? []), name]);
  }

  #isPort(role: Role): boolean {
    return PORT_ROLES.some((one) => one === role);
  }

  #parent(name: string, { role, attributes: given, vlans, defaultVlan }: Parent): void {
    if (this.#isPort(role)) this.#port(name, role, given);
    else if (role === 'routed') {
      this.#add(`interface.${name}`, this.#routedOf(name, given, { isEthernet: true, isSub: false }));
    }
    for (const [at, one] of vlans.entries()) if (one !== undefined) this.#vlan(name, 5 + at, one);
    if (defaultVlan !== undefined) this.#sub(`${name}.900`, defaultVlan, { vlan: 'default' }, false);
  }

  #vlan(parent: string, number: number, one: Vlan): void {
    const { isRenamed, tags } = one;
    const keys: Record<Vlan['tags'], Keys> = {
      one: {},
      dot1ad: { encapsulation: 'dot1ad' },
      two: { 'inner-vlan': 7 },
      'any-inner': { 'inner-vlan': 'any' },
      'not-exact': { 'exact-match': 'false' },
    };
    const isExact = tags !== 'any-inner' && tags !== 'not-exact';
    const name = `${parent}.${isRenamed ? number + 100 : number}`;
    this.#sub(name, one, { vlan: isRenamed ? number : undefined, ...keys[tags] }, isExact);
  }

  #sub(name: string, { role, attributes: given }: Vlan, tags: Keys, isExact: boolean): void {
    if (this.#isPort(role)) this.#port(name, role, given, tags);
    else if (isExact && role === 'routed') {
      this.#add(`interface.${name}`, {
        ...tags,
        ...this.#routedOf(name, given, { isEthernet: true, isSub: true }),
      });
    } else this.#add(`interface.${name}`, { ...tags, ...this.#linkOf(given), ...this.#filtersOf(given) });
  }

  render(): string {
    const { vrfs, acls, servers, macip, loopbacks } = this.#choice;
    for (const vrf of vrfs) this.#add(`vrf.${vrf}`, { table: VRFS[vrf] });
    for (const [at, rules] of acls.entries()) {
      if (rules === undefined) continue;
      this.#add(
        `acl.${ACLS[at]}`,
        Object.fromEntries(rules.map((text, place) => [`${10 * (place + 1)}`, text])),
      );
    }
    this.#add('prefix-list.servers', { prefixes: servers });
    if (macip !== undefined)
      this.#add('macip.hosts', { 10: 'permit 52:54:00:12:34:56 192.0.2.10', 20: macip });
    for (const [at, given] of loopbacks.entries()) {
      if (given === undefined) continue;
      const name = LOOPBACKS[at]!;
      const { addresses, mtu, enabled } = this.#routedOf(
        name,
        { ...given, nat: undefined, vrf: undefined },
        {
          isEthernet: true,
          isSub: false,
        },
      );
      this.#add(`interface.${name}`, { addresses, mtu, enabled });
    }
    this.#parents();
    this.#tunnels();
    this.#bridges();
    this.#wires();
    this.#nat();
    return `${this.#sections.join('\n')}\n`;
  }

  #parents(): void {
    const { nics, bonds } = this.#choice;
    for (const [at, nic] of nics.entries()) {
      if (!BONDS.some((one) => one === nic.role)) this.#parent(NICS[at]!, nic);
    }
    for (const [at, { parent, mode, loadBalance, hasPrimary, isLong, isPassive }] of bonds.entries()) {
      const name = BONDS[at]!;
      const members = NICS.filter((_, n) => nics[n]?.role === name);
      if (members.length === 0) continue;
      const isLacp = mode === 'lacp';
      this.#add(`bond.${name}`, {
        members: members.join(', '),
        mode,
        'load-balance': isLacp || mode === 'xor' ? loadBalance : undefined,
        primary: mode === 'active-backup' && hasPrimary ? members.at(-1) : undefined,
        'lacp-timeout': isLacp && isLong ? 'long' : undefined,
        'lacp-passive': isLacp && isPassive ? 'true' : undefined,
      });
      this.#parent(name, parent);
    }
  }

  #tunnels(): void {
    const { vxlans, tunnels, teb } = this.#choice;
    for (const [at, given] of vxlans.entries()) {
      if (given === undefined) continue;
      const { parent, isIpv6, vni, port, underlay: vrf } = given;
      const ends = isIpv6
        ? { source: '2001:db8:ffff::1', destination: `2001:db8:fffe::${at + 1}` }
        : { source: '192.0.2.1', destination: `203.0.113.${at + 1}` };
      this.#add(`vxlan.${VXLANS[at]}`, { ...ends, ...this.#underlayOf(vrf), vni, port });
      this.#parent(VXLANS[at]!, parent);
    }
    for (const [at, given] of tunnels.entries()) {
      if (given === undefined) continue;
      const { section, isIpv6, end, attributes: own, underlay: vrf } = given;
      const name = LAYER3[at]!;
      const ends = isIpv6
        ? { source: '2001:db8:ffff::1', destination: `2001:db8:fffd::${10 * at + end}` }
        : { source: '192.0.2.1', destination: `198.51.100.${10 * at + end}` };
      this.#add(`${section}.${name}`, { ...ends, ...this.#underlayOf(vrf) });
      this.#add(`interface.${name}`, this.#routedOf(name, own, { isEthernet: false, isSub: false }));
    }
    if (teb === undefined) return;
    this.#add('gre.teb0', { source: '192.0.2.1', destination: '198.51.100.99', type: 'teb' });
    this.#parent('teb0', teb.parent);
  }

  #bridges(): void {
    const ids = new Set<number>();
    for (const [
      at,
      { learn, flood, unknown, arp, age, id, stations, own },
    ] of this.#choice.bridges.entries()) {
      const name = BRIDGES[at]!;
      const members = this.#members.get(name);
      if (members === undefined) continue;
      const fixed = id === undefined || ids.has(id) ? undefined : id;
      if (fixed !== undefined) ids.add(fixed);
      const flag = (isOn: boolean): string | undefined => (isOn ? undefined : 'false');
      this.#add(`bridge.${name}`, {
        members: members.join(', '),
        learn: flag(learn),
        flood: flag(flood),
        'unknown-unicast-flood': flag(unknown),
        'arp-termination': arp ? 'true' : undefined,
        'mac-age': age,
        id: fixed,
        static:
          stations.length === 0
            ? undefined
            : stations.map((n) => `02:00:00:00:02:0${n}@${members[n % members.length]}`).join(', '),
      });
      if (own === undefined) continue;
      this.#add(`interface.${name}`, this.#routedOf(name, own, { isEthernet: true, isSub: false }));
    }
  }

  /** An end without another one remains an interface without IP. */
  #wires(): void {
    for (let at = 0; at + 1 < this.#ends.length; at += 2) {
      const interfaces = `${this.#ends[at]}, ${this.#ends[at + 1]}`;
      this.#add(`cross-connect.wire${at}`, { interfaces, 'tag-rewrite': this.#choice.rewrite });
    }
  }

  #nat(): void {
    const { nat } = this.#choice;
    if (nat === undefined) return;
    const masked = this.#outside.filter(({ isMasked }) => isMasked).map(({ name }) => name);
    this.#add('nat44', {
      enabled: 'true',
      masquerade: masked.length === 0 ? undefined : masked.join(', '),
      pool: nat.pool,
      sessions: nat.sessions,
      'udp-timeout': nat.udpTimeout,
      'mss-clamp': nat.mssClamp,
      forwarding: nat.forwarding ? 'true' : undefined,
      'own-traffic': nat.ownTraffic ? undefined : 'false',
    });
    if (nat.forward !== undefined) {
      const on = nat.forward === 'interface' ? (this.#outside[0]?.name ?? '203.0.113.5') : '203.0.113.5';
      this.#add('port-forward.web', {
        protocol: nat.protocols,
        external: `${on}:443`,
        internal: '192.168.1.10:8443',
      });
    }
    if (nat.server !== undefined)
      this.#add('nat-static.server', { external: nat.server, internal: '192.168.1.11' });
  }
}

/** The text of a configuration below its NICs. */
export const randomConfig: fc.Arbitrary<string> = choice.map((given) => new Text(given).render());
