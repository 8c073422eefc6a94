/** Bonds: bond.api, and lacp.api. */
import { ALL_ONES, type Answer, type Handler, replyOf, replyWith, withInterface } from './handler.ts';
import type { Bond, Member } from './bonds.ts';
import type { VppState } from './vpp-state.ts';

const nameOf = (state: VppState, index: number): string => state.interfaces.get(index)?.name ?? '';

function bondDetails(bond: Bond, state: VppState): Answer {
  const body = Buffer.alloc(89);
  body.writeUInt32BE(bond.swIfIndex, 0);
  body.writeUInt32BE(bond.id, 4);
  body.writeUInt32BE(bond.mode, 8);
  body.writeUInt32BE(bond.loadBalance, 12);
  body.writeUInt8(bond.numaOnly ? 1 : 0, 16);
  body.writeUInt32BE(state.bonds.activeMembers(bond).length, 17);
  body.writeUInt32BE(bond.members.length, 21);
  body.write(nameOf(state, bond.swIfIndex), 25, 63);
  return { name: 'sw_bond_interface_details', body };
}

function memberDetails(member: Member, state: VppState): Answer {
  const body = Buffer.alloc(75);
  body.writeUInt32BE(member.swIfIndex, 0);
  body.write(nameOf(state, member.swIfIndex), 4, 63);
  body.writeUInt8(member.isPassive ? 1 : 0, 68);
  body.writeUInt8(member.isLongTimeout ? 1 : 0, 69);
  body.writeUInt8(1, 70);
  body.writeUInt32BE(member.weight, 71);
  return { name: 'sw_member_interface_details', body };
}

/** A member whose neighbour is silent: the actor's state is that of a port without a partner. */
function lacpDetails(member: Member, bond: Bond, state: VppState): Answer {
  const body = Buffer.alloc(182);
  body.writeUInt32BE(member.swIfIndex, 0);
  body.write(nameOf(state, member.swIfIndex), 4, 63);
  body.write(nameOf(state, bond.swIfIndex), 84, 63);
  body.writeUInt16BE(0xffff, 148);
  state.interfaces.get(bond.swIfIndex)?.mac.copy(body, 150);
  body.writeUInt8((member.isPassive ? 0 : 1) | (member.isLongTimeout ? 0 : 2) | 4, 162);
  return { name: 'sw_interface_lacp_details', body };
}

export const BOND_HANDLERS: Readonly<Record<string, Handler>> = {
  bond_create2: (request, { state }) => {
    const id = request.readUInt32BE(27);
    const made = state.bonds.create({
      mode: request.readUInt32BE(10),
      lb: request.readUInt32BE(14),
      numaOnly: request.readUInt8(18) !== 0,
      mac: request.readUInt8(20) === 0 ? undefined : Buffer.from(request.subarray(21, 27)),
      id: id === ALL_ONES ? undefined : id,
    });
    if (typeof made === 'number') return replyWith('bond_create2', made, 0);
    return replyWith('bond_create2', 0, made.swIfIndex);
  },
  bond_delete: (request, { state }) => replyOf('bond_delete', state.bonds.delete(request.readUInt32BE(10))),
  bond_add_member: withInterface('bond_add_member', 10, (found, request, { state }) =>
    state.bonds.add(request.readUInt32BE(14), found, {
      isPassive: request.readUInt8(18) !== 0,
      isLongTimeout: request.readUInt8(19) !== 0,
    }),
  ),
  bond_detach_member: withInterface('bond_detach_member', 10, ({ swIfIndex }, _request, { state }) =>
    state.bonds.detach(swIfIndex),
  ),
  sw_interface_set_bond_weight: withInterface(
    'sw_interface_set_bond_weight',
    10,
    ({ swIfIndex }, request, { state }) => state.bonds.setWeight(swIfIndex, request.readUInt32BE(14)),
  ),
  sw_bond_interface_dump: (request, { state }) => {
    const index = request.readUInt32BE(10);
    return state.bonds
      .all()
      .filter(({ swIfIndex }) => index === ALL_ONES || index === swIfIndex)
      .map((bond) => bondDetails(bond, state));
  },
  sw_member_interface_dump: (request, { state }) => {
    const bond = state.bonds.all().find(({ swIfIndex }) => swIfIndex === request.readUInt32BE(10));
    return (bond?.members ?? []).map((member) => memberDetails(member, state));
  },
  sw_interface_lacp_dump: (_request, { state }) =>
    state.bonds
      .all()
      .filter(({ mode }) => mode === 5)
      .flatMap((bond) => bond.members.map((member) => lacpDetails(member, bond, state))),
};
