/** Typed operations over a client: NAT44, endpoint-dependent (src/plugins/nat/nat44-ed). */
import { formatAddress } from '../../config/mod.ts';
import { toApiAddress } from './address-values.ts';
import type { VppApiClient } from './client.ts';
import * as api from './messages/nat44.ts';
import { NO_INTERFACE, type SwIfIndex } from './types.ts';

/** Any VRF; of a mapping, the inside VRF. */
const NO_VRF = 0xffff_ffff;
const NO_ADDRESS = new Uint8Array(4);

const toBytes = (address: string): Uint8Array => toApiAddress(address, 4).bytes;

export interface NatTimeouts {
  readonly udpSeconds: number;
  readonly tcpEstablishedSeconds: number;
  readonly tcpTransitorySeconds: number;
  readonly icmpSeconds: number;
}

export interface NatConfig {
  /** Of each thread. */
  readonly sessions: number;
  readonly forwarding: boolean;
  readonly timeouts: NatTimeouts;
  /** 0: segments keep their size. */
  readonly mssClampBytes: number;
}

/** Allocates the sessions and enables NAT, with all else at VPP's defaults; -170 when it is on. */
export async function enableNat44(client: VppApiClient, sessions: number): Promise<void> {
  const body = { insideVrf: 0, outsideVrf: 0, sessions, sessionMemory: 0, enable: true, flags: 0 };
  await client.request(api.nat44EdPluginEnableDisable, body);
}

/** Removes every interface, pool, mapping and session; -169 when it is off. */
export async function disableNat44(client: VppApiClient): Promise<void> {
  const body = { insideVrf: 0, outsideVrf: 0, sessions: 0, sessionMemory: 0, enable: false, flags: 0 };
  await client.request(api.nat44EdPluginEnableDisable, body);
}

/** Undefined while NAT is off. */
export async function nat44Config(client: VppApiClient): Promise<NatConfig | undefined> {
  const running = await client.request(api.nat44ShowRunningConfig, {});
  if (running.sessions === 0) return undefined;
  const mss = await client.request(api.natGetMssClamping, {});
  const { udp, tcpEstablished, tcpTransitory, icmp } = running.timeouts;
  return {
    sessions: running.sessions,
    forwarding: running.forwardingEnabled,
    timeouts: {
      udpSeconds: udp,
      tcpEstablishedSeconds: tcpEstablished,
      tcpTransitorySeconds: tcpTransitory,
      icmpSeconds: icmp,
    },
    mssClampBytes: mss.enable ? mss.mssValue : 0,
  };
}

/** Sets what can be changed without the loss of sessions. */
export async function setNat44Options(
  client: VppApiClient,
  { forwarding, timeouts, mssClampBytes }: Omit<NatConfig, 'sessions'>,
): Promise<void> {
  await client.request(api.nat44ForwardingEnableDisable, { enable: forwarding });
  const { udpSeconds, tcpEstablishedSeconds, tcpTransitorySeconds, icmpSeconds } = timeouts;
  await client.request(api.natSetTimeouts, {
    udp: udpSeconds,
    tcpEstablished: tcpEstablishedSeconds,
    tcpTransitory: tcpTransitorySeconds,
    icmp: icmpSeconds,
  });
  const clamp = { mssValue: mssClampBytes, enable: mssClampBytes > 0 };
  await client.request(api.natSetMssClamping, clamp);
}

export type NatRole = 'inside' | 'outside';

/** -126 while NAT is off; -6 when there is no role to remove; 0 for a role that it has. */
export async function addDelNatInterface(
  client: VppApiClient,
  interfaceIndex: SwIfIndex,
  role: NatRole,
  isAdd: boolean,
): Promise<void> {
  const flags = api.NatFlag[role];
  await client.request(api.nat44InterfaceAddDelFeature, { isAdd, flags, swIfIndex: interfaceIndex });
}

/** The roles of each interface that has one. */
export async function dumpNatInterfaces(client: VppApiClient): Promise<Map<SwIfIndex, NatRole[]>> {
  const all = await client.dump(api.nat44InterfaceDump, {});
  const roles: readonly NatRole[] = ['inside', 'outside'];
  return new Map(
    all.map(({ swIfIndex, flags }) => [swIfIndex, roles.filter((role) => (flags & api.NatFlag[role]) !== 0)]),
  );
}

