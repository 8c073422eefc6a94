/** Interfaces and their addresses: interface.api, and of ip.api the dump of addresses. */

import {
  ALL_ONES,
  type Answer,
  type Handler,
  prefixOf,
  readPrefix,
  replyOf,
  replyWith,
  text,
  withInterface,
} from './handler.ts';
import { type Interface, Retval, type VppState } from './vpp-state.ts';

/** The driver of a TAP; 26.02 made it a plugin of another name. */
function tapDriver(version: string): string {
  return version >= '26.02' ? 'tap' : 'virtio';
}

const DEVICE_TYPES: Readonly<Record<Interface['kind'], string | undefined>> = {
  local: 'local',
  loopback: 'Loopback',
  dpdk: 'dpdk',
  gre: 'GRE tunnel device',
  ipip: 'IPIP tunnel device',
  native: 'ige',
  bond: 'bond',
  bvi: 'BVI',
  // Of another name in 26.02.
  tap: undefined,
  sub: undefined,
  vxlan: 'VXLAN',
};

function interfaceDetails(one: Interface, state: VppState, version: string): Answer {
  const { sub } = one;
  const hardware = (sub === undefined ? undefined : state.interfaces.get(sub.parent)) ?? one;
  const body = Buffer.alloc(289);
  body.writeUInt32BE(one.swIfIndex, 0);
  body.writeUInt32BE(hardware.swIfIndex, 4);
  one.mac.copy(body, 8);
  body.writeUInt32BE((one.adminUp ? 1 : 0) | (state.hasLink(one) ? 2 : 0), 14);
  if (hardware.kind === 'dpdk') {
    body.writeUInt32BE(2, 22);
    body.writeUInt32BE(hardware.linkUp ? 10_000_000 : 0, 26);
  }
  body.writeUInt16BE(hardware.linkMtu, 30);
  for (const [i, mtu] of one.mtu.entries()) body.writeUInt32BE(mtu, 32 + 4 * i);
  body.write(one.name, 97, 63);
  if (sub !== undefined) {
    body.writeUInt32BE(1, 18);
    body.writeUInt32BE(sub.subId, 48);
    body.writeUInt8(sub.flags & 4 ? 2 : sub.flags & 2 ? 1 : 0, 52);
    body.writeUInt16BE(sub.outer, 53);
    body.writeUInt16BE(sub.inner, 55);
    body.writeUInt32BE(sub.flags & 0xfe, 57);
  }
  for (const [i, value] of one.tagRewrite.entries()) body.writeUInt32BE(value, 61 + 4 * i);
  body.write(DEVICE_TYPES[hardware.kind] ?? tapDriver(version), 161, 63);
  body.write(one.tag, 225, 63);
  return { name: 'sw_interface_details', body };
}

function createLoopback(name: string, hasInstance: boolean): Handler {
  return (request, { state }) => {
    const wanted = hasInstance && request.readUInt8(16) !== 0 ? request.readUInt32BE(17) : undefined;
    const made = state.createLoopback(request.subarray(10, 16), wanted);
    if (typeof made === 'number') return replyWith(name, made, ALL_ONES);
    return replyWith(name, Retval.ok, made.swIfIndex);
  };
}

