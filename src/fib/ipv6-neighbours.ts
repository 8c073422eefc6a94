/**
 * IPv6 neighbours that IPv4 routes go over (RFC 8950).
 *
 * Why they are asked for: VPP does so once, when the first route over one comes, which may be before its link is up. Then
 * never again: packets of IPv4 that find it unresolved ask by ARP for what is no address of IPv4 (ip4_arp_inline in
 * vnet/ip-neighbor/ip4_neighbor.c, seen with 25.02). A route that makes a new adjacency has VPP ask once more, and the
 * answer completes all adjacencies of the neighbour (ip_neighbor_update and adj_nbr_walk_nh). With a label it is of
 * another kind than what IPv4 and IPv6 have, so it is new. It leads to an address that nobody has, and is taken back at
 * once. Of a neighbour that is known nothing is sent.
 *
 * Invariant: a neighbour is known while a group over it is held.
 */
import { parseAddress } from '../config/mod.ts';
import type { Gateway } from '../config/types.ts';
import { addDelRoute, fibPath, labelStack, tableId, type VppApiClient } from '../vpp/api/mod.ts';
import type { GroupAction, GroupId } from './next-hop-groups.ts';
import type { Family } from './route-key.ts';
import type { Resolvers } from './resolvers.ts';

/** Of the discard prefix (RFC 6666). */
export const ASKING_PREFIX = { family: 6, address: '100::a5c', length: 128 } as const;
/** The first that is not reserved. */
const LABEL = 16;
/** Neighbours that are asked for at once: more than a router has. */
const MAX_ASKED = 256;

interface Neighbour {
  readonly hop: Gateway;
  readonly groups: Set<GroupId>;
}

export class Ipv6Neighbours {
  readonly #resolve: Resolvers;
  readonly #neighbours = new Map<string, Neighbour>();

  constructor(resolve: Resolvers) {
    this.#resolve = resolve;
  }

  /** VPP is told of a group. */
  add(group: GroupId, family: Family, action: GroupAction): void {
    if (family !== 4 || action.kind !== 'forward') return;
    for (const hop of action.nextHops) {
      if (hop.address === undefined || hop.family !== 6) continue;
      const key = `${hop.address}%${hop.interface ?? ''}`;
      const known = this.#neighbours.get(key);
      if (known === undefined) this.#neighbours.set(key, { hop, groups: new Set([group]) });
      else known.groups.add(group);
    }
  }

  /** Nobody holds a group any more. */
  delete(group: GroupId): void {
    for (const [key, { groups }] of this.#neighbours) {
      if (groups.delete(group) && groups.size === 0) this.#neighbours.delete(key);
    }
  }

  /** Has VPP ask for those that it does not know. Resolves when all is answered. Never rejects. */
  async ask(client: VppApiClient): Promise<void> {
    const asked: Promise<unknown>[] = [];
    for (const { hop } of this.#neighbours.values().take(MAX_ASKED)) {
      const nextHop = parseAddress(hop.address)?.bytes;
      const name = hop.interface ?? this.#resolve.connected(hop.address);
      const swIfIndex = name === undefined ? undefined : this.#resolve.interface(name);
      if (nextHop === undefined || swIfIndex === undefined) continue;
      const route = { tableId: tableId(0), prefix: ASKING_PREFIX };
      const path = fibPath({ nextHop, swIfIndex, labels: labelStack([LABEL]) });
      asked.push(addDelRoute(client, { ...route, isAdd: true, paths: [path] }));
      asked.push(addDelRoute(client, { ...route, isAdd: false, paths: [] }));
    }
    // What VPP refuses (an interface that has just gone) is asked for again at the next look.
    await Promise.allSettled(asked);
  }
}
