/** Typed operations over a client: tunnels. VPP changes none in place. */
import { fromApiAddress, toApiAddress } from './address-values.ts';
import type { VppApiClient } from './client.ts';
import { greTunnelAddDel, greTunnelDump } from './messages/gre.ts';
import { ipipAddTunnel, ipipDelTunnel, ipipTunnelDump } from './messages/ipip.ts';
import { addNodeNext } from './messages/vpe.ts';
import { vxlanAddDelTunnel, vxlanTunnelDump } from './messages/vxlan.ts';
import { type ApiAddress, NO_INTERFACE, type SwIfIndex } from './types.ts';

/** The addresses of the outer packets, of one family, in canonical text, and the number of their table. */
export type TunnelEnds = Readonly<{ source: string; destination: string; table: number }>;

export type VxlanTunnel = TunnelEnds &
  Readonly<{
    /** 24 bits. */
    vni: number;
    /** UDP port that VPP receives on and sends to. */
    port: number;
  }>;

/** Of type `l3`: it carries IP and MPLS; of `teb`: Ethernet frames. */
export type GreTunnel = TunnelEnds & Readonly<{ type: 'l3' | 'teb' }>;

/** A tunnel as VPP lists it. */
export type Listed<T> = T & Readonly<{ swIfIndex: SwIfIndex }>;

/** "Any": VPP chooses the number in the name. */
const ANY_INSTANCE = 0xffff_ffff;
/** Of a deletion, which ignores it. */
const NO_DECAP = 0xffff_ffff;
/**
 * Where frames go: as those of a NIC, to a bridge, a sub-interface or IP. VPP's own choice, l2-input, drops what is for an
 * interface in no bridge (vxlan.c: L2INPUT_FEAT_DROP).
 */
const DECAP_NODE = 'ethernet-input';
const GreType = { l3: 0, teb: 1 } as const;

const endsOf = (source: ApiAddress, destination: ApiAddress, table: number): TunnelEnds => {
  return { source: fromApiAddress(source), destination: fromApiAddress(destination), table };
};

/**
 * Creates a VXLAN tunnel, which is up at once. VPP refuses with -75 when one has its source, destination, port and VNI;
 * over IPv6 also when only the source differs (vxlan.c).
 */
export async function createVxlan(client: VppApiClient, tunnel: VxlanTunnel): Promise<SwIfIndex> {
  const nodeName = tunnel.destination.includes(':') ? 'vxlan6-input' : 'vxlan4-input';
  const { nextIndex } = await client.request(addNodeNext, { nodeName, nextName: DECAP_NODE });
  return (await client.request(vxlanAddDelTunnel, { ...vxlanBody(tunnel, true), decapNextIndex: nextIndex }))
    .swIfIndex;
}

/** Deletes a VXLAN tunnel by its key. */
export async function deleteVxlan(client: VppApiClient, tunnel: VxlanTunnel): Promise<void> {
  await client.request(vxlanAddDelTunnel, vxlanBody(tunnel, false));
}

const vxlanBody = ({ source, destination, table, vni, port }: VxlanTunnel, isAdd: boolean) => ({
  isAdd,
  instance: ANY_INSTANCE,
  srcAddress: toApiAddress(source),
  dstAddress: toApiAddress(destination),
  srcPort: port,
  dstPort: port,
  mcastSwIfIndex: NO_INTERFACE,
  encapVrfId: table,
  decapNextIndex: NO_DECAP,
  vni,
  isL3: false,
});

/** All VXLAN tunnels. */
export async function dumpVxlans(client: VppApiClient): Promise<Listed<VxlanTunnel>[]> {
  const all = await client.dump(vxlanTunnelDump, { swIfIndex: NO_INTERFACE });
  return all.map(({ swIfIndex, srcAddress, dstAddress, encapVrfId, srcPort, vni }) => {
    return { swIfIndex, ...endsOf(srcAddress, dstAddress, encapVrfId), vni, port: srcPort };
  });
}

/** Creates a point-to-point GRE tunnel without a key; VPP refuses with -79 when one has its ends and its type. */
export async function createGre(client: VppApiClient, tunnel: GreTunnel): Promise<SwIfIndex> {
  return (await client.request(greTunnelAddDel, { isAdd: true, tunnel: greBody(tunnel) })).swIfIndex;
}

/** Deletes a GRE tunnel by its key. */
export async function deleteGre(client: VppApiClient, tunnel: GreTunnel): Promise<void> {
  await client.request(greTunnelAddDel, { isAdd: false, tunnel: greBody(tunnel) });
}

const greBody = ({ type, source, destination, table }: GreTunnel) => ({
  type: GreType[type],
  mode: 0,
  flags: 0,
  sessionId: 0,
  instance: ANY_INSTANCE,
  outerTableId: table,
  swIfIndex: NO_INTERFACE,
  src: toApiAddress(source),
  dst: toApiAddress(destination),
});

/** All GRE tunnels but those of ERSPAN. */
export async function dumpGres(client: VppApiClient): Promise<Listed<GreTunnel>[]> {
  const all = await client.dump(greTunnelDump, { swIfIndex: NO_INTERFACE });
  return all.flatMap(({ tunnel: { swIfIndex, type, src, dst, outerTableId } }): Listed<GreTunnel>[] => {
    const name = type === GreType.l3 ? 'l3' : type === GreType.teb ? 'teb' : undefined;
    return name === undefined ? [] : [{ swIfIndex, type: name, ...endsOf(src, dst, outerTableId) }];
  });
}

/** Creates a point-to-point IP-in-IP tunnel; VPP refuses with -79 when one has its ends. */
export async function createIpip(
  client: VppApiClient,
  { source, destination, table }: TunnelEnds,
): Promise<SwIfIndex> {
  const tunnel = {
    instance: ANY_INSTANCE,
    src: toApiAddress(source),
    dst: toApiAddress(destination),
    swIfIndex: NO_INTERFACE,
    tableId: table,
    flags: 0,
    mode: 0,
    dscp: 0,
  };
  return (await client.request(ipipAddTunnel, { tunnel })).swIfIndex;
}

/** Deletes an IP-in-IP tunnel. */
export async function deleteIpip(client: VppApiClient, index: SwIfIndex): Promise<void> {
  await client.request(ipipDelTunnel, { swIfIndex: index });
}

/** All IP-in-IP tunnels; those of 6RD among them, with a meaningless destination. */
export async function dumpIpips(client: VppApiClient): Promise<Listed<TunnelEnds>[]> {
  const all = await client.dump(ipipTunnelDump, { swIfIndex: NO_INTERFACE });
  return all.map(({ tunnel: { swIfIndex, src, dst, tableId: table } }) => {
    return { swIfIndex, ...endsOf(src, dst, table) };
  });
}
