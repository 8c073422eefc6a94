/** Manual changes of the interfaces in the namespace of the TAPs: addresses, links, proxies. */
import type { FieldCase, PeerPlan } from '../case.ts';
import { act, becomes, losesSight, reaches } from '../steps.ts';

const ADDRESSES = { xe0: ['192.0.2.1/24', '2001:db8:1::1/64'], xe1: ['198.51.100.1/24', '2001:db8:2::1/64'] };
const PEERS: readonly PeerPlan[] = [
  {
    name: 'near',
    links: [{ segment: 'xe0', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] }],
    routes: ['default via 192.0.2.1', 'default via 2001:db8:1::1'],
  },
  {
    name: 'far',
    links: [{ segment: 'xe1', addresses: ['198.51.100.2/24', '2001:db8:2::2/64'] }],
    loopbacks: ['10.70.0.1/32'],
    routes: ['default via 198.51.100.1', 'default via 2001:db8:2::1'],
  },
];
const ip = (line: string) =>
  act(`ip ${line}`, async (field) => {
    const { code, text } = await field.box.inside(`ip ${line}`);
    if (code !== 0) throw new Error(text);
  });

const proxyArp = (value: 0 | 1) =>
  act(`net.ipv4.conf.xe0.proxy_arp = ${value}`, (field) =>
    field.box.inside(`echo ${value} >/proc/sys/net/ipv4/conf/xe0/proxy_arp`),
  );

export const cases: readonly FieldCase[] = [
  {
    name: 'vip',
    shows:
      'an address added to an interface by hand answers within a second, and stops when removed; configured ones stay',
    always: true,
    seconds: 90,
    box: { addresses: ADDRESSES },
    peers: PEERS,
    steps: [
      reaches('near', '198.51.100.2'),
      ip('address add 192.0.2.50/24 dev xe0'),
      reaches('near', '192.0.2.50', 1),
      ip('address add 2001:db8:1::50/64 dev xe0 nodad'),
      reaches('near', '2001:db8:1::50', 1),
      ip('address add 10.70.9.1/24 dev xe0'),
      reaches('near', '10.70.9.1', 1),
      ip('address del 192.0.2.50/24 dev xe0'),
      losesSight('near', '192.0.2.50', 2),
      ip('address del 2001:db8:1::50/64 dev xe0'),
      losesSight('near', '2001:db8:1::50', 2),
      ip('address del 10.70.9.1/24 dev xe0'),
      losesSight('near', '10.70.9.1', 2),
      reaches('near', '192.0.2.1', 5),
      reaches('near', '2001:db8:2::2', 5),
    ],
  },
  {
    name: 'link-down',
    shows: 'a link that is set down by hand forwards nothing, and everything again when it is set up',
    seconds: 90,
    box: { addresses: ADDRESSES, ini: '[route]\n10.70.0.0/24 = 198.51.100.2\n' },
    peers: PEERS,
    steps: [
      reaches('near', '10.70.0.1'),
      ip('link set xe1 down'),
      losesSight('near', '198.51.100.2', 5),
      losesSight('near', '10.70.0.1', 5),
      ip('link set xe1 up'),
      reaches('near', '198.51.100.2', 10),
      reaches('near', '2001:db8:2::2', 10),
      reaches('near', '10.70.0.1', 20),
    ],
  },
  {
    name: 'proxy-arp',
    shows:
      'with proxy_arp of an interface the box answers ARP for addresses behind others, and not without it',
    seconds: 60,
    box: { addresses: ADDRESSES, ini: '[route]\n192.0.2.77/32 = 198.51.100.2\n' },
    peers: PEERS,
    steps: [
      reaches('near', '198.51.100.2'),
      proxyArp(1),
      becomes('the box answers for 192.0.2.77', 5, async (field) => {
        const { text } = await field.peer('near').run('arping -f -c 1 -w 1 -I xe0 192.0.2.77');
        return /reply from 192\.0\.2\.77 \[52:54:00:00:00:02\]/.test(text) ? true : text;
      }),
      proxyArp(0),
      becomes('it is no longer answered', 5, async (field) => {
        const { text } = await field.peer('near').run('arping -f -c 1 -w 1 -I xe0 192.0.2.77');
        return /reply from/.test(text) ? text : true;
      }),
    ],
  },
];
