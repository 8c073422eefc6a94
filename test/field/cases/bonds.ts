/** Bonds, with Linux' own at the other end. */
import type { BoxPlan, FieldCase, LinuxPlan, LinuxSegment, PeerPlan, Step } from '../case.ts';
import { iperfServer } from '../daemons.ts';
import type { Field } from '../field.ts';
import { killVpp } from '../kill-vpp.ts';
import { act, becomes, type Finding, holds, onWire, ping, reaches, stays } from '../steps.ts';

const box = (bond: string): BoxPlan => ({
  addresses: {
    lag: ['192.0.2.1/24', '2001:db8:1::1/64'],
    'lag.100': ['10.100.0.1/24'],
    xe2: ['198.51.100.1/24', '2001:db8:2::1/64'],
  },
  mtu: { lag: 2000, 'lag.100': 1500 },
  ini: `[bond.lag]\nmembers = xe0, xe1\n${bond}`,
});

const linux = (options: string): LinuxPlan => ({
  segments: ['xe0', 'xe1'],
  setup: [
    // LACP wants to know them, and an emulated NIC does not.
    'ethtool -s xe0 speed 1000 duplex full',
    'ethtool -s xe1 speed 1000 duplex full',
    `ip link add bond0 type bond miimon 100 ${options}`,
    'ip link set xe0 master bond0',
    'ip link set xe1 master bond0',
    'ip link set bond0 mtu 2000 up',
    'ip address add 192.0.2.2/24 dev bond0',
    'ip address add 2001:db8:1::2/64 dev bond0',
    'ip link add link bond0 name bond0.100 type vlan id 100',
    'ip address add 10.100.0.2/24 dev bond0.100',
    'ip link set bond0.100 mtu 1500 up',
    'ip route add 198.51.100.0/24 via 10.100.0.1',
    'ip route add 2001:db8:2::/64 via 2001:db8:1::1',
  ],
});

const PEERS: readonly PeerPlan[] = [
  {
    name: 'far',
    links: [{ segment: 'xe2', addresses: ['198.51.100.2/24', '2001:db8:2::2/64'] }],
    routes: ['default via 198.51.100.1', 'default via 2001:db8:2::1'],
    daemons: [iperfServer()],
  },
];

/** What the appliance says of the bond: its status, its findings, its metrics. */
function isTold(active: readonly LinuxSegment[]): Step {
  const inactive = (['xe0', 'xe1'] as const).filter((one) => !active.includes(one));
  const words = inactive.length === 0 ? 'both members are active' : `${inactive.join()} is not active`;
  return becomes(`${words}, in status, findings and metrics`, 90, async ({ box }) => {
    const metrics = (await box.get('/metrics')) ?? '';
    const health = (await box.get('/health')) ?? '';
    const figure = (kind: string, name: string, what: string, value: number): RegExp =>
      new RegExp(`appliance_object_value\\{kind="${kind}",name="${name}",figure="${what}"\\} ${value}\\n`);
    const counted = holds(
      metrics
        .split('\n')
        .filter((line) => line.includes('bond'))
        .join('\n')
        .concat('\n'),
      figure('bond', 'lag', 'activeMembers', active.length),
      ...active.map((name) => figure('bond-member', name, 'active', 1)),
      ...inactive.map((name) => figure('bond-member', name, 'active', 0)),
    );
    if (counted !== true) return counted;
    const missing = inactive.filter((name) => !health.includes(`${name} is not active`));
    const extra = active.filter((name) => health.includes(`${name} is not active`));
    return missing.length + extra.length === 0
      ? true
      : `findings are wrong about ${[...missing, ...extra].join()}`;
  });
}

const pull = (segment: LinuxSegment): Step =>
  act(`the cable of ${segment} is pulled`, async (field) => {
    await Promise.all([field.setCarrier(segment, false), field.linux.setLink(segment, false)]);
  });
const plug = (segment: LinuxSegment): Step =>
  act(`the cable of ${segment} is plugged`, async (field) => {
    await Promise.all([field.setCarrier(segment, true), field.linux.setLink(segment, true)]);
  });

/** The state of Linux' bond. */
const linuxSays = (what: string, withinS: number, judge: (bond: string) => Finding): Step =>
  becomes(what, withinS, async ({ linux }) => judge((await linux.run('cat /proc/net/bonding/bond0')).text));

const forwards: readonly Step[] = [
  reaches('linux', '198.51.100.2', 60, { bytes: 1500, whole: true }),
  reaches('linux', '2001:db8:2::2', 30, { bytes: 1500, whole: true }),
  reaches('linux', '192.0.2.1', 30, { bytes: 2000, whole: true }),
];

const reachesOn = (forS: number): Step =>
  stays('far reaches Linux', forS, (field) => ping(field, 'far', '10.100.0.2', { waitS: 5 }));

async function transfers(field: Field): Promise<Finding> {
  const { code, text } = await field.linux.run(
    'iperf3 --client 198.51.100.2 --bytes 1M --json --connect-timeout 5000',
    100_000,
  );
  if (code !== 0) return text.slice(0, 500);
  // The server counts what it has read when the client ends: less than what is on its way.
  const { end } = JSON.parse(text) as { end: { sum_sent: { bytes: number } } };
  return end.sum_sent.bytes >= 1 << 20 ? true : `${end.sum_sent.bytes} bytes were sent`;
}

