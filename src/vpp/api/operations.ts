/** Typed operations over a client: the appliance's requests about VPP itself and its interfaces. */

import type { Prefix } from '../../config/mod.ts';
import { formatAddress, parseAddress } from '../../config/mod.ts';
import { isAtLeast, parseVppVersion } from '../version.ts';
import type { VppApiClient } from './client.ts';
import type { CallOptions } from './client-types.ts';
import { VppApiError } from './errors.ts';
import { Retval } from './vpp-errors.ts';
import * as api from './messages/interface.ts';
import { ipAddressDump } from './messages/ip.ts';
import {
  lcpEthertypeEnable,
  LcpHostType,
  lcpItfPairAddDelV2,
  lcpItfPairGet,
  lcpOsiProtoEnable,
} from './messages/lcp.ts';
import { controlPing } from './messages/memclnt.ts';
import { cliInband } from './messages/vpe.ts';
import type { ApiPrefix, SwIfIndex, TableId } from './types.ts';
import { IfStatusFlag, NO_INTERFACE, swIfIndex } from './types.ts';

/** One interface as VPP describes it. */
export interface VppInterface {
  readonly swIfIndex: SwIfIndex;
  /** The interface itself, or its parent for a sub-interface. */
  readonly supSwIfIndex: SwIfIndex;
  readonly name: string;
  /** `local`, `Loopback`, `dpdk`, … */
  readonly devType: string;
  readonly tag: string;
  readonly mac: string;
  readonly adminUp: boolean;
  readonly linkUp: boolean;
  readonly linkSpeedKbps: number;
  /** Largest frame of the hardware, bytes. */
  readonly linkMtuBytes: number;
  readonly mtuBytes: {
    readonly l3: number;
    readonly ip4: number;
    readonly ip6: number;
    readonly mpls: number;
  };
  readonly subId: number;
}

export interface InterfaceEvent {
  readonly swIfIndex: SwIfIndex;
  readonly adminUp: boolean;
  readonly linkUp: boolean;
  readonly deleted: boolean;
}

export interface LcpPair {
  readonly phySwIfIndex: SwIfIndex;
  readonly hostSwIfIndex: SwIfIndex;
  /** Index of the interface in Linux. */
  readonly vifIndex: number;
  readonly hostIfName: string;
  readonly netns: string;
}

/** Converts a prefix from text for the API; throws VppApiError `encode` when it is invalid. */
export function toApiPrefix(prefix: Prefix): ApiPrefix {
  const parsed = parseAddress(prefix.address);
  if (parsed === undefined) throw new VppApiError('encode', `expected an address, got '${prefix.address}'`);
  return { address: { family: parsed.family, bytes: parsed.bytes }, len: prefix.length };
}

/** The API's prefix in canonical text. */
export function fromApiPrefix({ address, len }: ApiPrefix): Prefix {
  return { family: address.family, address: formatAddress(address.bytes), length: len };
}

/** Whether VPP is release `year`.`month` or later; false when its version names no release. */
export async function isVppAtLeast(client: VppApiClient, year: number, month: number): Promise<boolean> {
  const version = parseVppVersion((await client.version()).version);
  return version !== undefined && isAtLeast(version, year, month);
}

/** Answered when VPP has handled everything sent before; returns VPP's process id. */
export async function ping(client: VppApiClient, options?: CallOptions): Promise<number> {
  return (await client.request(controlPing, {}, options)).vpePid;
}

/** The output of one CLI command, over the API socket. */
export async function runCliInband(
  client: VppApiClient,
  command: string,
  options?: CallOptions,
): Promise<string> {
  return (await client.request(cliInband, { cmd: command }, options)).reply;
}

