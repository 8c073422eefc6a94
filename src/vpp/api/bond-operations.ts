/** Bonds and their members. */
import type { VppApiClient } from './client.ts';
import * as api from './messages/bond.ts';
import { NO_INTERFACE, type SwIfIndex } from './types.ts';

export type BondMode = 'round-robin' | 'active-backup' | 'xor' | 'broadcast' | 'lacp';
export type BondLoadBalance = 'l2' | 'l23' | 'l34';

const MODES: Readonly<Record<BondMode, number>> = {
  'round-robin': 1,
  'active-backup': 2,
  xor: 3,
  broadcast: 4,
  lacp: 5,
};
const LOAD_BALANCES: Readonly<Record<BondLoadBalance, number>> = { l2: 0, l34: 1, l23: 2 };
const ANY_ID = 0xffff_ffff;
const NO_MAC = '00:00:00:00:00:00';

export interface VppBond {
  readonly swIfIndex: SwIfIndex;
  readonly mode: BondMode | undefined;
  /** Undefined in modes without a choice. */
  readonly loadBalance: BondLoadBalance | undefined;
  readonly members: number;
  readonly activeMembers: number;
}

export interface VppBondMember {
  readonly swIfIndex: SwIfIndex;
  readonly isPassive: boolean;
  readonly isLongTimeout: boolean;
  readonly weight: number;
}

/** What LACP says of a member. */
export interface LacpMember {
  readonly swIfIndex: SwIfIndex;
  /** The frames of the member are taken, and some are sent on it. */
  readonly isActive: boolean;
  /** `detached`, `waiting`, `attached` or `collecting and distributing` (lacp/mux_machine.h). */
  readonly state: string;
  /** The neighbour's system and key; undefined while none has been heard. */
  readonly partner: { readonly system: string; readonly key: number; readonly port: number } | undefined;
}

/**
 * Creates a bond: down, with a MAC address of VPP's that its first member's replaces. Rejects with -30 for LACP when
 * VPP lacks the plugin (bonding/cli.c, bond_create_if).
 */
export async function createBond(
  client: VppApiClient,
  { mode, loadBalance }: { readonly mode: BondMode; readonly loadBalance: BondLoadBalance | undefined },
): Promise<SwIfIndex> {
  const body = {
    mode: MODES[mode],
    lb: LOAD_BALANCES[loadBalance ?? 'l2'],
    numaOnly: false,
    enableGso: false,
    useCustomMac: false,
    macAddress: NO_MAC,
    id: ANY_ID,
  };
  return (await client.request(api.bondCreate, body)).swIfIndex;
}

/** Deletes a bond; its members become single interfaces with their own MAC addresses. */
export async function deleteBond(client: VppApiClient, index: SwIfIndex): Promise<void> {
  await client.request(api.bondDelete, { swIfIndex: index });
}

/**
 * Makes an interface a member, which takes the bond's MAC address, or gives it its own as the first one. Rejects with
 * -81 when it is one already, also of another bond, and with -71 when it is a bond.
 */
export async function addBondMember(
  client: VppApiClient,
  bond: SwIfIndex,
  { swIfIndex, isPassive, isLongTimeout }: Omit<VppBondMember, 'weight'>,
): Promise<void> {
  await client.request(api.bondAddMember, { swIfIndex, bondSwIfIndex: bond, isPassive, isLongTimeout });
}

/** The member with the largest weight sends. Rejects with -73 in other modes than `active-backup`, with -71 for no member. */
export async function setBondWeight(client: VppApiClient, index: SwIfIndex, weight: number): Promise<void> {
  await client.request(api.bondSetWeight, { swIfIndex: index, weight });
}

/** Takes a member out of its bond. Rejects with -71 when it is none. */
export async function detachBondMember(client: VppApiClient, index: SwIfIndex): Promise<void> {
  await client.request(api.bondDetachMember, { swIfIndex: index });
}

export async function dumpBonds(client: VppApiClient): Promise<VppBond[]> {
  const all = await client.dump(api.bondDump, { swIfIndex: NO_INTERFACE });
  return all.map(({ swIfIndex, mode, lb, members, activeMembers }) => ({
    swIfIndex,
    mode: nameOf(MODES, mode),
    // In the other modes VPP reports numbers of its own.
    loadBalance: nameOf(LOAD_BALANCES, lb),
    members,
    activeMembers,
  }));
}

export async function dumpBondMembers(client: VppApiClient, bond: SwIfIndex): Promise<VppBondMember[]> {
  const all = await client.dump(api.memberDump, { swIfIndex: bond });
  return all.map(({ swIfIndex, isPassive, isLongTimeout, weight }) => {
    return { swIfIndex, isPassive, isLongTimeout, weight };
  });
}

const MUX_STATES = ['detached', 'waiting', 'attached', 'collecting and distributing'];
/** Collecting and distributing (802.1AX, 6.4.2.3). */
const ACTIVE_BITS = 0x30;

/** The members of bonds in the mode `lacp`; none when VPP lacks the plugin. */
export async function dumpLacp(client: VppApiClient): Promise<LacpMember[]> {
  if (client.checkMessages([api.lacpDump]).length > 0) return [];
  const all = await client.dump(api.lacpDump, {});
  return all.map(({ swIfIndex, muxState, actorState, partnerSystem, partnerKey, partnerPortNumber }) => ({
    swIfIndex,
    isActive: (actorState & ACTIVE_BITS) === ACTIVE_BITS,
    state: MUX_STATES[muxState] ?? `state ${muxState}`,
    partner:
      partnerSystem === NO_MAC
        ? undefined
        : { system: partnerSystem, key: partnerKey, port: partnerPortNumber },
  }));
}

function nameOf<N extends string>(names: Readonly<Record<N, number>>, number: number): N | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the table
  return (Object.keys(names) as N[]).find((name) => names[name] === number);
}
