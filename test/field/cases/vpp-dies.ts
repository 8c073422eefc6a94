/** VPP exits, is killed, or cannot be kept running: the effects on daemons and packets. Only with a real VPP. */
import { setTimeout as sleep } from 'node:timers/promises';
import { announced6, BIRD_BASE, birdOspf } from '../bird-config.ts';
import type { BoxPlan, FieldCase, PeerPlan, Step } from '../case.ts';
import { bird, frr } from '../daemons.ts';
import type { Field } from '../field.ts';
import { act, becomes, type Finding, ping, reaches } from '../steps.ts';
import { killVpp } from '../kill-vpp.ts';

const ROUTES = 1_000;
const V4 = Array.from({ length: ROUTES * 0.6 }, (_, n) => `10.${100 + (n >> 8)}.${n & 255}.0/24`);
const V6 = Array.from({ length: ROUTES * 0.4 }, (_, n) => `2001:db8:${(0x6000 + n).toString(16)}::/48`);
const ADDRESSES = { xe0: ['192.0.2.1/24', '2001:db8:1::1/64'], xe1: ['198.51.100.1/24', '2001:db8:2::1/64'] };

const PEERS: readonly PeerPlan[] = [
  {
    name: 'near',
    links: [{ segment: 'xe0', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] }],
    loopbacks: ['10.11.0.1/32', '2001:db8:11::1/128'],
    routes: ['default via 192.0.2.1', 'default via 2001:db8:1::1'],
    forwards: true,
    daemons: [
      bird(
        `router id 10.11.0.1;\n${BIRD_BASE}${announced6('2001:db8:11::1/128')}${birdOspf(['xe0'], ['lo'])}`,
      ),
    ],
  },
  {
    name: 'far',
    links: [{ segment: 'xe1', addresses: ['198.51.100.2/24', '2001:db8:2::2/64'] }],
    loopbacks: ['10.100.7.1/32', '2001:db8:6008::1/128'],
    routes: ['default via 198.51.100.1', 'default via 2001:db8:2::1'],
    daemons: [
      bird(`router id 198.51.100.2;
log stderr all;
protocol device { scan time 1; }
protocol direct { ipv4; ipv6; }
protocol static s4 { ipv4;
${V4.map((prefix) => `route ${prefix} blackhole;`).join('\n')}
}
protocol static s6 { ipv6;
${V6.map((prefix) => `route ${prefix} blackhole;`).join('\n')}
}
protocol bgp { local 198.51.100.2 as 65002; neighbor 198.51.100.1 as 65001;
  connect delay time 1; connect retry time 2; error wait time 1, 2; hold time 30;
  ipv4 { import all; export where source = RTS_STATIC; next hop self; };
  ipv6 { import all; export where source = RTS_STATIC; next hop address 2001:db8:2::2; };
}
`),
    ],
  },
];

const BIRD_BOX: BoxPlan = {
  addresses: ADDRESSES,
  daemons: [
    bird(`router id 192.0.2.1;
${BIRD_BASE}protocol direct { ipv4; ipv6; }
${birdOspf(['xe0'], ['xe1'])}protocol bgp { local 198.51.100.1 as 65001; neighbor 198.51.100.2 as 65002;
  connect delay time 1; connect retry time 2; error wait time 1, 2; hold time 30;
  ipv4 { import all; export none; }; ipv6 { import all; export none; };
}
`),
  ],
};

const FRR_BOX: BoxPlan = {
  addresses: ADDRESSES,
  daemons: [
    frr({
      bgpd: `router bgp 65001
 bgp router-id 192.0.2.1
 no bgp ebgp-requires-policy
 timers bgp 3 30
 neighbor 198.51.100.2 remote-as 65002
 neighbor 198.51.100.2 timers connect 2
 address-family ipv6 unicast
  neighbor 198.51.100.2 activate
 exit-address-family
`,
    }),
  ],
};

async function inVpp(field: Field): Promise<ReadonlySet<string> | undefined> {
  const text = await field.box.get('/fib/vpp');
  if (text === undefined) return undefined;
  return new Set((JSON.parse(text) as { prefix: string }[]).map(({ prefix }) => prefix));
}

async function inKernel(field: Field): Promise<ReadonlySet<string>> {
  const { text } = await field.box.inside('ip route show table all; ip -6 route show table all', 60_000);
  return new Set(text.split('\n').map((line) => line.split(' ')[0] ?? ''));
}

function compare(what: string, has: ReadonlySet<string> | undefined): Finding {
  if (has === undefined) return `${what} is not available`;
  const missing = [V4, V6].map((all) => all.filter((prefix) => !has.has(prefix)).length);
  return missing.every((count) => count === 0)
    ? true
    : `${what} lacks ${missing[0]} of ${V4.length} IPv4 and ${missing[1]} of ${V6.length} IPv6 routes`;
}

