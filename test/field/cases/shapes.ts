/** Routes of all types and shapes that a daemon installs, and those of `[route]`, checked by the fate of packets. */
import { BIRD_BASE } from '../bird-config.ts';
import type { BoxPlan, FieldCase, PeerPlan, Step } from '../case.ts';
import { bird, frr } from '../daemons.ts';
import type { Field } from '../field.ts';
import { act, becomes, type Finding, losesSight, ping, reaches } from '../steps.ts';

const ADDRESSES = {
  xe0: ['192.0.2.1/24', '2001:db8:1::1/64'],
  xe1: ['198.51.100.1/24', '2001:db8:2::1/64'],
  xe2: ['203.0.113.1/24', '2001:db8:3::1/64'],
};

/**
 * `near` sends; `one` and `two` are behind different NICs, and everything of 10.60.0.0/14 and 2001:db8:60::/44 is
 * theirs.
 */
function peers(): PeerPlan[] {
  return [
    {
      name: 'near',
      links: [{ segment: 'xe0', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] }],
      routes: ['default via 192.0.2.1', 'default via 2001:db8:1::1'],
    },
    {
      name: 'one',
      links: [
        {
          segment: 'xe1',
          addresses: ['198.51.100.2/24', '2001:db8:2::2/64', 'fe80::2/64', '2001:db8:64::7/128'],
        },
      ],
      loopbacks: ['10.60.4.7/32', '10.60.14.7/32'],
      routes: [
        'default via 198.51.100.1',
        'default via 2001:db8:2::1',
        'local 10.60.0.0/14 dev lo',
        'local 2001:db8:60::/44 dev lo',
      ],
    },
    {
      name: 'two',
      links: [{ segment: 'xe2', addresses: ['203.0.113.2/24', '2001:db8:3::2/64'] }],
      routes: [
        'default via 203.0.113.1',
        'default via 2001:db8:3::1',
        'local 10.60.0.0/14 dev lo',
        'local 2001:db8:60::/44 dev lo',
      ],
    },
  ];
}

/** A ping answered by an ICMP error with its reason; VPP and Linux choose the same codes. */
function isRefused(to: string, words: RegExp): Step {
  return becomes(`packets to ${to} are answered with ${words.source}`, 15, async (field) => {
    const said = await ping(field, 'near', to);
    return said !== true && words.test(said) ? true : `ping says ${said === true ? 'it is answered' : said}`;
  });
}

/** No answer, and no error. */
function vanishes(to: string): Step {
  return becomes(`packets to ${to} vanish`, 15, async (field) => {
    const said = await ping(field, 'near', to);
    return said !== true && !/From /.test(said)
      ? true
      : `ping says ${said === true ? 'it is answered' : said}`;
  });
}

async function echoes(field: Field, peer: string, family: 4 | 6): Promise<number> {
  const path = family === 4 ? '/proc/net/snmp' : '/proc/net/snmp6';
  const { text } = await field.peer(peer).run(`cat ${path}`);
  if (family === 6) return Number(/^Icmp6InEchos\s+(\d+)/m.exec(text)?.[1]);
  const [names = '', values = ''] = text.split('\n').filter((line) => line.startsWith('Icmp:'));
  return Number(values.split(' ')[names.split(' ').indexOf('InEchos')]);
}

const FLOWS = 120;

/** How packets to many destinations of a network are shared between two peers. */
async function share(field: Field, network: string, family: 4 | 6): Promise<readonly [number, number]> {
  const before = [await echoes(field, 'one', family), await echoes(field, 'two', family)];
  const script = `for n in $(seq 1 ${FLOWS}); do ping -${family} -c 1 -W 2 ${network}$n >/dev/null & done; wait`;
  await field.peer('near').shell(script, 60_000);
  const after = [await echoes(field, 'one', family), await echoes(field, 'two', family)];
  return [(after[0] ?? 0) - (before[0] ?? 0), (after[1] ?? 0) - (before[1] ?? 0)];
}

function isShared(network: string, family: 4 | 6, low: number, high: number): Step {
  return becomes(`${network}* is shared, ${low} to ${high} of ${FLOWS} by the first`, 40, async (field) => {
    const [one, two] = await share(field, network, family);
    const isWhole = one + two >= FLOWS * 0.9;
    return isWhole && one >= low && one <= high ? true : `${one} arrived by the first, ${two} by the second`;
  });
}

