/**
 * The emulator's FIB: tables per family, routes with sources, and their dumps.
 *
 * Invariants: a route shows its best source, special before interface before API before CLI before default route; the
 * API's routes carry the table's epoch of their last add, so mark is one increment and sweep one walk. A route is a
 * slot of the table's index and an element of a few arrays: no object of its own, since there may be a million.
 */

import { addressText, type Family, masked, prefixKey } from './address-bytes.ts';
import { ALL_ONES, makePath, type Path, type PathList, PathType } from './fib-path.ts';
import { PrefixIndex } from './prefix-index.ts';

export type Source = 'special' | 'interface' | 'api' | 'cli' | 'proxyNd' | 'default';

/** The sources of the emulator in fib_source_dump: id, priority, name (fib_source.h). */
export const FIB_SOURCES = {
  special: [1, 0x00, 'special'],
  interface: [4, 0x03, 'interface'],
  api: [8, 0x80, 'API'],
  cli: [9, 0x81, 'CLI'],
  proxyNd: [13, 0xc0, 'IPv6-proxy-nd'],
  followed: [18, 0xfb, 'recursive-resolution'],
  default: [20, 0xfd, 'default-route'],
} as const satisfies Record<Source | 'followed', readonly [id: number, priority: number, name: string]>;

/** A route as a dump shows it. */
export interface Shown {
  /** As first given: VPP keeps host bits in what it shows. */
  readonly address: Buffer;
  readonly length: number;
  readonly statsIndex: number;
  readonly paths: readonly Path[];
  /** Its best source; `followed`: VPP made it to track a next hop. */
  readonly source: Source | 'followed';
}

/** The sources of a route other than the API. */
type Others = Partial<Record<Exclude<Source, 'api'>, PathList>>;

export class Table {
  readonly family: Family;
  readonly id: number;
  readonly name: string;
  /** The API created this table and has not deleted it. */
  isHeldByApi = false;
  /** Deleted while it had routes of the API: unavailable until it is created again, with its routes. */
  isHidden = false;
  /** Routes of the API. */
  apiRoutes = 0;
  readonly #index: PrefixIndex;
  readonly #api: (PathList | undefined)[] = [];
  /** The epoch in which the API last added each; a few bits suffice to distinguish the last ones. */
  readonly #epochs: number[] = [];
  readonly #statsIndexes: number[] = [];
  readonly #others = new Map<number, Others>();
  /** Addresses that were given with host bits, by slot. */
  readonly #given = new Map<number, Buffer>();
  /** Host routes that VPP makes to track next hops; kept when unused. */
  readonly #followed = new Map<number | string, Buffer>();
  readonly #followedLists = new WeakSet<PathList>();
  #epoch = 0;
  readonly #nextStatsIndex: () => number;
  /** All tables: routes of any may have next hops that are looked up in this one. */
  readonly #all: () => Iterable<Table>;

  constructor(
    family: Family,
    id: number,
    name: string,
    { nextStatsIndex, all }: { readonly nextStatsIndex: () => number; readonly all: () => Iterable<Table> },
  ) {
    this.#all = all;
    this.family = family;
    this.id = id;
    this.name = name === '' ? `ipv${family}-VRF:${id}` : name;
    this.#index = new PrefixIndex(family);
    this.#nextStatsIndex = nextStatsIndex;
    this.#addSpecials();
  }

