/**
 * Owns the record of which NIC was in which slot, so that the box can report added, removed and moved NICs: a
 * configuration names NICs by PCI address.
 */
import type { DataPartition } from './partitions.ts';

const FILE = 'inventory.json';

export interface InventoryNic {
  /** `0000:03:00.0` */
  readonly pciAddress: string;
  /** Lower case with colons; undefined when unknown. */
  readonly mac: string | undefined;
  /** `Intel I226-V` */
  readonly description?: string | undefined;
}

export interface RecordedNic {
  readonly pciAddress: string;
  readonly mac: string;
}

/**
 * Compares the machine's NICs with those of the last boot and saves the list when it differs. Returns one line for each
 * NIC that is new, moved or removed; none at the first boot, when there is nothing to compare with.
 * Rejects when the list cannot be written.
 */
export async function updateInventory(data: DataPartition, nics: readonly InventoryNic[]): Promise<string[]> {
  const before = readInventory(data);
  const now = nics
    .flatMap(({ pciAddress, mac }) => {
      // No driver yet: assumed to be the previous NIC at this address.
      const known = mac ?? before?.find((nic) => nic.pciAddress === pciAddress)?.mac;
      return known === undefined ? [] : [{ pciAddress, mac: known }];
    })
    .toSorted((a, b) => a.pciAddress.localeCompare(b.pciAddress));
  if (before !== undefined && JSON.stringify(before) === JSON.stringify(now)) return [];
  await data.writeFile(FILE, `${JSON.stringify(now, undefined, 2)}\n`);
  return before === undefined ? [] : compareInventories(before, nics);
}

/** Describes the changes. NICs are identified by MAC address. */
export function compareInventories(before: readonly RecordedNic[], nics: readonly InventoryNic[]): string[] {
  const lines: string[] = [];
  for (const { pciAddress, mac, description } of nics) {
    if (mac === undefined) continue;
    const name = `NIC ${mac}${description === undefined ? '' : ` (${description})`}`;
    const old = before.filter((nic) => nic.mac === mac);
    if (old.some((nic) => nic.pciAddress === pciAddress)) continue;
    const from = old.find((nic) => !nics.some((now) => now.pciAddress === nic.pciAddress && now.mac === mac));
    lines.push(
      from === undefined
        ? `${name} is new at ${pciAddress}`
        : `${name} moved from ${from.pciAddress} to ${pciAddress}: check the addresses in appliance.ini`,
    );
  }
  for (const { pciAddress, mac } of before) {
    const unknownNow = nics.some((nic) => nic.pciAddress === pciAddress && nic.mac === undefined);
    if (unknownNow || nics.some((nic) => nic.mac === mac)) continue;
    lines.push(`NIC ${mac} was removed from ${pciAddress}`);
  }
  return lines;
}

function readInventory(data: DataPartition): RecordedNic[] | undefined {
  try {
    const json: unknown = JSON.parse(data.readFile(FILE) ?? 'null');
    return Array.isArray(json) && json.every(isRecord)
      ? json.map(({ pciAddress, mac }) => ({ pciAddress, mac }))
      : undefined;
  } catch {
    return undefined; // unreadable: treated as the first boot
  }
}

function isRecord(value: unknown): value is RecordedNic {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pciAddress' in value &&
    typeof value.pciAddress === 'string' &&
    'mac' in value &&
    typeof value.mac === 'string'
  );
}
