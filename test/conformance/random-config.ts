/**
 * Random configurations of all kinds of objects, from a seed. They are valid: each refers only to what it has itself, and
 * gives an interface one role. Names and numbers are few, so that two configurations share objects, take one another's
 * VLANs and members, and change the roles of interfaces.
 */
import { randomNumbers } from '../system/random.ts';

const NICS = ['xe0', 'xe1', 'xe2', 'xe3'] as const;
const VLANS = [5, 6, 7, 8, 9, 10];

/** The text of a configuration below its NICs. */
export function randomConfig(seed: number, size = 1): string {
  const { random } = randomNumbers(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const chance = (probability: number): boolean => random() < probability;
  const sections: string[] = [];
  /** Interfaces on the outside of NAT. */
  const outside: string[] = [];
  const add = (name: string, keys: Readonly<Record<string, string | number | undefined>>): void => {
    const lines = Object.entries(keys).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key} = ${value}`],
    );
    sections.push([`[${name}]`, ...lines].join('\n'));
    if (keys['nat'] === 'outside') outside.push(name.slice('interface.'.length));
  };
  const vrfs = ['blue', 'red'].filter(() => chance(0.5));
  for (const vrf of vrfs) add(`vrf.${vrf}`, { table: vrf === 'blue' ? 100 : 200 });
  const acls = ['lan-in', 'wan-in', 'any'].filter(() => chance(0.6));
  for (const acl of acls) {
    const rules = [10, 20, 30, 40].filter(() => chance(0.6));
    add(
      `acl.${acl}`,
      Object.fromEntries(
        (rules.length === 0 ? [10] : rules).map((number) => [
          number,
          pick([
            'permit tcp from 10.0.0.0/8 to any port 443',
            'deny udp from any to 192.0.2.0/24',
            'permit icmp',
            'permit tcp, udp from any to servers port 53, 8000-8010 stateful',
            'permit any',
            'deny from 2001:db8::/32',
          ]),
        ]),
      ),
    );
  }

  add('prefix-list.servers', { prefixes: pick(['192.0.2.1', '192.0.2.0/25, 2001:db8::/48']) });
  const hasMacip = chance(0.5);
  if (hasMacip)
    add('macip.hosts', { 10: 'permit 52:54:00:12:34:56 192.0.2.10', 20: pick(['permit any', 'deny any']) });
  const hasNat = chance(0.6);

  let subnet = Math.floor(random() * 40);
  /** Addresses that no other interface has. */
  const addresses = (): string | undefined => {
    if (chance(0.3)) return undefined;
    subnet += 1;
    return chance(0.5) ? `10.${subnet}.0.1/24` : `10.${subnet}.0.1/24, 2001:db8:${subnet}::1/64`;
  };
  const common = () => {
    const vrf = vrfs.length > 0 && chance(0.3) ? pick(vrfs) : undefined;
    // NAT translates in the default VRF.
    const nat = hasNat && vrf === undefined && chance(0.4) ? pick(['inside', 'outside']) : undefined;
    return { ...others(), vrf, nat };
  };
  const others = () => ({
    mtu: pick([undefined, 1400, 9000, 9100]),
    enabled: chance(0.15) ? 'false' : undefined,
    'acl-in': acls.length > 0 && chance(0.3) ? pick(acls) : undefined,
    'acl-out': acls.length > 0 && chance(0.2) ? pick(acls) : undefined,
    macip: hasMacip && chance(0.2) ? 'hosts' : undefined,
    urpf: pick([undefined, undefined, 'strict', 'loose']),
    'mss-clamp': pick([undefined, undefined, '1360', 'auto']),
    'proxy-arp': chance(0.15) ? 'true' : undefined,
    'proxy-nd': chance(0.15) ? proxiedHosts() : undefined,
    addresses: addresses(),
  });

  let host = 0;
  /** Hosts that no other interface has. */
  const proxiedHosts = (): string => {
    host += 2;
    return pick([`2001:db8:f::${host}`, `2001:db8:f::${host}, 2001:db8:f::${host + 1}`]);
  };
  const free = new Set<string>(NICS);
  const take = (): string | undefined => {
    const nic = free.size === 0 ? undefined : pick([...free].sort());
    if (nic !== undefined) free.delete(nic);
    return nic;
  };
  const parents: string[] = [];
  for (const bond of ['lag0', 'lag1']) {
    if (!chance(0.4) || free.size < 2) continue;
    const members = [take(), chance(0.6) ? take() : undefined].filter((one) => one !== undefined);
    const mode = pick(['lacp', 'active-backup', 'xor', 'round-robin']);
    add(`bond.${bond}`, { members: members.join(', '), mode });
    add(`interface.${bond}`, common());
    parents.push(bond);
  }
  const underlay = () => ({
    'underlay-vrf': vrfs.length > 0 && chance(0.4) ? pick(vrfs) : undefined,
  });
  for (const [index, name] of ['vx0', 'vx1'].entries()) {
    if (!chance(0.4)) continue;
    const ends = chance(0.5)
      ? { source: '192.0.2.1', destination: `203.0.113.${index + 1}` }
      : { source: '2001:db8:ffff::1', destination: `2001:db8:fffe::${index + 1}` };
    add(`vxlan.${name}`, { ...ends, ...underlay(), vni: 10 * index + pick([1, 2, 3]) });
    add(`interface.${name}`, common());
    parents.push(name);
  }
  for (const [index, name] of ['tun0', 'tun1'].entries()) {
    if (!chance(0.4)) continue;
    const destination = `198.51.100.${10 * index + pick([1, 2])}`;
    const ends = { source: '192.0.2.1', destination, ...underlay() };
    if (chance(0.5)) add(`gre.${name}`, ends);
    else add(`ipip.${name}`, ends);
    const { mtu: _mtu, macip: _macip, 'proxy-arp': _proxyArp, ...rest } = common();
    add(`interface.${name}`, rest);
  }
  for (const nic of [...free]) {
    if (chance(0.25)) continue;
    add(`interface.${nic}`, common());
    parents.push(nic);
  }
  for (const parent of parents) {
    const vlans = VLANS.slice(0, 6).filter(() => chance(0.25 * size));
    for (const vlan of vlans) {
      const number = chance(0.3) ? vlan + 100 : vlan;
      const { vrf, ...rest } = common();
      add(`interface.${parent}.${number}`, { vlan: number === vlan ? undefined : vlan, vrf, ...rest });
    }
    if (chance(0.2)) {
      add(`interface.${parent}.900`, { vlan: 90, 'inner-vlan': pick([1, 2]), encapsulation: 'dot1ad' });
    }
  }
  for (const loop of ['loop0', 'loop7'])
    if (chance(0.5)) add(`interface.${loop}`, { addresses: addresses() });
  if (hasNat) {
    const masquerade = outside.filter(() => chance(0.6));
    add('nat44', {
      enabled: 'true',
      masquerade: masquerade.length === 0 ? undefined : masquerade.join(', '),
      pool: pick([undefined, '203.0.113.10-203.0.113.14', '203.0.113.12-203.0.113.16, 203.0.113.20']),
      sessions: pick([2048, 2048, 4096]),
      'udp-timeout': pick([undefined, 60]),
      'own-traffic': pick([undefined, 'false']),
    });
    const external = masquerade.length > 0 && chance(0.5) ? `${pick(masquerade)}:443` : '203.0.113.5:443';
    if (chance(0.5)) {
      add('port-forward.web', {
        protocol: pick(['tcp', 'tcp, udp']),
        external,
        internal: '192.168.1.10:8443',
      });
    }
    if (chance(0.5)) {
      add('nat-static.server', { external: pick(['203.0.113.6', '203.0.113.7']), internal: '192.168.1.11' });
    }
  }
  return `${sections.join('\n')}\n`;
}
