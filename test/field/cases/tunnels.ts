/** Tunnels with Linux' own at the other end, and tcpdump as the judge of what is around the packets. */
import type { FieldCase, PeerPlan, Step } from '../case.ts';
import { killVpp } from '../kill-vpp.ts';
import { becomes, holds, losesSight, onWire, reaches } from '../steps.ts';

/** The underlay: xe0 of both ends. */
const UNDERLAY = ['192.0.2.1/24', '2001:db8:1::1/64'];
const LINUX_UNDERLAY = [
  'ip link set xe0 up',
  'ip address add 192.0.2.2/24 dev xe0',
  'ip address add 2001:db8:1::2/64 dev xe0',
];

/** A host behind the box. */
const FAR: PeerPlan = {
  name: 'far',
  links: [{ segment: 'xe1', addresses: ['198.51.100.2/24', '2001:db8:2::2/64'] }],
  routes: ['default via 198.51.100.1', 'default via 2001:db8:2::1'],
};
const FAR_SIDE = ['198.51.100.1/24', '2001:db8:2::1/64'];

/** Linux reaches what is behind the box through a link that is up. */
const through = (link: string, v4: string, v6?: string): string[] => [
  `ip link set ${link} up`,
  `ip address add ${v4} dev ${link}`,
  `ip route add 198.51.100.0/24 dev ${link}`,
  ...(v6 === undefined
    ? []
    : [`ip address add ${v6} dev ${link}`, `ip route add 2001:db8:2::/64 dev ${link}`]),
];

const both = (bytes: number, withinS = 20): readonly Step[] => [
  reaches('linux', '198.51.100.2', withinS, { bytes, whole: true }),
  reaches('linux', '2001:db8:2::2', withinS, { bytes, whole: true }),
];

