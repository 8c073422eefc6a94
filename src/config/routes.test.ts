import { expect, it } from 'vitest';
import { parseConfig } from './parse.ts';

const HEAD = '[interface.xe0]\n[vpp.dpdk.interface.0000:03:00.0]\nname = xe1\n[route]\n';

/** The messages of all problems of the lines of [route], which begin at line 5. */
function problemsOf(...lines: string[]): string[] {
  const result = parseConfig(HEAD + lines.join('\n'), 'appliance.ini');
  return result.ok ? [] : result.problems.map(({ line, leaf, message }) => `${line} ${leaf}: ${message}`);
}

it.each([
  ['10.0.0.1/8 = blackhole', '"10.0.0.1/8" has host bits set: write 10.0.0.0/8'],
  ['2001:db8::1/32 = blackhole', '"2001:db8::1/32" has host bits set: write 2001:db8::/32'],
  ['10.0.0.0 = blackhole', '"10.0.0.0" has no prefix length: write one, such as 10.0.0.0/32'],
  ['10.0.0.0/33 = blackhole', 'the prefix length "33" of "10.0.0.0/33" is out of range for IPv4 (0–32)'],
  ['::/129 = blackhole', 'the prefix length "129" of "::/129" is out of range for IPv6 (0–128)'],
  ['10.0/8 = blackhole', 'expected an IPv4 address such as 192.0.2.1, got "10.0"'],
  ['010.0.0.0/8 = blackhole', '"010.0.0.0" has leading zeros: write 10.0.0.0'],
  ['default = blackhole', 'expected a prefix, got "default": write 0.0.0.0/0 or ::/0'],
  ['224.0.0.0/4 = blackhole', '"224.0.0.0/4" is a multicast prefix: static routes are unicast'],
  ['ff00::/8 = blackhole', '"ff00::/8" is a multicast prefix: static routes are unicast'],
  [
    '10.0.0.0/8 =',
    'no value: expected NEXT-HOP[@WEIGHT][%INTERFACE], %INTERFACE, blackhole, unreachable or prohibit',
  ],
  ['10.0.0.0/8 = drop', 'expected an address such as 192.0.2.1 or 2001:db8::1, got "drop"'],
  ['10.0.0.0/8 = Blackhole', '"Blackhole": write blackhole alone and in lower case'],
  ['10.0.0.0/8 = 192.0.2.1, unreachable', '"unreachable": write unreachable alone and in lower case'],
  ['10.0.0.0/8 = 192.0.2.1,', 'empty next hop: remove the extra comma'],
  ['10.0.0.0/8 = 192.0.2.1/24', '"192.0.2.1/24" has a prefix length: write the address alone'],
  ['2001:db8::/32 = 192.0.2.1', '"192.0.2.1" is an IPv4 address: 2001:db8::/32 needs an IPv6 next hop'],
  ['2001:db8::/32 = fe80::1', '"fe80::1" is link-local: name its interface, as in fe80::1%xe0'],
  ['::/0 = ff02::1%xe0', '"ff02::1" is a multicast address: expected the address of a host'],
  ['::/0 = ::', '"::" is the unspecified address: expected the address of a host'],
  ['::/0 = ::1', '"::1" is a loopback address: expected the address of a host'],
  ['::/0 = ::ffff:192.0.2.1', '"::ffff:192.0.2.1" is an IPv4-mapped address: expected the address of a host'],
  ['0.0.0.0/0 = 0.0.0.0', '"0.0.0.0" is the unspecified address: expected the address of a host'],
  ['0.0.0.0/0 = 239.1.1.1', '"239.1.1.1" is a multicast address: expected the address of a host'],
  [
    '0.0.0.0/0 = 255.255.255.255',
    '"255.255.255.255" is the broadcast address: expected the address of a host',
  ],
  ['0.0.0.0/0 = 192.0.2.1@0', 'the weight "0" of "192.0.2.1@0" is out of range (1–255)'],
  ['0.0.0.0/0 = 192.0.2.1@256', 'the weight "256" of "192.0.2.1@256" is out of range (1–255)'],
  ['0.0.0.0/0 = 192.0.2.1@', 'the weight "" of "192.0.2.1@" is out of range (1–255)'],
  ['0.0.0.0/0 = 192.0.2.1@1x', 'the weight "1x" of "192.0.2.1@1x" is out of range (1–255)'],
  ['0.0.0.0/0 = 192.0.2.1%xe0@5', '"192.0.2.1%xe0@5": the weight comes first, write 192.0.2.1@5%xe0'],
  [
    '0.0.0.0/0 = 192.0.2.1@1@2',
    '"192.0.2.1@1@2" is not a next hop: expected NEXT-HOP[@WEIGHT][%INTERFACE], %INTERFACE, blackhole, unreachable or prohibit',
  ],
  [
    '0.0.0.0/0 = @2',
    '"@2" has no address before its @ or %: expected NEXT-HOP[@WEIGHT][%INTERFACE], %INTERFACE, blackhole, unreachable or prohibit',
  ],
  ['10.0.0.0/8 = %xe7', '"xe7" is not an interface of this configuration: did you mean xe1?'],
  ['10.0.0.0/8 = %', '"" is not an interface of this configuration: the interfaces are xe1, xe0'],
  ['10.0.0.0/8 = %xe0@2', '"%xe0@2": the weight comes first, write @2%xe0'],
  ['10.0.0.0/8 = @0%xe0', 'the weight "0" of "@0%xe0" is out of range (1–255)'],
  [
    '10.0.0.0/8 = %xe0, @2%xe0',
    '"@2%xe0" is listed twice: list it once, with a weight if it should carry more',
  ],
  ['10.0.0.0/8 = 192.0.2.1, %xe0 label 16', '"%xe0" has no address, which a label needs: name the next hop'],
  ['10.0.0.0/8 = fe80::1', '"fe80::1" is link-local: name its interface, as in fe80::1%xe0'],
  ['10.0.0.0/8 = Prohibit', '"Prohibit": write prohibit alone and in lower case'],
  ['10.0.0.0/8 = prohibit label 16', 'prohibit takes no label: omit it'],
  ['0.0.0.0/0 = 192.0.2.1%xe7', '"xe7" is not an interface of this configuration: did you mean xe1?'],
  [
    '0.0.0.0/0 = 192.0.2.1%bond',
    '"bond" is not an interface of this configuration: the interfaces are xe1, xe0',
  ],
  ['0.0.0.0/0 = 192.0.2.1%', '"" is not an interface of this configuration: the interfaces are xe1, xe0'],
  [
    '0.0.0.0/0 = 192.0.2.1, 192.0.2.1@2',
    '"192.0.2.1@2" is listed twice: list it once, with a weight if it should carry more',
  ],
  ['0.0.0.0/0 = 192.0.2.1 label 1048576', 'expected labels (0–1048575) such as label 100/200, got "1048576"'],
  [
    '0.0.0.0/0 = 192.0.2.1 label 100/x',
    'expected labels (0–1048575) such as label 100/200, got "x" in "100/x"',
  ],
  ['0.0.0.0/0 = 192.0.2.1 label 3', '"3" is implicit null, which no packet carries: omit it'],
  ['0.0.0.0/0 = 192.0.2.1 label', 'expected a number after label'],
  ['0.0.0.0/0 = 192.0.2.1 label 16 label 17', 'label is given twice: give it once'],
  [
    '0.0.0.0/0 = label 16',
    'no next hop before "label": expected NEXT-HOP[@WEIGHT][%INTERFACE], %INTERFACE, blackhole, unreachable or prohibit',
  ],
  ['0.0.0.0/0 = 192.0.2.1 metrc 5', 'unknown word "metrc": did you mean metric?'],
  ['0.0.0.0/0 = 192.0.2.1 metric -1', 'expected a metric (0–4294967295), got "-1"'],
  ['0.0.0.0/0 = 192.0.2.1 metric 1 table 4294967296', 'expected a table (0–4294967295), got "4294967296"'],
  ['0.0.0.0/0 = 192.0.2.1 swap 16', '"swap" applies to labels (mpls LABEL) only: write label for a prefix'],
  ['0.0.0.0/0 = 192.0.2.1 192.0.2.2', '"192.0.2.1 192.0.2.2": separate next hops by commas'],
  ['0.0.0.0/0 = blackhole label 16', 'blackhole takes no label: omit it'],
  ['mpls 15 = 192.0.2.1', '"15" is a reserved label: expected 16–1048575 after mpls'],
  ['mpls 1048576 = 192.0.2.1', 'expected a label (16–1048575) after mpls, got "1048576"'],
  ['mpls = 192.0.2.1', 'expected a label (16–1048575) after mpls, got ""'],
  ['mpls 16 = 192.0.2.1@2', '"192.0.2.1@2" has a weight: the one next hop of a label takes none'],
  [
    'mpls 16 = %xe0',
    '"%xe0" has no address before its @ or %: expected NEXT-HOP[%INTERFACE], then swap LABEL or pop',
  ],
  ['mpls 16 = 192.0.2.1, 192.0.2.2', '2 next hops: a label takes one'],
  ['mpls 16 = 192.0.2.1 label 17', '"label" applies to prefixes only: write swap after mpls'],
  ['mpls 16 = 192.0.2.1 swap 3', '"3" is implicit null, which no packet carries: write pop'],
  ['mpls 16 = 192.0.2.1 swap 17 pop', 'pop excludes swap, and may be given once only'],
  ['mpls 16 = 192.0.2.1 metric 5', '"metric" applies to prefixes only: omit it for a label'],
  [
    'mpls 16 = blackhole',
    '"blackhole" applies to prefixes only: expected NEXT-HOP[%INTERFACE], then swap LABEL or pop',
  ],
])('refuses %s', (line, message) => {
  const key = line.split(' =')[0];
  expect(problemsOf(line)).toEqual([`5 route.${key}: ${message}`]);
});

