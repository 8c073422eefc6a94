/** Routing protocols that use multicast groups: RIP 224.0.0.9 and ff02::9, Babel ff02::1:6. */
import { BIRD_BASE } from '../bird-config.ts';
import type { FieldCase } from '../case.ts';
import { bird } from '../daemons.ts';
import { becomes, holds, reaches } from '../steps.ts';

type Protocol = (interfaces: readonly string[]) => string;

const DIRECT = 'protocol direct { ipv4; ipv6; interface "xe*", "lo"; }\n';

const rip: Protocol = (interfaces) => {
  const list = interfaces.map((name) => `interface "${name}" { update time 2; timeout time 12; };`).join(' ');
  return `protocol rip rip4 { ipv4 { import all; export all; }; ${list} }
protocol rip ng rip6 { ipv6 { import all; export all; }; ${list} }
`;
};

const babel: Protocol = (interfaces) => {
  const list = interfaces
    .map((name) => `interface "${name}" { type wired; hello interval 1 s; update interval 3 s; };`)
    .join(' ');
  return `protocol babel { ipv4 { import all; export all; }; ipv6 { import all; export all; }; ${list} }\n`;
};

function caseOf(name: string, shows: string, protocol: Protocol): FieldCase {
  const config = (routerId: string, interfaces: readonly string[]): string =>
    `router id ${routerId};\n${BIRD_BASE}${DIRECT}${protocol(interfaces)}`;
  return {
    name,
    shows,
    seconds: 150,
    box: {
      addresses: { xe0: ['192.0.2.1/24', '2001:db8:1::1/64'], xe1: ['198.51.100.1/24', '2001:db8:2::1/64'] },
      daemons: [bird(config('192.0.2.1', ['xe0', 'xe1']))],
    },
    peers: [
      {
        name: 'near',
        links: [{ segment: 'xe0', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] }],
        loopbacks: ['10.11.0.1/32', '2001:db8:11::1/128'],
        daemons: [bird(config('10.11.0.1', ['xe0']))],
      },
      {
        name: 'far',
        links: [{ segment: 'xe1', addresses: ['198.51.100.2/24', '2001:db8:2::2/64'] }],
        loopbacks: ['10.12.0.1/32', '2001:db8:12::1/128'],
        daemons: [bird(config('10.12.0.1', ['xe1']))],
      },
    ],
    steps: [
      becomes('each peer has the routes of the other', 60, async (field) => {
        const near = await field.peer('near').ask('bird', 'show route');
        const far = await field.peer('far').ask('bird', 'show route');
        return holds(
          `${near}\n----\n${far}`,
          /10\.12\.0\.1\/32[^]*----/,
          /2001:db8:12::1\/128[^]*----/,
          /----[^]*10\.11\.0\.1\/32/,
          /----[^]*2001:db8:11::1\/128/,
        );
      }),
      reaches('near', '10.12.0.1', 15, { from: '10.11.0.1' }),
      reaches('near', '2001:db8:12::1', 15, { from: '2001:db8:11::1' }),
    ],
  };
}

export const cases: readonly FieldCase[] = [
  caseOf('rip', 'RIP version 2 and RIPng exchange routes through the box, and they forward', rip),
  caseOf('babel', 'Babel exchanges routes of both families through the box, and they forward', babel),
];
