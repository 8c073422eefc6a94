/** Typed operations over a client: neighbours, IPv6 on an interface, and proxy ARP. */

import { toApiAddress } from './address-values.ts';
import type { VppApiClient } from './client.ts';
import { VppApiError } from './errors.ts';
import { ip6ndProxyAddDel } from './messages/ip6-nd.ts';
import { swInterfaceIp6EnableDisable } from './messages/ip.ts';
import {
  ipNeighborConfig,
  ipNeighborConfigGet,
  proxyArpAddDel,
  proxyArpIntfcDump,
  proxyArpIntfcEnableDisable,
} from './messages/neighbor.ts';
import { type SwIfIndex, swIfIndex, type TableId } from './types.ts';
import { Retval } from './vpp-errors.ts';

/** The limits of a neighbour table; each family has its own. */
export interface NeighborLimits {
  readonly maxNumber: number;
  /** Age of an unconfirmed entry at which VPP probes it three times, a second apart, and deletes it. 0: never. */
  readonly maxAgeSeconds: number;
  /** When `maxNumber` is reached, a new entry replaces the oldest; otherwise it is not added. */
  readonly recycle: boolean;
}

/** Sets the limits of a family's neighbour table. */
export async function setNeighborLimits(
  client: VppApiClient,
  family: 4 | 6,
  { maxNumber, maxAgeSeconds, recycle }: NeighborLimits,
): Promise<void> {
  const body = { af: family === 4 ? 0 : 1, maxNumber, maxAge: maxAgeSeconds, recycle };
  await client.request(ipNeighborConfig, body);
}

/** The limits of a family's neighbour table. */
export async function neighborLimits(client: VppApiClient, family: 4 | 6): Promise<NeighborLimits> {
  const got = await client.request(ipNeighborConfigGet, { af: family === 4 ? 0 : 1 });
  return { maxNumber: got.maxNumber, maxAgeSeconds: got.maxAge, recycle: got.recycle };
}

/**
 * Enables IPv6 on an interface. VPP counts enables: addresses count too, and IPv6 stays on until `setIpv6Off` with
 * none.
 */
export async function setIpv6On(client: VppApiClient, index: SwIfIndex): Promise<void> {
  // Already on (because of an address), and counted all the same.
  await setIpv6Enabled(client, index, true, Retval.valueExists);
}

/** How often our processes can have enabled IPv6. */
const MAX_ENABLES = 64;

/** Disables IPv6 on an interface without IPv6 addresses, as often as it was enabled. */
export async function setIpv6Off(client: VppApiClient, index: SwIfIndex): Promise<void> {
  for (let i = 0; i < MAX_ENABLES; i++) {
    if (!(await setIpv6Enabled(client, index, false, Retval.ip6NotEnabled))) return;
  }
}

/** Takes back one enable of IPv6. */
export async function releaseIpv6(client: VppApiClient, index: SwIfIndex): Promise<void> {
  await setIpv6Enabled(client, index, false, Retval.ip6NotEnabled);
}

/** False when VPP reports that nothing changed. */
async function setIpv6Enabled(
  client: VppApiClient,
  index: SwIfIndex,
  enable: boolean,
  already: number,
): Promise<boolean> {
  try {
    await client.request(swInterfaceIp6EnableDisable, { swIfIndex: index, enable });
    return true;
  } catch (error) {
    if (!(error instanceof VppApiError) || error.retval !== already) throw error;
    return false;
  }
}

/** An inclusive range of IPv4 addresses. */
export interface Ipv4Range {
  readonly low: string;
  readonly high: string;
}

/** Adds or deletes a range for which the interfaces of a table answer ARP where `setProxyArp` enabled it. */
export async function addDelProxyArpRange(
  client: VppApiClient,
  tableId: TableId,
  { low, high }: Ipv4Range,
  isAdd: boolean,
): Promise<void> {
  const proxy = { tableId, low: toApiAddress(low, 4).bytes, hi: toApiAddress(high, 4).bytes };
  await client.request(proxyArpAddDel, { isAdd, proxy });
}

/** Enables or disables proxy ARP for the table's ranges on an interface. */
export async function setProxyArp(client: VppApiClient, index: SwIfIndex, enable: boolean): Promise<void> {
  await client.request(proxyArpIntfcEnableDisable, { swIfIndex: index, enable });
}

/** The interfaces with proxy ARP enabled. */
export async function proxyArpInterfaces(client: VppApiClient): Promise<SwIfIndex[]> {
  const all = await client.dump(proxyArpIntfcDump, {});
  return all.map((one) => swIfIndex(one.swIfIndex));
}

/**
 * Makes the other interfaces of the table answer neighbour solicitations for a host on this one, and VPP send packets to
 * it there; or no longer. It is of the table that the interface is in at that moment.
 */
export async function setProxyNd(
  client: VppApiClient,
  index: SwIfIndex,
  address: string,
  isAdd: boolean,
): Promise<void> {
  const body = { swIfIndex: index, isAdd, ip: toApiAddress(address, 6).bytes };
  await client.request(ip6ndProxyAddDel, body);
}
