/**
 * The tables of VPP for VRFs, those of the configuration and those of Linux: created for both families before an
 * interface is bound to them, and deleted when no interface and no route is in them.
 *
 * A table has one lock for all of the API (ip_table_create): routes of the route table may have created it before, and
 * it stays while they are in it. The owner of a table is in its name, which VPP keeps.
 */
import { addDelTable, dumpTables, tableId, type VppApiClient } from '../vpp/api/mod.ts';
import type { Present } from './vpp-configure.ts';

const OWN_NAME = /^vrf /;
/** Of struct ip_table's name, without its NUL. */
const NAME_BYTES = 63;
const FAMILIES = [4, 6] as const;

export class VppTables {
  readonly #letGo: (tableId: number) => boolean;
  #all: ReadonlySet<number> = new Set();
  #ours: ReadonlySet<number> = new Set();
  #needed: ReadonlyMap<number, string> = new Map();
  #byVrf: ReadonlyMap<string, number> = new Map();
  #hasLeftovers = false;

  /** `letGo` answers whether no route is in a table; then it is deleted. */
  constructor(letGo: (tableId: number) => boolean) {
    this.#letGo = letGo;
  }

  /** The numbers of VPP's tables, as of the last `make`. */
  get all(): ReadonlySet<number> {
    return this.#all;
  }

  /** The numbers of VPP's tables by the names of their VRFs; the same map for as long as they are the same. */
  get byVrf(): ReadonlyMap<string, number> {
    return this.#byVrf;
  }

  /** VPP has ended, and its tables with it. */
  clear(): void {
    this.#all = new Set();
    this.#byVrf = new Map();
  }

  /** Whether a table waits for its routes to go. */
  get hasLeftovers(): boolean {
    return this.#hasLeftovers;
  }

  /** Before something is made in them: creates those that VPP lacks. What VPP refuses, the next `make` reports. */
  async ensure(client: VppApiClient, needed: ReadonlyMap<number, string>): Promise<void> {
    if ([...needed.keys()].every((id) => this.#all.has(id))) return;
    await this.make(client, needed).catch((error: unknown) => {
      if (client.isClosed) throw error;
    });
  }

  /** Creates the tables that VPP lacks; `needed` has the names of their VRFs by number. Rejects with VPP's reason. */
  async make(client: VppApiClient, needed: ReadonlyMap<number, string>): Promise<void> {
    const tables = await dumpTables(client);
    const all = new Set<number>(tables.map((table) => table.tableId));
    const ours = new Set<number>(
      tables.filter(({ name = '' }) => OWN_NAME.test(name)).map((table) => table.tableId),
    );
    for (const [id, vrf] of needed) {
      const name = `vrf ${vrf}`.slice(0, NAME_BYTES);
      for (const family of FAMILIES) {
        if (tables.some((table) => table.tableId === id && table.family === family)) continue;
        await addDelTable(client, { tableId: tableId(id), family, name }, true);
        ours.add(id);
        all.add(id);
      }
    }
    this.#needed = needed;
    this.#all = all;
    this.#ours = ours;
    const isSame =
      this.#byVrf.size === needed.size && [...needed].every(([id, vrf]) => this.#byVrf.get(vrf) === id);
    if (!isSame) this.#byVrf = new Map([...needed].map(([id, vrf]) => [vrf, id]));
  }

  /** Deletes the tables that nothing uses any more; `present`: VPP's interfaces. Rejects with VPP's reason. */
  async release(client: VppApiClient, present: ReadonlyMap<string, Present>): Promise<void> {
    const inUse = new Set([...present.values()].flatMap(({ tables }) => Object.values(tables ?? {})));
    const unused = [...this.#ours].filter((id) => !inUse.has(id) && !this.#needed.has(id));
    const gone = unused.filter((id) => this.#letGo(id));
    // Routes change without a notification.
    this.#hasLeftovers = gone.length < unused.length;
    for (const id of gone) {
      for (const family of FAMILIES) await addDelTable(client, { tableId: tableId(id), family }, false);
    }
    this.#all = this.#all.difference(new Set(gone));
  }
}
