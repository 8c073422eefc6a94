/**
 * The steps that bring one interface of VPP to its target. Each sends only what differs from VPP's state.
 *
 * The order over all interfaces is the caller's: `prune` for all, then `bind`, then `configure`, so that an address can
 * move from one interface to another, and an interface into another table.
 */
import { formatPrefix, parsePrefix } from '../config/mod.ts';
import type { Prefix } from '../config/types.ts';
import { reasonOf } from '../linux/mod.ts';
import {
  addDelAddress,
  addDelMplsTable,
  Retval,
  setHardwareMtu,
  setInterfaceFlags,
  setInterfaceMtu,
  setInterfaceTable,
  setIpv6Off,
  setMplsEnabled,
  tableId,
  VppApiError,
  type VppApiClient,
  type VppInterface,
} from '../vpp/api/mod.ts';

/** VPP's state of an interface. */
export interface Present {
  readonly vpp: VppInterface;
  readonly addresses: readonly string[];
  /** Its tables; not read where no other table is wanted. */
  readonly tables: Readonly<Record<4 | 6, number>> | undefined;
  readonly mpls: boolean;
}

/** The target of an interface; undefined stays as it is. */
export interface Wanted {
  readonly enabled: boolean | undefined;
  readonly mtuBytes: number | undefined;
  readonly addresses: readonly Prefix[] | undefined;
  readonly mpls: boolean | undefined;
  readonly tableId: number | undefined;
}

/** The target of an interface that the configuration no longer names. */
export const RELEASED: Wanted = {
  enabled: false,
  mtuBytes: undefined,
  addresses: [],
  mpls: false,
  tableId: 0,
};

const FAMILIES = [4, 6] as const;

/** The families whose table changes. */
function familiesToMove({ tables }: Present, wanted: Wanted): (4 | 6)[] {
  if (tables === undefined || wanted.tableId === undefined) return [];
  return FAMILIES.filter((family) => tables[family] !== wanted.tableId);
}

/** Removes unwanted addresses, and all of a family whose table changes; link-local ones are VPP's own. */
export async function prune(client: VppApiClient, present: Present, wanted: Wanted): Promise<void> {
  const moved = familiesToMove(present, wanted);
  const kept = new Set(wanted.addresses?.map(formatPrefix) ?? present.addresses);
  for (const text of present.addresses) {
    const stale = parsePrefix(text);
    if (stale === undefined || text.startsWith('fe80:')) continue;
    if (kept.has(text) && !moved.includes(stale.family)) continue;
    await addDelAddress(client, present.vpp.swIfIndex, stale, false);
  }
}

/**
 * Moves the interface into its table, which exists; its addresses were pruned. IPv6 is off then: VPP accepts neighbour
 * discovery and the like on an interface in the table that it was in when IPv6 was enabled
 * (ip6_mfib_interface_enable_disable).
 */
export async function bind(client: VppApiClient, present: Present, wanted: Wanted): Promise<void> {
  for (const family of familiesToMove(present, wanted)) {
    if (family === 6) await setIpv6Off(client, present.vpp.swIfIndex);
    await setInterfaceTable(client, present.vpp.swIfIndex, family, tableId(wanted.tableId ?? 0));
  }
}

/**
 * MTU, addresses, MPLS, then admin state: nothing is forwarded half configured. A refused address affects
 * nothing else. Resolves with the refusals.
 */
export async function configure(client: VppApiClient, present: Present, wanted: Wanted): Promise<string[]> {
  const { swIfIndex, adminUp } = present.vpp;
  const refusals: string[] = [];
  const attempt = async (what: string, step: () => Promise<void>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      if (client.isClosed) throw error;
      refusals.push(`${what}${reasonOf(error)}`);
    }
  };
  if (wanted.mtuBytes !== undefined) await attempt('', () => setMtu(client, present, wanted.mtuBytes ?? 0));
  const moved = familiesToMove(present, wanted);
  for (const prefix of wanted.addresses ?? []) {
    const text = formatPrefix(prefix);
    const isThere = present.addresses.includes(text) && !moved.includes(prefix.family);
    if (!isThere) await attempt(`${text}: `, () => addDelAddress(client, swIfIndex, prefix, true));
  }
  const { mpls, enabled } = wanted;
  if (mpls !== undefined && mpls !== present.mpls) await attempt('', () => setMpls(client, present, mpls));
  if (enabled !== undefined && adminUp !== enabled) {
    await attempt('', () => setInterfaceFlags(client, swIfIndex, { adminUp: enabled }));
  }
  return refusals;
}

/**
 * Sets the layer 3 MTU, with none per protocol. Hardware whose frames are too small gets larger ones first:
 * that sets the MTU of all interfaces on it, so others on it are found to differ at the next check.
 */
async function setMtu(client: VppApiClient, { vpp }: Present, l3: number): Promise<void> {
  const { swIfIndex, supSwIfIndex, linkMtuBytes, mtuBytes } = vpp;
  const hasGrown = l3 > linkMtuBytes && swIfIndex === supSwIfIndex && (await growFrames(client, vpp, l3));
  const { ip4, ip6, mpls } = mtuBytes;
  if (hasGrown || mtuBytes.l3 !== l3 || ip4 + ip6 + mpls > 0)
    await setInterfaceMtu(client, swIfIndex, { l3 });
}

/** Interfaces without such hardware: their frames have no such limit (vnet_hw_interface_set_mtu). */
const NO_HARDWARE: ReadonlySet<number | undefined> = new Set([Retval.featureDisabled, Retval.unsupported]);

/** True when the frames are larger now. A driver that must not be running is stopped for it. */
async function growFrames(client: VppApiClient, vpp: VppInterface, bytes: number): Promise<boolean> {
  const { swIfIndex, adminUp } = vpp;
  try {
    await setHardwareMtu(client, swIfIndex, bytes);
    return true;
  } catch (error) {
    if (!(error instanceof VppApiError) || error.code !== 'retval') throw error;
    if (NO_HARDWARE.has(error.retval)) return false;
    if (error.retval !== Retval.busy || !adminUp) throw error;
  }
  await setInterfaceFlags(client, swIfIndex, { adminUp: false });
  try {
    await setHardwareMtu(client, swIfIndex, bytes);
  } finally {
    await setInterfaceFlags(client, swIfIndex, { adminUp: true });
  }
  return true;
}

async function setMpls(client: VppApiClient, { vpp }: Present, isEnabled: boolean): Promise<void> {
  // MPLS has no table until one is added; adding it again changes nothing.
  if (isEnabled) await addDelMplsTable(client, tableId(0), true);
  await setMplsEnabled(client, vpp.swIfIndex, isEnabled);
}
