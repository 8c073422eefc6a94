/**
 * What daemons need in each VPP table of an interface with a TAP, besides unicast: VPP accepts link-local multicast
 * (OSPF, RIP, VRRP, Babel …) and broadcasts without an address (DHCP), and passes them to Linux. Without this VPP
 * accepts only the few groups that it serves itself, which are more specific and stay its own: all nodes, all routers,
 * MLDv2, solicited nodes.
 *
 * Modelled on linux_nl (lcp_router_table_add_or_lock, lcp_router_ip4_mroutes_add_del of lcp_router.c).
 * Compares with VPP's state, so that nothing is sent twice, by any sender.
 */
import type { Prefix } from '../config/types.ts';
import {
  addDelLocalRoute,
  addDelMulticastPath,
  dumpMulticast,
  type SwIfIndex,
  type TableId,
  tableId,
  type VppApiClient,
} from '../vpp/api/mod.ts';

/** Link-local groups (RFC 5771, RFC 4291). */
const GROUPS: readonly Prefix[] = [
  { family: 4, address: '224.0.0.0', length: 24 },
  { family: 6, address: 'ff02::', length: 16 },
];
const BROADCAST: Prefix = { family: 4, address: '255.255.255.255', length: 32 };

/** The interfaces with a TAP, by the number of their table. */
export type Members = ReadonlyMap<number, ReadonlySet<SwIfIndex>>;

export class VppMulticast {
  /** Tables with the broadcast route: VPP's answer to a second one is the same. */
  readonly #broadcast = new Set<number>();

  /** Another VPP has none of it. */
  reset(): void {
    this.#broadcast.clear();
  }

  /**
   * Gives the tables of `known` (including those of `members`) what their members need. Unneeded entries
   * are removed first. Rejects with VPP's reason.
   */
  async reconcile(client: VppApiClient, known: Iterable<number>, members: Members): Promise<void> {
    const additions: (() => Promise<void>)[] = [];
    for (const number of new Set([...known, ...members.keys()])) {
      const table = tableId(number);
      const wanted = members.get(number) ?? new Set<SwIfIndex>();
      for (const group of GROUPS) await this.#compare(client, { tableId: table, group }, wanted, additions);
      if (wanted.size > 0) additions.push(() => this.#setBroadcast(client, table, true));
      else await this.#setBroadcast(client, table, false);
    }
    for (const add of additions) await add();
  }

  /** Takes an interface off, before it is deleted: VPP would go on accepting on the next one with its index. */
  async withdraw(client: VppApiClient, known: Iterable<number>, index: SwIfIndex): Promise<void> {
    for (const number of known) {
      for (const group of GROUPS) {
        const at = { tableId: tableId(number), group };
        const entries = await dumpMulticast(client, { tableId: at.tableId, family: group.family });
        const entry = entries.find(
          ({ prefix }) => prefix.address === group.address && prefix.length === group.length,
        );
        if (entry?.accepted.includes(index) === true) await addDelMulticastPath(client, at, index, false);
      }
    }
  }

  async #compare(
    client: VppApiClient,
    at: { readonly tableId: TableId; readonly group: Prefix },
    wanted: ReadonlySet<SwIfIndex>,
    additions: (() => Promise<void>)[],
  ): Promise<void> {
    const { family, address, length } = at.group;
    const entries = await dumpMulticast(client, { tableId: at.tableId, family });
    const entry = entries.find(({ prefix }) => prefix.address === address && prefix.length === length);
    const accepted = new Set(entry?.accepted);
    for (const index of accepted) if (!wanted.has(index)) await addDelMulticastPath(client, at, index, false);
    if (entry?.isLocal === true && wanted.size === 0) await addDelMulticastPath(client, at, 'local', false);
    if (wanted.size > 0 && entry?.isLocal !== true) {
      additions.push(() => addDelMulticastPath(client, at, 'local', true));
    }
    for (const index of wanted) {
      if (!accepted.has(index)) additions.push(() => addDelMulticastPath(client, at, index, true));
    }
  }

  async #setBroadcast(client: VppApiClient, table: TableId, isWanted: boolean): Promise<void> {
    if (this.#broadcast.has(table) === isWanted) return;
    await addDelLocalRoute(client, { tableId: table, prefix: BROADCAST }, isWanted);
    if (isWanted) this.#broadcast.add(table);
    else this.#broadcast.delete(table);
  }
}
