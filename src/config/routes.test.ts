import { expect, it } from 'vitest';
import { parseConfig } from './parse.ts';

const HEAD = '[interface.xe0]\n[vpp.dpdk.interface.0000:03:00.0]\nname = xe1\n[route]\n';

/** The messages of all problems of the lines of [route], which begin at line 5. */
function problemsOf(...lines: string[]): string[] {
  const result = parseConfig(HEAD + lines.join('\n'), 'appliance.ini');
  return result.ok ? [] : result.problems.map(({ line, leaf, message }) => `${line} ${leaf}: ${message}`);
}

it.each([
  ['10.0.0.1/8 = blackhole', '"10.0.0.1/8" has host bits set: the prefix is 10.0.0.0/8'],
  ['2001:db8::1/32 = blackhole', '"2001:db8::1/32" has host bits set: the prefix is 2001:db8::/32'],
  ['10.0.0.0 = blackhole', '"10.0.0.0" has no prefix length: write one, like 10.0.0.0/32'],
  ['10.0.0.0/33 = blackhole', '"10.0.0.0/33" has the prefix length "33": for IPv4 0..32 is right'],
  ['::/129 = blackhole', '"::/129" has the prefix length "129": for IPv6 0..128 is right'],
  ['10.0/8 = blackhole', '"10.0" is not an IPv4 address: four numbers 0..255 are right, like 192.0.2.1'],
  ['010.0.0.0/8 = blackhole', '"010.0.0.0" has leading zeros: write 10.0.0.0'],
  ['default = blackhole', '"default" is not a prefix: write 0.0.0.0/0 or ::/0'],
  ['224.0.0.0/4 = blackhole', '"224.0.0.0/4" is multicast: static routes are unicast'],
  ['ff00::/8 = blackhole', '"ff00::/8" is multicast: static routes are unicast'],
  ['10.0.0.0/8 =', 'no value: NEXT-HOP[@WEIGHT][%INTERFACE], blackhole or unreachable is right'],
  ['10.0.0.0/8 = drop', '"drop" is not an address: one like 192.0.2.1 or 2001:db8::1 is right'],
  ['10.0.0.0/8 = Blackhole', '"Blackhole": blackhole stands alone and in small letters'],
  ['10.0.0.0/8 = 192.0.2.1, unreachable', '"unreachable": unreachable stands alone and in small letters'],
  ['10.0.0.0/8 = 192.0.2.1,', 'an empty next hop: one comma too many'],
  ['10.0.0.0/8 = 192.0.2.1/24', '"192.0.2.1/24" has a prefix length: the address alone is right here'],
  ['10.0.0.0/8 = 2001:db8::1', '"2001:db8::1" is IPv6: 10.0.0.0/8 needs an IPv4 next hop'],
  ['2001:db8::/32 = 192.0.2.1', '"192.0.2.1" is IPv4: 2001:db8::/32 needs an IPv6 next hop'],
  ['2001:db8::/32 = fe80::1', '"fe80::1" is link-local: name its interface, like fe80::1%xe0'],
  ['::/0 = ff02::1%xe0', '"ff02::1" is a multicast address: the address of one host is right'],
  ['::/0 = ::', '"::" is the unspecified address: the address of one host is right'],
  ['::/0 = ::1', '"::1" is a loopback address: the address of one host is right'],
  [
    '::/0 = ::ffff:192.0.2.1',
    '"::ffff:192.0.2.1" is an IPv4-mapped address: the address of one host is right',
  ],
  ['0.0.0.0/0 = 0.0.0.0', '"0.0.0.0" is the unspecified address: the address of one host is right'],
  ['0.0.0.0/0 = 239.1.1.1', '"239.1.1.1" is a multicast address: the address of one host is right'],
  [
    '0.0.0.0/0 = 255.255.255.255',
    '"255.255.255.255" is the broadcast address: the address of one host is right',
  ],
  ['0.0.0.0/0 = 192.0.2.1@0', '"192.0.2.1@0" has the weight "0": 1..255 is right'],
  ['0.0.0.0/0 = 192.0.2.1@256', '"192.0.2.1@256" has the weight "256": 1..255 is right'],
  ['0.0.0.0/0 = 192.0.2.1@', '"192.0.2.1@" has the weight "": 1..255 is right'],
  ['0.0.0.0/0 = 192.0.2.1@1x', '"192.0.2.1@1x" has the weight "1x": 1..255 is right'],
  ['0.0.0.0/0 = 192.0.2.1%xe0@5', '"192.0.2.1%xe0@5": the weight is first, write 192.0.2.1@5%xe0'],
  [
    '0.0.0.0/0 = 192.0.2.1@1@2',
    '"192.0.2.1@1@2" is not a next hop: NEXT-HOP[@WEIGHT][%INTERFACE], blackhole or unreachable is right',
  ],
  [
    '0.0.0.0/0 = %xe0',
    '"%xe0" has no address before its @ or %: NEXT-HOP[@WEIGHT][%INTERFACE], blackhole or unreachable is right',
  ],
  ['0.0.0.0/0 = 192.0.2.1%xe7', '"xe7" is no interface of this configuration: did you mean xe1?'],
  ['0.0.0.0/0 = 192.0.2.1%bond', '"bond" is no interface of this configuration: there are xe1, xe0'],
  ['0.0.0.0/0 = 192.0.2.1%', '"" is no interface of this configuration: there are xe1, xe0'],
  [
    '0.0.0.0/0 = 192.0.2.1, 192.0.2.1@2',
    '"192.0.2.1@2" is there twice: give it once, with a weight if it shall carry more',
  ],
])('refuses %s', (line, message) => {
  const key = line.split(' =')[0];
  expect(problemsOf(line)).toEqual([`5 route.${key}: ${message}`]);
});

