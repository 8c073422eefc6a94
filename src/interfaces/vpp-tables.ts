/**
 * The tables of VPP for VRFs of Linux: created for both families before an interface is bound to them, and deleted
 * when no interface and no route is in them.
 *
 * A table has one lock for all of the API (ip_table_create): routes of the route table may have created it before, and
 * it stays while they are in it. The owner of a table is in its name, which VPP keeps.
 */
import { addDelTable, dumpTables, tableId, type VppApiClient } from '../vpp/api/mod.ts';

const OWN_NAME = /^vrf /;
/** Of struct ip_table's name, without its NUL. */
const NAME_BYTES = 63;
const FAMILIES = [4, 6] as const;

/** Numbers of the tables of VPP. */
export interface Tables {
  readonly all: ReadonlySet<number>;
  /** Created by this process or an earlier one. */
  readonly ours: ReadonlySet<number>;
}

/**
 * Creates the tables that VPP lacks; `needed` has the names of their VRFs by number. Resolves with the tables
 * afterwards.
 */
export async function makeTables(client: VppApiClient, needed: ReadonlyMap<number, string>): Promise<Tables> {
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
  return { all, ours };
}

/** Deletes tables that nothing uses. */
export async function deleteTables(client: VppApiClient, gone: Iterable<number>): Promise<void> {
  for (const id of gone) {
    for (const family of FAMILIES) await addDelTable(client, { tableId: tableId(id), family }, false);
  }
}
