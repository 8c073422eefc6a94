/**
 * Owns the record of which NIC sat in which slot, so that the box can say what somebody plugged in, took out or moved:
 * a configuration names NICs by their PCI address.
 */
import type { DataPartition } from './partitions.ts';

const FILE = 'inventory.json';

export interface InventoryNic {
  /** `0000:03:00.0` */
  readonly pciAddress: string;
  /** Lower case with colons; undefined where nobody knows it. */
  readonly mac: string | undefined;
  /** `Intel I226-V` */
  readonly description?: string | undefined;
}

export interface RecordedNic {
  readonly pciAddress: string;
  readonly mac: string;
}

/**
 * Compares the machine's NICs with those of the last boot and keeps the new list when it differs.
 * Returns one line for each that is new, moved or gone; none at the first boot, when there is nothing to compare with.
 * Rejects when the list cannot be written.
 */
export async function updateInventory(data: DataPartition, nics: readonly InventoryNic[]): Promise<string[]> {
  const before = readInventory(data);
  const now = nics
    .flatMap(({ pciAddress, mac }) => {
      // No driver yet: it is taken for the one that sat there.
      const known = mac ?? before?.find((nic) => nic.pciAddress === pciAddress)?.mac;
      return known === undefined ? [] : [{ pciAddress, mac: known }];
    })
    .toSorted((a, b) => a.pciAddress.localeCompare(b.pciAddress));
  if (before !== undefined && JSON.stringify(before) === JSON.stringify(now)) return [];
  await data.writeFile(FILE, `${JSON.stringify(now, undefined, 2)}\n`);
  return before === undefined ? [] : compareInventories(before, nics);
}

/** What changed, in words. A NIC is the same NIC when its MAC address is. */
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
    lines.push(`NIC ${mac} at ${pciAddress} is gone`);
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
    return undefined; // unreadable: as if this were the first boot
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
