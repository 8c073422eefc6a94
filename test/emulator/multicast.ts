/**
 * Multicast FIBs of the emulator: the API's entries, and VPP's own entries of IPv6, which accept on the
 * interfaces with IPv6 enabled. VPP's own entries of IPv4 are not shown.
 */

import { addressText, type Family } from './address-bytes.ts';
import { ALL_ONES, makePath, type Path, PathType } from './fib-path.ts';

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

/** ip6_mfib.c: solicited nodes, all nodes, all routers, MLDv2. */
const SPECIALS: readonly (readonly [hex: string, length: number])[] = [
  ['ff0200000000000000000001ff000000', 104],
  ['ff020000000000000000000000000001', 128],
  ['ff020000000000000000000000000002', 128],
  ['ff020000000000000000000000000016', 128],
];

export class MulticastFib {
  /** Interfaces on which VPP's own groups of IPv6 are accepted, by table. */
  readonly #accepting = new Map<number, Set<number>>();
  readonly #tables = new Map<string, Map<string, MulticastEntry>>();

  /** Entries of a table, in the order of their addition. */
  entries(family: Family, id: number): MulticastEntry[] {
    const own = family === 6 ? this.#specials(id) : [];
    return [...own, ...(this.#tables.get(`${family}/${id}`)?.values() ?? [])];
  }

  /** IPv6 is enabled or disabled on an interface in its current table (ip6_mfib_interface_enable_disable). */
  accept(id: number, swIfIndex: number, isOn: boolean): void {
    const accepting = this.#accepting.get(id) ?? new Set();
    this.#accepting.set(id, accepting);
    if (isOn) accepting.add(swIfIndex);
    else accepting.delete(swIfIndex);
  }

  #specials(id: number): MulticastEntry[] {
    const local = {
      itfFlags: ItfFlag.forward,
      path: makePath(6, { type: PathType.local, swIfIndex: ALL_ONES }),
    };
    const accepts = [...(this.#accepting.get(id) ?? [])].map((swIfIndex) => ({
      itfFlags: ItfFlag.accept,
      path: makePath(6, { swIfIndex }),
    }));
    return SPECIALS.map(([hex, length]) => ({
      address: Buffer.from(hex, 'hex'),
      length,
      paths: [local, ...accepts],
    }));
  }

  /** Adds a path to an entry, creating the entry; an existing path gets the flags. */
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

  /** Removes a path; the entry is deleted with its last. A missing path is no error. */
  remove(family: Family, id: number, group: Omit<MulticastEntry, 'paths'>, gone: Path): void {
    const table = this.#tables.get(`${family}/${id}`);
    const name = `${addressText(group.address)}/${group.length}`;
    const entry = table?.get(name);
    const at = entry?.paths.findIndex(({ path }) => isSame(path, gone)) ?? -1;
    if (at >= 0) entry?.paths.splice(at, 1);
    if (entry?.paths.length === 0) table?.delete(name);
  }

  /** The API releases a table: its entries are deleted (mfib_table_unlock). */
  flush(family: Family, id: number): void {
    this.#tables.delete(`${family}/${id}`);
  }

  /** For the control socket: `0 3`, a table and an interface on which VPP's own groups of IPv6 are accepted there. */
  describeAccepts(): string[] {
    return [...this.#accepting].flatMap(([id, indexes]) => [...indexes].map((index) => `${id} ${index}`));
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
