/**
 * The emulator's FIB: tables per family, entries with sources, paths as VPP shows them in its dumps.
 *
 * Invariants: path lists are interned (a million routes to one next hop share one); an entry shows its best source,
 * special before interface before API before default route; the API's routes carry the table's epoch of their last
 * add, so mark is one increment and sweep one walk.
 */

import { addressText, type Family, masked, prefixKey } from './address-bytes.ts';

export const PATH_BYTES = 167;
const ALL_ONES = 0xffff_ffff;

/** A path as it was understood; `encoded` is what a dump shows of it. */
export interface Path {
  readonly swIfIndex: number;
  readonly tableId: number;
  readonly rpfId: number;
  readonly weight: number;
  readonly preference: number;
  readonly type: number;
  readonly flags: number;
  readonly proto: number;
  /** 4 or 16 bytes. */
  readonly nextHop: Buffer;
  readonly labels: readonly number[];
  readonly encoded: Buffer;
}

export interface PathList {
  readonly paths: readonly Path[];
}

export type Source = 'special' | 'interface' | 'api' | 'default';
const BY_PRIORITY: readonly Source[] = ['special', 'interface', 'api', 'default'];

export interface Entry {
  /** As it was given first: VPP keeps host bits in what it shows. */
  readonly address: Buffer;
  readonly length: number;
  readonly statsIndex: number;
  sources: Partial<Record<Source, PathList>>;
  apiEpoch: number;
}

export interface PathInput {
  swIfIndex?: number;
  tableId?: number;
  rpfId?: number;
  weight?: number;
  preference?: number;
  type?: number;
  flags?: number;
  proto?: number;
  nextHop?: Uint8Array;
  labels?: readonly number[];
  /** label, ttl and exp of each, 6 bytes as on the wire. */
  labelBytes?: readonly Buffer[];
}

/** Builds a path with its encoding as fib_api_path_encode makes it. */
export function makePath(family: Family, given: PathInput): Path {
  const proto = given.proto ?? (family === 4 ? 0 : 1);
  const path = {
    swIfIndex: given.swIfIndex ?? ALL_ONES,
    tableId: given.tableId ?? 0,
    rpfId: given.rpfId ?? ALL_ONES,
    weight: given.weight || 1,
    preference: given.preference ?? 0,
    type: given.type ?? 0,
    flags: given.flags ?? 0,
    proto,
    nextHop: Buffer.from(given.nextHop ?? new Uint8Array(proto === 0 ? 4 : 16)),
    labels: given.labels ?? [],
  };
  const encoded = Buffer.alloc(PATH_BYTES);
  encoded.writeUInt32BE(path.swIfIndex, 0);
  encoded.writeUInt32BE(path.tableId, 4);
  encoded.writeUInt8(path.weight, 12);
  encoded.writeUInt8(path.preference, 13);
  encoded.writeUInt32BE(path.type, 14);
  encoded.writeUInt32BE(path.flags & 3, 18);
  encoded.writeUInt32BE(path.proto, 22);
  path.nextHop.copy(encoded, 26);
  encoded.writeUInt8(path.labels.length, 54);
  for (const [at, bytes] of (given.labelBytes ?? []).entries()) bytes.copy(encoded, 55 + at * 7 + 1);
  return { ...path, encoded };
}

const DROP = 2;
const LOCAL = 1;

export class Table {
  readonly family: Family;
  readonly id: number;
  readonly name: string;
  readonly entries = new Map<number | string, Entry>();
  /** The API made this table and has not deleted it. */
  isHeldByApi = false;
  /** Deleted while it had routes of the API: not there for anybody until it is made again, with its routes. */
  isHidden = false;
  apiRoutes = 0;
  epoch = 0;
  readonly #nextStatsIndex: () => number;

  constructor(family: Family, id: number, name: string, nextStatsIndex: () => number) {
    this.family = family;
    this.id = id;
    this.name = name === '' ? `ipv${family}-VRF:${id}` : name;
    this.#nextStatsIndex = nextStatsIndex;
    this.#addSpecials();
  }