const statics4 = (more: string): string => `protocol static s4 { ipv4;
route 10.60.1.0/24 prohibit;
route 10.60.2.0/24 unreachable;
route 10.60.3.0/24 blackhole;
route 10.60.4.7/32 via "xe1";
route 10.60.5.0/24 via 198.51.100.2 via 203.0.113.2;
route 10.60.6.0/24 via 198.51.100.2 weight 3 via 203.0.113.2 weight 1;
${more}
}
`;
const statics6 = (more: string): string => `protocol static s6 { ipv6;
route 2001:db8:61::/48 prohibit;
route 2001:db8:62::/48 unreachable;
route 2001:db8:63::/48 blackhole;
route 2001:db8:64::7/128 via "xe1";
route 2001:db8:65::/48 via 2001:db8:2::2 via 2001:db8:3::2;
${more}
}
`;

const config = (more4: string, more6: string) =>
  bird(`router id 192.0.2.1;\n${BIRD_BASE}${statics4(more4)}${statics6(more6)}`);
const FIRST = config(
  'route 10.60.7.0/24 via 198.51.100.2;\nroute 10.60.8.0/24 via 203.0.113.2;',
  'route 2001:db8:67::/48 via 2001:db8:2::2;',
);
/** The previous route turns into `prohibit`, then it is withdrawn. */
const SECOND = config(
  'route 10.60.7.0/24 prohibit;\nroute 10.60.8.0/24 via 203.0.113.2;',
  'route 2001:db8:67::/48 prohibit;',
);
const THIRD = config(
  'route 10.60.0.0/20 via 203.0.113.2;\nroute 10.60.8.0/24 via 203.0.113.2;',
  'route 2001:db8:67::/48 via 2001:db8:3::2;',
);

const box = (daemon: ReturnType<typeof bird>): BoxPlan => ({ addresses: ADDRESSES, daemons: [daemon] });

/** BIRD applies another configuration without a restart. */
function reconfigure(what: string, daemon: ReturnType<typeof bird>): Step {
  return act(what, async (field) => {
    await field.box.writeFiles(daemon);
    const said = await field.askBox('bird', 'configure');
    if (!/Reconfigur/.test(said)) throw new Error(said);
  });
}

async function followsTo(field: Field, to: string, peer: 'one' | 'two'): Promise<Finding> {
  const before = await echoes(field, peer, 4);
  const said = await ping(field, 'near', to);
  if (said !== true) return said;
  return (await echoes(field, peer, 4)) > before ? true : `it is not sent by ${peer}`;
}

/** The kernel sends the code 13 (RFC 1812, 5.2.7.1), VPP 10. */
const PROHIBITED = /Packet filtered|Destination Host Prohibited/;

