/** Neighbours: a gateway that is replaced silently, and many nonexistent hosts. */
import type { FieldCase, PeerPlan } from '../case.ts';
import { act, becomes, ping, reaches } from '../steps.ts';

const PEERS: readonly PeerPlan[] = [
  {
    name: 'near',
    links: [{ segment: 'xe0', addresses: ['10.90.0.2/16', '2001:db8:1::2/64'] }],
    routes: ['default via 10.90.0.1', 'default via 2001:db8:1::1'],
  },
  {
    name: 'far',
    links: [
      { segment: 'xe1', addresses: ['198.51.100.22/24', '2001:db8:2::22/64'], mac: '02:00:00:00:00:0a' },
    ],
    loopbacks: ['10.91.0.1/32', '2001:db8:91::1/128'],
    routes: ['default via 198.51.100.1', 'default via 2001:db8:2::1'],
  },
];
const BOX = {
  addresses: { xe0: ['10.90.0.1/16', '2001:db8:1::1/64'], xe1: ['198.51.100.1/24', '2001:db8:2::1/64'] },
  ini: '[route]\n10.91.0.0/24 = 198.51.100.22\n2001:db8:91::/48 = 2001:db8:2::22\n',
};

export const cases: readonly FieldCase[] = [
  {
    name: 'neighbour-replaced',
    shows:
      'a gateway that is replaced by another one with its addresses, without an announcement, forwards within a minute',
    seconds: 200,
    box: BOX,
    peers: PEERS,
    steps: [
      reaches('near', '10.91.0.1'),
      reaches('near', '2001:db8:91::1'),
      act('the gateway gets another MAC, without an announcement', async (field) => {
        const far = field.peer('far').namespace;
        for (const scope of ['all', 'default', 'xe1']) {
          far.sysctl(`ipv4.conf.${scope}.arp_notify`, 0);
          far.sysctl(`ipv6.conf.${scope}.ndisc_notify`, 0);
          far.sysctl(`ipv6.conf.${scope}.router_solicitations`, 0);
          far.sysctl(`ipv6.conf.${scope}.keep_addr_on_down`, 1);
        }
        far.ip('link set xe1 down');
        far.ip('link set xe1 address 02:00:00:00:00:0b');
        far.ip('link set xe1 up');
        for (const [to, via] of [
          ['default', '198.51.100.1'],
          ['default', '2001:db8:2::1'],
        ] as const) {
          far.ip(`${via.includes(':') ? '-6 ' : ''}route replace ${to} via ${via} dev xe1`);
        }
      }),
      becomes('packets arrive again', 65, (field) => ping(field, 'near', '10.91.0.1')),
      becomes('packets of IPv6 arrive too', 65, (field) => ping(field, 'near', '2001:db8:91::1')),
    ],
  },
  {
    name: 'neighbours-spoofed',
    shows: '60,000 spoofed neighbours do not keep others from being reached or learnt',
    seconds: 300,
    long: true,
    spoils: true,
    box: BOX,
    peers: [
      ...PEERS,
      {
        name: 'new',
        links: [{ segment: 'xe0', addresses: ['10.90.0.3/16', '2001:db8:1::3/64'] }],
        routes: ['default via 10.90.0.1'],
      },
      { name: 'liar', links: [{ segment: 'xe0', addresses: ['10.90.0.4/16'] }] },
    ],
    steps: [
      reaches('near', '10.91.0.1'),
      act('60,000 nonexistent hosts send ARP requests for the box', async (field) => {
        const { code, text } = await field
          .peer('liar')
          .run(`python3 ${import.meta.dirname}/../spoof-neighbours.py xe0 10.90 10.90.0.1 60000`, 200_000);
        if (code !== 0) throw new Error(text);
      }),
      reaches('near', '10.91.0.1', 10),
      reaches('near', '198.51.100.22', 10),
      reaches('new', '10.91.0.1', 20),
    ],
  },
];
