/** Links that flap, and interfaces that are disabled and enabled: everything is restored afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BIRD_BASE, birdOspf } from '../bird-config.ts';
import type { FieldCase, Step } from '../case.ts';
import { bird } from '../daemons.ts';
import type { Field } from '../field.ts';
import { act, becomes, type Finding, holds, reaches } from '../steps.ts';

const FLAPS = 50;
const bgp = (own: string, other: string, interfaceName: string): string => `protocol bgp {
  local ${own} as 65000; neighbor ${other} as 65000; interface "${interfaceName}"; direct;
  connect delay time 1; connect retry time 2; error wait time 1, 2; hold time 6;
  ipv4 { import all; export none; }; ipv6 { import all; export none; };
}
`;

async function isWhole(field: Field): Promise<Finding> {
  const peer = field.peer('near');
  const [full4, full6, session] = [
    await peer.ask('bird', 'show ospf neighbors ospf4'),
    await peer.ask('bird', 'show ospf neighbors ospf6'),
    await peer.ask('bird', 'show protocols'),
  ];
  return holds(
    `${full4}\n----\n${full6}\n----\n${session}`,
    /Full[^]*----[^]*Full[^]*----/,
    /BGP .* Established/,
  );
}

async function hasAddresses(field: Field): Promise<Finding> {
  const { text } = await field.box.inside('ip -o address show dev xe0; ip -o address show dev xe1');
  const expected = [
    /inet 192\.0\.2\.1\/24/,
    /inet6 2001:db8:1::1\/64/,
    /inet 198\.51\.100\.1\/24/,
    /inet6 2001:db8:2::1\/64/,
  ];
  if (/dadfailed|tentative/.test(text)) return text;
  return holds(text, ...expected);
}

const RETURN: readonly Step[] = [
  becomes('OSPFv2, OSPFv3 and BGP are up', 60, isWhole),
  becomes('every address is present, and usable', 5, hasAddresses),
  reaches('near', '198.51.100.2'),
  reaches('near', '2001:db8:2::2'),
];

export const cases: readonly FieldCase[] = [
  {
    name: 'flaps',
    shows: `${FLAPS} flaps of a cable, an interface disabled and enabled: OSPF and BGP return, no address is lost or dadfailed`,
    seconds: 300,
    box: {
      addresses: { xe0: ['192.0.2.1/24', '2001:db8:1::1/64'], xe1: ['198.51.100.1/24', '2001:db8:2::1/64'] },
      daemons: [
        bird(
          `router id 192.0.2.1;\n${BIRD_BASE}${birdOspf(['xe0', 'xe1'])}${bgp('192.0.2.1', '192.0.2.2', 'xe0')}`,
        ),
      ],
    },
    peers: [
      {
        name: 'near',
        links: [{ segment: 'xe0', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] }],
        daemons: [
          bird(
            `router id 192.0.2.2;\n${BIRD_BASE}${birdOspf(['xe0'])}${bgp('192.0.2.2', '192.0.2.1', 'xe0')}`,
          ),
        ],
      },
      {
        name: 'far',
        links: [{ segment: 'xe1', addresses: ['198.51.100.2/24', '2001:db8:2::2/64'] }],
        routes: ['default via 198.51.100.1', 'default via 2001:db8:2::1'],
      },
    ],
    steps: [
      ...RETURN,
      act(`the cable of xe0 is unplugged and plugged ${FLAPS} times`, async (field) => {
        for (let n = 0; n < FLAPS; n += 1) {
          await field.setCarrier('xe0', false);
          await sleep(50 + field.random() * 200);
          await field.setCarrier('xe0', true);
          await sleep(50 + field.random() * 200);
        }
      }),
      ...RETURN,
      act('xe0 is disabled and enabled by the configuration, three times', async (field) => {
        for (let n = 0; n < 3; n += 1) {
          await field.changeIni((ini) =>
            ini.replace('[interface.xe0]\n', '[interface.xe0]\nenabled = false\n'),
          );
          await field.changeIni((ini) => ini);
        }
      }),
      ...RETURN,
    ],
  },
];
