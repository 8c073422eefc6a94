/** IS-IS, whose packets are not IP: VPP passes them to Linux from 25.06 on. */
import type { FieldCase } from '../case.ts';
import { frr } from '../daemons.ts';
import { becomes, holds, reaches } from '../steps.ts';

const isis = (net: string, interfaces: readonly string[], passive: readonly string[]) =>
  frr({
    isisd: `${[...interfaces, ...passive]
      .map(
        (name) =>
          `interface ${name}\n ip router isis one\n ipv6 router isis one\n${passive.includes(name) ? ' isis passive\n' : ' isis hello-interval 1\n isis hello-multiplier 4\n'}!\n`,
      )
      .join('')}router isis one\n net ${net}\n is-type level-1\n!\n`,
  });

export const cases: readonly FieldCase[] = [
  {
    name: 'isis',
    shows:
      'IS-IS between FRR on the box and on a peer: the adjacency is up, routes of both families are exchanged',
    seconds: 120,
    unless: ({ label }) =>
      label === 'VPP 25.02' ? 'VPP 25.02 cannot pass ethertypes to Linux; 25.06 can' : undefined,
    box: {
      addresses: { xe0: ['192.0.2.1/24', '2001:db8:1::1/64'], xe1: ['198.51.100.1/24', '2001:db8:2::1/64'] },
      daemons: [isis('49.0001.0000.0000.0001.00', ['xe0'], ['xe1'])],
    },
    peers: [
      {
        name: 'near',
        links: [{ segment: 'xe0', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] }],
        daemons: [isis('49.0001.0000.0000.0002.00', ['xe0'], [])],
      },
      {
        name: 'far',
        links: [{ segment: 'xe1', addresses: ['198.51.100.2/24', '2001:db8:2::2/64'] }],
        routes: ['default via 198.51.100.1', 'default via 2001:db8:2::1'],
      },
    ],
    steps: [
      becomes('the adjacency is up', 60, async (field) =>
        holds(await field.peer('near').ask('frr', 'show isis neighbor'), /\bUp\b/),
      ),
      reaches('near', '198.51.100.2', 30),
      reaches('near', '2001:db8:2::2', 30),
    ],
  },
];
