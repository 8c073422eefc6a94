/** Unreachable next hops: a route that drops its packets is not shown as programmed. */
import type { FieldCase } from '../case.ts';
import { becomes, losesSight, reaches } from '../steps.ts';

export const cases: readonly FieldCase[] = [
  {
    name: 'resolution',
    shows:
      'a route whose next hop resolves through a blackhole counts as unresolved, and forwards once its next hop resolves',
    seconds: 120,
    box: {
      addresses: { xe0: ['192.0.2.1/24'], xe1: ['198.51.100.1/24'] },
      ini: '[route]\n10.95.0.0/24 = blackhole\n10.96.0.0/24 = 10.95.0.9\n10.97.0.0/24 = 198.51.100.2\n',
    },
    peers: [
      {
        name: 'near',
        links: [{ segment: 'xe0', addresses: ['192.0.2.2/24'] }],
        routes: ['default via 192.0.2.1'],
      },
      {
        name: 'far',
        links: [{ segment: 'xe1', addresses: ['198.51.100.2/24'] }],
        loopbacks: ['10.96.0.1/32', '10.97.0.1/32'],
        routes: ['default via 198.51.100.1'],
      },
    ],
    steps: [
      reaches('near', '10.97.0.1'),
      losesSight('near', '10.96.0.1', 5),
      becomes('the route counts as unresolved, and is named', 40, async (field) => {
        const { kind } = field.box.plane;
        const fib = (await field.box.status())?.fib.find(({ backend }) => backend === kind);
        const named = fib?.failures.some(({ prefix }) => prefix === '10.96.0.0/24') === true;
        return fib?.unresolved === 1 && named ? true : JSON.stringify(fib);
      }),
    ],
  },
];
