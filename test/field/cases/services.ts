/** Daemons on the box that serve hosts: by broadcast, by multicast. */
import type { FieldCase } from '../case.ts';
import { dnsmasq, radvd } from '../daemons.ts';
import { becomes } from '../steps.ts';

export const cases: readonly FieldCase[] = [
  {
    name: 'dhcp',
    shows: 'a DHCP server on the box receives packets to 255.255.255.255 and grants a lease',
    seconds: 60,
    box: {
      addresses: { xe0: ['192.0.2.1/24'] },
      daemons: [
        dnsmasq(`port=0
interface=xe0
bind-interfaces
dhcp-range=192.0.2.100,192.0.2.150,255.255.255.0,1h
dhcp-authoritative
no-ping
`),
      ],
    },
    peers: [{ name: 'host', links: [{ segment: 'xe0' }] }],
    steps: [
      becomes('a host gets a lease', 40, async (field) => {
        const line = 'busybox udhcpc -i xe0 -f -q -n -t 4 -T 1 -s /bin/true';
        const { text } = await field.peer('host').run(line);
        return /lease of 192\.0\.2\.1\d\d obtained/.test(text) ? true : text;
      }),
    ],
  },
  {
    name: 'radvd',
    shows: 'a router advertisement daemon on the box receives solicitations, and its advertisements arrive',
    seconds: 60,
    box: {
      addresses: { xe0: ['2001:db8:1::1/64'] },
      daemons: [
        radvd(`interface xe0 {
  AdvSendAdvert on; MinRtrAdvInterval 200; MaxRtrAdvInterval 600;
  prefix 2001:db8:1::/64 { AdvOnLink on; AdvAutonomous on; };
};
`),
      ],
    },
    peers: [{ name: 'host', links: [{ segment: 'xe0' }] }],
    steps: [
      becomes('a soliciting host gets the prefix', 40, async (field) => {
        const { text } = await field.peer('host').run('rdisc6 -1 -r 1 -w 2000 xe0');
        return /Prefix\s+: 2001:db8:1::\/64/.test(text) ? true : text;
      }),
    ],
  },
];
