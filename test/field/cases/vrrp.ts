/** VRRP between keepalived on the box and on a peer: advertisements by multicast both ways, addresses that move. */
import type { FieldCase } from '../case.ts';
import { keepalived } from '../daemons.ts';
import type { Field } from '../field.ts';
import { act, becomes, type Finding, ping, stays } from '../steps.ts';

/** Two virtual routers: the box is to be the master of the first, the peer of the second. */
const FIRST = '192.0.2.101';
const SECOND = '192.0.2.102';

function config(name: string, first: number, second: number): string {
  const instance = (id: number, priority: number, address: string): string => `vrrp_instance V${id} {
  state BACKUP
  interface xe0
  virtual_router_id ${id}
  priority ${priority}
  advert_int 1
  virtual_ipaddress { ${address}/24 dev xe0 }
}
`;
  return `global_defs { router_id ${name} }\n${instance(51, first, FIRST)}${instance(52, second, SECOND)}`;
}

/** The MAC that answers for an address, as a host on the segment sees it; undefined: none. */
async function answering(field: Field, address: string): Promise<string | undefined> {
  await field.peer('host').run(`ip neigh flush dev xe0`);
  // When an address is removed, VPP loses its neighbours in that address's network, and each of them a packet.
  const isAnswered =
    (await ping(field, 'host', address)) === true || (await ping(field, 'host', address)) === true;
  if (!isAnswered) return undefined;
  const { text } = await field.peer('host').run(`ip neigh show ${address} dev xe0`);
  return /lladdr (\S+)/.exec(text)?.[1];
}

const BOX_MAC = '52:54:00:00:00:02';
const PEER_MAC = '02:00:00:00:00:02';

const answers =
  (address: string, mac: string) =>
  async (field: Field): Promise<Finding> => {
    const seen = await answering(field, address);
    return seen === mac ? true : `${seen ?? 'no host'} answers for ${address}, expected ${mac}`;
  };

export const cases: readonly FieldCase[] = [
  {
    name: 'vrrp',
    shows:
      'keepalived on the box and on a peer receive each other’s advertisements; a virtual address answers at its master and moves',
    seconds: 150,
    box: { addresses: { xe0: ['192.0.2.1/24'] }, daemons: [keepalived(config('box', 200, 50))] },
    peers: [
      {
        name: 'router',
        links: [{ segment: 'xe0', addresses: ['192.0.2.12/24'], mac: PEER_MAC }],
        daemons: [keepalived(config('peer', 100, 150))],
      },
      { name: 'host', links: [{ segment: 'xe0', addresses: ['192.0.2.19/24'] }] },
    ],
    steps: [
      becomes('the box answers for the first address', 30, answers(FIRST, BOX_MAC)),
      becomes('the peer answers for the second address', 30, answers(SECOND, PEER_MAC)),
      stays('each address is at its master', 8, async (field) => {
        const first = await answers(FIRST, BOX_MAC)(field);
        return first === true ? answers(SECOND, PEER_MAC)(field) : first;
      }),
      act('keepalived on the box is removed from the configuration', (field) =>
        field.change({ daemons: [] }),
      ),
      becomes('the peer answers for both', 10, async (field) => {
        const first = await answers(FIRST, PEER_MAC)(field);
        return first === true ? answers(SECOND, PEER_MAC)(field) : first;
      }),
      act('keepalived on the box restarts, that of the peer ends', async (field) => {
        await field.change({});
        await field.peer('router').endDaemon('keepalived');
      }),
      becomes('the box answers for both', 30, async (field) => {
        const first = await answers(FIRST, BOX_MAC)(field);
        return first === true ? answers(SECOND, BOX_MAC)(field) : first;
      }),
    ],
  },
];
