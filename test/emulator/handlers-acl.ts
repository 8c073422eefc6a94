/** Filters: acl.api of the ACL plugin. */
import { AclRetval, type EmulatedAcl } from './acls.ts';
import {
  ALL_ONES,
  type Answer,
  type Handler,
  type HandlerContext,
  readPrefix,
  replyOf,
  text,
} from './handler.ts';

const RULE_BYTES = 48;
const MACIP_RULE_BYTES = 31;

type PoolOf = (context: HandlerContext) => HandlerContext['state']['acls']['acls'];

/** A prefix with a family, a length in range and no host bits (ip_prefix_decode2). */
function isPrefix(request: Buffer, at: number): boolean {
  if (request.readUInt8(at) > 1) return false;
  const { address, length } = readPrefix(request, at);
  if (length > 8 * address.length) return false;
  return address.every((byte, i) => (byte & (0xff >> Math.min(8, Math.max(0, length - 8 * i)))) === 0);
}

function problemOfRule(request: Buffer, at: number): number {
  if (!isPrefix(request, at + 1)) return AclRetval.invalidSource;
  if (!isPrefix(request, at + 19)) return AclRetval.invalidDestination;
  if (request.readUInt8(at + 1) !== request.readUInt8(at + 19)) return AclRetval.invalidSource;
  for (const range of [at + 38, at + 42]) {
    if (request.readUInt16BE(range) > request.readUInt16BE(range + 2)) return AclRetval.invalidValue2;
  }
  return 0;
}

/** acl_index u32@10, tag@14, count u32@78, rules@82; the reply has the index before the retval. */
function addReplace(
  name: string,
  ruleBytes: number,
  poolOf: PoolOf,
  problemOf: (request: Buffer, at: number) => number,
): Handler {
  return (request, context) => {
    const pool = poolOf(context);
    let index = request.readUInt32BE(10);
    const count = request.readUInt32BE(78);
    const answer = (retval: number): Answer[] => {
      const body = Buffer.alloc(8);
      body.writeUInt32BE(index, 0);
      body.writeInt32BE(retval, 4);
      return [{ name: `${name}_reply`, body }];
    };
    if (request.length !== 82 + count * ruleBytes) return answer(AclRetval.invalidValue);
    if (!request.subarray(14, 78).includes(0)) return answer(AclRetval.invalidValue);
    for (let i = 0; i < count; i++) {
      const problem = problemOf(request, 82 + i * ruleBytes);
      if (problem !== 0) return answer(problem);
    }
    const made: EmulatedAcl = {
      tag: text(request, 14, 64),
      count,
      rules: Buffer.from(request.subarray(82, 82 + count * ruleBytes)),
    };
    if (index === ALL_ONES) index = pool.add(made);
    else if (pool.get(index) === undefined) return answer(AclRetval.noSuchEntry);
    else pool.set(index, made);
    if (pool === context.state.acls.acls) context.state.acls.resetCounters(index, count);
    return answer(0);
  };
}

function dump(name: string, poolOf: PoolOf): Handler {
  return (request, context) => {
    const wanted = request.readUInt32BE(10);
    return poolOf(context)
      .entries()
      .filter(([index]) => wanted === ALL_ONES || index === wanted)
      .map(([index, one]) => {
        const body = Buffer.alloc(72);
        body.writeUInt32BE(index, 0);
        body.write(one.tag, 4, 63);
        body.writeUInt32BE(one.count, 68);
        return { name, body: Buffer.concat([body, one.rules]) };
      });
  };
}

function indices(request: Buffer, at: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => request.readUInt32BE(at + 4 * i));
}

function listDetails(
  name: string,
  swIfIndex: number,
  head: readonly number[],
  list: readonly number[],
): Answer {
  const body = Buffer.alloc(4 + head.length + 4 * list.length);
  body.writeUInt32BE(swIfIndex, 0);
  for (const [i, value] of head.entries()) body.writeUInt8(value, 4 + i);
  for (const [i, value] of list.entries()) body.writeUInt32BE(value, 4 + head.length + 4 * i);
  return { name, body };
}

export const ACL_HANDLERS: Readonly<Record<string, Handler>> = {
  acl_add_replace: addReplace('acl_add_replace', RULE_BYTES, ({ state }) => state.acls.acls, problemOfRule),
  acl_del: (request, { state }) => replyOf('acl_del', state.acls.deleteAcl(request.readUInt32BE(10))),
  acl_dump: dump('acl_details', ({ state }) => state.acls.acls),
  acl_interface_set_acl_list: (request, { state }) => {
    const name = 'acl_interface_set_acl_list';
    const swIfIndex = request.readUInt32BE(10);
    const count = request.readUInt8(14);
    const inputs = request.readUInt8(15);
    if (!state.interfaces.has(swIfIndex)) return replyOf(name, AclRetval.invalidSwIfIndex);
    const all = indices(request, 16, count);
    return replyOf(
      name,
      state.acls.setLists(swIfIndex, { in: all.slice(0, inputs), out: all.slice(inputs) }),
    );
  },
  acl_interface_list_dump: (request, { state }) => {
    const wanted = request.readUInt32BE(10);
    return [...state.interfaces.keys()]
      .filter((swIfIndex) => wanted === ALL_ONES || swIfIndex === wanted)
      .map((swIfIndex) => {
        const list = state.acls.lists.get(swIfIndex) ?? { in: [], out: [] };
        const all = [...list.in, ...list.out];
        return listDetails('acl_interface_list_details', swIfIndex, [all.length, list.in.length], all);
      });
  },
  acl_stats_intf_counters_enable: (request, { state }) => {
    state.acls.isCounting = request.readUInt8(10) !== 0;
    // As VPP does: the reply of another message.
    return replyOf('acl_del', 0);
  },
  macip_acl_add_replace: addReplace(
    'macip_acl_add_replace',
    MACIP_RULE_BYTES,
    ({ state }) => state.acls.macips,
    () => 0,
  ),
  macip_acl_del: (request, { state }) =>
    replyOf('macip_acl_del', state.acls.deleteMacip(request.readUInt32BE(10))),
  macip_acl_dump: dump('macip_acl_details', ({ state }) => state.acls.macips),
  macip_acl_interface_add_del: (request, { state }) => {
    const name = 'macip_acl_interface_add_del';
    const swIfIndex = request.readUInt32BE(11);
    if (!state.interfaces.has(swIfIndex)) return replyOf(name, AclRetval.invalidSwIfIndex);
    return replyOf(
      name,
      state.acls.setMacip(swIfIndex, request.readUInt32BE(15), request.readUInt8(10) !== 0),
    );
  },
  macip_acl_interface_list_dump: (request, { state }) => {
    const wanted = request.readUInt32BE(10);
    return [...state.acls.macipOf]
      .filter(([swIfIndex]) => wanted === ALL_ONES || swIfIndex === wanted)
      .map(([swIfIndex, index]) => listDetails('macip_acl_interface_list_details', swIfIndex, [1], [index]));
  },
};
