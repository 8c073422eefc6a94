/**
 * Whether static routes lead anywhere, as far as the file alone can tell: next hops are followed through static routes
 * and the networks of interfaces, as a FIB follows them, from one VRF into another. A next hop without
 * any route is not reported: feeds and daemons may add one.
 */
import { formatAddress, maskBytes, parseAddress } from './addresses.ts';
import type { Config, NextHop, Prefix, RouteAction, StaticRoute } from './types.ts';
import { DEFAULT_VRF, tableOfVrf } from './vrf-checks.ts';

export interface DeadRoute {
  readonly route: StaticRoute;
  /** Why packets to it are dropped, for people. */
  readonly reason: string;
}

/** VPP reserves these prefixes, and drops packets to them (src/vnet/fib/fib_table.c, ip4_specials). */
const SPECIAL = new Set(['240.0.0.0/4', '224.0.0.0/4', '0.0.0.0/32', '255.255.255.255/32']);

interface Entry {
  readonly text: string;
  /** Undefined: a connected network. */
  readonly action: RouteAction | undefined;
  /** 0: of a connected network. */
  readonly line: number;
}

/** Routes of a table by length, then by address. */
type Table = Map<number, Map<string, Entry>>;

/** All tables of the file by number; undefined: the default one. */
interface Tables {
  of(id: number | undefined): Table;
  /** The table of a VRF by its name. Undefined: it is no VRF. */
  ofVrf(name: string): Table | undefined;
}

type Routed = Pick<Config, 'routes' | 'interfaces' | 'vrfs'>;

function tablesOf({ routes, interfaces, vrfs }: Routed): Tables {
  const tables = new Map<number | undefined, Table>();
  const tableOf = (id: number | undefined): Table => {
    const table = tables.get(id) ?? new Map<number, Map<string, Entry>>();
    tables.set(id, table);
    return table;
  };
  const add = (table: Table, address: string, length: number, rest: Omit<Entry, 'text'>): void => {
    const network = networkOf(address, length);
    if (network === undefined) return;
    const ofLength = table.get(length) ?? new Map<string, Entry>();
    table.set(length, ofLength);
    ofLength.set(network, { text: `${network}/${length}`, ...rest });
  };
  for (const { destination, action, tableId, line } of routes) {
    if (destination.family === 'mpls') continue;
    add(tableOf(tableId), destination.address, destination.length, { action, line });
  }
  // Of interfaces after the routes: a connected network comes first.
  for (const { addresses, vrf } of interfaces) {
    const table = tableOf(tableOfVrf({ vrfs }, vrf ?? ''));
    for (const { address, length } of addresses) add(table, address, length, { action: undefined, line: 0 });
  }
  return {
    of: tableOf,
    ofVrf: (name) => {
      if (name === DEFAULT_VRF) return tableOf(undefined);
      const id = tableOfVrf({ vrfs }, name);
      return id === undefined ? undefined : tableOf(id);
    },
  };
}

/** The routes of the file that a FIB takes and that forward nothing. */
export function deadRoutes(config: Routed): DeadRoute[] {
  const tables = tablesOf(config);
  return config.routes.flatMap((route) => {
    const reason = whyDead(route, tables);
    return reason === undefined ? [] : [{ route, reason }];
  });
}

/**
 * Routes from one VRF to another, and back: their packets are looked up for ever. Only where the file has nothing more
 * specific that takes some of them out. Of each loop the route that stands last.
 */
export function leakLoops(config: Routed): DeadRoute[] {
  const names = new Set([DEFAULT_VRF, ...config.vrfs.map(({ name }) => name)]);
  const leaks = config.routes.filter(
    ({ action }) =>
      action.kind === 'forward' && action.nextHops.some((hop) => names.has(hop.interface ?? '')),
  );
  if (leaks.length === 0) return [];
  const tables = tablesOf(config);
  return leaks.flatMap((route) => {
    const { destination, action, tableId } = route;
    if (destination.family === 'mpls' || vrfsOf(action, tables).length === 0) return [];
    const network = networkOf(destination.address, destination.length) ?? '';
    const start = tables.of(tableId);
    const own = start.get(destination.length)?.get(network);
    const loop = own === undefined ? undefined : leakLoop(own, start, destination, tables);
    if (loop === undefined || loop.some(({ line }) => line > route.line)) return [];
    const through = loop.slice(1).map(({ text, line }) => `${text} on line ${line}`);
    const reason = `its packets are looked up in a circle: ${[...through, 'and this route again'].join(', ')}`;
    return [{ route, reason }];
  });
}

