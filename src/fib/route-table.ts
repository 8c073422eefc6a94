/**
 * The routes of all sources, and which of them is best: by administrative distance, then metric, then the newer source.
 *
 * A source is the configuration, one run of a feeder, one reading of the kernel. What is sent again after a break comes
 * as a new source of the same distance: routes that are the same change nothing, and disposing of the old source takes
 * away what was not sent again. FIBs follow as holders of the stores (route-store.ts, backend-state.ts).
 */
import { formatAddress, parseAddress } from '../config/mod.ts';
import type { Destination, Prefix, StaticRoute } from '../config/types.ts';
import { TimeSlice } from '../linux/mod.ts';
import { type GroupAction, type GroupId, NextHopGroups, NO_GROUP } from './next-hop-groups.ts';
import {
  keyAddress,
  DEFAULT_TABLE,
  FAMILIES,
  type Family,
  maskKey,
  newRouteKey,
  type RouteKey,
  setAddress,
  setKey,
} from './route-key.ts';
import { type Candidate, RouteStore, type SetResult, type SourceRank } from './route-store.ts';

/** Sources at once; 0 is none. */
export const MAX_SOURCES = 255;
/** Routes between two looks at the clock. */
const CLOCK_EVERY = 1_024;

/** Administrative distances (the lower one wins). */
export const Distance = { connected: 0, static: 1, feed: 20, kernel: 200 } as const;

export interface SourceOptions {
  /** `static`, a feeder's name, `kernel`: as people read it. */
  readonly name: string;
  /** 0..255 */
  readonly distance: number;
  /** `connected`: shown, and programmed by whoever owns the interface. `kernel`: not given back to the kernel. */
  readonly origin: 'connected' | 'static' | 'feed' | 'kernel';
}

/** What a source says of a destination; `metric` 0 and the default table unless given. */
export interface SourceRoute {
  readonly destination: Destination;
  readonly action: GroupAction;
  readonly metric?: number;
  readonly tableId?: number | undefined;
}

/** A candidate with the source that it came from. */
export interface NamedCandidate extends Candidate {
  readonly from: SourceOptions;
}

/** 4,094 keys at most are looked for. */
const MIN_LOOKED_INTO = 20;

export class RouteTable {
  readonly groups = new NextHopGroups();
  readonly #stores: Readonly<Record<Family, RouteStore>>;
  readonly #sources: (RouteSource | undefined)[] = [undefined];
  /** By source: whether it only shows what someone else programs, or what the kernel has already. Read for each route. */
  readonly isConnected = new Uint8Array(MAX_SOURCES + 1);
  readonly isFromKernel = new Uint8Array(MAX_SOURCES + 1);
  readonly isStatic = new Uint8Array(MAX_SOURCES + 1);
  #serial = 0;
  readonly #key = newRouteKey();
  /** The table number that means the default table, as routes may name it. */
  #defaultTableId: number;

