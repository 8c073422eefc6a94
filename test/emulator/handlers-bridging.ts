/** Bridges and cross-connects: l2.api. */
import { type Domain, Flag, type MacEntry } from './bridging.ts';
import { ALL_ONES, type Answer, type Handler, replyOf, replyWith, text, withInterface } from './handler.ts';

function domainDetails({ id, flags, macAge, tag, bvi, members }: Domain): Answer {
  const body = Buffer.alloc(87 + 9 * members.length);
  body.writeUInt32BE(id, 0);
  const order = [Flag.flood, Flag.uuFlood, Flag.forward, Flag.learn, Flag.arpTerm, Flag.arpUfwd];
  for (const [at, flag] of order.entries()) body.writeUInt8((flags & flag) === 0 ? 0 : 1, 4 + at);
  body.writeUInt8(macAge, 10);
  body.write(tag, 11, 63);
  body.writeUInt32BE(bvi ?? ALL_ONES, 75);
  body.writeUInt32BE(ALL_ONES, 79);
  body.writeUInt32BE(members.length, 83);
  for (const [i, { swIfIndex, shg }] of members.entries()) {
    body.writeUInt32BE(swIfIndex, 87 + 9 * i + 4);
    body.writeUInt8(shg, 87 + 9 * i + 8);
  }
  return { name: 'bridge_domain_details', body };
}

function macDetails({ mac, swIfIndex, isStatic, isFilter, isBvi }: MacEntry, id: number): Answer {
  const body = Buffer.alloc(17);
  body.writeUInt32BE(id, 0);
  Buffer.from(mac, 'hex').copy(body, 4);
  body.writeUInt32BE(swIfIndex, 10);
  for (const [at, flag] of [isStatic, isFilter, isBvi].entries()) body.writeUInt8(flag ? 1 : 0, 14 + at);
  return { name: 'l2_fib_table_details', body };
}

export const BRIDGING_HANDLERS: Readonly<Record<string, Handler>> = {
  bridge_domain_add_del_v2: (request, { state }) => {
    const id = request.readUInt32BE(10);
    const name = 'bridge_domain_add_del_v2';
    if (request.readUInt8(85) === 0) return replyWith(name, state.bridging.delete(id), id);
    const order = [Flag.flood, Flag.uuFlood, Flag.forward, Flag.learn, Flag.arpTerm, Flag.arpUfwd];
    const flags = order.reduce<number>(
      (all, flag, at) => all | (request.readUInt8(14 + at) === 0 ? 0 : flag),
      0,
    );
    const made = state.bridging.add(id === ALL_ONES ? undefined : id, {
      flags,
      macAge: request.readUInt8(20),
      tag: text(request, 21, 64),
    });
    return typeof made === 'number' ? replyWith(name, made, id) : replyWith(name, 0, made.id);
  },
  bridge_domain_dump: (request, { state }) => {
    const id = request.readUInt32BE(10);
    if (request.readUInt32BE(14) !== ALL_ONES) return [];
    return state.bridging.domains.filter((one) => id === ALL_ONES || one.id === id).map(domainDetails);
  },
  bridge_flags: (request, { state }) => {
    const isSet = request.readUInt8(14) !== 0;
    const result = state.bridging.setFlags(request.readUInt32BE(10), isSet, request.readUInt32BE(15));
    return typeof result === 'number'
      ? replyWith('bridge_flags', result, 0)
      : replyWith('bridge_flags', 0, result.bits);
  },
  bridge_domain_set_mac_age: (request, { state }) =>
    replyOf(
      'bridge_domain_set_mac_age',
      state.bridging.setMacAge(request.readUInt32BE(10), request.readUInt8(14)),
    ),
  sw_interface_set_l2_bridge: withInterface('sw_interface_set_l2_bridge', 10, (found, request, { state }) =>
    request.readUInt8(23) === 0
      ? state.bridging.route(found)
      : state.bridging.bridge(found, request.readUInt32BE(14), {
          isBvi: request.readUInt32BE(18) === 1,
          shg: request.readUInt8(22),
        }),
  ),
  sw_interface_set_l2_xconnect: withInterface(
    'sw_interface_set_l2_xconnect',
    10,
    (found, request, { state }) =>
      request.readUInt8(18) === 0
        ? state.bridging.route(found)
        : state.bridging.connect(found, request.readUInt32BE(14)),
  ),
  l2_xconnect_dump: (_request, { state }) =>
    state.bridging.crossConnects.map(([rx, tx]) => {
      const body = Buffer.alloc(8);
      body.writeUInt32BE(rx, 0);
      body.writeUInt32BE(tx, 4);
      return { name: 'l2_xconnect_details', body };
    }),
  l2_interface_vlan_tag_rewrite: withInterface(
    'l2_interface_vlan_tag_rewrite',
    10,
    (found, request, { state }) => {
      const at = (offset: number): number => request.readUInt32BE(offset);
      return state.bridging.rewriteTags(found, [at(14), at(18), at(22), at(26)]);
    },
  ),
  bvi_create: (request, { state }) => {
    const wanted = request.readUInt32BE(16);
    const made = state.bridging.createBvi(request.subarray(10, 16), wanted === ALL_ONES ? undefined : wanted);
    return typeof made === 'number'
      ? replyWith('bvi_create', made, ALL_ONES)
      : replyWith('bvi_create', 0, made.swIfIndex);
  },
  bvi_delete: (request, { state }) =>
    replyOf('bvi_delete', state.bridging.deleteBvi(request.readUInt32BE(10))),
  l2fib_add_del: (request, { state }) => {
    const mac = request.toString('hex', 10, 16);
    const id = request.readUInt32BE(16);
    const swIfIndex = request.readUInt32BE(20);
    const [isAdd, isStatic, isFilter, isBvi] = [24, 25, 26, 27].map((at) => request.readUInt8(at) !== 0);
    if (isAdd !== true) return replyOf('l2fib_add_del', state.bridging.deleteMac(id, mac, swIfIndex));
    const flags = { isStatic: isStatic === true, isFilter: isFilter === true, isBvi: isBvi === true };
    return replyOf('l2fib_add_del', state.bridging.addMac(id, mac, { swIfIndex, ...flags }));
  },
  l2_fib_table_dump: (request, { state }) => {
    const id = request.readUInt32BE(10);
    return state.bridging.macs(id).map((entry) => macDetails(entry, id));
  },
};
