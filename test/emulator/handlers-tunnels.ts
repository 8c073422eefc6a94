/** Tunnels: vxlan.api, gre.api, ipip.api. */
import { randomBytes } from 'node:crypto';
import {
  ALL_ONES,
  type Answer,
  type Handler,
  type HandlerContext,
  replyOf,
  replyWith,
  text,
} from './handler.ts';
import type { Tunnel, TunnelKind } from './tunnels.ts';
import { Retval, type VppState } from './vpp-state.ts';

const ADDRESS_BYTES = 17;
const NO_MAC = Buffer.alloc(6);
const LAYER3 = 0;
/** VPP's choice for ~0. */
const TO_L2_INPUT = 1;
const NODE_NAME_BYTES = 64;
/** Nodes that others may send to. */
const NEXT_NODES: ReadonlySet<string> = new Set([
  'error-drop',
  'l2-input',
  'ethernet-input',
  'ip4-input',
  'ip6-input',
]);

const addressAt = (request: Buffer, at: number): Buffer =>
  Buffer.from(request.subarray(at, at + ADDRESS_BYTES));

interface Given extends Omit<Tunnel, 'swIfIndex' | 'instance' | 'kind'> {
  readonly kind: TunnelKind;
  readonly name: (instance: number) => string;
  readonly mac: (instance: number) => Buffer;
  readonly linkMtu: number;
}

/** What is wrong with two ends; `mixed` when they are of two families. */
function endsProblem({ source, destination }: Pick<Given, 'source' | 'destination'>, mixed: number): number {
  if (source[0] !== destination[0]) return mixed;
  return source.equals(destination) ? Retval.sameEnds : Retval.ok;
}

function add(state: VppState, given: Given, exists: number): { retval: number; index: number } {
  const { name, mac, linkMtu, ...rest } = given;
  const found = state.tunnels.find(given.key);
  if (found !== undefined) return { retval: exists, index: found.swIfIndex };
  const family = given.source[0] === 0 ? 4 : 6;
  if (state.fib.find(family, given.table) === undefined) return { retval: Retval.noSuchFib, index: ALL_ONES };
  const instance = state.tunnels.nextInstance(given.kind);
  const made = state.addMade({
    name: name(instance),
    kind: given.kind,
    instance,
    mac: mac(instance),
    mtu: 9000,
    linkMtu,
    isLayer3: mac(instance).equals(NO_MAC),
  });
  state.tunnels.add({ ...rest, swIfIndex: made.swIfIndex, instance });
  return { retval: Retval.ok, index: made.swIfIndex };
}

/** VPP tells the index that the tunnel had. */
function remove(state: VppState, key: string): { retval: number; index: number } {
  const found = state.tunnels.find(key);
  const made = found === undefined ? undefined : state.interfaces.get(found.swIfIndex);
  if (found === undefined || made === undefined) return { retval: Retval.noSuchEntry, index: ALL_ONES };
  state.tunnels.remove(found);
  state.deleteMade(made);
  return { retval: Retval.ok, index: made.swIfIndex };
}

function removeAnswer(name: string, state: VppState, key: string): readonly Answer[] {
  const { retval, index } = remove(state, key);
  return replyWith(name, retval, index);
}

const hex = (...parts: readonly Buffer[]): string => parts.map((one) => one.toString('hex')).join(' ');

function vxlanAddDel(request: Buffer, { state }: HandlerContext): readonly Answer[] {
  const name = 'vxlan_add_del_tunnel_v3';
  const [source, destination] = [addressAt(request, 15), addressAt(request, 32)];
  // 0 is the port of VXLAN.
  const [sourcePort, destinationPort] = [49, 51].map((at) => request.readUInt16BE(at) || 4789) as [
    number,
    number,
  ];
  const [table, vni] = [request.readUInt32BE(57), request.readUInt32BE(65)];
  const problem = endsProblem({ source, destination }, Retval.invalidValue);
  if (problem !== Retval.ok) return replyWith(name, problem, ALL_ONES);
  // Over IPv6 the source is not in the key.
  const ends = source[0] === 0 ? hex(source, destination) : hex(destination);
  const key = `vxlan ${ends} ${sourcePort} ${table} ${vni}`;
  if (request.readUInt8(10) === 0) return removeAnswer(name, state, key);
  const asked = request.readUInt32BE(61);
  const decapNext = asked === ALL_ONES ? TO_L2_INPUT : asked;
  const nexts = state.tunnels.nextsOf(source[0] === 0 ? 'vxlan4-input' : 'vxlan6-input') ?? [];
  if (decapNext >= nexts.length && state.tunnels.find(key) === undefined)
    return replyWith(name, Retval.invalidDecapNext, ALL_ONES);
  const { retval, index } = add(
    state,
    {
      kind: 'vxlan',
      key,
      source,
      destination,
      table,
      vni,
      sourcePort,
      destinationPort,
      decapNext,
      name: (instance) => `vxlan_tunnel${instance}`,
      mac: () => Buffer.concat([Buffer.from([2, 0xfe]), randomBytes(4)]),
      linkMtu: 9000,
    },
    Retval.tunnelExists,
  );
  const made = retval === Retval.ok ? state.interfaces.get(index) : undefined;
  if (made !== undefined) state.setAdmin(made, true);
  return replyWith(name, retval, retval === Retval.ok ? index : ALL_ONES);
}