export const cases: readonly FieldCase[] = [
  {
    name: 'shapes-bird',
    shows:
      'prohibit, unreachable, blackhole, attached, multipath over two NICs and weights from BIRD, and what turns into what',
    seconds: 240,
    box: box(FIRST),
    peers: peers(),
    steps: [
      reaches('near', '10.60.7.1', 30),
      reaches('near', '2001:db8:67::1'),
      isRefused('10.60.1.1', PROHIBITED),
      isRefused('10.60.2.1', /Destination (Host|Net) Unreachable/),
      vanishes('10.60.3.1'),
      reaches('near', '10.60.4.7'),
      isRefused('2001:db8:61::1', /Administratively prohibited/),
      isRefused('2001:db8:62::1', /unreachable: (No route|Address unreachable)/),
      vanishes('2001:db8:63::1'),
      reaches('near', '2001:db8:64::7'),
      isShared('10.60.5.', 4, FLOWS * 0.25, FLOWS * 0.75),
      isShared('10.60.6.', 4, FLOWS * 0.6, FLOWS * 0.92),
      isShared('2001:db8:65::', 6, FLOWS * 0.25, FLOWS * 0.75),
      reconfigure('10.60.7.0/24 and 2001:db8:67::/48 turn into prohibit', SECOND),
      isRefused('10.60.7.1', PROHIBITED),
      isRefused('2001:db8:67::1', /Administratively prohibited/),
      reconfigure('they are replaced by a shorter prefix', THIRD),
      becomes('packets follow the shorter prefix', 15, (field) => followsTo(field, '10.60.7.1', 'two')),
      reaches('near', '2001:db8:67::1'),
    ],
  },
  {
    name: 'shapes-frr',
    shows:
      'static routes of FRR: attached by an interface name, blackhole, reject, IPv4 by an IPv6 next hop, two interfaces',
    seconds: 150,
    box: {
      addresses: ADDRESSES,
      daemons: [
        frr({
          staticd: `ip route 10.60.4.7/32 xe1
ip route 10.60.3.0/24 blackhole
ip route 10.60.2.0/24 reject
ip route 10.60.5.0/24 198.51.100.2
ip route 10.60.5.0/24 203.0.113.2
ip route 10.60.7.0/24 198.51.100.2
ipv6 route 2001:db8:64::7/128 xe1
ipv6 route 2001:db8:67::/48 fe80::2 xe1
`,
        }),
      ],
    },
    peers: peers(),
    steps: [
      reaches('near', '10.60.7.1', 30),
      reaches('near', '10.60.4.7'),
      vanishes('10.60.3.1'),
      isRefused('10.60.2.1', /Destination (Host|Net) Unreachable/),
      isShared('10.60.5.', 4, FLOWS * 0.25, FLOWS * 0.75),
      reaches('near', '2001:db8:64::7'),
      reaches('near', '2001:db8:67::1'),
    ],
  },
  {
    name: 'shapes-person',
    shows: 'routes by iproute2: IPv4 by IPv6 (RFC 8950), onlink, next-hop objects and groups, metrics',
    seconds: 150,
    box: { addresses: ADDRESSES },
    peers: peers(),
    steps: [
      act('routes are installed', async (field) => {
        const script = [
          'ip route add 10.60.9.0/24 via inet6 fe80::2 dev xe1 proto bird',
          'ip route add 10.60.10.0/24 via 198.51.100.2 dev xe1 onlink proto bird',
          'ip nexthop add id 901 via 198.51.100.2 dev xe1',
          'ip nexthop add id 902 via 203.0.113.2 dev xe2',
          'ip nexthop add id 903 group 901/902',
          'ip route add 10.60.11.0/24 nhid 901 proto bird',
          'ip route add 10.60.12.0/24 nhid 903 proto bird',
          'ip route add 10.60.13.0/24 via 198.51.100.2 metric 50 proto bird',
          'ip route add 10.60.13.0/24 via 203.0.113.2 metric 20 proto bird',
          'ip route add 10.60.14.7 dev xe1 proto bird',
        ].join(' && ');
        const { code, text } = await field.box.inside(script);
        if (code !== 0) throw new Error(text);
      }),
      reaches('near', '10.60.9.1'),
      reaches('near', '10.60.10.1'),
      reaches('near', '10.60.11.1'),
      isShared('10.60.12.', 4, FLOWS * 0.25, FLOWS * 0.75),
      becomes('the lower of two metrics wins', 10, (field) => followsTo(field, '10.60.13.1', 'two')),
      reaches('near', '10.60.14.7'),
      act('the better one is removed', (field) => field.box.inside('ip route del 10.60.13.0/24 metric 20')),
      becomes('the other one takes over', 10, (field) => followsTo(field, '10.60.13.1', 'one')),
      act('they are removed', (field) =>
        field.box.inside('ip route flush proto bird; ip nexthop flush; true'),
      ),
      losesSight('near', '10.60.9.1'),
      losesSight('near', '10.60.12.1'),
    ],
  },
  {
    name: 'shapes-config',
    shows: 'the same shapes from [route]: attached, IPv4 by IPv6, weights, unreachable, blackhole',
    seconds: 120,
    box: {
      addresses: ADDRESSES,
      ini: `[route]
10.60.4.7/32 = %xe1
10.60.9.0/24 = fe80::2%xe1
10.60.6.0/24 = 198.51.100.2@3, 203.0.113.2@1
10.60.2.0/24 = unreachable
10.60.3.0/24 = blackhole
2001:db8:64::7/128 = %xe1
`,
    },
    peers: peers(),
    steps: [
      reaches('near', '10.60.4.7'),
      reaches('near', '10.60.9.1'),
      isShared('10.60.6.', 4, FLOWS * 0.6, FLOWS * 0.92),
      isRefused('10.60.2.1', /Destination (Host|Net) Unreachable/),
      vanishes('10.60.3.1'),
      reaches('near', '2001:db8:64::7'),
    ],
  },
];
