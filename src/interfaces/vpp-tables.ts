/**
 * The tables of VPP that VRFs of Linux stand for: made of both families before an interface is bound to them, and taken
 * away when none is and no route is in them.
 *
 * A table has one lock for all of the API (ip_table_create): routes of the route table may have made it before, and it
 * stays while they are in it. Whose a table is stands in its name, which VPP keeps.
 */
import { addDelTable, dumpTables, tableId, type VppApiClient } from '../vpp/api/mod.ts';

const OWN_NAME = /^vrf /;
/** Of struct ip_table's name, without its NUL. */
const NAME_BYTES = 63;
const FAMILIES = [4, 6] as const;

/** Numbers of the tables of VPP. */
export interface Tables {
  readonly all: ReadonlySet<number>;
  /** Made here, by this process or one before. */
  readonly ours: ReadonlySet<number>;
}

/** Makes the tables that VPP lacks; `needed` has the names of their VRFs by number. Resolves with what is there then. */
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

/** Takes tables away that nothing is in any more. */
export async function deleteTables(client: VppApiClient, gone: Iterable<number>): Promise<void> {
  for (const id of gone) {
    for (const family of FAMILIES) await addDelTable(client, { tableId: tableId(id), family }, false);
  }
}