/** All interfaces, including local0. */
export async function dumpInterfaces(client: VppApiClient, options?: CallOptions): Promise<VppInterface[]> {
  const body = { swIfIndex: NO_INTERFACE, nameFilterValid: false, nameFilter: '' };
  const all = await client.dump(api.swInterfaceDump, body, options);
  return all.map((one) => ({
    swIfIndex: one.swIfIndex,
    supSwIfIndex: swIfIndex(one.supSwIfIndex),
    name: one.interfaceName,
    devType: one.interfaceDevType,
    tag: one.tag,
    mac: one.l2Address,
    adminUp: (one.flags & IfStatusFlag.adminUp) !== 0,
    linkUp: (one.flags & IfStatusFlag.linkUp) !== 0,
    linkSpeedKbps: one.linkSpeed,
    linkMtuBytes: one.linkMtu,
    mtuBytes: { l3: one.mtu[0] ?? 0, ip4: one.mtu[1] ?? 0, ip6: one.mtu[2] ?? 0, mpls: one.mtu[3] ?? 0 },
    subId: one.subId,
  }));
}

/** Sets the admin state. */
export async function setInterfaceFlags(
  client: VppApiClient,
  index: SwIfIndex,
  { adminUp }: { readonly adminUp: boolean },
  options?: CallOptions,
): Promise<void> {
  const flags = adminUp ? IfStatusFlag.adminUp : 0;
  await client.request(api.swInterfaceSetFlags, { swIfIndex: index, flags }, options);
}

/** Sets the layer 3 MTU in bytes; per protocol where given, otherwise the protocols follow `l3`. */
export async function setInterfaceMtu(
  client: VppApiClient,
  index: SwIfIndex,
  mtuBytes: { readonly l3: number; readonly ip4?: number; readonly ip6?: number; readonly mpls?: number },
  options?: CallOptions,
): Promise<void> {
  const mtu = [mtuBytes.l3, mtuBytes.ip4 ?? 0, mtuBytes.ip6 ?? 0, mtuBytes.mpls ?? 0];
  await client.request(api.swInterfaceSetMtu, { swIfIndex: index, mtu }, options);
}

/** Sets the largest frame of the hardware, in bytes. */
export async function setHardwareMtu(
  client: VppApiClient,
  index: SwIfIndex,
  mtuBytes: number,
  options?: CallOptions,
): Promise<void> {
  await client.request(api.hwInterfaceSetMtu, { swIfIndex: index, mtu: mtuBytes }, options);
}

/** Adds or removes one address of an interface. */
export async function addDelAddress(
  client: VppApiClient,
  index: SwIfIndex,
  prefix: Prefix,
  isAdd: boolean,
  options?: CallOptions,
): Promise<void> {
  const body = { swIfIndex: index, isAdd, delAll: false, prefix: toApiPrefix(prefix) };
  await client.request(api.swInterfaceAddDelAddress, body, options);
}

/** The addresses of an interface, of one family or of both; without the link-local IPv6 addresses that VPP made. */
export async function dumpAddresses(
  client: VppApiClient,
  index: SwIfIndex,
  family?: 4 | 6,
  options?: CallOptions,
): Promise<Prefix[]> {
  const families = family === undefined ? [false, true] : [family === 6];
  const all: Prefix[] = [];
  for (const isIpv6 of families) {
    const found = await client.dump(ipAddressDump, { swIfIndex: index, isIpv6 }, options);
    for (const one of found) all.push(fromApiPrefix(one.prefix));
  }
  return all;
}

/** Moves an interface into a FIB table; its addresses of that family must be removed before. */
export async function setInterfaceTable(
  client: VppApiClient,
  index: SwIfIndex,
  family: 4 | 6,
  table: TableId,
  options?: CallOptions,
): Promise<void> {
  const body = { swIfIndex: index, isIpv6: family === 6, vrfId: table };
  await client.request(api.swInterfaceSetTable, body, options);
}

/** The FIB table that an interface is in. */
export async function interfaceTable(
  client: VppApiClient,
  index: SwIfIndex,
  family: 4 | 6,
  options?: CallOptions,
): Promise<TableId> {
  const body = { swIfIndex: index, isIpv6: family === 6 };
  return (await client.request(api.swInterfaceGetTable, body, options)).vrfId;
}

/** Sets (or with undefined removes) the tag of an interface, at most 63 bytes. */
export async function setInterfaceTag(
  client: VppApiClient,
  index: SwIfIndex,
  tag: string | undefined,
  options?: CallOptions,
): Promise<void> {
  const body = { isAdd: tag !== undefined, swIfIndex: index, tag: tag ?? '' };
  await client.request(api.swInterfaceTagAddDel, body, options);
}