/** Linux knows the box by the MAC address that the daemons' link has. */
const hasOneMac = becomes('the bond’s link for daemons has the bond’s MAC address', 20, async (field) => {
  const { text: link } = await field.box.inside('ip -o link show lag');
  const own = /link\/ether (\S+)/.exec(link)?.[1];
  await ping(field, 'linux', '192.0.2.1');
  const { text } = await field.linux.run('ip neigh show 192.0.2.1');
  return own !== undefined && text.includes(`lladdr ${own} `) ? true : `${link}, and Linux says ${text}`;
});

const daemonsReach = becomes('daemons of the box reach Linux through the bond', 20, async (field) => {
  const { code, text } = await field.box.inside('ping -c 1 -W 3 192.0.2.2 && ping -c 1 -W 3 10.100.0.2');
  return code === 0 ? true : text;
});

const FLOWS = `python3 -c '
import socket
packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for port in range(6001, 6033):
    packets.sendto(b"flow", ("10.100.0.2", port))
'`;

export const cases: readonly FieldCase[] = [
  {
    name: 'bond-lacp',
    shows:
      'a bond by LACP with Linux’ own, and a VLAN on it: 2000 bytes, TCP; with one cable pulled it goes on, and says which member is not active; a kill of VPP changes nothing',
    seconds: 600,
    planes: ['vpp'],
    box: box('mode = lacp\n'),
    linux: linux('mode 802.3ad lacp_rate fast xmit_hash_policy layer3+4'),
    peers: PEERS,
    steps: [
      linuxSays('Linux has both members in one aggregate with the box', 60, (text) => {
        const partner = /Partner Mac Address: (\S+)/.exec(text)?.[1];
        const ids = [...text.matchAll(/^Aggregator ID: (\d+)/gm)].map((match) => match[1]);
        const isOne = ids.length === 2 && ids[0] === ids[1];
        return isOne && partner !== undefined && partner !== '00:00:00:00:00:00' ? true : text;
      }),
      isTold(['xe0', 'xe1']),
      ...forwards,
      hasOneMac,
      daemonsReach,
      onWire('LACP of the box', 'xe0', 'ether proto 0x8809', /52:54:00:.*LACPv1/),
      onWire('LACP of the box', 'xe1', 'ether proto 0x8809', /52:54:00:.*LACPv1/),
      becomes('TCP carries 1 MiB', 120, transfers),
      pull('xe1'),
      isTold(['xe0']),
      ...forwards,
      reachesOn(5),
      plug('xe1'),
      isTold(['xe0', 'xe1']),
      pull('xe0'),
      isTold(['xe1']),
      ...forwards,
      plug('xe0'),
      isTold(['xe0', 'xe1']),
      ...killVpp(),
      ...forwards,
      isTold(['xe0', 'xe1']),
      hasOneMac,
    ],
  },
  {
    name: 'bond-active-backup',
    shows:
      'a bond of an active and a backup member with Linux’ own: the primary sends, the other one when its cable is pulled, and the primary again',
    seconds: 300,
    planes: ['vpp'],
    box: box('mode = active-backup\nprimary = xe0\n'),
    linux: linux('mode active-backup primary xe0'),
    peers: PEERS,
    steps: [
      ...forwards,
      hasOneMac,
      onWire(
        'the box sends on its primary member',
        'xe0',
        'vlan 100 and icmp',
        / 198\.51\.100\.2 > 10\.100\.0\.2: .*reply/,
      ),
      pull('xe0'),
      linuxSays('Linux sends on the other one', 20, (text) => holds(text, /Currently Active Slave: xe1/)),
      ...forwards,
      isTold(['xe1']),
      onWire(
        'the box sends on the other one',
        'xe1',
        'vlan 100 and icmp',
        / 198\.51\.100\.2 > 10\.100\.0\.2: .*reply/,
      ),
      reachesOn(5),
      plug('xe0'),
      linuxSays('Linux sends on its primary member again', 20, (text) =>
        holds(text, /Currently Active Slave: xe0/),
      ),
      ...forwards,
      isTold(['xe0', 'xe1']),
      ...killVpp(),
      ...forwards,
    ],
  },
  {
    name: 'bond-xor',
    shows: 'a static bond, one member for each flow, with Linux’ own: flows use both members',
    seconds: 200,
    planes: ['vpp'],
    box: box('mode = xor\nload-balance = l34\n'),
    linux: linux('mode balance-xor xmit_hash_policy layer3+4'),
    peers: PEERS,
    steps: [
      ...forwards,
      becomes('TCP carries 1 MiB', 120, transfers),
      act('32 flows are sent', (field) => field.peer('far').shell(FLOWS)),
      ...(['xe0', 'xe1'] as const).map((segment) =>
        onWire(
          'some of the flows',
          segment,
          'vlan 100 and udp dst portrange 6001-6032',
          / 198\.51\.100\.2\.\d+ > 10\.100\.0\.2/,
        ),
      ),
    ],
  },
];
