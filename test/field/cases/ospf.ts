/** OSPFv2 and OSPFv3 between BIRD, FRR and the box, which runs either. */
import { announced6, BIRD_BASE, birdOspf } from '../bird-config.ts';
import type { FieldCase, PeerPlan, Step } from '../case.ts';
import { bird, type Daemon, frr } from '../daemons.ts';
import type { Field } from '../field.ts';
import { becomes, type Finding, holds, reaches, stays } from '../steps.ts';

const BOX = { xe0: ['192.0.2.1/24', '2001:db8:1::1/64'], xe1: ['198.51.100.1/24', '2001:db8:2::1/64'] };

/** FRR's part for an interface, with the timers of `birdOspf`. */
function frrOspf(interfaces: readonly string[], routerId: string, stubs: readonly string[] = []) {
  const both = [...interfaces, ...stubs];
  const timers4 = ' ip ospf hello-interval 1\n ip ospf dead-interval 5\n ip ospf retransmit-interval 3\n';
  const timers6 = ' ipv6 ospf6 hello-interval 1\n ipv6 ospf6 dead-interval 5\n';
  const each = (text: (name: string) => string): string =>
    both.map((name) => `interface ${name}\n${text(name)}!\n`).join('');
  return {
    ospfd: `${each((name) => ` ip ospf area 0\n${stubs.includes(name) ? '' : timers4}`)}router ospf\n ospf router-id ${routerId}\n!\n`,
    ospf6d: `${each((name) => ` ipv6 ospf6 area 0\n${stubs.includes(name) ? '' : timers6}`)}router ospf6\n ospf6 router-id ${routerId}\n!\n`,
  };
}

const PEERS: readonly PeerPlan[] = [
  {
    name: 'bird',
    links: [{ segment: 'xe0', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] }],
    loopbacks: ['10.11.0.1/32', '2001:db8:11::1/128'],
    forwards: true,
    daemons: [
      bird(
        `router id 10.11.0.1;\n${BIRD_BASE}${announced6('2001:db8:11::1/128')}${birdOspf(['xe0'], ['lo'])}`,
      ),
    ],
  },
  {
    name: 'frr',
    links: [{ segment: 'xe1', addresses: ['198.51.100.2/24', '2001:db8:2::2/64'] }],
    loopbacks: ['10.12.0.1/32', '2001:db8:12::1/128'],
    forwards: true,
    daemons: [frr(frrOspf(['xe1'], '10.12.0.1', ['lo']))],
  },
];

async function isFull(field: Field): Promise<Finding> {
  const seen = await Promise.all([
    field.peer('bird').ask('bird', 'show ospf neighbors ospf4'),
    field.peer('bird').ask('bird', 'show ospf neighbors ospf6'),
    field.peer('frr').ask('frr', 'show ip ospf neighbor'),
    field.peer('frr').ask('frr', 'show ipv6 ospf6 neighbor'),
  ]);
  return seen.every((text) => /\bFull\b/.test(text)) ? true : seen.join('\n');
}

const STEPS: readonly Step[] = [
  becomes('both neighbours of both versions are Full', 60, isFull),
  becomes('each peer has the routes of the other', 30, async (field) => {
    const ofBird = await field.peer('bird').run('ip route');
    const ofBird6 = await field.peer('bird').run('ip -6 route');
    const ofFrr = await field.peer('frr').run('ip route');
    const ofFrr6 = await field.peer('frr').run('ip -6 route');
    return holds(
      [ofBird, ofBird6, ofFrr, ofFrr6].map(({ text }) => text).join('\n'),
      /10\.12\.0\.1 via 192\.0\.2\.1/,
      /2001:db8:12::1 via fe80/,
      /10\.11\.0\.1 .*via 198\.51\.100\.1/,
      /2001:db8:11::1 .*via fe80/,
    );
  }),
  reaches('bird', '10.12.0.1', 15, { from: '10.11.0.1' }),
  reaches('bird', '2001:db8:12::1', 15, { from: '2001:db8:11::1' }),
  stays('the neighbours are Full', 8, isFull),
];

function ospf(name: string, make: string, daemon: Daemon): Pick<FieldCase, 'name' | 'shows' | 'box'> {
  return {
    name,
    shows: `OSPFv2 and OSPFv3 reach Full with BIRD and with FRR, ${make} on the box; routes are exchanged and forward`,
    box: { addresses: BOX, daemons: [daemon] },
  };
}

export const cases: readonly FieldCase[] = [
  {
    ...ospf('ospf-bird', 'BIRD', bird(`router id 192.0.2.1;\n${BIRD_BASE}${birdOspf(['xe0', 'xe1'])}`)),
    always: true,
    seconds: 180,
    peers: PEERS,
    steps: STEPS,
  },
  {
    ...ospf('ospf-frr', 'FRR', frr(frrOspf(['xe0', 'xe1'], '192.0.2.1'))),
    seconds: 180,
    peers: PEERS,
    steps: STEPS,
  },
];