  /** @param defaultTableId `fib.vpp.table-id`: a route that names it is in the default table. */
  constructor(defaultTableId = 0) {
    this.#defaultTableId = defaultTableId;
    const rankOf = (source: number): SourceRank => this.#sources[source] ?? NOBODY;
    this.#stores = {
      4: new RouteStore(4, this.groups, rankOf),
      6: new RouteStore(6, this.groups, rankOf),
      mpls: new RouteStore('mpls', this.groups, rankOf),
    };
  }

  get stores(): readonly RouteStore[] {
    return FAMILIES.map((family) => this.#stores[family]);
  }

  store(family: Family): RouteStore {
    return this.#stores[family];
  }

  get defaultTableId(): number {
    return this.#defaultTableId;
  }

  /** Routes that name no table are in this one from now on; FIBs are told of it by whoever changes it. */
  setDefaultTableId(tableId: number): void {
    this.#defaultTableId = tableId;
  }

  /** A new source, newer than all others. Throws RangeError when there are `MAX_SOURCES`. */
  addSource(options: SourceOptions): RouteSource {
    const free = this.#sources.indexOf(undefined, 1);
    const id = free > 0 ? free : this.#sources.length;
    if (id > MAX_SOURCES) throw new RangeError(`${MAX_SOURCES} sources of routes: there is no room for more`);
    this.#serial += 1;
    const { origin } = options;
    this.isConnected[id] = origin === 'connected' ? 1 : 0;
    this.isFromKernel[id] = origin === 'kernel' ? 1 : 0;
    this.isStatic[id] = origin === 'static' ? 1 : 0;
    const source = new RouteSource(this, options, { id, serial: this.#serial }, () => {
      this.#sources[id] = undefined;
    });
    this.#sources[id] = source;
    return source;
  }

  /** The sources, oldest first. */
  get sources(): readonly SourceOptions[] {
    const all = this.#sources.filter((entry) => entry !== undefined);
    return all.sort((a, b) => a.serial - b.serial).map(({ options }) => options);
  }

  /** What is known of a slot's destination, the best first. */
  candidates(store: RouteStore, slot: number): NamedCandidate[] {
    return store.candidates(slot).flatMap((candidate) => {
      const from = this.#sources[candidate.source]?.options;
      return from === undefined ? [] : [{ ...candidate, from }];
    });
  }

  /** The slot of the longest prefix with a route that covers `key`, which becomes that prefix; -1 without one. */
  longestMatch(key: RouteKey): number {
    const store = this.#stores[key.family];
    for (let length = key.length; length >= 0; length--) {
      if (!store.hasLength(length)) continue;
      key.length = length;
      maskKey(key);
      const slot = store.find(key);
      if (slot >= 0 && store.source[slot] !== 0) return slot;
    }
    return -1;
  }

  /** The interface that an address is a neighbour on, by the longest match in the default table. */
  connectedTo(address: string): string | undefined {
    const bytes = parseAddress(address)?.bytes;
    if (bytes === undefined) return undefined;
    setAddress(this.#key, bytes);
    this.#key.tableId = DEFAULT_TABLE;
    this.#key.length = 8 * bytes.length;
    const slot = this.longestMatch(this.#key);
    if (slot < 0) return undefined;
    const action = this.groups.action(this.#stores[this.#key.family].group[slot]!);
    if (action.kind === 'attached') return action.interface;
    const only = action.kind === 'forward' && action.nextHops.length === 1 ? action.nextHops[0] : undefined;
    return only?.address === undefined ? only?.interface : undefined;
  }

  /**
   * Prefixes inside an IPv4 network of an interface that have routes through other interfaces: hosts that are elsewhere
   * (RFC 1027). Of a network longer than 20 bits or of that length; empty for others, which have too many to look at.
   */
  elsewhere(interfaceName: string, network: Prefix, tableId: number | undefined): Prefix[] {
    const store = this.#stores[4];
    const parsed = parseAddress(network.address)?.bytes;
    if (network.family !== 4 || parsed === undefined || network.length < MIN_LOOKED_INTO) return [];
    const key = { ...newRouteKey(), tableId: this.canonicalTable(tableId) ?? DEFAULT_TABLE };
    setAddress(key, parsed);
    key.length = network.length;
    maskKey(key);
    const first = key.w0;
    const found: Prefix[] = [];
    for (let length = network.length + 1; length <= 32; length++) {
      if (!store.hasLength(length)) continue;
      key.length = length;
      for (let at = 0; at < 2 ** (length - network.length); at++) {
        key.w0 = (first + at * 2 ** (32 - length)) >>> 0;
        const slot = store.find(key);
        if (slot < 0 || store.source[slot] === 0 || this.isConnected[store.source[slot]!] === 1) continue;
        if (!this.#leavesBy(store.group[slot]!, interfaceName)) continue;
        found.push({ family: 4, address: formatAddress(keyAddress(key)), length });
      }
    }
    return found;
  }

  /** Whether packets of a group leave, and none of them by that interface. */
  #leavesBy(group: GroupId, not: string): boolean {
    const action = this.groups.action(group);
    if (action.kind === 'attached') return action.interface !== not;
    if (action.kind !== 'forward') return false;
    const ways = action.nextHops.map((hop) => hop.interface ?? this.connectedTo(hop.address ?? ''));
    return ways.every((way) => way !== undefined && way !== not);
  }

  /** `tableId` as keys have it: the default table's own number is the default table. */
  canonicalTable(tableId: number | undefined): number | undefined {
    return tableId === this.#defaultTableId ? undefined : tableId;
  }
}

const NOBODY: SourceRank = { distance: 256, serial: 0 };

/** One source's routes; made by `RouteTable.addSource`. */
export class RouteSource implements SourceRank, AsyncDisposable {
  readonly id: number;
  readonly distance: number;
  readonly serial: number;
  readonly options: SourceOptions;
  readonly #table: RouteTable;
  readonly #onGone: () => void;
  readonly #key = newRouteKey();
  #size = 0;
  #end: Promise<void> | undefined;

  constructor(
    table: RouteTable,
    options: SourceOptions,
    { id, serial }: { readonly id: number; readonly serial: number },
    onGone: () => void,
  ) {
    this.#table = table;
    this.id = id;
    this.serial = serial;
    this.distance = options.distance;
    this.options = options;
    this.#onGone = onGone;
  }

  get name(): string {
    return this.options.name;
  }

  /** Destinations that it has a route to. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds or replaces a route; the caller's reference of the group stays the caller's. `full`: nothing was changed.
   * An MPLS key names a label without the end-of-stack bit; both entries are set. Throws Error once disposed of.
   */
  set(key: RouteKey, group: GroupId, metric: number): SetResult {
    if (this.#end !== undefined) throw new Error(`${this.name} is no source of routes any more`);
    if (group === NO_GROUP) return 'full';
    const result = this.#table.store(key.family).set(this.id, key, group, metric);
    if (result === 'added') this.#size += 1;
    if (key.family === 'mpls' && result !== 'full')
      this.#atEndOfStack(key, (store) => store.set(this.id, key, group, metric));
    return result;
  }

  /** Takes a route away; false when there was none. */
  remove(key: RouteKey): boolean {
    const existed = this.#table.store(key.family).remove(this.id, key);
    if (existed) this.#size -= 1;
    if (key.family === 'mpls') this.#atEndOfStack(key, (store) => store.remove(this.id, key));
    return existed;
  }

  /** As `set`, of a route in words. */
  setRoute({ destination, action, metric = 0, tableId }: SourceRoute): SetResult {
    const group = this.#table.groups.intern(destination.family, action);
    const result = this.set(this.#keyOf(destination, tableId), group, metric);
    this.#table.groups.release(group);
    return result;
  }

  /** As `remove`, of a destination in words. */
  removeRoute(destination: Destination, tableId: number | undefined): boolean {
    return this.remove(this.#keyOf(destination, tableId));
  }

  /** Withdraws all its routes, in slices of the event loop. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#end ??= this.#withdraw();
    return this.#end;
  }

  async #withdraw(): Promise<void> {
    const slice = new TimeSlice({ clockEvery: CLOCK_EVERY });
    for (const store of this.#table.stores) {
      for (let slot = 0; slot < store.top; slot++) {
        if (store.has(this.id, slot)) store.removeAt(this.id, slot);
        if (slice.isOver()) await slice.next();
      }
    }
    this.#size = 0;
    this.#onGone();
  }

  #keyOf(destination: Destination, tableId: number | undefined): RouteKey {
    return setKey(this.#key, destination, this.#table.canonicalTable(tableId));
  }

  #atEndOfStack(key: RouteKey, act: (store: RouteStore) => unknown): void {
    key.w0 = (key.w0 | 1) >>> 0;
    act(this.#table.store('mpls'));
    key.w0 = (key.w0 & ~1) >>> 0;
  }
}

/** Routes of a configuration: makes `source` have just these. */
export function replaceRoutes(
  source: RouteSource,
  before: readonly StaticRoute[],
  after: readonly StaticRoute[],
): void {
  const gone = new Map(before.map((route) => [identityOf(route), route]));
  for (const route of after) {
    gone.delete(identityOf(route));
    source.setRoute(route);
  }
  for (const { destination, tableId } of gone.values()) source.removeRoute(destination, tableId);
}

function identityOf({ destination, tableId }: StaticRoute): string {
  const table = tableId === undefined ? '' : `${tableId} `;
  if (destination.family === 'mpls') return `${table}mpls ${destination.label}`;
  return `${table}${destination.address}/${destination.length}`;
}
