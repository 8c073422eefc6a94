/** Tags of frames, with VLANs of the Linux guest at the other end and tcpdump as the judge. */
import type { FieldCase, LinuxPlan, PeerPlan, Step } from '../case.ts';
import { killVpp } from '../kill-vpp.ts';
import { act, holds, becomes, losesSight, onWire, reaches } from '../steps.ts';

/** Someone's commands in the namespace of the TAPs. */
const inside = (what: string, lines: readonly string[]): Step =>
  act(what, async (field) => {
    const { code, text } = await field.box.inside(lines.join(' && '));
    if (code !== 0) throw new Error(text);
  });

/** At the other end: VLAN 100, and VLAN 31 inside VLAN 30 of 802.1ad, with routes to the networks behind the box. */
const TAGGING_LINUX: LinuxPlan = {
  segments: ['xe0'],
  setup: [
    'ip link set xe0 up',
    'ip link add link xe0 name xe0.100 type vlan id 100',
    'ip address add 192.0.2.2/24 dev xe0.100',
    'ip address add 2001:db8:1::2/64 dev xe0.100',
    'ip link set xe0.100 up',
    'ip link add link xe0 name xe0.30 type vlan proto 802.1ad id 30',
    'ip link add link xe0.30 name xe0.30.31 type vlan id 31',
    'ip address add 10.30.31.2/24 dev xe0.30.31',
    'ip link set xe0.30 up',
    'ip link set xe0.30.31 up',
    'ip route add 198.51.100.0/24 via 192.0.2.1',
    'ip route add 203.0.113.0/24 via 10.30.31.1',
    'ip route add 2001:db8:2::/64 via 2001:db8:1::1',
  ],
};

/** Behind the box. */
const FAR: PeerPlan = {
  name: 'far',
  links: [{ segment: 'xe1', addresses: ['198.51.100.2/24', '2001:db8:2::2/64'] }],
  loopbacks: ['203.0.113.1/32'],
  routes: ['default via 198.51.100.1', 'default via 2001:db8:2::1'],
};

const PASSES_BOTH = [
  reaches('linux', '198.51.100.2', 20, { bytes: 1500, whole: true }),
  reaches('linux', '2001:db8:2::2', 20, { bytes: 1500, whole: true }),
  reaches('far', '10.30.31.2', 20),
];

const BOTH_TAGS = onWire(
  '802.1ad 30 and 802.1Q 31 from the box',
  'xe0',
  'vlan 30',
  /ethertype 802\.1Q-QinQ.* vlan 30\b.*ethertype 802\.1Q.* vlan 31\b.* 198\.51\.100\.2 > 10\.30\.31\.2: .*request/,
);

