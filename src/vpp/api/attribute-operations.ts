/** Typed operations over a client: what an interface has besides its addresses, MTU and state. */
import { formatAddress } from '../../config/mod.ts';
import { fromApiAddress, toApiAddress } from './address-values.ts';
import type { VppApiClient } from './client.ts';
import { VppApiError } from './errors.ts';
import { swInterfaceSetMacAddress, swInterfaceSetUnnumbered } from './messages/interface.ts';
import {
  ipUnnumberedDump,
  swInterfaceIp6GetLinkLocalAddress,
  swInterfaceIp6SetLinkLocalAddress,
} from './messages/ip.ts';
import { mssClampEnableDisable, mssClampGet } from './messages/mss-clamp.ts';
import { ipNeighborAddDel, ipNeighborDump } from './messages/neighbor.ts';
import { urpfInterfaceDump, urpfUpdate } from './messages/urpf.ts';
import { NO_INTERFACE, type SwIfIndex } from './types.ts';
import { Retval } from './vpp-errors.ts';

/** Sets the MAC address of an Ethernet interface; VPP refuses with -9 where the driver cannot. */
export async function setMacAddress(client: VppApiClient, index: SwIfIndex, mac: string): Promise<void> {
  await client.request(swInterfaceSetMacAddress, { swIfIndex: index, macAddress: mac });
}

const URPF_MODES = ['off', 'loose', 'strict'] as const;
export type UrpfMode = (typeof URPF_MODES)[number];

/** The check of sources of one family. */
export interface UrpfSetting {
  readonly swIfIndex: SwIfIndex;
  readonly family: 4 | 6;
  readonly mode: UrpfMode;
  /** The table that sources are looked up in. */
  readonly tableId: number;
}

const OWN_TABLE = 0xffff_ffff;

/**
 * Checks the sources of received packets of a family against the table that the interface is in now; when it moves, send
 * it again (urpf.c).
 */
export async function setUrpf(
  client: VppApiClient,
  index: SwIfIndex,
  family: 4 | 6,
  mode: UrpfMode,
): Promise<void> {
  const body = {
    isInput: true,
    mode: URPF_MODES.indexOf(mode),
    af: family === 4 ? 0 : 1,
    swIfIndex: index,
    tableId: OWN_TABLE,
  };
  await client.request(urpfUpdate, body);
}

/** The checks of received packets that are on. */
export async function dumpUrpf(client: VppApiClient): Promise<UrpfSetting[]> {
  const all = await client.dump(urpfInterfaceDump, { swIfIndex: NO_INTERFACE });
  return all.flatMap(({ isInput, swIfIndex, af, mode, tableId }): UrpfSetting[] => {
    const named = URPF_MODES[mode] ?? 'off';
    if (!isInput || named === 'off') return [];
    return [{ swIfIndex, family: af === 0 ? 4 : 6, mode: named, tableId }];
  });
}

/** The largest TCP segments of an interface, bytes, in both directions; 0: not clamped. */
export interface MssClamp {
  readonly ipv4: number;
  readonly ipv6: number;
}

const BOTH_DIRECTIONS = 3;

/** Sets the MSS option of TCP SYN packets that have a larger one; `{ ipv4: 0, ipv6: 0 }` ends it. */
export async function setMssClamp(
  client: VppApiClient,
  index: SwIfIndex,
  { ipv4, ipv6 }: MssClamp,
): Promise<void> {
  const body = {
    swIfIndex: index,
    ipv4Mss: ipv4,
    ipv6Mss: ipv6,
    ipv4Direction: ipv4 === 0 ? 0 : BOTH_DIRECTIONS,
    ipv6Direction: ipv6 === 0 ? 0 : BOTH_DIRECTIONS,
  };
  await client.request(mssClampEnableDisable, body);
}

