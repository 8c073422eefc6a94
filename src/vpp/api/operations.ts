/** Typed operations over a client: the appliance's requests about VPP itself and its interfaces. */

import type { Encapsulation, Prefix } from '../../config/mod.ts';
import { isAtLeast, parseVppVersion } from '../version.ts';
import { fromApiPrefix, toApiPrefix } from './address-values.ts';
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
import type { SwIfIndex, TableId } from './types.ts';
import { IfStatusFlag, NO_INTERFACE, swIfIndex } from './types.ts';

/** One interface as VPP describes it. */
export interface VppInterface {
  readonly swIfIndex: SwIfIndex;
  /** The interface itself, or its parent for a sub-interface. */
  readonly supSwIfIndex: SwIfIndex;
  /** The configuration's name for it, from its tag; without one VPP's. */
  readonly name: string;
  /** As VPP calls it: `BondEthernet0`. */
  readonly vppName: string;
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
  /** Of a sub-interface. */
  readonly sub: Encapsulation | undefined;
  /** The tag rewrite of a bridged or cross-connected interface. */
  readonly tagRewrite: TagRewrite;
}

/** `vtr_op` of sw_interface_details: 0 none, 1 push 1, 2 push 2, 3 pop 1, 4 pop 2, 5 to 8 translate (l2_vtr.h). */
export interface TagRewrite {
  readonly op: number;
  /** 1: pushed tags are 802.1Q's, 0: 802.1ad's. */
  readonly pushDot1q: number;
  readonly tag1: number;
  readonly tag2: number;
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
  readonly hostType: 'tap' | 'tun';
  readonly netns: string;
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

/**
 * The mark of what this program made, in the tags of interfaces, ACLs and mappings: with the name in the configuration.
 * VPP keeps 63 bytes.
 */
export const OWN_TAG = 'appliance:';

const IF_TYPE_SUB = 1;
const SubFlag = {
  oneTag: 2,
  twoTags: 4,
  dot1ad: 8,
  exact: 16,
  default: 32,
  outerAny: 64,
  innerAny: 128,
} as const;

const EVERY = { swIfIndex: NO_INTERFACE, nameFilterValid: false, nameFilter: '' };

/** All interfaces, including local0. */
export async function dumpInterfaces(client: VppApiClient, options?: CallOptions): Promise<VppInterface[]> {
  const all = await client.dump(api.swInterfaceDump, EVERY, options);
  const raw = new Map(all.map((one) => [one.swIfIndex, one]));
  return all.map((one) => ({
    swIfIndex: one.swIfIndex,
    supSwIfIndex: swIfIndex(one.supSwIfIndex),
    name: nameOf(one, raw.get(swIfIndex(one.supSwIfIndex))),
    vppName: one.interfaceName,
    devType: one.interfaceDevType,
    tag: one.tag,
    mac: one.l2Address,
    adminUp: (one.flags & IfStatusFlag.adminUp) !== 0,
    linkUp: (one.flags & IfStatusFlag.linkUp) !== 0,
    linkSpeedKbps: one.linkSpeed,
    linkMtuBytes: one.linkMtu,
    mtuBytes: { l3: one.mtu[0] ?? 0, ip4: one.mtu[1] ?? 0, ip6: one.mtu[2] ?? 0, mpls: one.mtu[3] ?? 0 },
    subId: one.subId,
    sub: one.type === IF_TYPE_SUB ? subOf(one) : undefined,
    tagRewrite: {
      op: one.vtrOp,
      pushDot1q: one.vtrPushDot1q,
      tag1: one.vtrTag1,
      tag2: one.vtrTag2,
    },
  }));
}

type Details = ReturnType<typeof api.swInterfaceDetails.codec.read>;

/** VPP names a sub-interface after its parent and its number; a parent may have a name of ours. */
function nameOf(one: Details, parent: Details | undefined): string {
  if (one.type === IF_TYPE_SUB && parent !== undefined && parent !== one) {
    return `${nameOf(parent, undefined)}.${one.subId}`;
  }
  return one.tag.startsWith(OWN_TAG) ? one.tag.slice(OWN_TAG.length) : one.interfaceName;
}

function subOf(one: Details): Encapsulation {
  const has = (flag: number): boolean => (one.subIfFlags & flag) !== 0;
  return {
    tags: one.subNumberOfTags === 2 ? 2 : one.subNumberOfTags === 1 ? 1 : 0,
    outer: has(SubFlag.outerAny) ? 'any' : one.subOuterVlanId,
    inner: has(SubFlag.innerAny) ? 'any' : one.subInnerVlanId,
    isDot1ad: has(SubFlag.dot1ad),
    isExact: has(SubFlag.exact),
    isDefault: has(SubFlag.default),
  };
}

/**
 * Creates sub-interface `subId` of `parent`, a hardware interface; down, in the default tables. VPP does not check its
 * tags: a number beyond 4095 writes outside its table, and tags that another sub-interface has cut that one off
 * (ethernet/node.c). The caller does.
 */
export async function createSubInterface(
  client: VppApiClient,
  parent: SwIfIndex,
  subId: number,
  { tags, outer, inner, isDot1ad, isExact, isDefault }: Encapsulation,
): Promise<SwIfIndex> {
  const flags = [
    tags === 1 ? SubFlag.oneTag : 0,
    tags === 2 ? SubFlag.twoTags : 0,
    isDot1ad ? SubFlag.dot1ad : 0,
    isExact ? SubFlag.exact : 0,
    isDefault ? SubFlag.default : 0,
    outer === 'any' ? SubFlag.outerAny : 0,
    inner === 'any' ? SubFlag.innerAny : 0,
  ].reduce((all, flag) => all | flag, 0);
  const body = {
    swIfIndex: parent,
    subId,
    subIfFlags: flags,
    outerVlanId: outer === 'any' ? 0 : outer,
    innerVlanId: inner === 'any' ? 0 : inner,
  };
  return (await client.request(api.createSubif, body)).swIfIndex;
}

/** Deletes a sub-interface. Never of a loopback's: VPP deletes the loopback. */
export async function deleteSubInterface(client: VppApiClient, index: SwIfIndex): Promise<void> {
  await client.request(api.deleteSubif, { swIfIndex: index });
}

/** Has a NIC receive frames to all addresses, and with all VLAN tags. VPP does not tell whether it does. */
export async function setPromiscuous(client: VppApiClient, index: SwIfIndex, isOn: boolean): Promise<void> {
  await client.request(api.swInterfaceSetPromisc, { swIfIndex: index, promiscOn: isOn });
}

/** Marks an interface as made for the configuration, under its name there. */
export function markInterface(client: VppApiClient, index: SwIfIndex, name: string): Promise<void> {
  return setInterfaceTag(client, index, `${OWN_TAG}${name}`);
}

/** Sets the admin state. */
export async function setInterfaceFlags(
  client: VppApiClient,
  index: SwIfIndex,
  { adminUp }: { readonly adminUp: boolean },
): Promise<void> {
  const flags = adminUp ? IfStatusFlag.adminUp : 0;
  await client.request(api.swInterfaceSetFlags, { swIfIndex: index, flags });
}

/** Sets the layer 3 MTU in bytes; per protocol where given, otherwise the protocols follow `l3`. */
export async function setInterfaceMtu(
  client: VppApiClient,
  index: SwIfIndex,
  mtuBytes: { readonly l3: number; readonly ip4?: number; readonly ip6?: number; readonly mpls?: number },
): Promise<void> {
  const mtu = [mtuBytes.l3, mtuBytes.ip4 ?? 0, mtuBytes.ip6 ?? 0, mtuBytes.mpls ?? 0];
  await client.request(api.swInterfaceSetMtu, { swIfIndex: index, mtu });
}

/** Sets the largest frame of the hardware, in bytes. */
export async function setHardwareMtu(
  client: VppApiClient,
  index: SwIfIndex,
  mtuBytes: number,
): Promise<void> {
  await client.request(api.hwInterfaceSetMtu, { swIfIndex: index, mtu: mtuBytes });
}

/** Adds or removes one address of an interface. */
export async function addDelAddress(
  client: VppApiClient,
  index: SwIfIndex,
  prefix: Prefix,
  isAdd: boolean,
): Promise<void> {
  const body = { swIfIndex: index, isAdd, delAll: false, prefix: toApiPrefix(prefix) };
  await client.request(api.swInterfaceAddDelAddress, body);
}

/** The addresses of an interface, of one family or of both; without the link-local IPv6 addresses that VPP made. */
export async function dumpAddresses(
  client: VppApiClient,
  index: SwIfIndex,
  family?: 4 | 6,
): Promise<Prefix[]> {
  const families = family === undefined ? [false, true] : [family === 6];
  const all: Prefix[] = [];
  for (const isIpv6 of families) {
    const found = await client.dump(ipAddressDump, { swIfIndex: index, isIpv6 });
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
): Promise<void> {
  const body = { swIfIndex: index, isIpv6: family === 6, vrfId: table };
  await client.request(api.swInterfaceSetTable, body);
}

/** The FIB table that an interface is in. */
export async function interfaceTable(
  client: VppApiClient,
  index: SwIfIndex,
  family: 4 | 6,
): Promise<TableId> {
  const body = { swIfIndex: index, isIpv6: family === 6 };
  return (await client.request(api.swInterfaceGetTable, body)).vrfId;
}

/** Sets (or with undefined removes) the tag of an interface, at most 63 bytes. */
export async function setInterfaceTag(
  client: VppApiClient,
  index: SwIfIndex,
  tag: string | undefined,
): Promise<void> {
  const body = { isAdd: tag !== undefined, swIfIndex: index, tag: tag ?? '' };
  await client.request(api.swInterfaceTagAddDel, body);
}

/** Enables or disables interface events for this connection; they end with it. */
export async function wantInterfaceEvents(client: VppApiClient, enable = true): Promise<void> {
  const body = { enableDisable: enable ? 1 : 0, pid: process.pid };
  await client.request(api.wantInterfaceEventsRequest, body);
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
): Promise<SwIfIndex> {
  const body = {
    macAddress: given.mac ?? '00:00:00:00:00:00',
    isSpecified: given.instance !== undefined,
    userInstance: given.instance ?? 0,
  };
  return (await client.request(api.createLoopbackInstance, body)).swIfIndex;
}

/** Removes a loopback interface. */
export async function deleteLoopback(client: VppApiClient, index: SwIfIndex): Promise<void> {
  await client.request(api.deleteLoopbackRequest, { swIfIndex: index });
}

/**
 * Pairs an interface with a Linux TAP of that name, or a TUN; resolves with its interface in VPP. VPP refuses a TAP for
 * an interface without Ethernet with -73.
 */
export async function lcpPairAdd(
  client: VppApiClient,
  index: SwIfIndex,
  given: {
    readonly hostIfName: string;
    readonly netns?: string;
    readonly hostType?: LcpPair['hostType'];
  },
): Promise<SwIfIndex> {
  const body = {
    isAdd: true,
    swIfIndex: index,
    hostIfName: given.hostIfName,
    hostIfType: LcpHostType[given.hostType ?? 'tap'],
    netns: given.netns ?? '',
  };
  return (await client.request(lcpItfPairAddDelV2, body)).hostSwIfIndex;
}

/** Removes the pair of an interface. */
export async function lcpPairDelete(client: VppApiClient, index: SwIfIndex): Promise<void> {
  const body = { isAdd: false, swIfIndex: index, hostIfName: '', hostIfType: LcpHostType.tap, netns: '' };
  await client.request(lcpItfPairAddDelV2, body);
}

/**
 * VPP passes frames of that ethertype to the TAPs of their ingress interfaces, until VPP ends. The handler of 26.06
 * omits the byte swap of the number (vl_api_lcp_ethertype_enable_t_handler): when refused, it is sent swapped.
 */
export async function lcpEnableEthertype(client: VppApiClient, ethertype: number): Promise<void> {
  try {
    await client.request(lcpEthertypeEnable, { ethertype });
  } catch (error) {
    if (!(error instanceof VppApiError) || error.retval !== Retval.invalidValue) throw error;
    const swapped = ((ethertype & 0xff) << 8) | (ethertype >> 8);
    await client.request(lcpEthertypeEnable, { ethertype: swapped });
  }
}

/** As `lcpEnableEthertype`, for an OSI protocol by its identifier. VPP refuses with -30 without osi_plugin.so. */
export async function lcpEnableOsi(client: VppApiClient, osiProto: number): Promise<void> {
  await client.request(lcpOsiProtoEnable, { osiProto });
}

/** All pairs. */
export async function lcpPairs(client: VppApiClient): Promise<LcpPair[]> {
  const all = await client.stream(lcpItfPairGet, {});
  return all.map(({ phySwIfIndex, hostSwIfIndex, vifIndex, hostIfName, hostIfType, netns }) => {
    const hostType = hostIfType === LcpHostType.tun ? 'tun' : 'tap';
    return { phySwIfIndex, hostSwIfIndex, vifIndex, hostIfName, hostType, netns };
  });
}