/** /fib/vpp, VPP itself, the kernel's table: all routes are in each. */
async function agree(field: Field): Promise<Finding> {
  const told = compare('/fib/vpp', await inVpp(field));
  if (told !== true) return told;
  const own: string[] = [];
  for (const command of ['show ip fib summary', 'show ip6 fib summary']) {
    own.push(await field.box.vppctl(command));
  }
  const counted = [/^\s+24\s+(\d+)/m.exec(own[0] ?? '')?.[1], /^\s+48\s+(\d+)/m.exec(own[1] ?? '')?.[1]].map(
    Number,
  );
  // Networks of interfaces have the lengths of 24 and 64.
  if ((counted[0] ?? 0) < V4.length || (counted[1] ?? 0) < V6.length) {
    return `VPP itself has ${counted[0]} prefixes of length 24 and ${counted[1]} of length 48`;
  }
  return compare('the kernel', await inKernel(field));
}

async function daemonAgrees(field: Field, name: 'bird' | 'frr'): Promise<Finding> {
  if (name === 'bird') {
    const text = await field.askBox('bird', 'show route count');
    const known =
      /(\d+) of \d+ routes for \d+ networks in table master4[^]*?(\d+) of \d+ routes for \d+ networks in table master6/.exec(
        text,
      );
    return Number(known?.[1]) >= V4.length && Number(known?.[2]) >= V6.length ? true : text;
  }
  const text = `${await field.askBox('frr', 'show ip route')}\n${await field.askBox('frr', 'show ipv6 route')}`;
  // FRR's mark of a route that it believes to be in the kernel.
  const has = new Set([...text.matchAll(/^B>\* (\S+)/gm)].map((match) => match[1] ?? ''));
  return compare('show ip route', has);
}

const kill = killVpp();

const all = (withinS: number, name: 'bird' | 'frr', reachedS = 10): readonly Step[] => [
  becomes('/fib/vpp, VPP itself and the kernel have all routes', withinS, agree),
  becomes('the daemon has all routes', 30, (field) => daemonAgrees(field, name)),
  reaches('near', '10.100.7.1', reachedS, { from: '10.11.0.1' }),
  reaches('near', '2001:db8:6008::1', reachedS, { from: '2001:db8:11::1' }),
];

const staticPeers: readonly PeerPlan[] = PEERS.map((peer) =>
  peer.name === 'near' ? { ...peer, daemons: [] } : peer,
);
const reachAll = (withinS: number): readonly Step[] => [
  becomes('/fib/vpp, VPP itself and the kernel have all routes', withinS, agree),
  becomes('the daemon has all routes', 30, (field) => daemonAgrees(field, 'frr')),
  reaches('near', '10.100.7.1', 10),
  reaches('near', '2001:db8:6008::1', 10),
];

function kills(name: string, count: number, seconds: number): FieldCase {
  return {
    name,
    shows: `${count} kills of VPP under BGP and OSPF with ${ROUTES} routes: /fib/vpp, VPP, the kernel and BIRD agree each time`,
    planes: ['vpp'],
    seconds,
    box: BIRD_BOX,
    peers: PEERS,
    steps: [
      // OSPF comes up for the first time.
      ...all(60, 'bird', 60),
      ...Array.from({ length: count }, () => [...kill, ...all(60, 'bird'), life]).flat(),
    ],
  };
}

/** Long enough to count as stable. */
const life = act('VPP runs for a while', () => sleep(6_000));

const isFallback = async (field: Field): Promise<Finding> => {
  const status = await field.box.status();
  const state = status?.vpp.process.state;
  return state === 'looping' ? true : `VPP is ${state}`;
};

async function bgpIsUp(field: Field): Promise<Finding> {
  const text = await field.peer('far').ask('bird', 'show protocols');
  if (!/BGP .* Established/.test(text)) return text;
  return ping(field, 'near', '10.100.7.1', { from: '10.11.0.1' });
}

export const cases: readonly FieldCase[] = [
  kills('vpp-killed', 3, 300),
  { ...kills('vpp-killed-30', 30, 2_400), long: true },
  {
    name: 'frr-after-vpp',
    shows: `2 kills of VPP under FRR with ${ROUTES} routes: /fib/vpp equals show ip route within 60 s`,
    planes: ['vpp'],
    seconds: 300,
    box: FRR_BOX,
    peers: staticPeers,
    steps: [...reachAll(60), ...kill, ...reachAll(60), life, ...kill, ...reachAll(60)],
  },
  {
    name: 'looping',
    shows:
      'VPP cannot be kept running: the kernel forwards where the daemons are, BGP is up within 30 s, and of the return',
    planes: ['vpp'],
    seconds: 300,
    spoils: true,
    box: { ...BIRD_BOX, ini: '' },
    peers: PEERS,
    steps: [
      // OSPF comes up for the first time.
      ...all(60, 'bird', 60),
      act('VPP is killed whenever it starts', (field) =>
        field.box.run(
          'touch /run/field/kill; (while [ -e /run/field/kill ]; do killall -9 vpp_main vpp; sleep 0.3; done) >/dev/null 2>&1 &',
        ),
      ),
      becomes('VPP counts as looping', 90, isFallback),
      becomes('BGP is up and packets pass', 30, bgpIsUp),
      becomes('the kernel has all routes', 30, async (field) => compare('the kernel', await inKernel(field))),
      act('VPP may run again', (field) => field.box.run('rm /run/field/kill')),
      becomes('VPP is connected', 90, async (field) => {
        const state = (await field.box.status())?.vpp.api.state;
        return state === 'connected' ? true : `VPP's API is ${state}`;
      }),
      becomes('BGP is up and packets pass', 30, bgpIsUp),
      ...all(30, 'bird'),
    ],
  },
];