/** The entries that packets to `prefix` come by until they are at `first` again; undefined: they get out. */
function leakLoop(first: Entry, start: Table, prefix: Prefix, tables: Tables): Entry[] | undefined {
  const follow = (entry: Entry, table: Table, followed: readonly Entry[]): Entry[] | undefined => {
    if (followed.includes(entry)) return entry === first ? [...followed] : undefined;
    if (hasMoreSpecific(table, prefix)) return undefined;
    for (const next of vrfsOf(entry.action, tables)) {
      const found = longestMatch(prefix.address, next, prefix.length);
      const loop = found === undefined ? undefined : follow(found, next, [...followed, entry]);
      if (loop !== undefined) return loop;
    }
    return undefined;
  };
  return follow(first, start, []);
}

/** The tables of VRFs that an action hands packets to. */
function vrfsOf(action: RouteAction | undefined, tables: Tables): Table[] {
  if (action?.kind !== 'forward') return [];
  return action.nextHops.flatMap(({ address, interface: name }) => {
    const table = address === undefined ? tables.ofVrf(name) : undefined;
    return table === undefined ? [] : [table];
  });
}

function hasMoreSpecific(table: Table, { address, length }: Prefix): boolean {
  const network = networkOf(address, length);
  const family = parseAddress(address)?.family;
  return [...table].some(
    ([one, entries]) =>
      one > length &&
      [...entries.keys()].some(
        (inner) => parseAddress(inner)?.family === family && networkOf(inner, length) === network,
      ),
  );
}

function whyDead({ destination, action, tableId }: StaticRoute, tables: Tables): string | undefined {
  if (destination.family === 'mpls' || action.kind !== 'forward') return undefined;
  const own = `${networkOf(destination.address, destination.length)}/${destination.length}`;
  if (SPECIAL.has(own)) return `VPP reserves ${own} and drops packets to it`;
  return whyAllDead(action.nextHops, tables.of(tableId), tables, new Set());
}

/** Undefined as soon as one of them may forward. */
function whyAllDead(
  hops: readonly NextHop[],
  table: Table,
  tables: Tables,
  followed: ReadonlySet<Entry>,
): string | undefined {
  let first: string | undefined;
  for (const { interface: name, address } of hops) {
    const lookedUpIn = name === undefined ? table : tables.ofVrf(name);
    const reason =
      lookedUpIn === undefined || address === undefined
        ? undefined
        : whyHopDead(address, lookedUpIn, tables, followed);
    if (reason === undefined) return undefined;
    first ??= reason;
  }
  return first;
}

function whyHopDead(
  address: string,
  table: Table,
  tables: Tables,
  followed: ReadonlySet<Entry>,
): string | undefined {
  const entry = longestMatch(address, table);
  if (entry?.action === undefined) return undefined;
  const { text, action } = entry;
  if (action.kind !== 'forward') return `its next hop ${address} is in ${text}, which drops packets`;
  if (followed.has(entry))
    return `its next hop ${address} is reached through ${text}, which leads back to itself`;
  return whyAllDead(action.nextHops, table, tables, new Set([...followed, entry]));
}

/** The longest route of a table to an address, of at most `maxLength` bits. */
function longestMatch(address: string, table: Table, maxLength?: number): Entry | undefined {
  const family = parseAddress(address)?.family;
  for (let length = maxLength ?? (family === 6 ? 128 : 32); length >= 0; length--) {
    const network = table.has(length) ? networkOf(address, length) : undefined;
    const found = network === undefined ? undefined : table.get(length)?.get(network);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The address with its host bits zero; undefined for no address. */
function networkOf(address: string, length: number): string | undefined {
  const parsed = parseAddress(address);
  return parsed === undefined ? undefined : formatAddress(maskBytes(parsed.bytes, length));
}
