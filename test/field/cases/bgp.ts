/** BGP: routes of both families over one session over IPv4, also after a start of the box. */
import { BIRD_BASE } from '../bird-config.ts';
import type { FieldCase, PeerPlan, Step } from '../case.ts';
import { bird } from '../daemons.ts';
import type { Field } from '../field.ts';
import { act, becomes, type Finding, reaches } from '../steps.ts';

const COUNT = 200;
const V4 = Array.from({ length: COUNT }, (_, n) => `10.50.${n}.0/24`);
const V6 = Array.from({ length: COUNT }, (_, n) => `2001:db8:5000:${(n + 1).toString(16)}::/64`);

/** A session over IPv4 that carries both families; the IPv6 next hop is the announcer's own, on the link. */
function session(
  own: string,
  ownAs: number,
  other: string,
  otherAs: number,
  more4: string,
  more6: string,
): string {
  return `protocol bgp to${otherAs} { local ${own} as ${ownAs}; neighbor ${other} as ${otherAs};
  connect delay time 1; connect retry time 2; error wait time 1, 4; hold time 9;
  ipv4 { ${more4} }; ipv6 { ${more6} }; }
`;
}

const statics = (): string => `protocol static s4 { ipv4;
${V4.map((prefix) => `route ${prefix} blackhole;`).join('\n')}
}
protocol static s6 { ipv6;
${V6.map((prefix) => `route ${prefix} blackhole;`).join('\n')}
}
`;

const FAR = `router id 10.50.0.1;
log stderr all;
protocol device { scan time 1; }
protocol direct { ipv4; ipv6; }
${statics()}${session(
  '198.51.100.2',
  65002,
  '198.51.100.1',
  65001,
  'import all; export where source = RTS_STATIC; next hop self;',
  'import all; export where source = RTS_STATIC; next hop address 2001:db8:2::2;',
)}`;

const BOX_BIRD = `router id 192.0.2.1;
${BIRD_BASE}protocol direct { ipv4; ipv6; }
${session('198.51.100.1', 65001, '198.51.100.2', 65002, 'import all; export none;', 'import all; export none;')}`;

const PEERS: readonly PeerPlan[] = [
  {
    name: 'near',
    links: [{ segment: 'xe0', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] }],
    routes: ['default via 192.0.2.1', 'default via 2001:db8:1::1'],
  },
  {
    name: 'far',
    links: [{ segment: 'xe1', addresses: ['198.51.100.2/24', '2001:db8:2::2/64'] }],
    loopbacks: ['10.50.7.1/32', '2001:db8:5000:8::1/128'],
    routes: ['default via 198.51.100.1', 'default via 2001:db8:2::1'],
    daemons: [bird(FAR)],
  },
];

/** Every route of the peer is in the forwarding FIB. */
export async function allForward(field: Field): Promise<Finding> {
  const path = field.box.plane.kind === 'vpp' ? '/fib/vpp' : undefined;
  if (path === undefined) return allInKernel(field);
  const text = (await field.box.get(path)) ?? '[]';
  const has = new Set((JSON.parse(text) as { prefix: string }[]).map(({ prefix }) => prefix));
  return missingOf(has);
}

async function allInKernel(field: Field): Promise<Finding> {
  const { text } = await field.box.inside('ip route; ip -6 route', 60_000);
  return missingOf(new Set(text.split('\n').map((line) => line.split(' ')[0] ?? '')));
}

function missingOf(has: ReadonlySet<string>): Finding {
  const missing = (all: readonly string[]): number => all.filter((prefix) => !has.has(prefix)).length;
  const [missing4, missing6] = [missing(V4), missing(V6)];
  return missing4 + missing6 === 0
    ? true
    : `missing: ${missing4} of ${COUNT} IPv4 and ${missing6} of ${COUNT} IPv6 routes`;
}

const ARRIVED: readonly Step[] = [
  becomes('all routes of both families forward', 60, allForward),
  reaches('near', '10.50.7.1'),
  reaches('near', '2001:db8:5000:8::1'),
];

