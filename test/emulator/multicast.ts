/**
 * Multicast FIBs of the emulator: what the API puts into them. VPP's own entries (all nodes, all routers, solicited
 * nodes) are not shown.
 */

import { addressText, type Family } from './address-bytes.ts';
import type { Path } from './fib-path.ts';

/** mfib_itf_flags */
export const ItfFlag = { accept: 2, forward: 4 } as const;

export interface MulticastPath {
  readonly itfFlags: number;
  readonly path: Path;
}

export interface MulticastEntry {
  readonly address: Buffer;
  readonly length: number;
  readonly paths: MulticastPath[];
}

export class MulticastFib {
  readonly #tables = new Map<string, Map<string, MulticastEntry>>();

  /** Entries of a table, in the order in which they came. */
  entries(family: Family, id: number): MulticastEntry[] {
    return [...(this.#tables.get(`${family}/${id}`)?.values() ?? [])];
  }

  /** Adds a path to an entry, which comes with its first; one that is there already gets the flags. */
  add(family: Family, id: number, group: Omit<MulticastEntry, 'paths'>, added: MulticastPath): void {
    const key = `${family}/${id}`;
    const table = this.#tables.get(key) ?? new Map<string, MulticastEntry>();
    this.#tables.set(key, table);
    const name = `${addressText(group.address)}/${group.length}`;
    const entry = table.get(name) ?? { ...group, paths: [] };
    table.set(name, entry);
    const at = entry.paths.findIndex(({ path }) => isSame(path, added.path));
    if (at < 0) entry.paths.push(added);
    else entry.paths[at] = added;
  }

  /** Takes a path away; the entry goes with its last. What is not there is fine. */
  remove(family: Family, id: number, group: Omit<MulticastEntry, 'paths'>, gone: Path): void {
    const table = this.#tables.get(`${family}/${id}`);
    const name = `${addressText(group.address)}/${group.length}`;
    const entry = table?.get(name);
    const at = entry?.paths.findIndex(({ path }) => isSame(path, gone)) ?? -1;
    if (at >= 0) entry?.paths.splice(at, 1);
    if (entry?.paths.length === 0) table?.delete(name);
  }

  /** The API lets go of a table: its entries go (mfib_table_unlock). */
  flush(family: Family, id: number): void {
    this.#tables.delete(`${family}/${id}`);
  }

  /** For the control socket: `224.0.0.0/24 local`, `224.0.0.0/24 accept 3`. */
  describe(): { readonly table: string; readonly path: string }[] {
    return [...this.#tables].flatMap(([table, entries]) =>
      [...entries].flatMap(([group, { paths }]) =>
        paths.map(({ itfFlags, path }) => {
          const what = itfFlags === ItfFlag.forward ? 'local' : `accept ${path.swIfIndex}`;
          return { table, path: `${group} ${what}` };
        }),
      ),
    );
  }
}

function isSame(a: Path, b: Path): boolean {
  return a.type === b.type && a.swIfIndex === b.swIfIndex && a.proto === b.proto;
}
