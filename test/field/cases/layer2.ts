/** VLANs of an interface, and a bridge with the box as one of its hosts. */
import type { BoxPlan, FieldCase, PeerPlan, Step } from '../case.ts';
import { becomes, holds, losesSight, reaches } from '../steps.ts';
import { killVpp } from '../kill-vpp.ts';

const VLAN_BOX: BoxPlan = {
  addresses: {
    xe0: ['203.0.113.1/24'],
    'xe0.100': ['192.0.2.1/24', '2001:db8:1::1/64'],
    xe1: ['198.51.100.1/24', '2001:db8:2::1/64'],
  },
  ini: `[interface.xe0.30]
encapsulation = dot1ad
[interface.xe0.3031]
encapsulation = dot1ad
vlan = 30
inner-vlan = 31
addresses = 10.30.31.1/24
`,
};

const VLAN_PEERS: readonly PeerPlan[] = [
  {
    name: 'tagged',
    links: [{ segment: 'xe0', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'], tags: ['8100:100'] }],
    routes: ['default via 192.0.2.1', 'default via 2001:db8:1::1'],
  },
  {
    name: 'twice',
    links: [{ segment: 'xe0', addresses: ['10.30.31.2/24'], tags: ['88a8:30', '8100:31'] }],
    routes: ['default via 10.30.31.1'],
  },
  {
    name: 'other',
    links: [{ segment: 'xe0', addresses: ['192.0.2.3/24'], tags: ['8100:101'] }],
    routes: ['default via 192.0.2.1'],
  },
  {
    name: 'far',
    links: [{ segment: 'xe1', addresses: ['198.51.100.2/24', '2001:db8:2::2/64'] }],
    routes: ['default via 198.51.100.1', 'default via 2001:db8:2::1'],
  },
];

const VLAN_STEPS: readonly Step[] = [
  reaches('tagged', '198.51.100.2', 15, { bytes: 1500, whole: true }),
  reaches('tagged', '2001:db8:2::2', 15, { bytes: 1500, whole: true }),
  reaches('twice', '198.51.100.2', 15, { bytes: 1500, whole: true }),
  reaches('twice', '192.0.2.2'),
  losesSight('other', '192.0.2.1', 3),
  becomes('Linux has the VLANs', 10, async (field) => {
    const { text } = await field.box.inside(
      'ip -d -o link show xe0.100; ip -d -o link show xe0.3031; ip -o addr show dev xe0.100',
    );
    return holds(text, /xe0\.100@xe0: .*802\.1Q id 100/, /xe0\.3031@xe0\.30: .*id 31/, /192\.0\.2\.1\/24/);
  }),
];

export const cases: readonly FieldCase[] = [
  {
    name: 'vlan',
    shows:
      'a VLAN, two tags with an outer one of 802.1ad, and the untagged interface forward to one another, 1500 bytes each; Linux has the VLANs',
    seconds: 120,
    box: VLAN_BOX,
    peers: VLAN_PEERS,
    steps: VLAN_STEPS,
  },
  {
    name: 'vlan-vpp-killed',
    shows: 'a kill of VPP leaves VLANs as they were, in VPP and in Linux',
    seconds: 150,
    planes: ['vpp'],
    box: VLAN_BOX,
    peers: VLAN_PEERS,
    steps: [
      reaches('tagged', '198.51.100.2'),
      ...killVpp(),
      reaches('tagged', '198.51.100.2', 60),
      reaches('twice', '192.0.2.2', 60),
    ],
  },
  {
    name: 'bridge',
    shows:
      'two NICs and a VLAN in a bridge are one network, with an address of the box in it that forwards to a third NIC',
    seconds: 150,
    planes: ['vpp'],
    box: {
      addresses: { br0: ['192.0.2.1/24', '2001:db8:1::1/64'], xe2: ['203.0.113.1/24'] },
      ini: '[bridge.br0]\nmembers = xe0, xe1.7\n[interface.xe1.7]\n',
    },
    peers: [
      {
        name: 'left',
        links: [{ segment: 'xe0', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] }],
        routes: ['default via 192.0.2.1'],
      },
      {
        name: 'right',
        links: [{ segment: 'xe1', addresses: ['192.0.2.3/24', '2001:db8:1::3/64'], tags: ['8100:7'] }],
        routes: ['default via 192.0.2.1'],
      },
      {
        name: 'beyond',
        links: [{ segment: 'xe2', addresses: ['203.0.113.2/24'] }],
        routes: ['default via 203.0.113.1'],
      },
    ],
    steps: [
      reaches('left', '192.0.2.3', 15, { bytes: 1500, whole: true }),
      reaches('left', '2001:db8:1::3'),
      reaches('left', '192.0.2.1'),
      reaches('right', '2001:db8:1::1'),
      reaches('right', '203.0.113.2'),
      reaches('beyond', '192.0.2.2'),
      becomes('the bridge has learnt both', 15, async (field) => {
        const status = await field.box.status();
        const bridge = status?.objects.objects.find(({ kind }) => kind === 'bridge');
        return holds(JSON.stringify(bridge), /"state":"ok"/, /learn/i);
      }),
      ...killVpp(),
      reaches('left', '192.0.2.3', 60),
      reaches('right', '203.0.113.2', 60),
    ],
  },
];
