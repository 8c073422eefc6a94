/** Tables and routes: ip.api. */

import { makePath, type Path, type PathList, PATH_BYTES, PathType } from './fib-path.ts';
import { FIB_SOURCES, type Shown, type Table } from './fib.ts';
import {
  ALL_ONES,
  type Answer,
  type Handler,
  type HandlerContext,
  i32,
  prefixOf,
  readPrefix,
  replyOf,
  type ShortHandler,
  text,
} from './handler.ts';
import { Retval, type VppState } from './vpp-state.ts';

/** table_id, stats_index, prefix, n_paths, (src,) paths. */
function routeBody(table: Table, { address, length, statsIndex, paths }: Shown, source?: number): Buffer {
  const head = Buffer.alloc(source === undefined ? 27 : 28);
  head.writeUInt32BE(table.id, 0);
  head.writeUInt32BE(statsIndex, 4);
  prefixOf(address, length).copy(head, 8);
  head.writeUInt8(paths.length, 26);
  if (source !== undefined) head.writeUInt8(source, 27);
  return Buffer.concat([head, ...paths.map((path) => path.encoded)]);
}

function readTable(request: Buffer, at: number, state: VppState): Table | undefined {
  return state.fib.find(request.readUInt8(at + 4) === 0 ? 4 : 6, request.readUInt32BE(at));
}

/** FIB_SOURCE_CLI of fib_source.h; every other one is treated as the API's. */
const SOURCE_CLI = 9;

function routeAddDel(pathsAt: number): ShortHandler {
  return (request, state, reply) => {
    const source = pathsAt > 39 && request[39] === SOURCE_CLI ? 'cli' : 'api';
    const isAdd = request[10] !== 0;
    const isMultipath = request[11] !== 0;
    const family = request[20] === 0 ? 4 : 6;
    const length = request[37] ?? 0;
    const count = request[38] ?? 0;
    reply.value = ALL_ONES;
    if (request.length < pathsAt + count * PATH_BYTES) return false;
    const table = state.fib.find(family, request.readUInt32BE(12));
    if (table === undefined) {
      reply.retval = Retval.noSuchFib;
      return true;
    }
    const list = state.decodePaths(request, pathsAt, count);
    if (typeof list === 'number') {
      reply.retval = list;
      return true;
    }
    if (isAdd && state.diesOf(list)) process.kill(process.pid, 'SIGSEGV');
    reply.retval = Retval.ok;
    if (length > (family === 4 ? 32 : 128)) reply.retval = Retval.invalidPrefixLength;
    else if (count === 0 && (isAdd || isMultipath)) reply.retval = Retval.noPathsInRoute;
    else if (isMultipath)
      reply.value = changePaths(table, request, length, isAdd, isAdd ? fixUp(list, request) : list);
    else if (isAdd) reply.value = table.set(source, request, 21, length, fixUp(list, request));
    else table.remove(source, request, 21, length);
    return true;
  };
}

// A prefix that recurses via its own address drops, and a host on an interface is its own next hop
// (fib_table_route_path_fixup).
function fixUp(list: PathList, request: Buffer): PathList {
  const family = request[20] === 0 ? 4 : 6;
  const bytes = family === 4 ? 4 : 16;
  const isHost = request[37] === 8 * bytes;
  let paths: Path[] | undefined;
  for (const [at, path] of list.paths.entries()) {
    const { type, swIfIndex, nextHop } = path;
    if (type !== PathType.normal) continue;
    const hasNextHop = nextHop.some((byte) => byte !== 0);
    if (swIfIndex === ALL_ONES) {
      if (!hasNextHop || nextHop.compare(request, 21, 21 + nextHop.length) !== 0) continue;
      paths ??= [...list.paths];
      paths[at] = makePath(nextHop.length === 4 ? 4 : 6, { ...path, type: PathType.drop });
    } else if (isHost && !hasNextHop) {
      paths ??= [...list.paths];
      paths[at] = makePath(family, { ...path, nextHop: request.subarray(21, 21 + bytes) });
    }
  }
  return paths === undefined ? list : { paths };
}

/** Adds paths to a route or removes them; returns the route's stats index, or all ones without one. */
function changePaths(table: Table, request: Buffer, length: number, isAdd: boolean, list: PathList): number {
  const before = table.apiPaths(request, 21, length) ?? [];
  const others = before.filter((old) => !list.paths.some((path) => isSamePath(path, old)));
  const paths = isAdd ? [...others, ...list.paths] : others;
  if (paths.length === 0) {
    table.remove('api', request, 21, length);
    return ALL_ONES;
  }
  const statsIndex = table.set('api', request, 21, length, { paths });
  return isAdd ? statsIndex : ALL_ONES;
}

