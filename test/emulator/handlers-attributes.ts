/** urpf.api, mss_clamp.api, of ip_neighbor.api the entries, of ip.api link-local and borrowed addresses. */
import { ALL_ONES, type Answer, type Handler, replyOf, replyWith, withInterface } from './handler.ts';
import type { Mss, Neighbor } from './attributes.ts';
import { type Interface, Retval, type VppState } from './vpp-state.ts';

const MAX_MODE = 2;
const STATIC = 1;
const MSS_UNSET = 0xffff;

const urpfUpdate = withInterface('urpf_update_v2', 13, (found, request, { state }) => {
  const [isInput, mode, af, table] = [
    request.readUInt8(10) !== 0,
    request.readUInt8(11),
    request.readUInt8(12),
    request.readUInt32BE(17),
  ];
  const family = af === 0 ? 4 : 6;
  if (mode > MAX_MODE) return Retval.invalidValue;
  const isCustom = table !== ALL_ONES;
  if (isCustom && state.fib.find(family, table) === undefined) return Retval.invalidValue;
  const key = `${found.swIfIndex} ${family} ${isInput ? 'rx' : 'tx'}`;
  const before = state.attributes.urpf.get(key) ?? { mode: 0, table: 0, isCustom: false };
  const after = { mode, table: isCustom ? table : found.tables[family], isCustom };
  state.attributes.urpf.set(key, after);
  // The feature is switched only where the vector says that something changed.
  if (before.mode !== after.mode || before.table !== after.table) {
    state.attributes.setFeature(found.swIfIndex, `urpf ${family}`, mode !== 0);
  }
  return Retval.ok;
});

function urpfDetails(state: VppState, { swIfIndex }: Interface): Answer[] {
  return [4, 6].flatMap((family) =>
    ['rx', 'tx'].flatMap((direction): Answer[] => {
      const found = state.attributes.urpf.get(`${swIfIndex} ${family} ${direction}`);
      if (found === undefined || (found.mode === 0 && !found.isCustom)) return [];
      const body = Buffer.alloc(11);
      body.writeUInt32BE(swIfIndex, 0);
      body.writeUInt8(direction === 'rx' ? 1 : 0, 4);
      body.writeUInt8(found.mode, 5);
      body.writeUInt8(family === 4 ? 0 : 1, 6);
      body.writeUInt32BE(found.table, 7);
      return [{ name: 'urpf_interface_details', body }];
    }),
  );
}

const mssClamp = withInterface('mss_clamp_enable_disable', 10, ({ swIfIndex }, request, { state }) => {
  const [ipv4, ipv6] = [request.readUInt16BE(14), request.readUInt16BE(16)];
  const [direction4, direction6] = [request.readUInt8(18), request.readUInt8(19)];
  const before = state.attributes.mss.get(swIfIndex);
  state.attributes.mss.set(swIfIndex, {
    ipv4: direction4 === 0 ? MSS_UNSET : ipv4,
    ipv6: direction6 === 0 ? MSS_UNSET : ipv6,
    direction4,
    direction6,
  });
  for (const [family, was, is] of [
    [4, before?.direction4 ?? 0, direction4],
    [6, before?.direction6 ?? 0, direction6],
  ] as const) {
    if (was !== is) state.attributes.setFeature(swIfIndex, `mss ${family}`, is !== 0);
  }
  return Retval.ok;
});

function mssDetails(swIfIndex: number, mss: Mss): Answer {
  const body = Buffer.alloc(10);
  body.writeUInt32BE(swIfIndex, 0);
  body.writeUInt16BE(mss.direction4 === 0 ? 0 : mss.ipv4, 4);
  body.writeUInt16BE(mss.direction6 === 0 ? 0 : mss.ipv6, 6);
  body.writeUInt8(mss.direction4, 8);
  body.writeUInt8(mss.direction6, 9);
  return { name: 'mss_clamp_details', body };
}

/** Deleted interfaces too. */
const mssGet: Handler = (_request, { state }) => [
  ...[...state.attributes.mss]
    .filter(([, { direction4, direction6 }]) => direction4 + direction6 > 0)
    .map(([swIfIndex, mss]) => mssDetails(swIfIndex, mss)),
  ...replyWith('mss_clamp_get', Retval.ok, ALL_ONES),
];