export const cases: readonly FieldCase[] = [
  {
    name: 'vlan-tags',
    shows:
      'VLANs of Linux at the other end: one tag, and two with an outer one of 802.1ad, as tcpdump sees them in both directions',
    always: true,
    seconds: 120,
    box: {
      addresses: {
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
    },
    linux: TAGGING_LINUX,
    peers: [FAR],
    steps: [
      ...PASSES_BOTH,
      onWire(
        'VLAN 100 from Linux',
        'xe0',
        'vlan 100 and ip',
        /vlan 100\b.* 192\.0\.2\.2 > 198\.51\.100\.2: .*request/,
      ),
      onWire(
        'VLAN 100 from the box',
        'xe0',
        'vlan 100 and ip',
        /vlan 100\b.* 198\.51\.100\.2 > 192\.0\.2\.2: .*reply/,
      ),
      BOTH_TAGS,
      onWire('no tag on xe1', 'xe1', 'icmp', /ethertype IPv4 .*192\.0\.2\.2 > 198\.51\.100\.2/),
    ],
  },
  {
    name: 'vlan-followed',
    shows:
      'VLAN devices that someone makes on a TAP are VLANs of VPP: one tag, and two with an outer one of 802.1ad, in both directions; a kill of VPP changes nothing; the configuration takes them over; they go with their devices',
    seconds: 240,
    planes: ['vpp'],
    box: {
      addresses: { xe0: [], xe1: ['198.51.100.1/24', '2001:db8:2::1/64'] },
      ini: '[vpp.lcp]\nfollow = true\n',
      restartsVpp: true,
    },
    linux: TAGGING_LINUX,
    peers: [FAR],
    steps: [
      inside('someone makes VLANs on the TAP', [
        'ip link add link xe0 name xe0.100 type vlan id 100',
        'ip address add 192.0.2.1/24 dev xe0.100',
        'ip address add 2001:db8:1::1/64 dev xe0.100 nodad',
        'ip link set xe0.100 up',
        'ip link add link xe0 name outer type vlan proto 802.1ad id 30',
        'ip link set outer up',
        'ip link add link outer name inner type vlan id 31',
        'ip address add 10.30.31.1/24 dev inner',
        'ip link set inner up',
      ]),
      ...PASSES_BOTH,
      BOTH_TAGS,
      becomes('VPP has them under their numbers, without drift', 20, async (field) => {
        const status = await field.box.status();
        const text = `${JSON.stringify(status?.objects)} ${status?.interfaces.map(({ name }) => name).join(' ')}`;
        return holds(text, /"drifts":0/, /\bxe0\.100\b/, /\bxe0\.30\b/, /\bxe0\.300031\b/);
      }),
      ...killVpp(),
      reaches('linux', '198.51.100.2', 60),
      reaches('linux', '2001:db8:2::2', 20),
      reaches('far', '10.30.31.2', 20),
      act('the configuration takes one over', (field) =>
        field.changeIni((ini) => `${ini}[interface.xe0.100]\naddresses = 192.0.2.1/24, 2001:db8:1::1/64\n`),
      ),
      reaches('linux', '198.51.100.2', 10),
      inside('someone deletes the others', ['ip link del inner', 'ip link del outer']),
      becomes('VPP has no more of them', 30, async (field) => {
        const names = (await field.box.status())?.interfaces.map(({ name }) => name).join(' ') ?? '';
        return /\bxe0\.30/.test(names) || !/\bxe0\.100\b/.test(names) ? names : true;
      }),
      losesSight('far', '10.30.31.2', 5),
      reaches('linux', '2001:db8:2::2', 10),
    ],
  },
  {
    name: 'cross-connect',
    shows:
      'two cross-connects: 802.1ad of a customer with the customer’s own tags inside leaves with another outer tag, a VLAN untagged; MAC addresses stay; a kill of VPP changes nothing',
    seconds: 150,
    planes: ['vpp'],
    box: {
      addresses: { xe0: [], xe1: [], xe2: [] },
      ini: `[interface.xe0.1000]
encapsulation = dot1ad
exact-match = false
[interface.xe1.2000]
encapsulation = dot1ad
exact-match = false
[cross-connect.customer]
interfaces = xe0.1000, xe1.2000
[interface.xe0.7]
[cross-connect.plain]
interfaces = xe0.7, xe2
`,
    },
    linux: {
      segments: ['xe0'],
      setup: [
        'ip link set xe0 up',
        'ip link add link xe0 name customer type vlan proto 802.1ad id 1000',
        'ip link set customer up',
        'ip link add link customer name customer.5 type vlan id 5',
        'ip address add 10.5.0.1/24 dev customer.5',
        'ip link set customer.5 up',
        'ip link add link xe0 name xe0.7 type vlan id 7',
        'ip address add 10.7.0.1/24 dev xe0.7',
        'ip link set xe0.7 up',
      ],
    },
    peers: [
      {
        name: 'site',
        links: [{ segment: 'xe1', addresses: ['10.5.0.2/24'], tags: ['88a8:2000', '8100:5'] }],
      },
      { name: 'plain', links: [{ segment: 'xe2', addresses: ['10.7.0.2/24'] }] },
    ],
    steps: [
      reaches('linux', '10.5.0.2', 20, { bytes: 1500, whole: true }),
      reaches('plain', '10.7.0.1', 20, { bytes: 1500, whole: true }),
      onWire(
        'tags 1000 and 5 before the box',
        'xe0',
        'vlan 1000',
        /802\.1Q-QinQ.* vlan 1000\b.*802\.1Q.* vlan 5\b.* 10\.5\.0\.1 > 10\.5\.0\.2/,
      ),
      onWire(
        'tags 2000 and 5 behind it, from the MAC address of Linux',
        'xe1',
        'vlan 2000',
        /02:fe:00:00:00:00 > .*802\.1Q-QinQ.* vlan 2000\b.*802\.1Q.* vlan 5\b.* 10\.5\.0\.1 > 10\.5\.0\.2/,
      ),
      onWire(
        'no tag on xe2',
        'xe2',
        'icmp',
        /02:fe:00:00:00:00 > .*ethertype IPv4 .* 10\.7\.0\.1 > 10\.7\.0\.2/,
      ),
      losesSight('plain', '10.5.0.1', 3),
      ...killVpp(),
      reaches('linux', '10.5.0.2', 60),
      reaches('linux', '10.7.0.2', 60),
    ],
  },
  {
    name: 'bridge-tags',
    shows:
      'VLANs of different numbers and 802.1ad in one bridge are one network: each frame leaves with the tags of its port; the box answers in it',
    seconds: 150,
    planes: ['vpp'],
    box: {
      addresses: { xe0: [], xe1: [], xe2: [], br0: ['192.0.2.1/24'] },
      ini: `[interface.xe0.100]
[interface.xe2.3031]
encapsulation = dot1ad
vlan = 30
inner-vlan = 31
[interface.xe1.200]
[bridge.br0]
members = xe0.100, xe2.3031, xe1.200
`,
    },
    linux: {
      segments: ['xe0'],
      setup: [
        'ip link set xe0 up',
        'ip link add link xe0 name xe0.100 type vlan id 100',
        'ip address add 192.0.2.2/24 dev xe0.100',
        'ip link set xe0.100 up',
      ],
    },
    peers: [
      {
        name: 'right',
        links: [{ segment: 'xe1', addresses: ['192.0.2.3/24'], tags: ['8100:200'] }],
      },
      // On a segment of its own: a switch that knows no VLANs learns each MAC address at one port.
      {
        name: 'third',
        links: [{ segment: 'xe2', addresses: ['192.0.2.4/24'], tags: ['88a8:30', '8100:31'] }],
      },
    ],
    steps: [
      reaches('linux', '192.0.2.3', 20, { bytes: 1500, whole: true }),
      reaches('linux', '192.0.2.4', 20, { bytes: 1500, whole: true }),
      reaches('linux', '192.0.2.1', 20),
      onWire(
        'VLAN 200 behind the box',
        'xe1',
        'vlan 200',
        /02:fe:00:00:00:00 > .*vlan 200\b.* 192\.0\.2\.2 > 192\.0\.2\.3/,
      ),
      onWire(
        'the broadcast with two tags at the third port',
        'xe2',
        'vlan 30',
        /ff:ff:ff:ff:ff:ff.*802\.1Q-QinQ.* vlan 30\b.* vlan 31\b.*ARP/,
      ),
      becomes('the bridge has learnt Linux behind its VLAN', 15, async (field) => {
        const status = await field.box.status();
        return holds(
          JSON.stringify(status?.objects.objects.find(({ kind }) => kind === 'bridge')),
          /"state":"ok"/,
          /02:fe:00:00:00:00 learnt xe0\.100/,
        );
      }),
      ...killVpp(),
      reaches('linux', '192.0.2.3', 60),
      reaches('linux', '192.0.2.1', 60),
    ],
  },
];
