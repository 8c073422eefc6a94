/**
 * The steps that bring one interface of VPP to its target. Each sends only what differs from VPP's state.
 *
 * The order over all interfaces is the caller's: `prune` for all, then `bind`, then `configure`, so that an address can
 * move from one interface to another, and an interface into another table.
 */
import { formatPrefix, parsePrefix, type VppStep } from '../config/mod.ts';
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
  /** The MTU is the one that VPP gave it. */
  readonly isOwnMtu?: boolean;
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

/** One thing that is done to an interface. */
interface InterfaceStep {
  /** `set the MTU of xe0 to 1400` */
  readonly words: string;
  /** What it interrupts. */
  readonly interrupts?: string;
  /** Said before VPP's reason, when that does not name what it is about. */
  readonly subject?: string;
  readonly run: (client: VppApiClient) => Promise<void>;
}

/** The steps from `present` to `wanted`, in their order. Pure. */
export function previewOf(present: Present, wanted: Wanted): VppStep[] {
  return [
    ...pruneSteps(present, wanted),
    ...bindSteps(present, wanted),
    ...configureSteps(present, wanted),
  ].map(({ words, interrupts }) => (interrupts === undefined ? { words } : { words, interrupts }));
}

function pruneSteps(present: Present, wanted: Wanted): InterfaceStep[] {
  const { name, swIfIndex } = present.vpp;
  const moved = familiesToMove(present, wanted);
  const kept = new Set(wanted.addresses?.map(formatPrefix) ?? present.addresses);
  return present.addresses.flatMap((text): InterfaceStep[] => {
    const stale = parsePrefix(text);
    if (stale === undefined || text.startsWith('fe80:')) return [];
    const moves = moved.includes(stale.family);
    if (kept.has(text) && !moves) return [];
    return [
      {
        words: `remove ${text} from ${name}`,
        interrupts: moves ? `${text} of ${name}, until it is in its table` : `what uses ${text} of ${name}`,
        run: (client) => addDelAddress(client, swIfIndex, stale, false),
      },
    ];
  });
}

function bindSteps(present: Present, wanted: Wanted): InterfaceStep[] {
  const { name, swIfIndex } = present.vpp;
  return familiesToMove(present, wanted).map((family) => ({
    words: `move ${name} into table ${wanted.tableId ?? 0} (IPv${family})`,
    interrupts: `IPv${family} of ${name}`,
    run: async (client) => {
      if (family === 6) await setIpv6Off(client, swIfIndex);
      await setInterfaceTable(client, swIfIndex, family, tableId(wanted.tableId ?? 0));
    },
  }));
}

function configureSteps(present: Present, wanted: Wanted): InterfaceStep[] {
  const { vpp } = present;
  const { name, swIfIndex, adminUp } = vpp;
  const steps: InterfaceStep[] = [];
  const { mtuBytes, mpls, enabled } = wanted;
  if (mtuBytes !== undefined && differsInMtu(vpp, wanted)) {
    steps.push({
      words: `set the MTU of ${name} to ${mtuBytes} bytes`,
      run: (client) => setMtu(client, present, wanted),
    });
  }
  const moved = familiesToMove(present, wanted);
  for (const prefix of wanted.addresses ?? []) {
    const text = formatPrefix(prefix);
    if (present.addresses.includes(text) && !moved.includes(prefix.family)) continue;
    steps.push({
      words: `add ${text} to ${name}`,
      subject: text,
      run: (client) => addDelAddress(client, swIfIndex, prefix, true),
    });
  }
  if (mpls !== undefined && mpls !== present.mpls) {
    steps.push({
      words: `${mpls ? 'enable' : 'disable'} MPLS on ${name}`,
      ...(mpls ? {} : { interrupts: `MPLS on ${name}` }),
      run: (client) => setMpls(client, present, mpls),
    });
  }
  if (enabled !== undefined && adminUp !== enabled) {
    steps.push({
      words: `set ${name} ${enabled ? 'up' : 'down'}`,
      ...(enabled ? {} : { interrupts: `everything over ${name}` }),
      run: (client) => setInterfaceFlags(client, swIfIndex, { adminUp: enabled }),
    });
  }
  return steps;
}

/** Removes unwanted addresses, and all of a family whose table changes; link-local ones are VPP's own. */
export async function prune(client: VppApiClient, present: Present, wanted: Wanted): Promise<void> {
  for (const { run } of pruneSteps(present, wanted)) await run(client);
}

/**
 * Moves the interface into its table, which exists; its addresses were pruned. IPv6 is off then: VPP accepts neighbour
 * discovery and the like on an interface in the table that it was in when IPv6 was enabled
 * (ip6_mfib_interface_enable_disable).
 */
export async function bind(client: VppApiClient, present: Present, wanted: Wanted): Promise<void> {
  for (const { run } of bindSteps(present, wanted)) await run(client);
}

