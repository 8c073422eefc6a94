/** The rules that a configuration becomes, and that nft takes them. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { parseConfig } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { createNamedNetns, deleteNamedNetns, withNetns } from '../linux/mod.ts';
import { type Ruleset, rulesetOf } from './ruleset.ts';

const NICS = ['xe0', 'xe1', 'xe2', 'xe3']
  .map((name, at) => `[vpp.dpdk.interface.0000:0${at + 1}:00.0]\nname = ${name}\n`)
  .join('');

function configOf(text: string): Config {
  const parsed = parseConfig(`${NICS}${text}`, 'test.ini');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

const hasNft = process.getuid?.() === 0 && spawnSync('nft', ['--version']).status === 0;
if (!hasNft) process.stderr.write('skipped: that nft takes the rules: no nft, or no root\n');

/** nft's complaint about the tables, in a namespace with the NICs. */
function complaint({ inet, netdev }: Ruleset): string {
  const netns = `nft-${process.pid}`;
  createNamedNetns(netns);
  try {
    return withNetns(netns, () => {
      for (const name of ['xe0', 'xe1', 'xe2', 'xe3']) {
        spawnSync('ip', ['link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}p`]);
      }
      return spawnSync('nft', ['-f', '-'], { input: inet + netdev, encoding: 'utf8' }).stderr;
    });
  } finally {
    deleteNamedNetns(netns);
  }
}

function rulesOf(text: string, labels = new Map<string, number>()): Ruleset {
  const ruleset = rulesetOf(configOf(text), (name) => name, labels);
  if (hasNft) expect(complaint(ruleset)).toBe('');
  return ruleset;
}

/** The lines of a chain, without its hook. */
function chain({ inet, netdev }: Ruleset, name: string): string[] | undefined {
  const text = `${inet}${netdev}`.split(`  chain ${name} {\n`)[1]?.split('  }\n')[0];
  return text
    ?.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('type '));
}

it('is empty without anything that needs rules', () => {
  const ruleset = rulesOf('[interface.xe0]\naddresses = 192.0.2.1/24\n[acl.lan]\n10 = permit any\n');
  expect(ruleset).toMatchObject({ inet: '', netdev: '', modules: [] });
  expect(ruleset.guarded.size + ruleset.refused.size + ruleset.optional.size).toBe(0);
});

it.each([
  ['permit any', ['counter accept']],
  ['deny any', ['counter drop']],
  ['permit any stateful', ['counter goto remember-in']],
  ['permit tcp', ['meta l4proto 6 counter accept']],
  ['permit tcp, udp to any port 53, 80-90', ['meta l4proto { 6, 17 } th dport { 53, 80-90 } counter accept']],
  [
    'permit tcp from 10.0.0.0/8 port 1024-65535 to 192.0.2.7',
    [
      'meta nfproto ipv4 ip saddr 10.0.0.0/8 ip daddr 192.0.2.7/32 meta l4proto 6 th sport 1024-65535 counter accept',
    ],
  ],
  [
    'deny udp from any to servers port web',
    [
      'meta nfproto ipv4 ip daddr { 192.0.2.0/24, 192.0.2.9/32 } meta l4proto 17 th dport { 80, 443 } counter drop',
      'meta nfproto ipv6 ip6 daddr 2001:db8:2::/48 meta l4proto 17 th dport { 80, 443 } counter drop',
    ],
  ],
  ['permit any from 0.0.0.0/0', ['meta nfproto ipv4 counter accept']],
  ['permit any from ::/0 to 2001:db8::/32', ['meta nfproto ipv6 ip6 daddr 2001:db8::/32 counter accept']],
  [
    'permit icmp type 8, 0 code 0',
    ['meta nfproto ipv4 meta l4proto 1 icmp type { 8, 0 } icmp code 0 counter accept'],
  ],
  ['permit icmp6 type 133-136', ['meta nfproto ipv6 meta l4proto 58 icmpv6 type 133-136 counter accept']],
  [
    'permit icmp, icmp6',
    ['meta nfproto ipv4 meta l4proto 1 counter accept', 'meta nfproto ipv6 meta l4proto 58 counter accept'],
  ],
  [
    'permit icmp, ospf',
    [
      'meta nfproto ipv4 meta l4proto { 1, 89 } counter accept',
      'meta nfproto ipv6 meta l4proto 89 counter accept',
    ],
  ],
  ['permit tcp flags syn, !ack', ['meta l4proto 6 tcp flags & 18 == 2 counter accept']],
  ['permit tcp established', ['meta l4proto 6 tcp flags & 20 != 0 counter accept']],
  ['deny gre', ['meta l4proto 47 counter drop']],
])('has the filter rule "%s"', (rule, expected) => {
  const ruleset = rulesOf(`[interface.xe0]
acl-in = lan
[acl.lan]
10 = ${rule}
[prefix-list.servers]
prefixes = 192.0.2.0/24, 2001:db8:2::/48, 192.0.2.9
[port-list.web]
ports = 80, 443
`);
  expect(chain(ruleset, 'acl-in-lan')).toEqual(expected.map((line) => `${line} comment "acl lan 10"`));
});

it('asks the filters of an interface in their order, and denies the rest, with sessions by interface', () => {
  const labels = new Map<string, number>();
  const ini = (names: readonly string[]): string =>
    `${names.map((name) => `[interface.${name}]\nacl-in = a, b\nacl-out = b\n`).join('')}[interface.xe3]
acl-out = b
[acl.a]
20 = permit udp stateful
10 = deny tcp
[acl.b]
10 = permit icmp
`;
  const ruleset = rulesOf(ini(['xe0', 'xe1']), labels);
  expect(chain(ruleset, 'received')).toEqual(['iifname vmap { "xe0" : jump in-xe0, "xe1" : jump in-xe1 }']);
  expect(chain(ruleset, 'sent')).toEqual([
    'oifname vmap { "xe0" : jump out-xe0, "xe1" : jump out-xe1, "xe3" : jump out-xe3 }',
  ]);
  expect(chain(ruleset, 'in-xe0')).toEqual([
    'ct label 0 counter accept',
    'jump acl-in-a',
    'jump acl-in-b',
    'counter drop comment "acl-in xe0"',
  ]);
  expect(chain(ruleset, 'out-xe1')).toEqual([
    'ct label 1 counter accept',
    'jump acl-out-b',
    'counter drop comment "acl-out xe1"',
  ]);
  expect(chain(ruleset, 'out-xe3')).toEqual(['jump acl-out-b', 'counter drop comment "acl-out xe3"']);
  expect(chain(ruleset, 'acl-in-a')).toEqual([
    'meta l4proto 6 counter drop comment "acl a 10"',
    'meta l4proto 17 counter goto remember-in comment "acl a 20"',
  ]);
  expect(chain(ruleset, 'remember-in')).toEqual([
    'iifname "xe0" ct label set 0 accept',
    'iifname "xe1" ct label set 1 accept',
  ]);
  expect([...ruleset.guarded]).toEqual([
    ['xe0', ['acl-in', 'acl-out']],
    ['xe1', ['acl-in', 'acl-out']],
    ['xe3', ['acl-out']],
  ]);
  expect(ruleset.modules).toEqual(['nf_tables', 'nft_ct']);
  // A connection keeps the label of its interface.
  expect(chain(rulesOf(ini(['xe1', 'xe2']), labels), 'remember-in')).toEqual([
    'iifname "xe1" ct label set 1 accept',
    'iifname "xe2" ct label set 2 accept',
  ]);
});

it('filters by MAC address, checks sources and clamps the MSS', () => {
  const ruleset = rulesOf(`[interface.xe0]
macip = hosts
urpf = strict
mss-clamp = auto
[interface.xe1]
urpf = loose
mss-clamp = 1300
[macip.hosts]
10 = permit 52:54:00:12:34:56 192.168.1.10
20 = deny 52:54:00:00:00:00/ff:ff:ff:00:00:00
30 = permit any 2001:db8::/32
`);
  expect(chain(ruleset, 'macip-hosts')).toEqual([
    'ether saddr 52:54:00:12:34:56 ip saddr 192.168.1.10/32 counter return comment "macip hosts 10"',
    'ether saddr & ff:ff:ff:00:00:00 == 52:54:00:00:00:00 counter drop comment "macip hosts 20"',
    'ip6 saddr 2001:db8::/32 counter return comment "macip hosts 30"',
    'counter drop',
  ]);
  const clamp = (where: string, family: string, bytes: number): string =>
    `${where} meta nfproto ${family} tcp flags & (syn | rst) == syn tcp option maxseg size set ${bytes}`;
  expect(chain(ruleset, 'received')).toEqual([
    'iifname "xe0" fib saddr . iif oif missing counter drop comment "urpf xe0"',
    'iifname "xe1" fib saddr oif missing counter drop comment "urpf xe1"',
    clamp('iifname "xe0"', 'ipv4', 1460),
    clamp('iifname "xe0"', 'ipv6', 1440),
    clamp('iifname "xe1"', 'ipv4', 1300),
    clamp('iifname "xe1"', 'ipv6', 1300),
    'iifname "xe0" jump macip-hosts',
  ]);
  expect(chain(ruleset, 'sent')).toEqual([
    clamp('oifname "xe0"', 'ipv4', 1460),
    clamp('oifname "xe0"', 'ipv6', 1440),
    clamp('oifname "xe1"', 'ipv4', 1300),
    clamp('oifname "xe1"', 'ipv6', 1300),
  ]);
  expect([...ruleset.guarded]).toEqual([['xe0', ['macip']]]);
  expect([...ruleset.optional]).toEqual([
    ['xe0', ['urpf', 'mss-clamp']],
    ['xe1', ['urpf', 'mss-clamp']],
  ]);
});

const ROUTER = `[nat44]
enabled = true
masquerade = xe0
mss-clamp = 1400
udp-timeout = 120
[interface.xe0]
addresses = 198.51.100.2/24
nat = outside
[interface.xe1]
addresses = 192.168.1.1/24
nat = inside
`;

it('translates: masquerade, forwards, whole addresses, and nothing unasked from outside', () => {
  const ruleset = rulesOf(`${ROUTER}[port-forward.web]
protocol = tcp, udp
external = xe0:443
internal = 192.168.1.10:8443
[port-forward.other]
protocol = udp
external = 198.51.100.9:53
internal = 192.168.1.10:53
[nat-static.server]
external = 198.51.100.6
internal = 192.168.1.11
`);
  const both = '{ "xe1", "xe0" }';
  expect(chain(ruleset, 'nat-destination')).toEqual([
    ...['tcp', 'udp'].map(
      (protocol) =>
        `iifname ${both} ip daddr 198.51.100.2 ${protocol} dport 443 counter dnat ip to 192.168.1.10:8443 comment "port-forward web"`,
    ),
    `iifname ${both} ip daddr 198.51.100.9 udp dport 53 counter dnat ip to 192.168.1.10:53 comment "port-forward other"`,
    `iifname ${both} ip daddr 198.51.100.6 counter dnat ip to 192.168.1.11 comment "nat-static server"`,
  ]);
  const [inside, outside] = ['iifname { "xe1" }', 'oifname { "xe0" }'];
  expect(chain(ruleset, 'nat-source')).toEqual([
    `${inside} ${outside} ip saddr 192.168.1.11 counter snat ip to 198.51.100.6 comment "nat-static server"`,
    `${inside} oifname "xe0" meta nfproto ipv4 counter masquerade comment "masquerade xe0"`,
    `${inside} oifname { "xe1" } meta nfproto ipv4 ct status dnat counter masquerade`,
  ]);
  const from = 'iifname { "xe0" } meta nfproto ipv4';
  const mss = 'meta nfproto ipv4 tcp flags & (syn | rst) == syn tcp option maxseg size set 1400';
  expect(chain(ruleset, 'nat-forward')).toEqual([
    `iifname { "xe0" } ${mss}`,
    `oifname { "xe0" } ${mss}`,
    `${from} ct status dnat accept`,
    `${from} ct state { new, invalid } counter drop comment "nat44 unasked"`,
  ]);
  expect(chain(ruleset, 'nat-box')).toEqual([
    `${from} ct state { established, related } accept`,
    `${from} fib daddr type { multicast, broadcast } accept`,
    `${from} icmp type echo-request accept`,
    `${from} udp sport 67 udp dport 68 accept`,
    `${from} ip daddr { 198.51.100.6, 198.51.100.9 } ct state new counter drop`,
    `${from} ip daddr 198.51.100.2 accept`,
    `${from} counter drop comment "nat44 unasked"`,
  ]);
  expect([...ruleset.guarded.keys()]).toEqual(['xe0', 'xe1']);
  expect(ruleset.addresses).toEqual(['198.51.100.6', '198.51.100.9']);
  expect(ruleset.timeouts.get('udp_timeout')).toBe(120);
  expect(ruleset.modules).toEqual([
    'nf_tables',
    'nft_ct',
    'nft_fib_ipv4',
    'nft_fib_ipv6',
    'nft_fib_inet',
    'nft_chain_nat',
    'nft_nat',
    'nft_masq',
  ]);
});

it('translates to a pool, one address for each host, and knows an address by DHCP by what it is not', () => {
  const ruleset = rulesOf(`[nat44]
enabled = true
pool = 203.0.113.10-203.0.113.11, 203.0.113.30
own-traffic = false
forwarding = true
[interface.xe0]
dhcp = true
nat = outside
[fib.kernel]
import = true
[interface.xe1]
addresses = 192.168.1.1/24
nat = inside
[interface.xe2]
addresses = 192.168.2.1/24
[port-forward.web]
protocol = tcp
external = xe0:443
internal = 192.168.1.10:8443
`);
  expect(chain(ruleset, 'nat-source')?.[0]).toBe(
    'iifname { "xe1" } oifname "xe0" meta nfproto ipv4 counter snat ip to jhash ip saddr mod 3 map { 0 : 203.0.113.10, 1 : 203.0.113.11, 2 : 203.0.113.30 } comment "pool"',
  );
  expect(chain(ruleset, 'nat-destination')).toEqual([
    'iifname { "xe1", "xe0" } meta nfproto ipv4 fib daddr type local ip daddr != { 192.168.1.1, 192.168.2.1 } tcp dport 443 counter dnat ip to 192.168.1.10:8443 comment "port-forward web"',
  ]);
  expect(chain(ruleset, 'nat-forward')).toEqual([]);
  expect(chain(ruleset, 'nat-box')).toEqual([
    'iifname { "xe0" } meta nfproto ipv4 ip daddr { 203.0.113.10, 203.0.113.11, 203.0.113.30 } ct state new counter drop',
  ]);
  expect(ruleset.modules).toContain('nft_hash');
});

it('connects pairs of interfaces, whose VLANs take their own frames first', () => {
  const ini = `[cross-connect.wire]
interfaces = xe0, xe1
[cross-connect.kept]
interfaces = xe0.100, xe2
tag-rewrite = keep
[interface.xe0.100]
`;
  const ruleset = rulesOf(ini);
  expect(chain(ruleset, 'from-xe0')).toEqual([
    'vlan id { 100 } accept',
    'counter fwd to "xe1" comment "cross-connect xe0"',
  ]);
  expect(chain(ruleset, 'from-xe1')).toEqual(['counter fwd to "xe0" comment "cross-connect xe1"']);
  expect([...ruleset.ends]).toEqual([
    ['xe0', 'possible'],
    ['xe1', 'possible'],
    ['xe0.100', 'impossible'],
    ['xe2', 'impossible'],
  ]);
  expect(ruleset.modules).toEqual(['nf_tables', 'nft_fwd_netdev']);
  // nft would refuse the whole table.
  const absent = rulesetOf(configOf(ini), (name) => (name === 'xe1' ? undefined : name), new Map());
  expect(absent.netdev).toBe('');
});

it('refuses filters on ports, which the kernel would not ask', () => {
  const ruleset = rulesOf(`[bridge.br0]
members = xe0, xe1
[interface.xe0]
acl-in = lan
[interface.xe1]
macip = hosts
[acl.lan]
10 = permit any
[macip.hosts]
10 = permit any
`);
  expect([...ruleset.refused]).toEqual([
    ['xe0', 'the kernel filters no port of a bridge'],
    ['xe1', 'the kernel filters no port of a bridge'],
  ]);
  expect(ruleset.inet).toBe('');
});
