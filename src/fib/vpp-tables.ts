/**
 * The tables of one VPP: made when a route needs one, marked and swept.
 *
 * Mark and sweep is VPP's own for IP (ip_table_replace_begin and _end, VPP src/vnet/ip/ip.api). MPLS tables have none:
 * what an earlier process left there is read and removed one by one.
 *
 * Invariant: nothing is done, and nothing said, once the session has ended.
 */
import { reasonOf } from '../linux/mod.ts';
import {
  addDelMplsRoute,
  addDelMplsTable,
  addDelTable,
  beginTableReplace,
  dumpMplsRoutes,
  dumpMplsTables,
  dumpTables,
  endTableReplace,
  FibPathType,
  FIRST_FREE_LABEL,
  fibPath,
  tableId,
  type VppApiClient,
} from '../vpp/api/mod.ts';
import { newRouteKey, setKey } from './route-key.ts';
import type { RouteStore } from './route-store.ts';

const RETRY_MS = 1_000;
const CALL = { timeoutMs: 30_000 } as const;
/** For the end of a replace: VPP removes all routes that were not sent again in one go (docs/health.md has figures). */
const SWEEP = { timeoutMs: 120_000, blocksVpp: true } as const;

const FAMILIES = [4, 6] as const;

type Kind = 'ip' | 'mpls';

export interface VppTablesOptions {
  readonly client: VppApiClient;
  /** Of the session. */
  readonly signal: AbortSignal;
  /** A table was made, or is to be asked for again. */
  readonly onMade: () => void;
  readonly onError: (message: string) => void;
}

export class VppTables {
  readonly #options: VppTablesOptions;
  /** Those that exist, and those that are being made. */
  readonly #tables: Readonly<Record<Kind, Map<number, 'asked' | 'there'>>> = {
    ip: new Map([[0, 'there']]),
    mpls: new Map(),
  };
  /** Swept when everything was answered. */
  readonly #marked = new Set<number>();

  constructor(options: VppTablesOptions) {
    this.#options = options;
  }

  /** Whether VPP has a table; one that it lacks is made, and `onMade` follows. */
  has(kind: Kind, id: number): boolean {
    const known = this.#tables[kind].get(id);
    if (known === undefined) void this.#make(kind, id);
    return known === 'there';
  }

  get hasMarked(): boolean {
    return this.#marked.size > 0;
  }

  /** Whether VPP has an IP table, as far as is known here. */
  isThere(id: number): boolean {
    return this.#tables.ip.get(id) === 'there';
  }

  /**
   * VPP says that an IP table does not exist. When that is so, it is made again and marked, and all routes in it are to
   * be told again: VPP hides a table that is deleted while it has routes, and has them again with the table. True then;
   * false when VPP meant another table. Never rejects.
   */
  async recover(id: number): Promise<boolean> {
    if (id === 0 || !this.isThere(id)) return false;
    this.#tables.ip.set(id, 'asked');
    let isLost = false;
    await this.#attempt(`look for table ${id}`, async () => {
      const found = (await dumpTables(this.#options.client)).filter((table) => table.tableId === id);
      isLost = found.length < FAMILIES.length;
    });
    if (isLost) await this.mark([id]);
    else this.#tables.ip.set(id, 'there');
    // It could not be made: the next route tries again.
    if (!this.isThere(id)) this.#tables.ip.delete(id);
    return isLost;
  }

  /** Somebody else may remove the table: it is made anew for the next route. */
  forget(id: number): void {
    this.#tables.ip.delete(id);
    this.#marked.delete(id);
  }

  /** Marks what VPP may have in IP tables, so that what is not sent again is swept. Never rejects. */
  async mark(ids: Iterable<number>): Promise<void> {
    for (const id of ids) {
      await this.#attempt(`mark the routes of table ${id}`, async () => {
        await this.#add('ip', id);
        this.#tables.ip.set(id, 'there');
        await this.#inBoth(id, (table) => beginTableReplace(this.#options.client, table, CALL));
        this.#marked.add(id);
      });
    }
  }

  /** VPP removes what was marked and not sent again. Never rejects. */
  async sweep(): Promise<void> {
    const ids = [...this.#marked];
    this.#marked.clear();
    for (const id of ids) await this.#attempt(`sweep table ${id}`, () => this.#endReplace(id));
  }

  /** Removes our routes from an IP table. Never rejects. */
  async empty(id: number): Promise<void> {
    await this.#attempt(`empty table ${id}`, async () => {
      await this.#inBoth(id, (table) => beginTableReplace(this.#options.client, table, CALL));
      await this.#endReplace(id);
    });
  }

  /**
   * Removes what an earlier process left in MPLS table 0. Of a label that is wanted the new route replaces the old one.
   * Never rejects.
   */
  async removeStrayLabels(store: RouteStore): Promise<void> {
    const { client } = this.#options;
    await this.#attempt('read the MPLS routes of VPP', async () => {
      const table = (await dumpMplsTables(client)).find((id) => id === 0);
      if (table === undefined) return;
      const key = newRouteKey();
      for (const { label, isEndOfStack, payload } of await dumpMplsRoutes(client, table)) {
        if (label < FIRST_FREE_LABEL) continue;
        setKey(key, { family: 'mpls', label }, undefined);
        key.w0 = (key.w0 | (isEndOfStack ? 1 : 0)) >>> 0;
        const slot = store.find(key);
        if (slot >= 0 && store.source[slot] !== 0) continue;
        const route = { tableId: table, label, isEndOfStack, payload: payload === 1 ? 1 : 0 } as const;
        // One path: VPP reads the last before it looks at how many there are.
        const paths = [fibPath({ type: FibPathType.drop })];
        await addDelMplsRoute(client, { ...route, isAdd: false, paths });
      }
    });
  }

  /** Makes a table; tried again until it exists. Never rejects. */
  async #make(kind: Kind, id: number): Promise<void> {
    const { onMade, signal } = this.#options;
    this.#tables[kind].set(id, 'asked');
    const isMade = await this.#attempt(`make table ${id}`, () => this.#add(kind, id));
    if (signal.aborted) return;
    if (isMade) {
      this.#tables[kind].set(id, 'there');
      onMade();
      return;
    }
    setTimeout(() => {
      this.#tables[kind].delete(id);
      if (!signal.aborted) onMade();
    }, RETRY_MS).unref();
  }

  async #add(kind: Kind, id: number): Promise<void> {
    const { client } = this.#options;
    if (kind === 'mpls') await addDelMplsTable(client, tableId(id), true, CALL);
    // Table 0 of both families always exists.
    else if (id !== 0) await this.#inBoth(id, (table) => addDelTable(client, table, true, CALL));
  }

  #endReplace(id: number): Promise<void> {
    return this.#inBoth(id, (table) => endTableReplace(this.#options.client, table, SWEEP));
  }

  async #inBoth(id: number, act: (table: Parameters<typeof addDelTable>[1]) => Promise<void>): Promise<void> {
    for (const family of FAMILIES) await act({ tableId: tableId(id), family });
  }

  /** False when it failed, which is said while the session lasts. */
  async #attempt(what: string, act: () => Promise<void>): Promise<boolean> {
    if (this.#options.signal.aborted) return false;
    try {
      await act();
      return true;
    } catch (error) {
      if (!this.#options.signal.aborted) this.#options.onError(`${what}: ${reasonOf(error)}`);
      return false;
    }
  }
}
