/** Typed operations over a client: FIB tables and routes. */

import type { Prefix } from '../../config/mod.ts';
import type { VppApiClient } from './client.ts';
import type { CallOptions, ManyOptions, ManyOutcome } from './client-types.ts';
import { type FibPath, FibPathProto, FibPathType, fibPath } from './fib-path.ts';
import { fibSourceDump } from './messages/fib.ts';
import * as api from './messages/ip.ts';
import { fromApiPrefix, toApiPrefix } from './address-values.ts';
import { tableId, type TableId } from './types.ts';

/** A FIB table: routes of one family under one number. */
export interface FibTable {
  readonly tableId: TableId;
  readonly family: 4 | 6;
  /** At most 63 bytes; only for display. */
  readonly name?: string;
}

/** One change of a route: an add replaces all paths of the prefix, a delete removes it. */
export interface RouteChange {
  readonly isAdd: boolean;
  readonly tableId: TableId;
  readonly prefix: Prefix;
  /** Built by `fibPath`; empty for a delete. VPP refuses an add without paths. */
  readonly paths: readonly FibPath[];
}

/** A route as VPP has it. */
export interface VppRoute {
  readonly tableId: TableId;
  readonly prefix: Prefix;
  readonly paths: readonly FibPath[];
  /** Index of its counters in the stats segment. */
  readonly statsIndex: number;
}

type RouteBody = Parameters<typeof api.ipRouteAddDel.codec.lengthOf>[0];

/** The body of ip_route_add_del for a change; throws VppApiError `encode`. */
export function routeBody(change: RouteChange): RouteBody {
  return {
    isAdd: change.isAdd,
    isMultipath: false,
    route: {
      tableId: change.tableId,
      statsIndex: 0,
      prefix: toApiPrefix(change.prefix),
      paths: change.paths,
    },
  };
}

/** Adds (replacing all paths), or deletes, one route; resolves with the index of its counters. */
export async function addDelRoute(client: VppApiClient, change: RouteChange): Promise<number> {
  return (await client.request(api.ipRouteAddDel, routeBody(change))).statsIndex;
}

/** FIB_SOURCE_CLI (fib_source.h): the mark and sweep of a table covers only routes of the API. */
const SOURCE_CLI = 9;

/** Makes VPP consume packets to `prefix`, or no longer; not a route of the API (`endTableReplace`). */
export async function addDelLocalRoute(
  client: VppApiClient,
  { tableId, prefix }: { readonly tableId: TableId; readonly prefix: Prefix },
  isAdd: boolean,
): Promise<void> {
  const proto = prefix.family === 4 ? FibPathProto.ip4 : FibPathProto.ip6;
  const paths = isAdd ? [fibPath({ type: FibPathType.local, proto })] : [];
  const route = { tableId, statsIndex: 0, prefix: toApiPrefix(prefix), src: SOURCE_CLI, paths };
  await client.request(api.ipRouteAddDelV2, { isAdd, isMultipath: false, route });
}

/** Many changes, pipelined; see `VppApiClient.requestMany`. */
export function addDelRoutes(
  client: VppApiClient,
  changes: Iterable<RouteChange>,
  options?: ManyOptions,
): Promise<ManyOutcome> {
  return client.requestMany(api.ipRouteAddDel, bodies(changes), options);
}

function* bodies(changes: Iterable<RouteChange>): Generator<RouteBody> {
  for (const change of changes) yield routeBody(change);
}

function wireTable(table: FibTable) {
  return { table: { tableId: table.tableId, isIp6: table.family === 6, name: table.name ?? '' } };
}

/** Adds or deletes a table; table 0 of both families always exists. */
export async function addDelTable(
  client: VppApiClient,
  table: FibTable,
  isAdd: boolean,
  options?: CallOptions,
): Promise<void> {
  await client.request(api.ipTableAddDel, { isAdd, ...wireTable(table) }, options);
}

/** All tables of both families. */
export async function dumpTables(client: VppApiClient): Promise<FibTable[]> {
  const all = await client.dump(api.ipTableDump, {});
  return all.map(({ table }) => ({ tableId: table.tableId, family: table.isIp6 ? 6 : 4, name: table.name }));
}

/** Begins a mark and sweep: add everything again, then `endTableReplace`. */
export async function beginTableReplace(
  client: VppApiClient,
  table: FibTable,
  options?: CallOptions,
): Promise<void> {
  await client.request(api.ipTableReplaceBegin, wireTable(table), options);
}

/** Sweeps the routes not added since the begin. Never after an incomplete replay: it would delete good routes. */
export async function endTableReplace(
  client: VppApiClient,
  table: FibTable,
  options?: CallOptions,
): Promise<void> {
  await client.request(api.ipTableReplaceEnd, wireTable(table), options);
}

/**
 * All routes of a table, including VPP's own (connected, default drop); empty for a table that VPP does not
 * have. Not for full tables: VPP builds the whole answer in one go.
 */
export async function dumpRoutes(client: VppApiClient, table: FibTable): Promise<VppRoute[]> {
  const all = await client.dump(api.ipRouteDump, wireTable(table));
  return all.map(({ route }) => fromWire(route));
}

/** The route that VPP would use for a prefix (longest match), or exactly that prefix; NO_SUCH_ENTRY without one. */
export async function lookupRoute(
  client: VppApiClient,
  table: TableId,
  prefix: Prefix,
  exact: boolean,
): Promise<VppRoute> {
  const body = { tableId: table, exact: exact ? 1 : 0, prefix: toApiPrefix(prefix) };
  return fromWire((await client.request(api.ipRouteLookup, body)).route);
}

/** A route as VPP has it, with its owner: the id of the best source of its entry. */
export interface VppSourcedRoute extends VppRoute {
  readonly source: number;
}

/**
 * As `lookupRoute`, with the source. Also finds host routes that VPP made itself to track a next hop
 * (`recursive-resolution`).
 */
export async function lookupSourcedRoute(
  client: VppApiClient,
  table: TableId,
  prefix: Prefix,
  exact: boolean,
): Promise<VppSourcedRoute> {
  const body = { tableId: table, exact: exact ? 1 : 0, prefix: toApiPrefix(prefix) };
  const { route } = await client.request(api.ipRouteLookupV2, body);
  return { ...fromWire(route), source: route.src };
}

/** A source (owner) of FIB entries. */
export interface FibSource {
  /** Of two sources of an entry, the one with the lower number wins. */
  readonly priority: number;
  /** `API`, `interface`, `recursive-resolution`, … */
  readonly name: string;
}

/** All sources by id, which differ between versions. */
export async function dumpFibSources(client: VppApiClient): Promise<Map<number, FibSource>> {
  const all = await client.dump(fibSourceDump, {});
  return new Map(all.map(({ src: { id, priority, name } }) => [id, { priority, name }]));
}

function fromWire(route: Omit<RouteBody['route'], 'src'>): VppRoute {
  const { paths, statsIndex } = route;
  return { tableId: tableId(route.tableId), prefix: fromApiPrefix(route.prefix), paths, statsIndex };
}