  #addSpecials(): void {
    const drop: PathList = { paths: [makePath(this.family, { type: PathType.drop })] };
    const zero = Buffer.alloc(this.family === 4 ? 4 : 16);
    this.set('default', zero, 0, 0, drop);
    if (this.family === 6) {
      const linkLocal = Buffer.alloc(16);
      linkLocal.writeUInt16BE(0xfe80, 0);
      this.set('special', linkLocal, 0, 10, { paths: [makePath(6, {})] });
      return;
    }
    this.set('special', Buffer.from([240, 0, 0, 0]), 0, 4, drop);
    this.set('special', Buffer.from([224, 0, 0, 0]), 0, 4, drop);
    // Dropped unless another source has them (ip4_specials of ip4_fib.c).
    this.set('default', zero, 0, 32, drop);
    this.set('default', Buffer.from([255, 255, 255, 255]), 0, 32, drop);
  }

  /** Sets the paths of one source of the prefix whose address is at `at`; returns the route's stats index. */
  set(source: Source, bytes: Uint8Array, at: number, length: number, list: PathList): number {
    const slot = this.#index.add(bytes, at, length);
    let statsIndex = this.#statsIndexes[slot] ?? 0;
    if (statsIndex === 0) {
      statsIndex = this.#nextStatsIndex();
      this.#statsIndexes[slot] = statsIndex;
      this.#api[slot] = undefined;
      this.#epochs[slot] = 0;
      this.#keepHostBits(slot, bytes, at, length);
    }
    if (source === 'api') {
      this.#follow(list);
      if (this.#api[slot] === undefined) this.apiRoutes++;
      this.#api[slot] = list;
      this.#epochs[slot] = this.#epoch;
      return statsIndex;
    }
    const others = this.#others.get(slot) ?? {};
    others[source] = list;
    this.#others.set(slot, others);
    return statsIndex;
  }

  /** Removes one source; the route ends with its last. False when there was none. */
  remove(source: Source, bytes: Uint8Array, at: number, length: number): boolean {
    const slot = this.#index.find(bytes, at, length);
    return slot >= 0 && this.#removeFrom(slot, source);
  }

  #removeFrom(slot: number, source: Source): boolean {
    if (source === 'api') {
      if (this.#api[slot] === undefined) return false;
      this.#api[slot] = undefined;
      this.apiRoutes--;
    } else {
      const others = this.#others.get(slot);
      if (others?.[source] === undefined) return false;
      delete others[source];
      if (Object.keys(others).length === 0) this.#others.delete(slot);
    }
    if (this.#api[slot] !== undefined || this.#others.has(slot)) return true;
    this.#index.delete(slot);
    this.#given.delete(slot);
    this.#statsIndexes[slot] = 0;
    return true;
  }

  /** The API's paths of a prefix. */
  apiPaths(bytes: Uint8Array, at: number, length: number): readonly Path[] | undefined {
    const slot = this.#index.find(bytes, at, length);
    return slot < 0 ? undefined : this.#api[slot]?.paths;
  }

  /** Begins a mark and sweep. */
  mark(): void {
    this.#epoch++;
  }

  /** Removes the API's routes that were not added since the mark; all of them with `isFlush`. */
  sweep(isFlush = false): void {
    for (let slot = 0; slot < this.#index.end; slot++) {
      if (this.#api[slot] === undefined || (!isFlush && this.#epochs[slot] === this.#epoch)) continue;
      this.#removeFrom(slot, 'api');
    }
  }

  /** Longest match, or that very prefix. */
  lookup(address: Uint8Array, length: number, isExact: boolean): Shown | undefined {
    for (let bits = length; bits >= 0; bits--) {
      const slot = this.#index.find(address, 0, bits);
      if (slot >= 0) return this.#shown(slot);
      const host = bits === 8 * address.length ? this.#followedHost(address) : undefined;
      if (host !== undefined) return host;
      if (isExact) return undefined;
    }
    return undefined;
  }

  /** The API's routes, the best ones or not. */
  *ofApi(): Generator<Shown> {
    for (let slot = 0; slot < this.#index.end; slot++) {
      const list = this.#api[slot];
      if (list !== undefined) yield { ...this.#shown(slot), paths: list.paths, source: 'api' };
    }
  }

  /** The content of a dump: all routes with their best source, and those made for recursive next hops. */
  *dump(): Generator<Shown> {
    for (const slot of this.#slots()) yield this.#shown(slot);
    const nextHops = new Map<number | string, Buffer>();
    const seen = new Set<readonly Path[]>();
    // Of routes of either family: IPv4 may go over IPv6 neighbours.
    for (const table of this.#all()) table.#addNextHopsOf(this, nextHops, seen);
    for (const address of nextHops.values()) {
      if (this.#index.find(address, 0, 8 * address.length) >= 0) continue;
      const host = this.#followedHost(address);
      if (host !== undefined) yield host;
    }
  }

  *#slots(): Generator<number> {
    for (let slot = 0; slot < this.#index.end; slot++) if (this.#index.isUsed(slot)) yield slot;
  }

  /** Next hops of this table's routes that are looked up in `other`. */
  #addNextHopsOf(other: Table, nextHops: Map<number | string, Buffer>, seen: Set<readonly Path[]>): void {
    for (const slot of this.#slots()) {
      const paths = this.#best(slot)?.paths ?? [];
      if (seen.has(paths)) continue;
      seen.add(paths);
      for (const { type, swIfIndex, tableId, nextHop } of paths) {
        const isRecursive = type === PathType.normal && swIfIndex === ALL_ONES && nextHop.some(isNotZero);
        const isThere = tableId === other.id && nextHop.length === (other.family === 4 ? 4 : 16);
        if (isRecursive && isThere) nextHops.set(prefixKey(nextHop, 8 * nextHop.length), nextHop);
      }
    }
  }

  #follow(list: PathList): void {
    if (this.#followedLists.has(list)) return;
    this.#followedLists.add(list);
    for (const { type, swIfIndex, tableId, nextHop } of list.paths) {
      if (type !== PathType.normal || swIfIndex !== ALL_ONES || !nextHop.some(isNotZero)) continue;
      for (const table of this.#all()) {
        const isThere = tableId === table.id && nextHop.length === (table.family === 4 ? 4 : 16);
        if (isThere) table.#followed.set(hostKey(nextHop), nextHop);
      }
    }
  }

  /** The host route to a tracked next hop: it forwards as the route that covers it. */
  #followedHost(address: Uint8Array): Shown | undefined {
    const found = this.#followed.get(hostKey(address));
    if (found === undefined) return undefined;
    const cover = this.lookup(found, 8 * found.length - 1, false);
    if (cover === undefined) return undefined;
    const paths = cover.paths.map((path) => inherited(path, this.family, found));
    return { address: found, length: 8 * found.length, statsIndex: 0, paths, source: 'followed' };
  }

  #shown(slot: number): Shown {
    return {
      address: this.#given.get(slot) ?? this.#index.addressOf(slot),
      length: this.#index.lengthOf(slot),
      statsIndex: this.#statsIndexes[slot] ?? 0,
      paths: this.#best(slot)?.paths ?? [],
      source: this.#bestSource(slot),
    };
  }

  #best(slot: number): PathList | undefined {
    const others = this.#others.get(slot);
    const first = others?.special ?? others?.interface ?? this.#api[slot];
    return first ?? others?.cli ?? others?.proxyNd ?? others?.default;
  }

  #bestSource(slot: number): Source {
    const others = this.#others.get(slot);
    if (others?.special !== undefined) return 'special';
    if (others?.interface !== undefined) return 'interface';
    if (this.#api[slot] !== undefined) return 'api';
    if (others?.cli !== undefined) return 'cli';
    return others?.proxyNd === undefined ? 'default' : 'proxyNd';
  }

  #keepHostBits(slot: number, bytes: Uint8Array, at: number, length: number): void {
    const size = this.family === 4 ? 4 : 16;
    if (length >= 8 * size) return;
    // The byte in which the prefix ends, then the following ones.
    let byte = length >> 3;
    let mask = 0xff >> (length & 7);
    for (; byte < size; byte++, mask = 0xff) {
      if (((bytes[at + byte] ?? 0) & mask) === 0) continue;
      this.#given.set(slot, Buffer.from(bytes.subarray(at, at + size)));
      return;
    }
  }
}

function hostKey(address: Uint8Array): number | string {
  return prefixKey(address, 8 * address.length);
}

function isNotZero(byte: number): boolean {
  return byte !== 0;
}

// Below a connected prefix the host is attached; below a recursive cover VPP drops until it resolves.
function inherited(path: Path, family: Family, address: Buffer): Path {
  if (path.type !== PathType.normal) return path;
  const isAttached = path.swIfIndex !== ALL_ONES && !path.nextHop.some(isNotZero);
  if (isAttached) return makePath(family, { swIfIndex: path.swIfIndex, nextHop: address });
  return path;
}

/** The routes of an address of an interface that is up (ip4_add_interface_routes and the IPv6 one). */
export function connectedRoutes(
  family: Family,
  swIfIndex: number,
  address: Uint8Array,
  length: number,
): { address: Uint8Array; length: number; list: PathList }[] {
  const full = family === 4 ? 32 : 128;
  const local = { paths: [makePath(family, { type: PathType.local, swIfIndex, nextHop: address })] };
  const routes = [{ address, length: full, list: local }];
  if (length === full) return routes;
  // ip4_forward.c gives the FIB the address as it is, ip6_forward.c masks it: a dump shows the difference.
  const shown = family === 4 ? address : masked(address, length);
  routes.push({ address: shown, length, list: { paths: [makePath(family, { swIfIndex })] } });
  if (family === 4 && length <= 30) {
    const drop = { paths: [makePath(family, { type: PathType.drop })] };
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
      const all = (): Iterable<Table> => this.#tables.values();
      table = new Table(family, id, name, { nextStatsIndex: () => ++this.#statsIndex, all });
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

/** A prefix for people: the control socket's `fib` and the CLI. */
export function routeText({ address, length }: Pick<Shown, 'address' | 'length'>): string {
  return `${addressText(address)}/${length}`;
}