  #addSpecials(): void {
    const drop: PathList = { paths: [makePath(this.family, { type: DROP })] };
    const zero = Buffer.alloc(this.family === 4 ? 4 : 16);
    this.set('default', zero, 0, drop);
    if (this.family === 6) {
      const linkLocal = Buffer.alloc(16);
      linkLocal.writeUInt16BE(0xfe80, 0);
      this.set('special', linkLocal, 10, { paths: [makePath(6, {})] });
      return;
    }
    this.set('special', Buffer.from([240, 0, 0, 0]), 4, drop);
    this.set('special', Buffer.from([224, 0, 0, 0]), 4, drop);
    this.set('special', zero, 32, drop);
    this.set('special', Buffer.from([255, 255, 255, 255]), 32, drop);
  }

  get(address: Uint8Array, length: number): Entry | undefined {
    return this.entries.get(prefixKey(address, length));
  }

  set(source: Source, address: Uint8Array, length: number, list: PathList): Entry {
    const key = prefixKey(address, length);
    let entry = this.entries.get(key);
    if (entry === undefined) {
      const copy = Buffer.from(address);
      entry = { address: copy, length, statsIndex: this.#nextStatsIndex(), sources: {}, apiEpoch: 0 };
      this.entries.set(key, entry);
    }
    if (source === 'api') {
      if (entry.sources.api === undefined) this.apiRoutes++;
      entry.apiEpoch = this.epoch;
    }
    entry.sources[source] = list;
    return entry;
  }

  /** Removes one source; the entry goes with its last. False when there was nothing. */
  remove(source: Source, address: Uint8Array, length: number): boolean {
    const key = prefixKey(address, length);
    const entry = this.entries.get(key);
    if (entry?.sources[source] === undefined) return false;
    delete entry.sources[source];
    if (source === 'api') this.apiRoutes--;
    if (bestOf(entry) === undefined) this.entries.delete(key);
    return true;
  }

  /** Removes the API's routes that `isDoomed` says. */
  removeApiRoutes(isDoomed: (entry: Entry) => boolean): void {
    for (const entry of this.entries.values()) {
      if (entry.sources.api !== undefined && isDoomed(entry)) this.remove('api', entry.address, entry.length);
    }
  }

  /** Longest match, or that very prefix. */
  lookup(address: Uint8Array, length: number, isExact: boolean): Entry | undefined {
    for (let bits = length; bits >= 0; bits--) {
      const entry = this.get(address, bits);
      if (entry !== undefined || isExact) return entry;
    }
    return undefined;
  }

  /** What a dump shows: the entries with their best source, and the entries that recursive next hops make. */
  *dump(): Generator<{ entry: Entry; paths: readonly Path[] }> {
    const nextHops = new Map<number | string, Buffer>();
    const seen = new Set<PathList>();
    for (const entry of this.entries.values()) {
      const list = bestOf(entry);
      if (list === undefined) continue;
      yield { entry, paths: list.paths };
      if (seen.has(list)) continue;
      seen.add(list);
      for (const path of list.paths) {
        const isRecursive =
          path.type === 0 && path.swIfIndex === ALL_ONES && path.nextHop.some((byte) => byte !== 0);
        if (isRecursive && path.nextHop.length === (this.family === 4 ? 4 : 16)) {
          nextHops.set(prefixKey(path.nextHop, 8 * path.nextHop.length), path.nextHop);
        }
      }
    }
    for (const [key, address] of nextHops) {
      if (this.entries.has(key)) continue;
      const length = 8 * address.length;
      const cover = this.lookup(address, length, false);
      const list = cover === undefined ? undefined : bestOf(cover);
      if (list === undefined) continue;
      const entry = { address, length, statsIndex: 0, sources: {}, apiEpoch: 0 };
      yield { entry, paths: list.paths.map((path) => inherited(path, this.family, address)) };
    }
  }
}

// Below a connected prefix the host is attached; below a recursive cover VPP drops until it resolves.
function inherited(path: Path, family: Family, address: Buffer): Path {
  if (path.type !== 0) return path;
  const isAttached = path.swIfIndex !== ALL_ONES && path.nextHop.every((byte) => byte === 0);
  if (isAttached) return makePath(family, { swIfIndex: path.swIfIndex, nextHop: address });
  return path;
}

/** The list that counts. */
export function bestOf(entry: Entry): PathList | undefined {
  for (const source of BY_PRIORITY) {
    const list = entry.sources[source];
    if (list !== undefined) return list;
  }
  return undefined;
}

/** The routes of an address of an interface that is up (ip4_add_interface_routes and its IPv6 sister). */
export function connectedRoutes(
  family: Family,
  swIfIndex: number,
  address: Uint8Array,
  length: number,
): { address: Uint8Array; length: number; list: PathList }[] {
  const full = family === 4 ? 32 : 128;
  const local = { paths: [makePath(family, { type: LOCAL, swIfIndex, nextHop: address })] };
  const routes = [{ address, length: full, list: local }];
  if (length === full) return routes;
  // ip4_forward.c gives the FIB the address as it is, ip6_forward.c masks it: a dump shows the difference.
  const shown = family === 4 ? address : masked(address, length);
  routes.push({ address: shown, length, list: { paths: [makePath(family, { swIfIndex })] } });
  if (family === 4 && length <= 30) {
    const drop = { paths: [makePath(family, { type: DROP })] };
    const first = Buffer.from(address);
    const last = Buffer.from(address);
    const host = 2 ** (32 - length) - 1;
    const value = first.readUInt32BE(0);
    first.writeUInt32BE((value & ~host) >>> 0, 0);
    last.writeUInt32BE((value | host) >>> 0, 0);
    for (const special of [first, last]) {
      if (Buffer.compare(special, address) !== 0) routes.push({ address: special, length: 32, list: drop });
    }
  } else if (family === 4) {
    const other = Buffer.from(address);
    other.writeUInt32BE((other.readUInt32BE(0) ^ 1) >>> 0, 0);
    routes.push({
      address: other,
      length: 32,
      list: { paths: [makePath(family, { swIfIndex, nextHop: other })] },
    });
  }
  return routes;
}

export class Fib {
  readonly #tables = new Map<string, Table>();
  #statsIndex = 0;

  constructor() {
    this.add(4, 0, '').isHeldByApi = true;
    this.add(6, 0, '').isHeldByApi = true;
  }

  find(family: Family, id: number): Table | undefined {
    const table = this.#tables.get(`${family}/${id}`);
    return table?.isHidden ? undefined : table;
  }

  add(family: Family, id: number, name: string): Table {
    const key = `${family}/${id}`;
    let table = this.#tables.get(key);
    if (table === undefined) {
      table = new Table(family, id, name, () => ++this.#statsIndex);
      this.#tables.set(key, table);
    }
    table.isHidden = false;
    return table;
  }

  /** Drops a table that nothing holds any more. */
  release(table: Table, isBound: boolean): void {
    if (table.id === 0 || table.isHeldByApi || isBound) return;
    if (table.apiRoutes > 0) table.isHidden = true;
    else this.#tables.delete(`${table.family}/${table.id}`);
  }

  tables(): Table[] {
    const shown = [...this.#tables.values()].filter((table) => !table.isHidden);
    return shown.sort((a, b) => a.family - b.family || a.id - b.id);
  }
}

/** One route for people: the control socket's `fib` and the CLI. */
export function routeText(entry: Entry): string {
  return `${addressText(entry.address)}/${entry.length}`;
}
