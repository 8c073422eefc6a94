/** Bridge domains with their ports and MAC addresses, cross-connects, and the rewriting of VLAN tags between them. */
import type { VppApiClient } from './client.ts';
import { VppApiError } from './errors.ts';
import * as api from './messages/l2.ts';
import { NO_INTERFACE, type SwIfIndex, swIfIndex } from './types.ts';
import { Retval } from './vpp-errors.ts';

export interface BridgeSettings {
  readonly learn: boolean;
  readonly flood: boolean;
  readonly unknownUnicastFlood: boolean;
  readonly arpTermination: boolean;
  /** 0: learnt addresses do not age. */
  readonly macAgeMinutes: number;
}

export interface VppBridge extends BridgeSettings {
  readonly id: number;
  readonly tag: string;
  /** The interface by which VPP itself is a host of the bridge. */
  readonly bvi: SwIfIndex | undefined;
  readonly members: readonly { readonly swIfIndex: SwIfIndex; readonly splitHorizonGroup: number }[];
}

export interface BridgePort {
  readonly bridgeId: number;
  readonly isBvi: boolean;
  /** Ports of one group other than 0 do not forward to each other. */
  readonly splitHorizonGroup: number;
}

/** A MAC address in a bridge. */
export interface VppStation {
  readonly mac: string;
  readonly swIfIndex: SwIfIndex;
  readonly kind: 'learnt' | 'static' | 'filter' | 'bvi';
}

const ALL = 0xffff_ffff;
/** Whichever a MAC address is bound to. */
const ANY_PORT = swIfIndex(0);
const FLAGS = { learn: 1, flood: 4, unknownUnicastFlood: 8, arpTermination: 16 } as const;
const PortType = { normal: 0, bvi: 1 } as const;
/** Of l2_vtr.h: by the number of tags that go. */
const POP_OPS = [0, 3, 4] as const;

const NONE: BridgeSettings = {
  learn: false,
  flood: false,
  unknownUnicastFlood: false,
  arpTermination: false,
  macAgeMinutes: 0,
};

function bodyOf(id: number, settings: BridgeSettings, tag: string, isAdd: boolean) {
  return {
    bdId: id,
    flood: settings.flood,
    uuFlood: settings.unknownUnicastFlood,
    forward: true,
    learn: settings.learn,
    arpTerm: settings.arpTermination,
    arpUfwd: false,
    macAge: settings.macAgeMinutes,
    bdTag: tag,
    isAdd,
  };
}

/** Creates a bridge domain. Rejects with -119 when the id is in use, with -122 above 2^24-1; the tag stays. */
export async function createBridge(
  client: VppApiClient,
  id: number,
  settings: BridgeSettings,
  tag: string,
): Promise<void> {
  await client.request(api.bridgeAddDel, bodyOf(id, settings, tag, true));
}

/** Deletes a bridge domain. Rejects with -120 while it has ports, with -6 when it does not exist. */
export async function deleteBridge(client: VppApiClient, id: number): Promise<void> {
  await client.request(api.bridgeAddDel, bodyOf(id, NONE, '', false));
}

/** Changes flags and age in place. */
export async function setBridge(client: VppApiClient, id: number, settings: BridgeSettings): Promise<void> {
  const { learn, flood, unknownUnicastFlood, arpTermination, macAgeMinutes } = settings;
  const given = { learn, flood, unknownUnicastFlood, arpTermination };
  for (const isSet of [true, false]) {
    const flags = Object.entries(given)
      .filter(([, value]) => value === isSet)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of `given`
      .reduce((all, [name]) => all | FLAGS[name as keyof typeof given], 0);
    if (flags !== 0) await client.request(api.bridgeSetFlags, { bdId: id, isSet, flags });
  }
  await client.request(api.bridgeSetMacAge, { bdId: id, macAge: macAgeMinutes });
}

export async function dumpBridges(client: VppApiClient): Promise<VppBridge[]> {
  const all = await client.dump(api.bridgeDump, { bdId: ALL, swIfIndex: NO_INTERFACE });
  return all.map((one) => ({
    id: one.bdId,
    tag: one.bdTag,
    learn: one.learn,
    flood: one.flood,
    unknownUnicastFlood: one.uuFlood,
    arpTermination: one.arpTerm,
    macAgeMinutes: one.macAge,
    bvi: one.bviSwIfIndex === NO_INTERFACE ? undefined : one.bviSwIfIndex,
    members: one.swIfDetails.map(({ swIfIndex, shg }) => ({ swIfIndex, splitHorizonGroup: shg })),
  }));
}