/** Enables or disables interface events for this connection; they end with it. */
export async function wantInterfaceEvents(
  client: VppApiClient,
  enable = true,
  options?: CallOptions,
): Promise<void> {
  const body = { enableDisable: enable ? 1 : 0, pid: process.pid };
  await client.request(api.wantInterfaceEventsRequest, body, options);
}

/** Calls `listener` for every interface event, once `wantInterfaceEvents` enabled them. */
export function onInterfaceEvent(
  client: VppApiClient,
  listener: (event: InterfaceEvent) => void,
): Disposable {
  return client.on(api.swInterfaceEvent, (event) => {
    listener({
      swIfIndex: event.swIfIndex,
      adminUp: (event.flags & IfStatusFlag.adminUp) !== 0,
      linkUp: (event.flags & IfStatusFlag.linkUp) !== 0,
      deleted: event.deleted,
    });
  });
}

/** Creates a loopback interface, `loopN` with `instance` N or the next free one. */
export async function createLoopback(
  client: VppApiClient,
  given: { readonly instance?: number; readonly mac?: string } = {},
  options?: CallOptions,
): Promise<SwIfIndex> {
  const body = {
    macAddress: given.mac ?? '00:00:00:00:00:00',
    isSpecified: given.instance !== undefined,
    userInstance: given.instance ?? 0,
  };
  return (await client.request(api.createLoopbackInstance, body, options)).swIfIndex;
}

/** Removes a loopback interface. */
export async function deleteLoopback(
  client: VppApiClient,
  index: SwIfIndex,
  options?: CallOptions,
): Promise<void> {
  await client.request(api.deleteLoopbackRequest, { swIfIndex: index }, options);
}

/** Pairs an interface with a Linux TAP of that name; resolves with the TAP's interface in VPP. */
export async function lcpPairAdd(
  client: VppApiClient,
  index: SwIfIndex,
  given: { readonly hostIfName: string; readonly netns?: string },
  options?: CallOptions,
): Promise<SwIfIndex> {
  const body = {
    isAdd: true,
    swIfIndex: index,
    hostIfName: given.hostIfName,
    hostIfType: LcpHostType.tap,
    netns: given.netns ?? '',
  };
  return (await client.request(lcpItfPairAddDelV2, body, options)).hostSwIfIndex;
}

/** Removes the pair of an interface. */
export async function lcpPairDelete(
  client: VppApiClient,
  index: SwIfIndex,
  options?: CallOptions,
): Promise<void> {
  const body = { isAdd: false, swIfIndex: index, hostIfName: '', hostIfType: LcpHostType.tap, netns: '' };
  await client.request(lcpItfPairAddDelV2, body, options);
}

/**
 * VPP passes frames of that ethertype to the TAPs of their ingress interfaces, until VPP ends. The handler of 26.06
 * omits the byte swap of the number (vl_api_lcp_ethertype_enable_t_handler): when refused, it is sent swapped.
 */
export async function lcpEnableEthertype(
  client: VppApiClient,
  ethertype: number,
  options?: CallOptions,
): Promise<void> {
  try {
    await client.request(lcpEthertypeEnable, { ethertype }, options);
  } catch (error) {
    if (!(error instanceof VppApiError) || error.retval !== Retval.invalidValue) throw error;
    const swapped = ((ethertype & 0xff) << 8) | (ethertype >> 8);
    await client.request(lcpEthertypeEnable, { ethertype: swapped }, options);
  }
}

/** As `lcpEnableEthertype`, for an OSI protocol by its identifier. VPP refuses with -30 without osi_plugin.so. */
export async function lcpEnableOsi(
  client: VppApiClient,
  osiProto: number,
  options?: CallOptions,
): Promise<void> {
  await client.request(lcpOsiProtoEnable, { osiProto }, options);
}

/** All pairs. */
export async function lcpPairs(client: VppApiClient, options?: CallOptions): Promise<LcpPair[]> {
  const all = await client.stream(lcpItfPairGet, {}, options);
  return all.map(({ phySwIfIndex, hostSwIfIndex, vifIndex, hostIfName, netns }) => {
    return { phySwIfIndex, hostSwIfIndex, vifIndex, hostIfName, netns };
  });
}
