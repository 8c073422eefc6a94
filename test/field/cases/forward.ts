/** Packets of both families between two networks, on NICs of two models. */
import type { FieldCase, PeerPlan } from '../case.ts';
import { iperfServer } from '../daemons.ts';
import { becomes, ping, reaches } from '../steps.ts';

const PEERS: readonly PeerPlan[] = [
  {
    name: 'inside',
    links: [{ segment: 'xe0', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] }],
    routes: ['default via 192.0.2.1', 'default via 2001:db8:1::1'],
  },
  {
    name: 'outside',
    links: [{ segment: 'xe2', addresses: ['198.51.100.2/24', '2001:db8:2::2/64'] }],
    loopbacks: ['203.0.113.1/32', '2001:db8:203::1/128'],
    routes: ['default via 198.51.100.1', 'default via 2001:db8:2::1'],
    daemons: [iperfServer()],
  },
];

const MIB = 1 << 20;

function transfers(to: string, mib: number) {
  return becomes(`TCP carries ${mib} MiB to ${to}`, 60, async (field) => {
    const line = `iperf3 --client ${to} --bytes ${mib}M --json --connect-timeout 2000`;
    const { code, text } = await field.peer('inside').run(line, 50_000);
    if (code !== 0) return text.slice(0, 500);
    const { end } = JSON.parse(text) as { end: { sum_sent: { bytes: number } } };
    return end.sum_sent.bytes >= mib * MIB ? true : `${end.sum_sent.bytes} bytes were sent`;
  });
}

export const cases: readonly FieldCase[] = [
  {
    name: 'forward',
    shows: 'IPv4 and IPv6 between two networks, NICs of two models, and to static routes behind',
    always: true,
    seconds: 120,
    box: {
      addresses: {
        xe0: ['192.0.2.1/24', '2001:db8:1::1/64'],
        xe2: ['198.51.100.1/24', '2001:db8:2::1/64'],
      },
      ini: '[route]\n203.0.113.0/24 = 198.51.100.2\n2001:db8:203::/48 = 2001:db8:2::2\n',
    },
    peers: PEERS,
    steps: [
      reaches('inside', '192.0.2.1'),
      reaches('inside', '198.51.100.2'),
      reaches('inside', '2001:db8:2::2'),
      reaches('inside', '203.0.113.1'),
      reaches('inside', '2001:db8:203::1'),
      becomes('the hop limit is decremented', 5, async (field) => {
        const said = await ping(field, 'inside', '198.51.100.2', { ttl: 1 });
        return said !== true ? true : 'a packet with a hop limit of 1 was forwarded';
      }),
      transfers('203.0.113.1', 4),
      transfers('2001:db8:203::1', 4),
    ],
  },
];
