/** MPLS tables, their routes and their interfaces: mpls.api. */

import {
  ALL_ONES,
  type Answer,
  type Handler,
  replyOf,
  type ShortHandler,
  text,
  withInterface,
} from './handler.ts';
import { PATH_BYTES } from './fib-path.ts';
import type { MplsRoute, MplsTable } from './mpls-fib.ts';
import { Retval } from './vpp-state.ts';

const MPLS_PAYLOAD = 2;

function u32(value: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(value, 0);
  return body;
}

/** table_id, label, eos, eos_proto, is_multicast, n_paths, paths. */
function routeDetails(table: MplsTable, route: MplsRoute): Answer {
  const paths = (route.special ?? route.api)?.paths ?? [];
  const head = Buffer.alloc(12);
  head.writeUInt32BE(table.id, 0);
  head.writeUInt32BE(route.label, 4);
  head.writeUInt8(route.eos, 8);
  head.writeUInt8(route.payload, 9);
  head.writeUInt8(paths.length, 11);
  return { name: 'mpls_route_details', body: Buffer.concat([head, ...paths.map(({ encoded }) => encoded)]) };
}

export const MPLS_HANDLERS: Readonly<Record<string, Handler>> = {
  mpls_table_add_del: (request, { state }) => {
    const id = request.readUInt32BE(11);
    if (request.readUInt8(10) !== 0) state.mpls.add(id, text(request, 15, 64));
    else state.mpls.delete(id);
    return replyOf('mpls_table_add_del', Retval.ok);
  },
  mpls_table_dump: (_request, { state }) =>
    state.mpls.tables().map(({ id, name }) => {
      const body = Buffer.alloc(68);
      body.writeUInt32BE(id, 0);
      body.write(name, 4, 63);
      return { name: 'mpls_table_details', body };
    }),
  mpls_route_dump: (request, { state }) => {
    const table = state.mpls.find(request.readUInt32BE(10));
    return table?.routes().map((route) => routeDetails(table, route)) ?? [];
  },
  sw_interface_set_mpls_enable: withInterface('sw_interface_set_mpls_enable', 10, (found, request, context) =>
    context.state.setMpls(found, request.readUInt8(14) !== 0),
  ),
  mpls_interface_dump: (request, { state }) => {
    const index = request.readUInt32BE(10);
    return [...state.interfaces.values()]
      .filter((one) => one.mplsEnables > 0 && (index === ALL_ONES || one.swIfIndex === index))
      .map((one) => ({ name: 'mpls_interface_details', body: u32(one.swIfIndex) }));
  },
};

export const MPLS_SHORT_HANDLERS: Readonly<Record<string, ShortHandler>> = {
  mpls_route_add_del: (request, state, reply) => {
    const isAdd = request[10] !== 0;
    const label = request.readUInt32BE(16);
    const eos = request[20] === 0 ? 0 : 1;
    const count = request[23] ?? 0;
    reply.value = ALL_ONES;
    if (request.length < 24 + count * PATH_BYTES) return false;
    const table = state.mpls.find(request.readUInt32BE(12));
    const list = table === undefined ? Retval.noSuchFib : state.decodePaths(request, 24, count);
    reply.retval = typeof list === 'number' ? list : Retval.ok;
    if (table === undefined || typeof list === 'number') return true;
    if (!isAdd) table.remove(label, eos);
    else if (count === 0) reply.retval = Retval.noPathsInRoute;
    else reply.value = table.set(label, eos, eos === 1 ? (request[21] ?? 0) : MPLS_PAYLOAD, list);
    return true;
  },
};
