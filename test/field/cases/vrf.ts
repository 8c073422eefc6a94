/** A VRF device with two of the interfaces: a second router in the same box. */
import type { FieldCase } from '../case.ts';
import { frr } from '../daemons.ts';
import { act, becomes, losesSight, reaches } from '../steps.ts';

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
];
