/** Typed operations over a client: neighbours, IPv6 on an interface, and answering ARP for others. */

import { parseAddress } from '../../config/mod.ts';
import type { VppApiClient } from './client.ts';
import type { CallOptions } from './client-types.ts';
import { VppApiError } from './errors.ts';
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

/** How a table of neighbours is kept, of each family its own. */
export interface NeighborLimits {
  readonly maxNumber: number;
  /** Of an entry that nothing confirmed: then it is asked for three times, a second apart, and goes. 0: never. */
  readonly maxAgeSeconds: number;
  /** A new one takes the place of the oldest when there are `maxNumber`; else it is not taken. */
  readonly recycle: boolean;
}

/** Sets how the table of a family is kept. */
export async function setNeighborLimits(
  client: VppApiClient,
  family: 4 | 6,
  { maxNumber, maxAgeSeconds, recycle }: NeighborLimits,
  options?: CallOptions,
): Promise<void> {
  const body = { af: family === 4 ? 0 : 1, maxNumber, maxAge: maxAgeSeconds, recycle };
  await client.request(ipNeighborConfig, body, options);
}

/** How the table of a family is kept. */
export async function neighborLimits(
  client: VppApiClient,
  family: 4 | 6,
  options?: CallOptions,
): Promise<NeighborLimits> {
  const got = await client.request(ipNeighborConfigGet, { af: family === 4 ? 0 : 1 }, options);
  return { maxNumber: got.maxNumber, maxAgeSeconds: got.maxAge, recycle: got.recycle };
}

/**
 * Switches IPv6 of an interface on. VPP counts: addresses count too, and it is on until `setIpv6Off` when none is there.
 */
export async function setIpv6On(
  client: VppApiClient,
  index: SwIfIndex,
  options?: CallOptions,
): Promise<void> {
  // On already (an address did it), and counted all the same.
  await setIpv6Enabled(client, index, true, Retval.valueExists, options);
}

/** How often IPv6 can have been switched on by processes of ours. */
const MAX_ENABLES = 64;

/** Switches IPv6 of an interface without IPv6 addresses off, as often as somebody switched it on. */
export async function setIpv6Off(
  client: VppApiClient,
  index: SwIfIndex,
  options?: CallOptions,
): Promise<void> {
  for (let i = 0; i < MAX_ENABLES; i++) {
    if (!(await setIpv6Enabled(client, index, false, Retval.ip6NotEnabled, options))) return;
  }
}

/** False when VPP says that it is so already. */
async function setIpv6Enabled(
  client: VppApiClient,
  index: SwIfIndex,
  enable: boolean,
  already: number,
  options?: CallOptions,
): Promise<boolean> {
  try {
    await client.request(swInterfaceIp6EnableDisable, { swIfIndex: index, enable }, options);
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

/** Has ARP requests for a range answered on the interfaces of a table that `setProxyArp` names, or no more. */
export async function addDelProxyArpRange(
  client: VppApiClient,
  tableId: TableId,
  { low, high }: Ipv4Range,
  isAdd: boolean,
  options?: CallOptions,
): Promise<void> {
  const proxy = { tableId, low: ipv4Bytes(low), hi: ipv4Bytes(high) };
  await client.request(proxyArpAddDel, { isAdd, proxy }, options);
}

/** Whether an interface answers for the ranges of its table. */
export async function setProxyArp(
  client: VppApiClient,
  index: SwIfIndex,
  enable: boolean,
  options?: CallOptions,
): Promise<void> {
  await client.request(proxyArpIntfcEnableDisable, { swIfIndex: index, enable }, options);
}

/** The interfaces that do. */
export async function proxyArpInterfaces(client: VppApiClient, options?: CallOptions): Promise<SwIfIndex[]> {
  const all = await client.dump(proxyArpIntfcDump, {}, options);
  return all.map((one) => swIfIndex(one.swIfIndex));
}

function ipv4Bytes(text: string): Uint8Array {
  const parsed = parseAddress(text);
  if (parsed?.family !== 4) throw new VppApiError('encode', `'${text}' is no IPv4 address`);
  return parsed.bytes;
}