it('reports every next hop of a line, and the prefix', () => {
  expect(
    problemsOf('10.0.0.1/8 = 192.0.2.1@0, 2001:db8::1, ').map((problem) => problem.split(': ')[1]),
  ).toEqual(['"10.0.0.1/8" has host bits set', '"192.0.2.1@0" has the weight "0"', 'an empty next hop']);
});

it('finds one prefix in two spellings', () => {
  expect(problemsOf('2001:db8::/32 = blackhole', '2001:0DB8:0::/32 = blackhole')).toEqual([
    '6 route.2001:0DB8:0::/32: 2001:0DB8:0::/32 is on line 5 already (as 2001:db8::/32): one line per prefix, next hops with commas',
  ]);
  expect(problemsOf('10.0.0.0/8 = blackhole', '10.0.0.0/8 = unreachable')).toEqual([
    '6 route.10.0.0.0/8: 10.0.0.0/8 is on line 5 already: one line per prefix, next hops with commas',
  ]);
});

it('takes 16 next hops and no 17th', () => {
  const hops = (count: number): string =>
    Array.from({ length: count }, (_, i) => `192.0.2.${i + 1}`).join(', ');
  expect(problemsOf(`10.0.0.0/8 = ${hops(16)}`)).toEqual([]);
  expect(problemsOf(`10.0.0.0/8 = ${hops(17)}`)).toEqual([
    '5 route.10.0.0.0/8: 17 next hops: at most 16 are right',
  ]);
});

it('takes one address on two interfaces', () => {
  expect(problemsOf('::/0 = fe80::1%xe0, fe80::1@3%xe1')).toEqual([]);
});

it('does not blame a route for the interface that a refused line would have named', () => {
  const text =
    '[interfaces.xe5]\n[vpp.dpdk.interface.0000:03:00.0]\nname = 5xe\n[route]\n::/0 = fe80::1%xe5, fe80::1%5xe';
  const result = parseConfig(text, 'appliance.ini');
  expect(result.ok ? [] : result.problems.map(({ line }) => line)).toEqual([1, 3]);
});
