/** Tables and routes: ip.api. */

import { bestOf, type Entry, makePath, type Path, PATH_BYTES, type Table } from './fib.ts';
import {
  ALL_ONES,
  type Answer,
  type Handler,
  type HandlerContext,
  i32,
  prefixOf,
  readPrefix,
  replyOf,
  replyWith,
  text,
} from './handler.ts';
import { Retval, type VppState } from './vpp-state.ts';

/** table_id, stats_index, prefix, n_paths, (src,) paths. */
function routeBody(table: Table, entry: Entry, paths: readonly Path[], source?: number): Buffer {
  const head = Buffer.alloc(source === undefined ? 27 : 28);
  head.writeUInt32BE(table.id, 0);
  head.writeUInt32BE(entry.statsIndex, 4);
  prefixOf(entry.address, entry.length).copy(head, 8);
  head.writeUInt8(paths.length, 26);
  if (source !== undefined) head.writeUInt8(source, 27);
  return Buffer.concat([head, ...paths.map((path) => path.encoded)]);
}

function readTable(request: Buffer, at: number, state: VppState): Table | undefined {
  return state.fib.find(request.readUInt8(at + 4) === 0 ? 4 : 6, request.readUInt32BE(at));
}

function routeAddDel(name: string, pathsAt: number): Handler {
  return (request, { state }) => {
    const answer = (retval: number, index = ALL_ONES): readonly Answer[] => replyWith(name, retval, index);
    const isAdd = request.readUInt8(10) !== 0;
    const isMultipath = request.readUInt8(11) !== 0;
    const { family, address, length } = readPrefix(request, 20);
    const count = request.readUInt8(38);
    if (request.length < pathsAt + count * PATH_BYTES) return [];
    const table = state.fib.find(family, request.readUInt32BE(12));
    if (table === undefined) return answer(Retval.noSuchFib);
    const list = state.decodePaths(request.subarray(pathsAt, pathsAt + count * PATH_BYTES), count);
    if (typeof list === 'number') return answer(list);
    if (length > 8 * address.length) return answer(Retval.invalidPrefixLength);
    if (count === 0 && (isAdd || isMultipath)) return answer(Retval.noPathsInRoute);
    const before = table.get(address, length)?.sources.api?.paths ?? [];
    const others = before.filter((old) => !list.paths.some((path) => isSamePath(path, old)));
    let paths: readonly Path[] = isAdd ? list.paths : [];
    if (isMultipath) paths = isAdd ? [...others, ...list.paths] : others;
    if (paths.length === 0) {
      table.remove('api', address, length);
      return answer(Retval.ok);
    }
    const entry = table.set('api', address, length, isMultipath ? { paths } : list);
    return answer(Retval.ok, isAdd ? entry.statsIndex : ALL_ONES);
  };
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

function routeDump(detailsName: string, tableAt: number, hasSource: boolean): Handler {
  return (request, { state }) => {
    const table = readTable(request, tableAt, state);
    if (table === undefined) return [];
    const answers: Answer[] = [];
    for (const { entry, paths } of table.dump()) {
      answers.push({ name: detailsName, body: routeBody(table, entry, paths, hasSource ? 0 : undefined) });
    }
    return answers;
  };
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
    table.removeApiRoutes(() => true);
  }),
  ip_table_replace_begin: withTable('ip_table_replace_begin', (table) => {
    table.epoch++;
  }),
  ip_table_replace_end: withTable('ip_table_replace_end', (table) => {
    table.removeApiRoutes((entry) => entry.apiEpoch < table.epoch);
  }),
  ip_route_add_del: routeAddDel('ip_route_add_del', 39),
  ip_route_add_del_v2: routeAddDel('ip_route_add_del_v2', 40),
  ip_route_dump: routeDump('ip_route_details', 10, false),
  ip_route_v2_dump: routeDump('ip_route_v2_details', 11, true),
  ip_route_lookup: (request, { state }) => {
    const { family, address, length } = readPrefix(request, 15);
    const table = state.fib.find(family, request.readUInt32BE(10));
    const entry = table?.lookup(address, length, request.readUInt8(14) !== 0);
    if (table === undefined || entry === undefined) {
      const retval = table === undefined ? Retval.noSuchFib : Retval.noSuchEntry;
      return [{ name: 'ip_route_lookup_reply', body: i32(retval, 27) }];
    }
    const body = Buffer.concat([
      i32(0),
      routeBody(table, entry, bestOf(entry)?.paths ?? [makePath(family, {})]),
    ]);
    return [{ name: 'ip_route_lookup_reply', body }];
  },
};
