/** Multicast entries: ip.api. */

import { PATH_BYTES } from './fib-path.ts';
import { ALL_ONES, type Answer, type Handler, replyWith } from './handler.ts';
import type { MulticastEntry } from './multicast.ts';
import { Retval } from './vpp-state.ts';

/** After the fixed part: itf_flags u32, path. */
const PATHS_AT = 60;
const STEP = 4 + PATH_BYTES;

/** table_id, entry_flags, rpf_id, mprefix { af, length u16, group, source }, n_paths, paths. */
function mrouteBody(id: number, { address, length, paths }: MulticastEntry): Buffer {
  const head = Buffer.alloc(48);
  head.writeUInt32BE(id, 0);
  head.writeUInt8(address.length === 4 ? 0 : 1, 12);
  head.writeUInt16BE(length, 13);
  address.copy(head, 15);
  head.writeUInt8(paths.length, 47);
  const encoded = paths.map(({ itfFlags, path }) => {
    const flags = Buffer.alloc(4);
    flags.writeUInt32BE(itfFlags, 0);
    return Buffer.concat([flags, path.encoded]);
  });
  return Buffer.concat([head, ...encoded]);
}

export const MULTICAST_HANDLERS: Readonly<Record<string, Handler>> = {
  ip_mroute_add_del: (request, { state }) => {
    const reply = (retval: number): readonly Answer[] => replyWith('ip_mroute_add_del', retval, ALL_ONES);
    const id = request.readUInt32BE(12);
    const family = request.readUInt8(24) === 0 ? 4 : 6;
    const group = {
      address: Buffer.from(request.subarray(27, 27 + (family === 4 ? 4 : 16))),
      length: request.readUInt16BE(25),
    };
    const count = request.readUInt8(59);
    if (request.length < PATHS_AT + count * STEP) return [];
    if (state.fib.find(family, id) === undefined) return reply(Retval.noSuchFib);
    for (let i = 0; i < count; i++) {
      const at = PATHS_AT + i * STEP;
      const list = state.decodePaths(request, at + 4, 1);
      if (typeof list === 'number') return reply(list);
      const [path] = list.paths;
      if (path === undefined) continue;
      if (request.readUInt8(10) !== 0) {
        state.multicast.add(family, id, group, { itfFlags: request.readUInt32BE(at), path });
      } else state.multicast.remove(family, id, group, path);
    }
    return reply(Retval.ok);
  },
  ip_mroute_dump: (request, { state }) => {
    const id = request.readUInt32BE(10);
    const family = request.readUInt8(14) === 0 ? 4 : 6;
    return state.multicast
      .entries(family, id)
      .map((entry) => ({ name: 'ip_mroute_details', body: mrouteBody(id, entry) }));
  },
};