export const cases: readonly FieldCase[] = [
  {
    name: 'vxlan',
    shows:
      'VXLAN to Linux in a bridge with a NIC and the box itself: hosts at both ends are in one network, 1450 bytes pass whole; the bridge learns; a kill of VPP changes nothing',
    seconds: 200,
    planes: ['vpp'],
    box: {
      addresses: { xe0: UNDERLAY, xe1: [], br0: ['10.10.0.1/24'], vx10: [] },
      mtu: { br0: 1450 },
      ini: `[vxlan.vx10]
source = 192.0.2.1
destination = 192.0.2.2
vni = 10
[bridge.br0]
members = xe1, vx10
`,
    },
    linux: {
      segments: ['xe0'],
      setup: [
        ...LINUX_UNDERLAY,
        'ip link add vx10 address 02:fe:00:00:00:10 type vxlan id 10 local 192.0.2.2 remote 192.0.2.1 dstport 4789',
        'ip link set vx10 mtu 1450 up',
        'ip address add 10.10.0.2/24 dev vx10',
      ],
    },
    peers: [{ name: 'lan', links: [{ segment: 'xe1', addresses: ['10.10.0.3/24'], mtu: 1450 }] }],
    steps: [
      reaches('linux', '10.10.0.3', 30, { bytes: 1450, whole: true }),
      reaches('linux', '10.10.0.1', 20, { bytes: 1450, whole: true }),
      reaches('lan', '10.10.0.2', 20),
      onWire(
        'VXLAN of the VNI from the box',
        'xe0',
        'udp port 4789',
        / 192\.0\.2\.1\.\d+ > 192\.0\.2\.2\.4789: VXLAN, flags \[I\] \(0x08\), vni 10$/,
      ),
      becomes('the bridge has learnt Linux behind the tunnel', 15, async (field) => {
        const status = await field.box.status();
        const bridge = status?.objects.objects.find(({ kind }) => kind === 'bridge');
        return holds(JSON.stringify(bridge), /"state":"ok"/, /02:fe:00:00:00:10 learnt vx10/);
      }),
      becomes('Linux has learnt the host behind the tunnel', 15, async ({ linux }) =>
        holds((await linux.run('bridge fdb show dev vx10')).text, /^02:fd:\S+ dst 192\.0\.2\.1 /m),
      ),
      ...killVpp(),
      reaches('linux', '10.10.0.3', 60),
      reaches('linux', '10.10.0.1', 60),
    ],
  },
  {
    name: 'vxlan6',
    shows:
      'VXLAN over IPv6 as a routed interface: both families, 1430 bytes whole, and a larger packet is refused with the MTU',
    seconds: 150,
    planes: ['vpp'],
    box: {
      addresses: { xe0: UNDERLAY, xe1: FAR_SIDE, vx20: ['10.20.0.1/24', '2001:db8:20::1/64'] },
      ini: `[vxlan.vx20]
source = 2001:db8:1::1
destination = 2001:db8:1::2
vni = 20
`,
    },
    linux: {
      segments: ['xe0'],
      setup: [
        ...LINUX_UNDERLAY,
        'ip link add vx20 type vxlan id 20 local 2001:db8:1::2 remote 2001:db8:1::1 dstport 4789 udp6zerocsumrx',
        'ip link set vx20 mtu 1430 up',
        'ip address add 10.20.0.2/24 dev vx20',
        'ip address add 2001:db8:20::2/64 dev vx20',
        'ip route add 198.51.100.0/24 via 10.20.0.1',
        'ip route add 2001:db8:2::/64 via 2001:db8:20::1',
      ],
    },
    peers: [FAR],
    steps: [
      ...both(1430, 30),
      losesSight('far', '10.20.0.2', 5, { bytes: 1431, whole: true }),
      onWire(
        'VXLAN over IPv6 from the box',
        'xe0',
        'ip6 proto 17',
        /2001:db8:1::1\.\d+ > 2001:db8:1::2\.4789: VXLAN.* vni 20$/,
      ),
    ],
  },
  {
    name: 'gre',
    shows:
      'GRE over IPv4 with both families in it, GRE over IPv6, and GRE with Ethernet frames: each passes its MTU whole, and tcpdump sees GRE around it; a kill of VPP changes nothing',
    seconds: 250,
    planes: ['vpp'],
    box: {
      addresses: {
        xe0: UNDERLAY,
        xe1: FAR_SIDE,
        gre4: ['10.1.0.1/30', '2001:db8:a1::1/64'],
        gre6: ['10.2.0.1/30'],
        teb: ['10.3.0.1/30'],
      },
      keys: { teb: 'mac = 02:00:00:00:03:01' },
      ini: `[gre.gre4]
source = 192.0.2.1
destination = 192.0.2.2
[gre.gre6]
source = 2001:db8:1::1
destination = 2001:db8:1::2
[gre.teb]
source = 192.0.2.1
destination = 192.0.2.2
type = teb
`,
    },
    linux: {
      segments: ['xe0'],
      setup: [
        ...LINUX_UNDERLAY,
        'ip link add gre4 type gre local 192.0.2.2 remote 192.0.2.1 ttl 64',
        ...through('gre4', '10.1.0.2/30', '2001:db8:a1::2/64'),
        'ip link add gre6 type ip6gre local 2001:db8:1::2 remote 2001:db8:1::1 encaplimit none',
        'ip link set gre6 mtu 1456 up',
        'ip address add 10.2.0.2/30 dev gre6',
        'ip link add teb type gretap local 192.0.2.2 remote 192.0.2.1 ttl 64',
        'ip link set teb mtu 1462 up',
        'ip address add 10.3.0.2/30 dev teb',
      ],
    },
    peers: [FAR],
    steps: [
      ...both(1476),
      reaches('linux', '10.2.0.1', 20, { bytes: 1456, whole: true }),
      reaches('linux', '10.3.0.1', 20, { bytes: 1462, whole: true }),
      onWire(
        'GRE with IPv4',
        'xe0',
        'ip proto 47',
        / 192\.0\.2\.1 > 192\.0\.2\.2: GREv0, proto IPv4.*: 198\.51\.100\.2 > 10\.1\.0\.2/,
      ),
      onWire(
        'GRE with IPv6',
        'xe0',
        'ip proto 47',
        / 192\.0\.2\.1 > 192\.0\.2\.2: GREv0, proto IPv6.*: 2001:db8:2::2 > /,
      ),
      onWire(
        'GRE over IPv6',
        'xe0',
        'ip6 proto 47',
        / 2001:db8:1::1 > 2001:db8:1::2: GREv0, proto IPv4.*: 10\.2\.0\.1 > 10\.2\.0\.2/,
      ),
      onWire(
        'GRE with Ethernet frames',
        'xe0',
        'ip proto 47',
        / 192\.0\.2\.1 > 192\.0\.2\.2: GREv0, proto TEB.* 02:00:00:00:03:01 > .* 10\.3\.0\.1 > 10\.3\.0\.2/,
      ),
      ...killVpp(),
      ...both(1476, 60),
      reaches('linux', '10.2.0.1', 60),
      reaches('linux', '10.3.0.1', 60),
    ],
  },
  {
    name: 'ipip',
    shows:
      'IP in IP: IPv4 and IPv6 over IPv4 (6in4), IPv4 and IPv6 over IPv6: each passes its MTU whole, and tcpdump sees the outer header; a kill of VPP changes nothing',
    seconds: 250,
    planes: ['vpp'],
    box: {
      addresses: {
        xe0: UNDERLAY,
        xe1: FAR_SIDE,
        four: ['10.4.0.1/30', '2001:db8:a4::1/64'],
        six: ['10.6.0.1/30', '2001:db8:a6::1/64'],
      },
      ini: `[ipip.four]
source = 192.0.2.1
destination = 192.0.2.2
[ipip.six]
source = 2001:db8:1::1
destination = 2001:db8:1::2
`,
    },
    linux: {
      segments: ['xe0'],
      setup: [
        ...LINUX_UNDERLAY,
        'ip link add four type sit local 192.0.2.2 remote 192.0.2.1 mode any ttl 64',
        ...through('four', '10.4.0.2/30', '2001:db8:a4::2/64'),
        'ip link add six type ip6tnl local 2001:db8:1::2 remote 2001:db8:1::1 mode any encaplimit none',
        'ip link set six mtu 1460 up',
        'ip address add 10.6.0.2/30 dev six',
        'ip address add 2001:db8:a6::2/64 dev six',
      ],
    },
    peers: [FAR],
    steps: [
      ...both(1480),
      reaches('linux', '10.6.0.1', 20, { bytes: 1460, whole: true }),
      reaches('linux', '2001:db8:a6::1', 20, { bytes: 1460, whole: true }),
      onWire(
        'IPv4 in IPv4',
        'xe0',
        'ip proto 4',
        / 192\.0\.2\.1 > 192\.0\.2\.2: 198\.51\.100\.2 > 10\.4\.0\.2/,
      ),
      onWire('IPv6 in IPv4', 'xe0', 'ip proto 41', / 192\.0\.2\.1 > 192\.0\.2\.2: 2001:db8:2::2 > /),
      onWire(
        'IPv4 in IPv6',
        'xe0',
        'ip6 proto 4',
        / 2001:db8:1::1 > 2001:db8:1::2: 10\.6\.0\.1 > 10\.6\.0\.2/,
      ),
      onWire('IPv6 in IPv6', 'xe0', 'ip6 proto 41', / 2001:db8:1::1 > 2001:db8:1::2: 2001:db8:a6::1 > /),
      ...killVpp(),
      ...both(1480, 60),
      reaches('linux', '10.6.0.1', 60),
    ],
  },
];