/**
 * Makes an interface a port of a bridge domain, which must exist: VPP creates a missing one with flags of its own. A second
 * BVI is refused with -152, and is half a port then (l2_input.c, set_int_l2_mode): it is taken out again.
 */
export async function addBridgePort(
  client: VppApiClient,
  index: SwIfIndex,
  { bridgeId, isBvi, splitHorizonGroup }: BridgePort,
): Promise<void> {
  const body = {
    rxSwIfIndex: index,
    bdId: bridgeId,
    portType: isBvi ? PortType.bvi : PortType.normal,
    shg: splitHorizonGroup,
    enable: true,
  };
  try {
    await client.request(api.setL2Bridge, body);
  } catch (error) {
    if (error instanceof VppApiError && error.retval === Retval.bridgeHasBvi)
      await removeBridgePort(client, index);
    throw error;
  }
}

/** Makes a port an interface of its own again, without a rewriting of tags. */
export async function removeBridgePort(client: VppApiClient, index: SwIfIndex): Promise<void> {
  const body = { rxSwIfIndex: index, bdId: 0, portType: PortType.normal, shg: 0, enable: false };
  await client.request(api.setL2Bridge, body);
}

/** What `rx` gets leaves through `tx`; the other direction is a call of its own. */
export async function addCrossConnect(client: VppApiClient, rx: SwIfIndex, tx: SwIfIndex): Promise<void> {
  await client.request(api.setL2CrossConnect, { rxSwIfIndex: rx, txSwIfIndex: tx, enable: true });
}

/** Makes `rx` an interface of its own again, without a rewriting of tags. */
export async function removeCrossConnect(client: VppApiClient, rx: SwIfIndex): Promise<void> {
  await client.request(api.setL2CrossConnect, { rxSwIfIndex: rx, txSwIfIndex: NO_INTERFACE, enable: false });
}

export async function dumpCrossConnects(
  client: VppApiClient,
): Promise<{ readonly rx: SwIfIndex; readonly tx: SwIfIndex }[]> {
  const all = await client.dump(api.crossConnectDump, {});
  return all.map(({ rxSwIfIndex, txSwIfIndex }) => ({ rx: rxSwIfIndex, tx: txSwIfIndex }));
}

/**
 * Frames lose that many tags on the way in, and get them on the way out. After the mode of the interface, which clears it.
 * Rejects with -72 when the interface has fewer tags (l2_vtr.c).
 */
export async function setTagPop(client: VppApiClient, index: SwIfIndex, tags: number): Promise<void> {
  const body = { swIfIndex: index, vtrOp: POP_OPS[tags] ?? 0, pushDot1q: 0, tag1: 0, tag2: 0 };
  await client.request(api.tagRewrite, body);
}

/** The number of tags that an operation of l2_vtr.h takes away; -1 when it does something else. */
export function tagPopOf(op: number): number {
  return POP_OPS.findIndex((one) => one === op);
}

/** Creates a BVI: down, and no port yet. */
export async function createBvi(client: VppApiClient, mac: string): Promise<SwIfIndex> {
  return (await client.request(api.bviCreate, { mac, userInstance: ALL })).swIfIndex;
}

export async function deleteBvi(client: VppApiClient, index: SwIfIndex): Promise<void> {
  await client.request(api.bviDelete, { swIfIndex: index });
}

/** Binds a MAC address to a port; rejects with -2 when the interface is none of any bridge. */
export async function addStation(
  client: VppApiClient,
  bridgeId: number,
  { mac, swIfIndex }: Pick<VppStation, 'mac' | 'swIfIndex'>,
): Promise<void> {
  const flags = { isAdd: true, staticMac: true, filterMac: false, bviMac: false };
  await client.request(api.l2FibAddDel, { mac, bdId: bridgeId, swIfIndex, ...flags });
}

/** Frees a MAC address. VPP keeps those of deleted bridges and interfaces for the next ones (l2_fib.c). */
export async function removeStation(client: VppApiClient, bridgeId: number, mac: string): Promise<void> {
  const flags = { isAdd: false, staticMac: false, filterMac: false, bviMac: false };
  await client.request(api.l2FibAddDel, { mac, bdId: bridgeId, swIfIndex: ANY_PORT, ...flags });
}

/** All MAC addresses of a bridge domain. */
export async function dumpStations(client: VppApiClient, bridgeId: number): Promise<VppStation[]> {
  const all = await client.dump(api.l2FibDump, { bdId: bridgeId });
  return all.map(({ mac, swIfIndex, staticMac, filterMac, bviMac }) => ({
    mac,
    swIfIndex,
    kind: bviMac ? 'bvi' : filterMac ? 'filter' : staticMac ? 'static' : 'learnt',
  }));
}
