/**
 * The steps that make one interface of VPP what it should be. Each sends only what differs from what VPP has.
 *
 * The order over all interfaces is the caller's: `prune` for all, then `configure`, so that an address can move from
 * one interface to another.
 */
import { parsePrefix } from '../config/mod.ts';
import type { InterfaceConfig } from '../config/types.ts';
import {
  addDelAddress,
  addDelMplsTable,
  setInterfaceFlags,
  setInterfaceMtu,
  setMplsEnabled,
  tableId,
  type VppApiClient,
  type VppInterface,
} from '../vpp/api/mod.ts';

/** What VPP has. */
export interface Present {
  readonly vpp: VppInterface;
  readonly addresses: readonly string[];
  readonly mpls: boolean;
}

/** What an interface is to be; without an MTU it stays as it is. */
export type Wanted = Pick<InterfaceConfig, 'enabled' | 'mtuBytes' | 'addresses' | 'mpls'>;

/** What becomes of an interface that the configuration no longer names. */
export const RELEASED: Wanted = { enabled: false, mtuBytes: undefined, addresses: [], mpls: false };

/** Takes away the addresses that are not wanted; link-local ones are VPP's own. */
export async function prune(client: VppApiClient, present: Present, wanted: Wanted): Promise<void> {
  const kept = new Set(wanted.addresses.map(({ address, length }) => `${address}/${length}`));
  for (const text of present.addresses) {
    if (kept.has(text) || text.startsWith('fe80:')) continue;
    const stale = parsePrefix(text);
    if (stale !== undefined) await addDelAddress(client, present.vpp.swIfIndex, stale, false);
  }
}

/** MTU, addresses, MPLS, then admin state: nothing is forwarded half configured. */
export async function configure(client: VppApiClient, present: Present, wanted: Wanted): Promise<void> {
  const { swIfIndex, mtuBytes, adminUp } = present.vpp;
  if (wanted.mtuBytes !== undefined && mtuBytes.l3 !== wanted.mtuBytes) {
    await setInterfaceMtu(client, swIfIndex, { l3: wanted.mtuBytes });
  }
  for (const prefix of wanted.addresses) {
    const isThere = present.addresses.includes(`${prefix.address}/${prefix.length}`);
    if (!isThere) await addDelAddress(client, swIfIndex, prefix, true);
  }
  if (wanted.mpls !== present.mpls) {
    // MPLS has no table until someone makes one; made again it is the same.
    if (wanted.mpls) await addDelMplsTable(client, tableId(0), true);
    await setMplsEnabled(client, swIfIndex, wanted.mpls);
  }
  if (adminUp !== wanted.enabled) await setInterfaceFlags(client, swIfIndex, { adminUp: wanted.enabled });
}
