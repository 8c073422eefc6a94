/** From one example of docs/examples to the next, around the ring of all of them, while packets pass over a common part. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../image/root-tree.ts';
import { machineIni } from '../box.ts';
import type { FieldCase, Step } from '../case.ts';
import { packetCounter, Packets } from '../count-packets.ts';
import { act, becomes, reaches } from '../steps.ts';

const EXAMPLES = join(ROOT, 'docs/examples');
const NAMES = readdirSync(EXAMPLES)
  .filter((name) => name.endsWith('.ini'))
  .map((name) => name.replace(/\.ini$/, ''))
  .sort();

/** What all of them have besides: two VLANs of a NIC that no example uses. */
const COMMON = `[interface.xe4]
[interface.xe4.1]
addresses = 100.64.1.1/24, 2001:db8:c1::1/64
[interface.xe4.2]
addresses = 100.64.2.1/24, 2001:db8:c2::1/64
`;
/** Of the data plane and its NICs, which are those of the field here. */
const OF_THE_MACHINE = /^\[(vpp|vpp\.dpdk\..*|fib\.vpp|fib\.kernel)\]$/;
const PORT = 7001;
const RATE = 20;

/** The sections of an example besides those of the machine. */
function sectionsOf(name: string): string {
  const text = readFileSync(join(EXAMPLES, `${name}.ini`), 'utf8');
  const sections = text.split(/^(?=\[)/m).slice(1);
  return sections.filter((section) => !OF_THE_MACHINE.test(section.split('\n')[0] ?? '')).join('');
}

const uses = (name: string): Step =>
  act(`the box is ${name}`, ({ box }) => box.put(`${machineIni(box.plane)}${COMMON}${sectionsOf(name)}`));

const isMade = (name: string): Step =>
  becomes(`VPP has the objects of ${name}`, 60, async ({ box }) => {
    const objects = (await box.status())?.objects.objects;
    if (objects === undefined) return 'there is no status';
    const wrong = objects.filter(({ state }) => state.state !== 'ok');
    return wrong.length === 0 ? true : JSON.stringify(wrong);
  });

const packets = new Packets('one', 'two', [PORT]);

const [first = '', ...others] = NAMES;

export const cases: readonly FieldCase[] = [
  {
    name: 'examples',
    shows: `from each of ${NAMES.length} examples to the next, around the ring: no packet over a part that all have is lost, and VPP has the objects of each`,
    seconds: 900,
    planes: ['vpp'],
    box: { addresses: {} },
    peers: [
      {
        name: 'one',
        links: [{ segment: 'xe4', addresses: ['100.64.1.2/24', '2001:db8:c1::2/64'], tags: ['8100:1'] }],
        routes: ['default via 100.64.1.1', 'default via 2001:db8:c1::1'],
      },
      {
        name: 'two',
        links: [{ segment: 'xe4', addresses: ['100.64.2.2/24', '2001:db8:c2::2/64'], tags: ['8100:2'] }],
        routes: ['default via 100.64.2.1', 'default via 2001:db8:c2::1'],
        daemons: [packetCounter([PORT])],
      },
    ],
    steps: [
      uses(first),
      reaches('one', '100.64.2.2', 30),
      reaches('one', '2001:db8:c2::2', 30),
      becomes('packets are counted', 10, (field) => (packets.isCounted(field) ? true : 'not yet')),
      act(`${RATE} packets a second begin`, (field) => packets.begin(field, '100.64.2.2', RATE)),
      ...[...others, first].flatMap((name) => [uses(name), isMade(name)]),
      act('packets end', () => packets.end()),
      becomes('all packets have arrived', 20, (field) => {
        const { sent = 0, arrived = 0 } = packets.counts(field).get(PORT) ?? {};
        return sent > RATE && arrived === sent ? true : `${arrived} of ${sent} packets have arrived`;
      }),
      reaches('one', '2001:db8:c2::2'),
    ],
  },
];