/** Adds addresses that hosts inside appear under, or removes them with their sessions; -81 for one that is there. */
export async function addDelNatAddresses(
  client: VppApiClient,
  { first, last }: { readonly first: string; readonly last: string },
  isAdd: boolean,
): Promise<void> {
  const range = { firstIpAddress: toBytes(first), lastIpAddress: toBytes(last) };
  await client.request(api.nat44AddDelAddressRange, { ...range, vrfId: NO_VRF, isAdd, flags: 0 });
}

/** All addresses that hosts inside appear under, also those of interfaces. */
export async function dumpNatAddresses(client: VppApiClient): Promise<string[]> {
  const all = await client.dump(api.nat44AddressDump, {});
  return all.map(({ ipAddress }) => formatAddress(ipAddress));
}

/** Makes the first address of an interface one that hosts inside appear under, whatever it becomes. */
export async function addDelNatInterfaceAddress(
  client: VppApiClient,
  interfaceIndex: SwIfIndex,
  isAdd: boolean,
): Promise<void> {
  await client.request(api.nat44AddDelInterfaceAddr, { isAdd, swIfIndex: interfaceIndex, flags: 0 });
}

export async function dumpNatInterfaceAddresses(client: VppApiClient): Promise<SwIfIndex[]> {
  const all = await client.dump(api.nat44InterfaceAddrDump, {});
  return all.map(({ swIfIndex }) => swIfIndex);
}

/** What packets from outside are translated to without a session. */
export interface NatMapping {
  /** Packets to it keep their address: the box itself gets them. */
  readonly isIdentity: boolean;
  /** All ports of TCP, UDP and ICMP: protocol and ports are 0. */
  readonly isAddressOnly: boolean;
  readonly protocol: number;
  /** The address, or the interface whose first address it is. */
  readonly external: string | SwIfIndex;
  readonly externalPort: number;
  /** Empty of an identity. */
  readonly internal: string;
  readonly internalPort: number;
  readonly tag: string;
}

/** -81 when either end is in a mapping, -6 when there is none to remove, -126 while NAT is off. */
export async function addDelNatMapping(
  client: VppApiClient,
  mapping: NatMapping,
  isAdd: boolean,
): Promise<void> {
  const { external, protocol, tag } = mapping;
  const flags = mapping.isAddressOnly ? api.NatFlag.addressOnly : 0;
  const [address, index] =
    typeof external === 'string' ? [toBytes(external), NO_INTERFACE] : [NO_ADDRESS, external];
  const common = { isAdd, flags, protocol, vrfId: NO_VRF, tag };
  if (mapping.isIdentity) {
    const body = { ...common, ipAddress: address, port: mapping.externalPort, swIfIndex: index };
    await client.request(api.nat44AddDelIdentityMapping, body);
    return;
  }
  await client.request(api.nat44AddDelStaticMappingV2, {
    ...common,
    matchPool: false,
    poolIpAddress: NO_ADDRESS,
    localIpAddress: toBytes(mapping.internal),
    externalIpAddress: address,
    localPort: mapping.internalPort,
    externalPort: mapping.externalPort,
    externalSwIfIndex: index,
  });
}

/** All mappings. One that follows an interface with an address is there twice, the second time with the address. */
export async function dumpNatMappings(client: VppApiClient): Promise<NatMapping[]> {
  const [mappings, identities] = await Promise.all([
    client.dump(api.nat44StaticMappingDump, {}),
    client.dump(api.nat44IdentityMappingDump, {}),
  ]);
  const externalOf = (index: SwIfIndex, address: Uint8Array): string | SwIfIndex =>
    index === NO_INTERFACE ? formatAddress(address) : index;
  return [
    ...mappings.map((one) => ({
      isIdentity: false,
      isAddressOnly: (one.flags & api.NatFlag.addressOnly) !== 0,
      protocol: one.protocol,
      external: externalOf(one.externalSwIfIndex, one.externalIpAddress),
      externalPort: one.externalPort,
      internal: formatAddress(one.localIpAddress),
      internalPort: one.localPort,
      tag: one.tag,
    })),
    ...identities.map((one) => ({
      isIdentity: true,
      isAddressOnly: (one.flags & api.NatFlag.addressOnly) !== 0,
      protocol: one.protocol,
      external: externalOf(one.swIfIndex, one.ipAddress),
      externalPort: one.port,
      internal: '',
      internalPort: 0,
      tag: one.tag,
    })),
  ];
}