/** All clamped interfaces; VPP also lists those that were deleted while they were clamped (mss_clamp.c). */
export async function mssClamps(
  client: VppApiClient,
): Promise<(MssClamp & { readonly swIfIndex: SwIfIndex })[]> {
  const all = await client.stream(mssClampGet, { swIfIndex: NO_INTERFACE });
  return all.map(({ swIfIndex, ipv4Mss, ipv6Mss, ipv4Direction, ipv6Direction }) => {
    return {
      swIfIndex,
      ipv4: ipv4Direction === BOTH_DIRECTIONS ? ipv4Mss : 0,
      ipv6: ipv6Direction === BOTH_DIRECTIONS ? ipv6Mss : 0,
    };
  });
}

const STATIC = 1;

export interface StaticNeighbor {
  readonly swIfIndex: SwIfIndex;
  readonly address: string;
  readonly mac: string;
}

/**
 * Adds a static neighbour, in place of a learned one or of one with another MAC address. VPP 25.02 keeps it when the
 * interface is deleted, for the next one with its index (ip_neighbor.c).
 */
export async function addStaticNeighbor(client: VppApiClient, neighbor: StaticNeighbor): Promise<void> {
  await client.request(ipNeighborAddDel, { isAdd: true, neighbor: neighborBody(neighbor) });
}

export async function deleteNeighbor(client: VppApiClient, neighbor: StaticNeighbor): Promise<void> {
  await client.request(ipNeighborAddDel, { isAdd: false, neighbor: neighborBody(neighbor) });
}

const neighborBody = ({ swIfIndex, address, mac }: StaticNeighbor) => {
  return { swIfIndex, flags: STATIC, macAddress: mac, ipAddress: toApiAddress(address) };
};

/** The static neighbours of both families. */
export async function dumpStaticNeighbors(client: VppApiClient): Promise<StaticNeighbor[]> {
  const both = await Promise.all(
    [0, 1].map((af) => client.dump(ipNeighborDump, { swIfIndex: NO_INTERFACE, af })),
  );
  return both.flat().flatMap(({ neighbor: { swIfIndex, flags, macAddress, ipAddress } }) => {
    const isStatic = (flags & STATIC) !== 0;
    return isStatic ? [{ swIfIndex, address: fromApiAddress(ipAddress), mac: macAddress }] : [];
  });
}

/**
 * Sets the link-local address of an interface, and enables IPv6 where it is off: that counts as one enable
 * (`setIpv6Off`).
 */
export async function setLinkLocal(client: VppApiClient, index: SwIfIndex, address: string): Promise<void> {
  const body = { swIfIndex: index, ip: toApiAddress(address, 6).bytes };
  await client.request(swInterfaceIp6SetLinkLocalAddress, body);
}

/** The link-local address of an interface; undefined while IPv6 is off. */
export async function linkLocal(client: VppApiClient, index: SwIfIndex): Promise<string | undefined> {
  try {
    const { ip } = await client.request(swInterfaceIp6GetLinkLocalAddress, { swIfIndex: index });
    return formatAddress(ip);
  } catch (error) {
    if (error instanceof VppApiError && error.retval === Retval.ip6NotEnabled) return undefined;
    throw error;
  }
}

/**
 * `borrower` takes the addresses of `donor`. VPP copies the place of the donor's first address: when that is deleted or
 * was added later, send it again; and what the borrower had of its own is lost (vnet_sw_interface_update_unnumbered).
 */
export async function setUnnumbered(
  client: VppApiClient,
  borrower: SwIfIndex,
  donor: SwIfIndex,
  isAdd: boolean,
): Promise<void> {
  const body = { swIfIndex: donor, unnumberedSwIfIndex: borrower, isAdd };
  await client.request(swInterfaceSetUnnumbered, body);
}

/** The borrowers and their donors. */
export async function dumpUnnumbered(
  client: VppApiClient,
): Promise<{ readonly borrower: SwIfIndex; readonly donor: SwIfIndex }[]> {
  const all = await client.dump(ipUnnumberedDump, { swIfIndex: NO_INTERFACE });
  return all.map(({ swIfIndex, ipSwIfIndex }) => ({ borrower: swIfIndex, donor: ipSwIfIndex }));
}
