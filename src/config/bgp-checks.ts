/** BGP: what the sessions need of [bgp], and neighbours that could not be told apart. */
import type { Review } from './review.ts';

/** Sessions at once: each has up to two sources of the route table for each family, which has 255. */
const MAX_BGP_NEIGHBORS = 32;
const EXAMPLES = { as: 'as = 65001', 'router-id': 'router-id = 192.0.2.1' } as const;

/** Reports neighbours without [bgp], and two at one address, since a connection is told apart by its address alone. */
export function checkBgp(review: Review): void {
  const { bgp } = review.config;
  const taken = new Map<string, string>();
  for (const [index, { name, line, address, netns }] of bgp.neighbors.entries()) {
    const path = `bgp.neighbor.${name}` as const;
    for (const leaf of ['as', 'router-id'] as const) {
      const value = leaf === 'as' ? bgp.as : bgp.routerId;
      if (value === undefined && !review.isRefused(`bgp.${leaf}`))
        review.errorAt(line, path, `a session needs ${leaf} in [bgp]: add a line ${EXAMPLES[leaf]} there`);
    }
    if (index === MAX_BGP_NEIGHBORS)
      review.errorAt(line, path, `there are at most ${MAX_BGP_NEIGHBORS} neighbours: remove the others`);
    const key = `${netns ?? ''} ${address.address} ${address.interface ?? ''}`;
    const other = taken.get(key);
    if (other === undefined) taken.set(key, name);
    else {
      const message = `"${address.address}" is already the address of ${other}: choose another one, such as 127.0.0.2 on the box`;
      review.error(`${path}.address`, message);
    }
  }
}