it('reports every next hop of a line, and the prefix', () => {
  expect(
    problemsOf('10.0.0.1/8 = 192.0.2.1@0, 2001:db8::1, ').map((problem) => problem.split(': ')[1]),
  ).toEqual([
    '"10.0.0.1/8" has host bits set',
    'the weight "0" of "192.0.2.1@0" is out of range (1–255)',
    'empty next hop',
  ]);
});

it('finds one prefix in two spellings', () => {
  expect(problemsOf('2001:db8::/32 = blackhole', '2001:0DB8:0::/32 = blackhole')).toEqual([
    '6 route.2001:0DB8:0::/32: 2001:0DB8:0::/32 is already on line 5 (as 2001:db8::/32): write one line per prefix, and separate next hops by commas',
  ]);
  expect(problemsOf('10.0.0.0/8 = blackhole', '10.0.0.0/8 = unreachable')).toEqual([
    '6 route.10.0.0.0/8: 10.0.0.0/8 is already on line 5: write one line per prefix, and separate next hops by commas',
  ]);
});

it('takes 16 next hops and no 17th', () => {
  const hops = (count: number): string =>
    Array.from({ length: count }, (_, i) => `192.0.2.${i + 1}`).join(', ');
  expect(problemsOf(`10.0.0.0/8 = ${hops(16)}`)).toEqual([]);
  expect(problemsOf(`10.0.0.0/8 = ${hops(17)}`)).toEqual([
    '5 route.10.0.0.0/8: 17 next hops exceed the limit of 16',
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

/** What the lines of [route] are read as; they have to be right. */
function routesOf(...lines: string[]): unknown[] {
  const result = parseConfig(HEAD + lines.join('\n'), 'appliance.ini');
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join());
  return result.config.routes.map(({ destination, action, metric, tableId }) => ({
    destination,
    action,
    metric,
    tableId,
  }));
}

const hop = (address: string, name?: string) => ({
  family: address.includes(':') ? 6 : 4,
  address,
  weight: 1,
  interface: name,
});

it('reads labels, metric and table', () => {
  expect(
    routesOf(
      '10.0.0.0/8 = 192.0.2.1%xe0 label 100/0/1048575 metric 4294967295 table 7',
      '10.0.0.0/8 = blackhole metric 5',
      'mpls 16 = 2001:db8::1%xe0 swap 17/18',
      'mpls 1048575 = 192.0.2.1 pop',
      'mpls 17 = 192.0.2.1',
    ),
  ).toEqual([
    {
      destination: { family: 4, address: '10.0.0.0', length: 8 },
      action: { kind: 'forward', nextHops: [hop('192.0.2.1', 'xe0')], labels: [100, 0, 1_048_575] },
      metric: 4_294_967_295,
      tableId: 7,
    },
    {
      destination: { family: 4, address: '10.0.0.0', length: 8 },
      action: { kind: 'blackhole' },
      metric: 5,
      tableId: undefined,
    },
    ...[
      [16, hop('2001:db8::1', 'xe0'), [17, 18]] as const,
      [1_048_575, hop('192.0.2.1'), []] as const,
      [17, hop('192.0.2.1'), []] as const,
    ].map(([label, nextHop, labels]) => ({
      destination: { family: 'mpls', label },
      action: { kind: 'forward', nextHops: [nextHop], labels },
      metric: 0,
      tableId: undefined,
    })),
  ]);
});

it('reads routes to an interface, over IPv6 neighbours, and prohibit', () => {
  const on = (family: 4 | 6, name: string, weight = 1) => ({
    family,
    address: undefined,
    weight,
    interface: name,
  });
  const read = routesOf(
    '198.51.100.7/32 = %xe0',
    '2001:db8:1::/48 = %xe1',
    '10.1.0.0/16 = @3%xe0, 192.0.2.1@2%xe1',
    '10.9.0.0/16 = fe80::1%xe0',
    '10.8.0.0/16 = 2001:db8::1, 192.0.2.1',
    '10.7.0.0/16 = prohibit metric 5',
  );
  expect(read.map((one) => (one as { action: unknown }).action)).toEqual([
    { kind: 'forward', nextHops: [on(4, 'xe0')], labels: [] },
    { kind: 'forward', nextHops: [on(6, 'xe1')], labels: [] },
    { kind: 'forward', nextHops: [on(4, 'xe0', 3), { ...hop('192.0.2.1', 'xe1'), weight: 2 }], labels: [] },
    { kind: 'forward', nextHops: [hop('fe80::1', 'xe0')], labels: [] },
    { kind: 'forward', nextHops: [hop('2001:db8::1'), hop('192.0.2.1')], labels: [] },
    { kind: 'prohibit' },
  ]);
});

it('takes a prefix once in a table, and a label once', () => {
  expect(
    problemsOf(
      '10.0.0.0/8 = blackhole table 5',
      '10.0.0.0/8 = 192.0.2.1 table 5',
      'mpls 16 = 192.0.2.1',
      'mpls  16 = 192.0.2.2',
    ),
  ).toEqual([
    '6 route.10.0.0.0/8: 10.0.0.0/8 is already on line 5: write one line per prefix, and separate next hops by commas',
    '8 route.mpls  16: mpls  16 is already on line 7 (as mpls 16): write one line per prefix, and separate next hops by commas',
  ]);
});

it('takes 16 labels and no 17th, and warns of more than VPP imposes', () => {
  const stack = (count: number): string => Array.from({ length: count }, (_, i) => 100 + i).join('/');
  expect(problemsOf(`10.0.0.0/8 = 192.0.2.1 label ${stack(17)}`)).toEqual([
    '5 route.10.0.0.0/8: 17 labels exceed the limit of 16',
  ]);
  const vpp =
    '[vpp]\nenabled = true\n[interface.xe0]\n[vpp.dpdk.interface.0000:03:00.0]\nname = xe0\n[route]\n';
  const warned = (count: number): string[] => {
    const result = parseConfig(`${vpp}10.0.0.0/8 = 192.0.2.1 label ${stack(count)}`, 'appliance.ini');
    if (!result.ok) throw new Error('refused');
    return result.warnings.flatMap(({ leaf, message }) => (leaf === 'route.10.0.0.0/8' ? [message] : []));
  };
  expect(warned(12)).toEqual([]);
  expect(warned(16)).toEqual(['16 labels exceed the limit of VPP 25.02, which imposes at most 12']);
});

it('warns of next hops whose neighbours VPP cannot find', () => {
  const warned = (lcp: boolean, ...lines: string[]): string[] => {
    const text = `[vpp]
enabled = true
[vpp.lcp]
enabled = ${lcp}
[vpp.dpdk.interface.0000:03:00.0]
name = xe0
[vpp.dpdk.interface.0000:03:00.1]
name = xe1
[interface.xe0]
addresses = 192.0.2.1/24
[interface.xe1]
addresses = 198.51.100.1/24, 2001:db8:1::1/64
[route]
${lines.join('\n')}`;
    const result = parseConfig(text, 'appliance.ini');
    if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join());
    return result.warnings.flatMap(({ leaf, message }) =>
      leaf.startsWith('route.') ? [`${leaf}: ${message}`] : [],
    );
  };
  const noIpv6 = 'route.10.9.0.0/16: VPP cannot resolve "fe80::1": xe0 has no IPv6 address';
  expect(warned(false, '10.9.0.0/16 = fe80::1%xe0', '10.8.0.0/16 = fe80::1%xe1')).toEqual([noIpv6]);
  expect(warned(true, '10.9.0.0/16 = fe80::1%xe0')).toEqual([]);
  const outside = (leaf: string, address: string, name: string, length: number): string =>
    `route.${leaf}: "${address}" is in no network of ${name}: add the route ${address}/${length} = %${name}, or VPP cannot resolve it`;
  expect(warned(false, '0.0.0.0/0 = 172.31.1.1%xe0', '::/0 = 2001:db8:2::1%xe1')).toEqual([
    outside('0.0.0.0/0', '172.31.1.1', 'xe0', 32),
    outside('::/0', '2001:db8:2::1', 'xe1', 128),
  ]);
  expect(warned(false, '0.0.0.0/0 = 172.31.1.1%xe0', '172.31.1.1/32 = %xe0')).toEqual([]);
  expect(warned(false, '0.0.0.0/0 = 172.31.1.1%xe0', '172.31.1.1/32 = %xe1')).toEqual([
    outside('0.0.0.0/0', '172.31.1.1', 'xe0', 32),
  ]);
  expect(warned(false, '0.0.0.0/0 = %xe0', '10.0.0.0/8 = %xe0, 192.0.2.9%xe0')).toEqual([
    'route.0.0.0.0/0: VPP would resolve every destination on xe0 itself: name a next hop',
  ]);
});
