/** Static MPLS labels, with Linux' own MPLS on both sides and tcpdump as the judge. */
import type { FieldCase } from '../case.ts';
import { killVpp } from '../kill-vpp.ts';
import { act, onWire, reaches } from '../steps.ts';

export const cases: readonly FieldCase[] = [
  {
    name: 'mpls',
    shows:
      'static labels: the box pushes two, swaps one for two, swaps one, and pops, as tcpdump and Linux’ MPLS see it; a kill of VPP changes nothing',
    seconds: 200,
    planes: ['vpp'],
    box: {
      addresses: { xe0: ['192.0.2.1/24'], xe1: ['198.51.100.1/24'], xe2: ['203.0.113.1/24'] },
      keys: { xe0: 'mpls = true', xe1: 'mpls = true' },
      ini: `[route]
10.50.0.0/24 = 192.0.2.2 label 1000/2000
mpls 300 = 203.0.113.2 pop
mpls 400 = 198.51.100.2 swap 401
mpls 500 = 198.51.100.2 swap 501/502
`,
    },
    linux: {
      segments: ['xe0', 'xe1'],
      setup: [
        'ip link set xe0 up',
        'ip link set xe1 up',
        'ip address add 192.0.2.2/24 dev xe0',
        'ip address add 198.51.100.2/24 dev xe1',
        'ip address add 10.50.0.1/32 dev lo',
        'ip address add 10.60.0.1/32 dev lo',
        'echo 10000 >/proc/sys/net/mpls/platform_labels',
        'echo 1 >/proc/sys/net/mpls/conf/lo/input',
        'echo 1 >/proc/sys/net/mpls/conf/xe0/input',
        'echo 1 >/proc/sys/net/mpls/conf/xe1/input',
        'ip -f mpls route add 1000 dev lo',
        'ip -f mpls route add 2000 dev lo',
        'ip route add 10.98.0.4/32 encap mpls 400 via 192.0.2.1',
        'ip route add 10.98.0.5/32 encap mpls 500 via 192.0.2.1',
        'ip route add 203.0.113.0/24 encap mpls 300 via 192.0.2.1',
      ],
    },
    peers: [
      {
        name: 'plain',
        links: [{ segment: 'xe2', addresses: ['203.0.113.2/24'] }],
        loopbacks: ['10.99.0.1/32'],
        routes: ['default via 203.0.113.1'],
      },
    ],
    steps: [
      // There with two labels, back with one, which the box takes away.
      reaches('plain', '10.50.0.1', 30),
      onWire(
        'two labels pushed',
        'xe0',
        'mpls 1000',
        /ethertype MPLS unicast.* MPLS \(label 1000, .*\) \(label 2000, .*\[S\].* 203\.0\.113\.2 > 10\.50\.0\.1: .*request/,
      ),
      onWire(
        'label 300 of Linux',
        'xe0',
        'mpls 300',
        /MPLS \(label 300, .*\[S\].* 10\.50\.0\.1 > 203\.0\.113\.2: .*reply/,
      ),
      onWire(
        'no label behind the box',
        'xe2',
        'icmp',
        /ethertype IPv4.* 10\.50\.0\.1 > 203\.0\.113\.2: .*reply/,
      ),
      // Nobody has these destinations. The first packets wait for the box to resolve its next hop.
      act('Linux sends with labels 400 and 500', async ({ linux }) => {
        for (const to of ['10.98.0.4', '10.98.0.5']) await linux.run(`ping -c 5 -i 0.5 -W 1 ${to}`);
      }),
      onWire(
        'label 401 in place of 400',
        'xe1',
        'mpls 401',
        /MPLS \(label 401, .*\[S\].* 192\.0\.2\.2 > 10\.98\.0\.4: .*request/,
      ),
      onWire(
        'labels 501 and 502 in place of 500',
        'xe1',
        'mpls 501',
        /MPLS \(label 501, .*\) \(label 502, .*\[S\].* 192\.0\.2\.2 > 10\.98\.0\.5: .*request/,
      ),
      ...killVpp(),
      reaches('plain', '10.50.0.1', 60),
    ],
  },
];
