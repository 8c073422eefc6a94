/** A service that finds its server by name: an RPKI cache, in the network of the daemons. */
import { join } from 'node:path';
import type { FieldCase } from '../case.ts';
import { bird, dnsmasq, type Daemon } from '../daemons.ts';
import { becomes } from '../steps.ts';

const NAME = 'rpki.field.test';
const CACHE: Daemon = {
  name: 'cache',
  files: {},
  processes: () => [
    {
      name: 'cache',
      command: [
        process.execPath,
        ...['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../rtr-server.ts')],
        ...['192.0.2.2', '3323', '10.55.0.0', '16', '64999'],
      ],
    },
  ],
};

export const cases: readonly FieldCase[] = [
  {
    name: 'rpki',
    shows: 'BIRD on the box finds an RPKI server by name, from a name server in the network of the daemons',
    seconds: 90,
    box: {
      addresses: { xe0: ['192.0.2.1/24'] },
      ini: '[management]\ndns = 192.0.2.2\n',
      daemons: [
        bird(`router id 192.0.2.1;
log stderr all;
protocol device {}
roa4 table r4;
protocol rpki { roa4 { table r4; }; remote "${NAME}" port 3323; retry keep 2; refresh keep 60; expire keep 600; }
`),
      ],
    },
    peers: [
      {
        name: 'server',
        links: [{ segment: 'xe0', addresses: ['192.0.2.2/24'] }],
        daemons: [
          CACHE,
          dnsmasq(
            `no-resolv\nno-hosts\nlisten-address=192.0.2.2\nbind-interfaces\naddress=/${NAME}/192.0.2.2\n`,
          ),
        ],
      },
    ],
    steps: [
      becomes('the box has the data of the server', 60, async (field) => {
        const text = await field.askBox('bird', 'show route table r4');
        return /10\.55\.0\.0\/16-16 AS64999/.test(text)
          ? true
          : `${text}${await field.askBox('bird', 'show protocols all')}`;
      }),
    ],
  },
];