export const INTERFACE_HANDLERS: Readonly<Record<string, Handler>> = {
  sw_interface_dump: (request, { state, version }) => {
    const index = request.readUInt32BE(10);
    const hasFilter = request.readUInt8(14) !== 0;
    const filter = request.toString('utf8', 19, 19 + request.readUInt32BE(15)).toLowerCase();
    const all = [...state.interfaces.values()].sort((a, b) => a.swIfIndex - b.swIfIndex);
    const isOne = !hasFilter && index !== ALL_ONES && index !== 0;
    return all
      .filter((one) =>
        isOne ? one.swIfIndex === index : !hasFilter || one.name.toLowerCase().includes(filter),
      )
      .map((one) => interfaceDetails(one, state, version));
  },
  want_interface_events: (request, context) => {
    const isChanged = context.wantInterfaceEvents(request.readUInt32BE(10) !== 0, request.readUInt32BE(14));
    return replyOf('want_interface_events', isChanged ? Retval.ok : Retval.invalidRegistration);
  },
  sw_interface_set_flags: withInterface('sw_interface_set_flags', 10, (found, request, { state }) => {
    return state.setAdmin(found, (request.readUInt32BE(14) & 1) !== 0);
  }),
  sw_interface_set_mtu: withInterface('sw_interface_set_mtu', 10, (found, request, { state }) => {
    state.setMtu(
      found,
      [0, 1, 2, 3].map((i) => request.readUInt32BE(14 + 4 * i)),
    );
    return Retval.ok;
  }),
  hw_interface_set_mtu: withInterface('hw_interface_set_mtu', 10, (found, request, { state }) =>
    state.setHardwareMtu(found, request.readUInt16BE(14)),
  ),
  sw_interface_add_del_address: withInterface(
    'sw_interface_add_del_address',
    10,
    (found, request, { state }) => {
      if (request.readUInt8(15) !== 0) {
        state.removeAddresses(found);
        return Retval.ok;
      }
      return state.addDelAddress(found, readPrefix(request, 16), request.readUInt8(14) !== 0);
    },
  ),
  sw_interface_set_table: withInterface('sw_interface_set_table', 10, (found, request, { state }) =>
    state.setTable(found, request.readUInt8(14) === 0 ? 4 : 6, request.readUInt32BE(15)),
  ),
  sw_interface_get_table: (request, { state }) => {
    const found = state.interfaces.get(request.readUInt32BE(10));
    const table = found?.tables[request.readUInt8(14) === 0 ? 4 : 6] ?? 0;
    const retval = found === undefined ? Retval.invalidSwIfIndex : Retval.ok;
    return replyWith('sw_interface_get_table', retval, table);
  },
  sw_interface_ip6_enable_disable: withInterface(
    'sw_interface_ip6_enable_disable',
    10,
    (found, request, { state }) => state.setIpv6(found, request.readUInt8(14) !== 0),
  ),
  sw_interface_tag_add_del: withInterface('sw_interface_tag_add_del', 11, (found, request) => {
    found.tag = request.readUInt8(10) === 0 ? '' : text(request, 15, 64);
    return Retval.ok;
  }),
  create_loopback: createLoopback('create_loopback', false),
  create_loopback_instance: createLoopback('create_loopback_instance', true),
  // vnet_hw_interface_set_flags on the hardware of the interface.
  sw_interface_set_promisc: withInterface('sw_interface_set_promisc', 10, (found, request, { state }) => {
    const hardware = (found.sub === undefined ? undefined : state.interfaces.get(found.sub.parent)) ?? found;
    hardware.isPromiscuous = request.readUInt8(14) !== 0;
    return Retval.ok;
  }),
  create_subif: (request, { state }) => {
    const parent = state.interfaces.get(request.readUInt32BE(10));
    if (parent === undefined) return replyWith('create_subif', Retval.invalidSwIfIndex, ALL_ONES);
    const made = state.createSub(parent, {
      subId: request.readUInt32BE(14),
      flags: request.readUInt32BE(18),
      outer: request.readUInt16BE(22),
      inner: request.readUInt16BE(24),
    });
    if (typeof made === 'number') return replyWith('create_subif', made, ALL_ONES);
    return replyWith('create_subif', Retval.ok, made.swIfIndex);
  },
  delete_subif: (request, { state }) => replyOf('delete_subif', state.deleteSub(request.readUInt32BE(10))),
  sw_interface_set_mac_address: withInterface(
    'sw_interface_set_mac_address',
    10,
    (found, request, { state }) => {
      state.setMac(found, request.subarray(14, 20));
      return Retval.ok;
    },
  ),
  delete_loopback: (request, { state }) =>
    replyOf('delete_loopback', state.deleteLoopback(request.readUInt32BE(10))),
  ip_address_dump: (request, { state }) => {
    const index = request.readUInt32BE(10);
    const family = request.readUInt8(14) === 0 ? 4 : 6;
    return (state.interfaces.get(index)?.addresses ?? [])
      .filter((one) => one.family === family)
      .map((one) => {
        const body = Buffer.alloc(4);
        body.writeUInt32BE(index, 0);
        return { name: 'ip_address_details', body: Buffer.concat([body, prefixOf(one.address, one.length)]) };
      });
  },
};