/**
 * MTU, addresses, MPLS, then admin state: nothing is forwarded half configured. A refused address affects
 * nothing else. Resolves with the refusals.
 */
export async function configure(client: VppApiClient, present: Present, wanted: Wanted): Promise<string[]> {
  const refusals: string[] = [];
  for (const { run, subject } of configureSteps(present, wanted)) {
    try {
      await run(client);
    } catch (error) {
      if (client.isClosed) throw error;
      refusals.push(`${subject === undefined ? '' : `${subject}: `}${reasonOf(error)}`);
    }
  }
  return refusals;
}

/** As VPP describes it, of both kinds of GRE; that of IP packets has no MAC address. */
const GRE = 'GRE tunnel device';
/** The header of an Ethernet frame with two tags. */
const FRAME_HEADER_BYTES = 22;

/**
 * VPP holds the frames that leave by GRE, with their header, against the layer 3 MTU of the tunnel, and drops larger ones
 * (adj_l2_rewrite_inline). So that one is larger there, and that of packets is set for each protocol.
 */
function mtusOf(
  { devType, mac, sub }: VppInterface,
  { mtuBytes: wanted = 0, isOwnMtu = false }: Wanted,
): VppInterface['mtuBytes'] {
  if (isOwnMtu || devType !== GRE || mac === '00:00:00:00:00:00' || sub !== undefined)
    return { l3: wanted, ip4: 0, ip6: 0, mpls: 0 };
  return { l3: wanted + FRAME_HEADER_BYTES, ip4: wanted, ip6: wanted, mpls: wanted };
}

/** The largest packet that VPP sends by an interface. */
export function mtuOfPackets({ mtuBytes: { l3, ip4 } }: VppInterface): number {
  return ip4 === 0 ? l3 : ip4;
}

function differsInMtu(vpp: VppInterface, wanted: Wanted): boolean {
  const { l3, ip4, ip6, mpls } = mtusOf(vpp, wanted);
  const { mtuBytes: has } = vpp;
  return has.l3 !== l3 || has.ip4 !== ip4 || has.ip6 !== ip6 || has.mpls !== mpls;
}

/** Hardware whose frames are too small gets larger ones first. */
async function setMtu(client: VppApiClient, { vpp }: Present, wanted: Wanted): Promise<void> {
  const { mtuBytes = 0 } = wanted;
  if (isTooLarge(vpp, mtuBytes)) await growFrames(client, vpp, mtuBytes);
  await setInterfaceMtu(client, vpp.swIfIndex, mtusOf(vpp, wanted));
}

function isTooLarge({ swIfIndex, supSwIfIndex, linkMtuBytes }: VppInterface, l3: number): boolean {
  return l3 > linkMtuBytes && swIfIndex === supSwIfIndex;
}

/**
 * An interface after its parent's `configure`: larger frames of the hardware become the MTU of all interfaces on it
 * (vnet_hw_interface_walk_sw), unless the hardware has none of its own. So its MTU is not known.
 */
export function afterParent<P extends Present>(present: P, parent: Present, wanted: Wanted): P {
  const { vpp } = parent;
  const { mtuBytes } = wanted;
  if (mtuBytes === undefined || !differsInMtu(vpp, wanted) || !isTooLarge(vpp, mtuBytes)) return present;
  return { ...present, vpp: { ...present.vpp, mtuBytes: { ...present.vpp.mtuBytes, l3: 0 } } };
}

/** Interfaces without such hardware: their frames have no such limit (vnet_hw_interface_set_mtu). */
const NO_HARDWARE: ReadonlySet<number | undefined> = new Set([Retval.featureDisabled, Retval.unsupported]);

/** Raises the largest frame of the hardware. A driver that must not be running is stopped for it. */
async function growFrames(client: VppApiClient, vpp: VppInterface, bytes: number): Promise<void> {
  const { swIfIndex, adminUp } = vpp;
  try {
    await setHardwareMtu(client, swIfIndex, bytes);
    return;
  } catch (error) {
    if (!(error instanceof VppApiError) || error.code !== 'retval') throw error;
    if (NO_HARDWARE.has(error.retval)) return;
    if (error.retval !== Retval.busy || !adminUp) throw error;
  }
  await setInterfaceFlags(client, swIfIndex, { adminUp: false });
  try {
    await setHardwareMtu(client, swIfIndex, bytes);
  } finally {
    await setInterfaceFlags(client, swIfIndex, { adminUp: true });
  }
}

async function setMpls(client: VppApiClient, { vpp }: Present, isEnabled: boolean): Promise<void> {
  // MPLS has no table until one is added; adding it again changes nothing.
  if (isEnabled) await addDelMplsTable(client, tableId(0), true);
  await setMplsEnabled(client, vpp.swIfIndex, isEnabled);
}