function vxlanDetails({ swIfIndex, instance, source, destination, ...rest }: Tunnel): Answer {
  const body = Buffer.alloc(62);
  body.writeUInt32BE(swIfIndex, 0);
  body.writeUInt32BE(instance, 4);
  source.copy(body, 8);
  destination.copy(body, 25);
  body.writeUInt16BE(rest.sourcePort ?? 0, 42);
  body.writeUInt16BE(rest.destinationPort ?? 0, 44);
  body.writeUInt32BE(ALL_ONES, 46);
  body.writeUInt32BE(rest.table, 50);
  body.writeUInt32BE(rest.decapNext ?? TO_L2_INPUT, 54);
  body.writeUInt32BE(rest.vni ?? 0, 58);
  return { name: 'vxlan_tunnel_v2_details', body };
}

function greAddDel(request: Buffer, { state }: HandlerContext): readonly Answer[] {
  const name = 'gre_tunnel_add_del';
  const type = request.readUInt8(11);
  const [table, source, destination] = [
    request.readUInt32BE(20),
    addressAt(request, 28),
    addressAt(request, 45),
  ];
  const problem = endsProblem({ source, destination }, Retval.invalidProtocol);
  if (problem !== Retval.ok) return replyWith(name, problem, ALL_ONES);
  const key = `gre ${hex(source, destination)} ${table} ${type}`;
  if (request.readUInt8(10) === 0) return removeAnswer(name, state, key);
  const { retval, index } = add(
    state,
    {
      kind: 'gre',
      key,
      source,
      destination,
      table,
      type,
      name: (instance) => `gre${instance}`,
      mac: (instance) =>
        type === LAYER3 ? NO_MAC : Buffer.from([0xd0, 0x0b, 0xee, 0xd0, instance >> 8, instance & 0xff]),
      linkMtu: type === LAYER3 ? 65_512 : 8998,
    },
    Retval.interfaceExists,
  );
  return replyWith(name, retval, retval === Retval.ok ? index : ALL_ONES);
}

function greDetails({ swIfIndex, instance, source, destination, table, type = 0 }: Tunnel): Answer {
  const body = Buffer.alloc(51);
  body.writeUInt8(type, 0);
  body.writeUInt32BE(instance, 5);
  body.writeUInt32BE(table, 9);
  body.writeUInt32BE(swIfIndex, 13);
  source.copy(body, 17);
  destination.copy(body, 34);
  return { name: 'gre_tunnel_details', body };
}

function ipipAdd(request: Buffer, { state }: HandlerContext): readonly Answer[] {
  const name = 'ipip_add_tunnel';
  const [source, destination, table] = [
    addressAt(request, 14),
    addressAt(request, 31),
    request.readUInt32BE(52),
  ];
  const problem = endsProblem({ source, destination }, Retval.invalidProtocol);
  if (problem !== Retval.ok) return replyWith(name, problem, ALL_ONES);
  const given: Given = {
    kind: 'ipip',
    key: `ipip ${hex(source, destination)} ${table}`,
    source,
    destination,
    table,
    name: (instance) => `ipip${instance}`,
    mac: () => NO_MAC,
    linkMtu: 65_516,
  };
  const { retval, index } = add(state, given, Retval.interfaceExists);
  return replyWith(name, retval, index);
}

function ipipDelete(request: Buffer, { state }: HandlerContext): readonly Answer[] {
  const found = state.interfaces.get(request.readUInt32BE(10));
  const tunnel = found === undefined ? undefined : state.tunnels.ofInterface(found);
  const retval = tunnel?.kind === 'ipip' ? remove(state, tunnel.key).retval : Retval.noSuchEntry;
  return replyOf('ipip_del_tunnel', retval);
}

function ipipDetails({ swIfIndex, instance, source, destination, table }: Tunnel): Answer {
  const body = Buffer.alloc(49);
  body.writeUInt32BE(instance, 0);
  source.copy(body, 4);
  destination.copy(body, 21);
  body.writeUInt32BE(swIfIndex, 38);
  body.writeUInt32BE(table, 42);
  return { name: 'ipip_tunnel_details', body };
}

function dumpOf(kind: TunnelKind, details: (tunnel: Tunnel) => Answer): Handler {
  return (request, { state }) => {
    const index = request.readUInt32BE(10);
    return state.tunnels
      .all(kind)
      .filter(({ swIfIndex }) => index === ALL_ONES || swIfIndex === index)
      .map(details);
  };
}

export const TUNNEL_HANDLERS: Readonly<Record<string, Handler>> = {
  add_node_next: (request, { state }) => {
    const name = 'add_node_next';
    const [node, next] = [
      text(request, 10, NODE_NAME_BYTES),
      text(request, 10 + NODE_NAME_BYTES, NODE_NAME_BYTES),
    ];
    if (state.tunnels.nextsOf(node) === undefined) return replyWith(name, Retval.noSuchNode, ALL_ONES);
    if (!NEXT_NODES.has(next)) return replyWith(name, Retval.noSuchNode2, ALL_ONES);
    return replyWith(name, Retval.ok, state.tunnels.addNext(node, next));
  },
  vxlan_add_del_tunnel_v3: vxlanAddDel,
  vxlan_tunnel_v2_dump: dumpOf('vxlan', vxlanDetails),
  gre_tunnel_add_del: greAddDel,
  gre_tunnel_dump: dumpOf('gre', greDetails),
  ipip_add_tunnel: ipipAdd,
  ipip_del_tunnel: ipipDelete,
  ipip_tunnel_dump: dumpOf('ipip', ipipDetails),
};
