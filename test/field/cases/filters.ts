/** Filters: what passes them, and their replacement while packets pass. */
import type { FieldCase, PeerPlan, Step } from '../case.ts';
import { packetCounter, type PacketCount, Packets } from '../count-packets.ts';
import { iperfServer } from '../daemons.ts';
import type { Field } from '../field.ts';
import { killVpp } from '../kill-vpp.ts';
import { act, becomes, type Finding, losesSight, onWire, ping, reaches } from '../steps.ts';

/** TCP from one to another; the server's port is 5201 unless another is given. */
const connects = (from: string, to: string, withinS = 30): Step =>
  becomes(`${from} has a TCP connection to ${to}`, withinS, async (field) => {
    const line = `iperf3 --client ${to} --bytes 128K --connect-timeout 2000`;
    const { code, text } = await field.peer(from).run(line, 20_000);
    return code === 0 ? true : text.slice(-300);
  });

const HOSTS: readonly PeerPlan[] = [
  {
    name: 'inside',
    links: [{ segment: 'xe0', addresses: ['192.0.2.2/24'], mac: '02:00:00:00:00:02' }],
    routes: ['default via 192.0.2.1'],
    daemons: [iperfServer()],
  },
  {
    name: 'liar',
    links: [{ segment: 'xe0', addresses: ['192.0.2.3/24'], mac: '02:00:00:00:00:03' }],
    routes: ['default via 192.0.2.1'],
  },
  {
    name: 'outside',
    links: [{ segment: 'xe1', addresses: ['198.51.100.2/24'] }],
    routes: ['default via 198.51.100.1'],
    daemons: [iperfServer()],
  },
  {
    name: 'customer',
    links: [{ segment: 'xe2', addresses: ['203.0.113.2/24'] }],
    loopbacks: ['198.51.100.77/32'],
    routes: ['default via 203.0.113.1'],
  },
];

const JUDGED: readonly Step[] = [
  reaches('inside', '198.51.100.2', 60),
  connects('inside', '198.51.100.2'),
  // The one port that is open from outside; not a ping, and not a second one.
  connects('outside', '192.0.2.2'),
  losesSight('outside', '192.0.2.2', 5),
  reaches('outside', '198.51.100.1'),
  // Its MAC address is not on the list.
  losesSight('liar', '192.0.2.1', 5),
  reaches('customer', '198.51.100.2'),
];

/** A source that is not behind the interface. */
const spoofs = act('the customer sends from an address of another network', async (field) => {
  for (let count = 0; count < 3; count += 1) {
    await ping(field, 'customer', '192.0.2.2', { from: '198.51.100.77' });
  }
});
const SPOOFED = 'icmp and src host 198.51.100.77';

const PERMITTED = 7001;
const DENIED = 7002;
/** Permitted by one of the two only: shows that they were exchanged. */
const CHANGING = 7003;
const PORTS = [PERMITTED, DENIED, CHANGING];
/** A second to each port. */
const RATE = 200;
const LEAST_PACKETS = 500;

const REPLACEMENTS = 10;
const FIRST = `10 = permit udp to any port ${PERMITTED}
20 = deny udp to any port ${DENIED}
30 = permit any
`;
/** Longer, and with every rule at another place. */
const SECOND = `${Array.from({ length: 60 }, (_, n) => `${n + 1} = deny tcp from 10.${n}.0.0/16 to any port ${n + 1}\n`).join('')}100 = deny udp to any port ${DENIED}-${CHANGING}
110 = permit udp to any port 6000-${PERMITTED}
120 = permit icmp
130 = deny any
`;

const packets = new Packets('near', 'far', PORTS);

function judge(field: Field): Finding {
  const counts = packets.counts(field);
  const of = (port: number): PacketCount => counts.get(port) ?? { sent: 0, arrived: 0 };
  const { sent, arrived } = of(PERMITTED);
  const changing = of(CHANGING);
  const isRight =
    sent >= LEAST_PACKETS &&
    arrived === sent &&
    of(DENIED).arrived === 0 &&
    changing.arrived > 0 &&
    changing.arrived < changing.sent;
  return isRight ? true : JSON.stringify([...counts]);
}

/** Exchanges the filters again and again. */
const replaces = act(`the filter is replaced ${REPLACEMENTS} times`, async (field: Field) => {
  for (let count = 0; count < REPLACEMENTS; count += 1) {
    const rules = count % 2 === 0 ? SECOND : FIRST;
    await field.change({ ini: `[acl.flow]\n${rules}` });
  }
});

export const cases: readonly FieldCase[] = [
  {
    name: 'filter',
    shows:
      'stateful filters, a MAC filter and uRPF: what answers passes, one port is open from outside, what comes unasked, from a foreign MAC address or a foreign source does not pass; a kill of VPP changes nothing',
    seconds: 300,
    planes: ['vpp'],
    box: {
      addresses: { xe0: ['192.0.2.1/24'], xe1: ['198.51.100.1/24'], xe2: ['203.0.113.1/24'] },
      keys: {
        xe0: 'macip = hosts',
        xe1: 'acl-in = from-outside\nacl-out = to-outside',
        xe2: 'urpf = strict',
      },
      ini: `[acl.from-outside]
10 = permit tcp to 192.0.2.2 port 5201 stateful
20 = permit icmp to 198.51.100.1
[acl.to-outside]
10 = permit any stateful
[macip.hosts]
10 = permit 02:00:00:00:00:02 192.0.2.2
`,
    },
    peers: HOSTS,
    steps: [
      ...JUDGED,
      spoofs,
      onWire(
        'packets from a foreign source before the box',
        'xe2',
        SPOOFED,
        / 198\.51\.100\.77 > 192\.0\.2\.2/,
      ),
      becomes('none of them behind it', 5, async ({ wires }) => {
        const text = await wires.captured('xe0', SPOOFED);
        return text.includes('198.51.100.77 >') ? text : true;
      }),
      ...killVpp(),
      ...JUDGED,
      act('the source is no longer checked', (field) =>
        field.changeIni((ini) => ini.replace('urpf = strict\n', '')),
      ),
      spoofs,
      onWire(
        'packets from a foreign source behind the box',
        'xe0',
        SPOOFED,
        / 198\.51\.100\.77 > 192\.0\.2\.2/,
      ),
    ],
  },
  {
    name: 'filter-replaced',
    shows: `${REPLACEMENTS} replacements of a filter under a flood: no packet that both permit is lost, none that both deny arrives`,
    seconds: 240,
    planes: ['vpp'],
    box: {
      addresses: { xe0: ['192.0.2.1/24'], xe1: ['198.51.100.1/24'] },
      keys: { xe0: 'acl-in = flow' },
      ini: `[acl.flow]\n${FIRST}`,
    },
    peers: [
      {
        name: 'near',
        links: [{ segment: 'xe0', addresses: ['192.0.2.2/24'] }],
        routes: ['default via 192.0.2.1'],
      },
      {
        name: 'far',
        links: [{ segment: 'xe1', addresses: ['198.51.100.2/24'] }],
        routes: ['default via 198.51.100.1'],
        daemons: [packetCounter(PORTS)],
      },
    ],
    steps: [
      // Next hops are resolved before packets are counted.
      reaches('near', '198.51.100.2'),
      becomes('packets are counted', 10, (field) => (packets.isCounted(field) ? true : 'not yet')),
      act(`${RATE} packets a second to each port begin`, (field) =>
        packets.begin(field, '198.51.100.2', RATE),
      ),
      replaces,
      act('packets end', () => packets.end()),
      becomes('of what both filters permit all packets have arrived, of what both deny none', 30, judge),
    ],
  },
];
