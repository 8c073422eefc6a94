/**
 * Whether static routes lead anywhere, as far as the file alone can tell: next hops are followed through static routes
 * and the networks of interfaces, as a FIB follows them. A next hop without any route is not reported: feeds and daemons
 * may add one.
 */
import { formatAddress, maskBytes, parseAddress } from './addresses.ts';
import type { Config, NextHop, RouteAction, StaticRoute } from './types.ts';

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
}

/** Routes of a table by length, then by address. */
type Table = Map<number, Map<string, Entry>>;

/** The routes of the file that a FIB takes and that forward nothing. */
export function deadRoutes({
  routes,
  interfaces,
  vrfs,
}: Pick<Config, 'routes' | 'interfaces' | 'vrfs'>): DeadRoute[] {
  const tables = new Map<number | undefined, Table>();
  const tableOf = (id: number | undefined): Table => {
    const table = tables.get(id) ?? new Map<number, Map<string, Entry>>();
    tables.set(id, table);
    return table;
  };
  const add = (table: Table, address: string, length: number, action: RouteAction | undefined): void => {
    const network = networkOf(address, length);
    if (network === undefined) return;
    const ofLength = table.get(length) ?? new Map<string, Entry>();
    table.set(length, ofLength);
    ofLength.set(network, { text: `${network}/${length}`, action });
  };
  for (const { destination, action, tableId } of routes) {
    if (destination.family === 'mpls') continue;
    add(tableOf(tableId), destination.address, destination.length, action);
  }
  // Of interfaces after the routes: a connected network comes first.
  for (const { addresses, vrf } of interfaces) {
    const table = tableOf(vrfs.find(({ name }) => name === vrf)?.table);
    for (const { address, length } of addresses) add(table, address, length, undefined);
  }
  return routes.flatMap((route) => {
    const reason = whyDead(route, tableOf(route.tableId));
    return reason === undefined ? [] : [{ route, reason }];
  });
}

function whyDead({ destination, action }: StaticRoute, table: Table): string | undefined {
  if (destination.family === 'mpls' || action.kind !== 'forward') return undefined;
  const own = `${networkOf(destination.address, destination.length)}/${destination.length}`;
  if (SPECIAL.has(own)) return `VPP reserves ${own} and drops packets to it`;
  return whyAllDead(action.nextHops, table, new Set());
}

/** Undefined as soon as one of them may forward. */
function whyAllDead(
  hops: readonly NextHop[],
  table: Table,
  followed: ReadonlySet<string>,
): string | undefined {
  let first: string | undefined;
  for (const { interface: name, address } of hops) {
    const isLookedUp = name === undefined && address !== undefined;
    const reason = isLookedUp ? whyHopDead(address, table, followed) : undefined;
    if (reason === undefined) return undefined;
    first ??= reason;
  }
  return first;
}

function whyHopDead(address: string, table: Table, followed: ReadonlySet<string>): string | undefined {
  const entry = longestMatch(address, table);
  if (entry?.action === undefined) return undefined;
  const { text, action } = entry;
  if (action.kind !== 'forward') return `its next hop ${address} is in ${text}, which drops packets`;
  if (followed.has(text))
    return `its next hop ${address} is reached through ${text}, which leads back to itself`;
  return whyAllDead(action.nextHops, table, new Set([...followed, text]));
}

function longestMatch(address: string, table: Table): Entry | undefined {
  const family = parseAddress(address)?.family;
  for (let length = family === 6 ? 128 : 32; length >= 0; length--) {
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