const neighborAddDel: Handler = (request, { state }) => {
  const name = 'ip_neighbor_add_del';
  const swIfIndex = request.readUInt32BE(11);
  if (!state.interfaces.has(swIfIndex)) return replyWith(name, Retval.invalidSwIfIndex, ALL_ONES);
  const address = Buffer.from(request.subarray(22, 39));
  const key = `${swIfIndex} ${address.toString('hex')}`;
  const found = state.attributes.neighbors.get(key);
  if (request.readUInt8(10) === 0) {
    state.attributes.neighbors.delete(key);
    return replyWith(name, found === undefined ? Retval.noSuchEntry : Retval.ok, ALL_ONES);
  }
  const [flags, mac] = [request.readUInt8(15), Buffer.from(request.subarray(16, 22))];
  // A learned one does not replace a static one.
  const isRefused = found?.flags === STATIC && (flags & STATIC) === 0 && !found.mac.equals(mac);
  if (!isRefused) state.attributes.neighbors.set(key, { swIfIndex, address, mac, flags });
  return replyWith(name, isRefused ? Retval.invalidSwIfIndex : Retval.ok, ALL_ONES);
};

function neighborDetails({ swIfIndex, flags, mac, address }: Neighbor): Answer {
  const body = Buffer.alloc(36);
  body.writeUInt32BE(swIfIndex, 8);
  body.writeUInt8(flags, 12);
  mac.copy(body, 13);
  address.copy(body, 19);
  return { name: 'ip_neighbor_details', body };
}

const getLinkLocal: Handler = (request, { state }) => {
  const found = state.interfaces.get(request.readUInt32BE(10));
  const body = Buffer.alloc(20);
  const retval =
    found === undefined
      ? Retval.invalidSwIfIndex
      : found.linkLocal === undefined
        ? Retval.ip6NotEnabled
        : Retval.ok;
  body.writeInt32BE(retval, 0);
  found?.linkLocal?.copy(body, 4);
  return [{ name: 'sw_interface_ip6_get_link_local_address_reply', body }];
};

const setUnnumbered: Handler = (request, { state }) => {
  const name = 'sw_interface_set_unnumbered';
  const isAdd = request.readUInt8(18) !== 0;
  const donor = state.interfaces.get(request.readUInt32BE(10));
  const borrower = state.interfaces.get(request.readUInt32BE(14));
  if (borrower === undefined) return replyOf(name, Retval.invalidSwIfIndex);
  if (isAdd && donor === undefined) return replyOf(name, Retval.invalidSwIfIndex2);
  return replyOf(name, state.setUnnumbered(borrower, isAdd ? donor : undefined));
};

export const ATTRIBUTE_HANDLERS: Readonly<Record<string, Handler>> = {
  sw_interface_ip6_set_link_local_address: withInterface(
    'sw_interface_ip6_set_link_local_address',
    10,
    (found, request, { state }) => {
      state.setLinkLocal(found, Buffer.from(request.subarray(14, 30)));
      return Retval.ok;
    },
  ),
  sw_interface_ip6_get_link_local_address: getLinkLocal,
  sw_interface_set_unnumbered: setUnnumbered,
  ip_unnumbered_dump: (_request, { state }) =>
    [...state.interfaces.values()].flatMap(({ swIfIndex, unnumbered }) => {
      if (unnumbered === undefined) return [];
      const body = Buffer.alloc(8);
      body.writeUInt32BE(swIfIndex, 0);
      body.writeUInt32BE(unnumbered.donor, 4);
      return [{ name: 'ip_unnumbered_details', body }];
    }),
  urpf_update_v2: urpfUpdate,
  urpf_interface_dump: (_request, { state }) =>
    [...state.interfaces.values()].flatMap((one) => urpfDetails(state, one)),
  mss_clamp_enable_disable: mssClamp,
  mss_clamp_get: mssGet,
  ip_neighbor_add_del: neighborAddDel,
  ip_neighbor_dump: (request, { state }) => {
    const [index, af] = [request.readUInt32BE(10), request.readUInt8(14)];
    return [...state.attributes.neighbors.values()]
      .filter(({ swIfIndex, address }) => address[0] === af && (index === ALL_ONES || index === swIfIndex))
      .map(neighborDetails);
  },
};
