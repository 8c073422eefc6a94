/** A VRF device with two of the interfaces: a second router in the same box. */
import type { FieldCase, Step } from '../case.ts';
import { frr } from '../daemons.ts';
import { act, becomes, holds, losesSight, reaches } from '../steps.ts';
import { killVpp } from '../kill-vpp.ts';

const LEAKS: readonly Step[] = [
  reaches('red', '10.20.0.2', 60),
  reaches('red', '2001:db8:20::2', 20),
  reaches('red', '10.21.0.1', 20),
  reaches('red', '10.22.0.1', 20),
  reaches('red', '203.0.113.2', 20),
  reaches('plain', '10.10.0.2'),
  // Behind the same router, and not leaked.
  losesSight('red', '10.23.0.1', 5),
  losesSight('blue', '203.0.113.2', 5),
  losesSight('plain', '10.20.0.2', 5),
];

export const cases: readonly FieldCase[] = [
  {
    name: 'vrf',
    shows:
      'interfaces in a VRF forward by its table alone, with the routes of FRR in it; without it they are back in the default table',
    seconds: 150,
    box: {
      addresses: {
        xe0: ['192.0.2.1/24', '2001:db8:1::1/64'],
        xe1: ['198.51.100.1/24', '2001:db8:2::1/64'],
        xe2: ['203.0.113.1/24', '2001:db8:3::1/64'],
      },
      daemons: [
        frr({
          staticd:
            'vrf blue\n ip route 10.80.0.0/24 198.51.100.2\n ipv6 route 2001:db8:80::/48 2001:db8:2::2\nexit-vrf\n',
        }),
      ],
    },
    peers: [
      {
        name: 'near',
        links: [{ segment: 'xe0', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] }],
        routes: ['default via 192.0.2.1', 'default via 2001:db8:1::1'],
      },
      {
        name: 'blue',
        links: [{ segment: 'xe1', addresses: ['198.51.100.2/24', '2001:db8:2::2/64'] }],
        loopbacks: ['10.80.0.1/32', '2001:db8:80::1/128'],
        routes: ['default via 198.51.100.1', 'default via 2001:db8:2::1'],
      },
      {
        name: 'other',
        links: [{ segment: 'xe2', addresses: ['203.0.113.2/24', '2001:db8:3::2/64'] }],
        routes: ['default via 203.0.113.1', 'default via 2001:db8:3::1'],
      },
    ],
    steps: [
      reaches('near', '198.51.100.2'),
      reaches('near', '203.0.113.2'),
      act('xe0 and xe1 are put into a VRF', async (field) => {
        const { code, text } = await field.box.inside(
          'ip link add blue type vrf table 100 && ip link set blue up && ip link set xe0 master blue && ip link set xe1 master blue',
        );
        if (code !== 0) throw new Error(text);
      }),
      reaches('near', '192.0.2.1'),
      reaches('near', '198.51.100.2'),
      reaches('near', '2001:db8:2::2'),
      reaches('near', '10.80.0.1', 30),
      reaches('near', '2001:db8:80::1', 30),
      losesSight('near', '203.0.113.2', 10),
      losesSight('other', '10.80.0.1', 5),
      act('the VRF is deleted', (field) => field.box.inside('ip link del blue')),
      reaches('near', '203.0.113.2', 20),
      reaches('near', '198.51.100.2', 20),
      becomes('its routes are deleted', 10, async (field) => {
        const { text } = await field.box.inside('ip route show table 100 2>&1');
        return /10\.80\.0\.0/.test(text) ? text : true;
      }),
      losesSight('near', '10.80.0.1', 10),
    ],
  },
  {
    name: 'vrf-config',
    shows:
      'two VRFs of the configuration have the same addresses and forward apart, with routes by name; Linux has their devices; a kill of VPP changes nothing',
    seconds: 150,
    planes: ['vpp'],
    box: {
      addresses: {},
      ini: `[vrf.blue]
table = 100
[vrf.red]
table = 200
[interface.xe0.10]
vrf = blue
addresses = 192.0.2.1/24
[interface.xe0.20]
vrf = red
addresses = 192.0.2.1/24
[interface.xe1.10]
vrf = blue
addresses = 198.51.100.1/24
[interface.xe1.20]
vrf = red
addresses = 198.51.100.1/24
[route]
10.80.0.0/24 = 198.51.100.2 vrf blue
`,
    },
    peers: (['10', '20'] as const).flatMap((vlan) => [
      {
        name: `near${vlan}`,
        links: [{ segment: 'xe0', addresses: ['192.0.2.2/24'], tags: [`8100:${vlan}`] }],
        routes: ['default via 192.0.2.1'],
      },
      {
        name: `far${vlan}`,
        links: [{ segment: 'xe1', addresses: ['198.51.100.2/24'], tags: [`8100:${vlan}`] }],
        loopbacks: ['10.80.0.1/32'],
        routes: ['default via 198.51.100.1'],
      },
    ]),
    steps: [
      reaches('near10', '198.51.100.2'),
      reaches('near20', '198.51.100.2'),
      reaches('near10', '10.80.0.1'),
      losesSight('near20', '10.80.0.1', 5),
      becomes('Linux has both devices and their members', 10, async (field) => {
        const { text } = await field.box.inside('ip -o link show master blue; ip -o link show master red');
        return holds(text, /xe0\.10@/, /xe1\.10@/, /xe0\.20@/, /xe1\.20@/);
      }),
      ...killVpp(),
      reaches('near10', '10.80.0.1', 60),
      reaches('near20', '198.51.100.2', 60),
      losesSight('near20', '10.80.0.1', 5),
    ],
  },
  {
    name: 'vrf-leak',
    shows:
      'routes from one VRF into another, by a lookup in it, over its interface, and to a next hop in it, and back: hosts of two VRFs and of the default one reach what leaks and nothing else; a kill of VPP changes nothing',
    seconds: 200,
    planes: ['vpp'],
    box: {
      addresses: { xe1: ['10.20.0.1/24', '2001:db8:20::1/64'], xe2: ['203.0.113.1/24'] },
      keys: { xe1: 'vrf = blue' },
      ini: `[vrf.red]
table = 10
[vrf.blue]
table = 20
[interface.xe0.10]
vrf = red
addresses = 10.10.0.1/24, 2001:db8:10::1/64
[route]
10.20.0.0/24 = %blue vrf red
10.10.0.0/24 = %red vrf blue
2001:db8:20::/64 = %blue vrf red
2001:db8:10::/64 = %red vrf blue
10.21.0.0/24 = 10.20.0.2%xe1 vrf red
10.22.0.0/24 = 10.20.0.2%blue vrf red
203.0.113.0/24 = %default vrf red
10.10.0.0/24 = %red
`,
    },
    peers: [
      {
        name: 'red',
        links: [{ segment: 'xe0', addresses: ['10.10.0.2/24', '2001:db8:10::2/64'], tags: ['8100:10'] }],
        routes: ['default via 10.10.0.1', 'default via 2001:db8:10::1'],
      },
      {
        name: 'blue',
        links: [{ segment: 'xe1', addresses: ['10.20.0.2/24', '2001:db8:20::2/64'] }],
        loopbacks: ['10.21.0.1/32', '10.22.0.1/32', '10.23.0.1/32'],
        routes: ['default via 10.20.0.1', 'default via 2001:db8:20::1'],
      },
      {
        name: 'plain',
        links: [{ segment: 'xe2', addresses: ['203.0.113.2/24'] }],
        routes: ['default via 203.0.113.1'],
      },
    ],
    steps: [...LEAKS, ...killVpp(), ...LEAKS],
  },
];