/** The link-local address of the box's NIC on xe1, from its MAC (RFC 4291, appendix A). */
const BOX_LINK_LOCAL = 'fe80::5054:ff:fe00:3';

const unnumbered = (own: string, ownAs: number, other: string, otherAs: number, channel: string): string =>
  `protocol bgp { local ${own} as ${ownAs}; neighbor ${other}%xe1 as ${otherAs};
  connect delay time 1; connect retry time 2; error wait time 1, 4; hold time 9;
  ipv4 { ${channel} extended next hop on; }; ipv6 { ${channel} }; }
`;

const UNNUMBERED: FieldCase = {
  name: 'bgp-unnumbered',
  shows: 'BGP between link-local addresses: IPv4 routes with IPv6 next hops (RFC 8950) forward',
  seconds: 120,
  box: {
    addresses: { xe0: ['192.0.2.1/24', '2001:db8:1::1/64'] },
    daemons: [
      bird(
        `router id 192.0.2.1;\n${BIRD_BASE}${unnumbered(BOX_LINK_LOCAL, 65001, 'fe80::2', 65002, 'import all; export none;')}`,
      ),
    ],
  },
  peers: [
    {
      name: 'near',
      links: [{ segment: 'xe0', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] }],
      routes: ['default via 192.0.2.1', 'default via 2001:db8:1::1'],
    },
    {
      name: 'far',
      links: [{ segment: 'xe1', addresses: ['fe80::2/64'] }],
      loopbacks: ['10.66.0.1/32', '2001:db8:66::1/128'],
      routes: [`default via inet6 ${BOX_LINK_LOCAL} dev xe1`, `default via ${BOX_LINK_LOCAL} dev xe1`],
      daemons: [
        bird(`router id 10.66.0.1;
log stderr all;
protocol device { scan time 1; }
protocol static { ipv4; route 10.66.0.0/24 blackhole; }
protocol static { ipv6; route 2001:db8:66::/48 blackhole; }
${unnumbered('fe80::2', 65002, BOX_LINK_LOCAL, 65001, 'import none; export where source = RTS_STATIC; next hop self;')}`),
      ],
    },
  ],
  steps: [reaches('near', '10.66.0.1', 40), reaches('near', '2001:db8:66::1')],
};

export const cases: readonly FieldCase[] = [
  UNNUMBERED,
  {
    name: 'bgp',
    shows: `${COUNT} IPv4 and ${COUNT} IPv6 routes over one BGP session over IPv4, and again after the peer was away`,
    always: true,
    seconds: 180,
    box: {
      addresses: { xe0: ['192.0.2.1/24', '2001:db8:1::1/64'], xe1: ['198.51.100.1/24', '2001:db8:2::1/64'] },
      daemons: [bird(BOX_BIRD)],
    },
    peers: PEERS,
    steps: [
      ...ARRIVED,
      act('the peer ends', (field) => field.peer('far').endDaemon('bird', 'SIGKILL')),
      becomes('its routes are withdrawn', 30, async (field) => {
        const seen = await allForward(field);
        const gone = `missing: ${COUNT} of ${COUNT} IPv4 and ${COUNT} of ${COUNT} IPv6 routes`;
        if (seen === gone) return true;
        return seen === true ? 'all routes are present' : seen;
      }),
      act('the peer restarts', (field) => field.peer('far').startDaemons()),
      ...ARRIVED,
    ],
  },
  {
    name: 'bgp-restart',
    shows: 'after a start of the box every route of both families is restored, also IPv6 ones over IPv4',
    seconds: 420,
    box: {
      addresses: { xe0: ['192.0.2.1/24', '2001:db8:1::1/64'], xe1: ['198.51.100.1/24', '2001:db8:2::1/64'] },
      daemons: [bird(BOX_BIRD)],
    },
    peers: PEERS,
    steps: [...ARRIVED, act('the box is powered off and on', (field) => field.powerCycle()), ...ARRIVED],
  },
];