// VPP compares paths without their weight (fib_path_cmp_for_sort).
function isSamePath(a: Path, b: Path): boolean {
  return (
    a.swIfIndex === b.swIfIndex &&
    a.tableId === b.tableId &&
    a.type === b.type &&
    a.proto === b.proto &&
    a.preference === b.preference &&
    a.nextHop.equals(b.nextHop)
  );
}

function* detailsOf(table: Table, name: string, source: number | undefined): Generator<Answer> {
  for (const shown of table.dump()) yield { name, body: routeBody(table, shown, source) };
}

function routeDump(detailsName: string, tableAt: number, hasSource: boolean): Handler {
  return (request, { state }) => {
    const table = readTable(request, tableAt, state);
    return table === undefined ? [] : detailsOf(table, detailsName, hasSource ? 0 : undefined);
  };
}

function routeLookup(name: string, hasSource: boolean): Handler {
  return (request, { state }) => {
    const { family, address, length } = readPrefix(request, 15);
    const table = state.fib.find(family, request.readUInt32BE(10));
    const shown = table?.lookup(address, length, request.readUInt8(14) !== 0);
    const retval = table === undefined ? Retval.noSuchFib : Retval.noSuchEntry;
    const body =
      table === undefined || shown === undefined
        ? i32(retval, hasSource ? 28 : 27)
        : Buffer.concat([
            i32(Retval.ok),
            routeBody(table, shown, hasSource ? FIB_SOURCES[shown.source][0] : undefined),
          ]);
    return [{ name: `${name}_reply`, body }];
  };
}

function sourceDetails([id, priority, name]: readonly [number, number, string]): Answer {
  const body = Buffer.alloc(66);
  body.writeUInt8(priority, 0);
  body.writeUInt8(id, 1);
  body.write(name, 2, 63);
  return { name: 'fib_source_details', body };
}

function withTable(name: string, act: (table: Table, context: HandlerContext) => void): Handler {
  return (request, context) => {
    const table = readTable(request, 10, context.state);
    if (table === undefined) return replyOf(name, Retval.noSuchFib);
    act(table, context);
    return replyOf(name, Retval.ok);
  };
}

export const ROUTE_HANDLERS: Readonly<Record<string, Handler>> = {
  ip_table_add_del: (request, { state }) => {
    const family = request.readUInt8(15) === 0 ? 4 : 6;
    const id = request.readUInt32BE(11);
    if (request.readUInt8(10) !== 0) state.fib.add(family, id, text(request, 16, 64)).isHeldByApi = true;
    else {
      const table = state.fib.find(family, id);
      if (table !== undefined && id !== 0) {
        table.isHeldByApi = false;
        state.multicast.flush(family, id);
        state.releaseTable(family, id);
      }
    }
    return replyOf('ip_table_add_del', Retval.ok);
  },
  ip_table_dump: (_request, { state }) =>
    state.fib.tables().map((table) => {
      const body = Buffer.alloc(69);
      body.writeUInt32BE(table.id, 0);
      body.writeUInt8(table.family === 4 ? 0 : 1, 4);
      body.write(table.name, 5, 63);
      return { name: 'ip_table_details', body };
    }),
  ip_table_flush: withTable('ip_table_flush', (table, { state }) => {
    for (const one of state.interfaces.values()) {
      if (one.tables[table.family] === table.id) state.setAdmin(one, false);
    }
    table.sweep(true);
  }),
  ip_table_replace_begin: withTable('ip_table_replace_begin', (table) => {
    table.mark();
  }),
  ip_table_replace_end: withTable('ip_table_replace_end', (table) => {
    table.sweep();
  }),
  ip_route_dump: routeDump('ip_route_details', 10, false),
  ip_route_v2_dump: routeDump('ip_route_v2_details', 11, true),
  ip_route_lookup: routeLookup('ip_route_lookup', false),
  ip_route_lookup_v2: routeLookup('ip_route_lookup_v2', true),
  fib_source_dump: () => Object.values(FIB_SOURCES).map(sourceDetails),
};

export const ROUTE_SHORT_HANDLERS: Readonly<Record<string, ShortHandler>> = {
  ip_route_add_del: routeAddDel(39),
  ip_route_add_del_v2: routeAddDel(40),
};
