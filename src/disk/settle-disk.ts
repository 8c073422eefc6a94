/**
 * Owns what the first boot changes about the disk's partition table: new GUIDs, so that two sticks written from one
 * image can be told apart, and a data partition that goes to the disk's end.
 *
 * Nothing is remembered between boots: what is still to do is seen in the table itself, so a boot that was cut goes on
 * where it was, and a disk that grew (a virtual machine's) is used whole. The loader's LoaderDevicePartUUID of this
 * boot still names the old GUID: whoever needs the boot partition has found it before.
 */
import type { DevicePlaces, Disk } from './block-devices.ts';
import { type Gpt, GptType, growGpt, type GptPartition, renewGuids } from './gpt.ts';
import { DATA_PARTITION_NAME, IMAGE_DISK_GUID } from './layout.ts';
import { type DiskTable, readTable, refreshPartitions, writeTable } from './partition-table.ts';
import { reasonOf } from '../linux/mod.ts';

export interface SettledTable {
  readonly gpt: Gpt;
  /** What was changed, in words; none on every boot but the first. */
  readonly changes: readonly string[];
}

/** The partition that the box keeps its own files on; undefined when the table has none. */
export function dataPartitionOf(gpt: Gpt): GptPartition | undefined {
  return gpt.partitions.find(
    ({ name, typeGuid }) => name === DATA_PARTITION_NAME && typeGuid === GptType.linuxFilesystem,
  );
}

/** What is to be changed about a table, and why. Pure. */
export function planTable(table: DiskTable, makeGuid?: () => string): SettledTable {
  const changes: string[] = [];
  let { gpt } = table;
  if (table.fault !== undefined && gpt.diskSectors === table.diskSectors) {
    changes.push(`partition table written again (${table.fault})`);
  }
  if (gpt.diskGuid === IMAGE_DISK_GUID) {
    gpt = renewGuids(gpt, makeGuid);
    changes.push('new GUIDs');
  }
  const data = dataPartitionOf(gpt);
  const isLast = data !== undefined && gpt.partitions.every(({ lastLba }) => lastLba <= data.lastLba);
  // Behind it is a partition that is not ours: then the disk is laid out as somebody wants it.
  if (!isLast || table.diskSectors < gpt.diskSectors) return { gpt, changes };
  const grown = growGpt(gpt, table.diskSectors);
  const end = dataPartitionOf(grown)?.lastLba ?? data.lastLba;
  if (end > data.lastLba) {
    const gained = ((end - data.lastLba) * gpt.sectorBytes) / 2 ** 20;
    changes.push(`data partition ${gained.toFixed(0)} MiB larger`);
  } else if (grown !== gpt) changes.push('backup of the partition table at the end of the disk');
  return { gpt: grown, changes };
}

/**
 * Makes the changes on a disk of which nothing is mounted, and has the kernel know them. Returns what was changed and
 * the disk as it is then. Rejects with what was attempted and the reason; the disk is usable then as it is.
 */
export async function settleDisk(
  disk: Disk,
  places: DevicePlaces = {},
): Promise<{ readonly disk: Disk; readonly changes: readonly string[] }> {
  const table = await readTable(disk.device);
  if (table === undefined) return { disk, changes: [] };
  if (table.diskSectors < table.gpt.diskSectors) {
    throw new Error(
      `${disk.device}: its partition table is for ${table.gpt.diskSectors} sectors, it has ${table.diskSectors}: was the image written to a disk that is too small?`,
    );
  }
  const { gpt, changes } = planTable(table);
  if (changes.length === 0) return { disk, changes };
  try {
    await writeTable(disk.device, gpt);
    return { disk: await refreshPartitions(disk.device, gpt, places), changes };
  } catch (error) {
    throw new Error(`${disk.device}: ${changes.join(', ')}: ${reasonOf(error)}`, { cause: error });
  }
}
