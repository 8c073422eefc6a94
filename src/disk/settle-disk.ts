/**
 * Owns the first boot's changes to the disk's partition table: new GUIDs, which distinguish two sticks written from one
 * image, and a data partition that extends to the end of the disk.
 *
 * Stateless between boots: the table itself shows what is left to do, so an interrupted boot is completed by the next
 * one, and a disk that grew (a virtual machine's) is used completely. LoaderDevicePartUUID of this boot still has the
 * old GUID: the boot partition has to be found before.
 */
import type { DevicePlaces, Disk } from './block-devices.ts';
import { type Gpt, GptType, growGpt, type GptPartition, renewGuids } from './gpt.ts';
import { DATA_PARTITION_NAME, IMAGE_DISK_GUID } from './layout.ts';
import { type DiskTable, readTable, refreshPartitions, writeTable } from './partition-table.ts';
import { reasonOf } from '../linux/mod.ts';

export interface SettledTable {
  readonly gpt: Gpt;
  /** Descriptions of the changes; usually none after the first boot. */
  readonly changes: readonly string[];
}

/** The partition for the box's own files; undefined when the table has none. */
export function dataPartitionOf(gpt: Gpt): GptPartition | undefined {
  return gpt.partitions.find(
    ({ name, typeGuid }) => name === DATA_PARTITION_NAME && typeGuid === GptType.linuxFilesystem,
  );
}

/** Plans the changes to a table. Pure. */
export function planTable(table: DiskTable, makeGuid?: () => string): SettledTable {
  const changes: string[] = [];
  let { gpt } = table;
  if (table.fault !== undefined && gpt.diskSectors === table.diskSectors) {
    changes.push(`partition table rewritten (${table.fault})`);
  }
  if (gpt.diskGuid === IMAGE_DISK_GUID) {
    gpt = renewGuids(gpt, makeGuid);
    changes.push('new GUIDs');
  }
  const data = dataPartitionOf(gpt);
  const isLast = data !== undefined && gpt.partitions.every(({ lastLba }) => lastLba <= data.lastLba);
  // Followed by a partition that is not ours: somebody chose this layout.
  if (!isLast || table.diskSectors < gpt.diskSectors) return { gpt, changes };
  const grown = growGpt(gpt, table.diskSectors);
  const end = dataPartitionOf(grown)?.lastLba ?? data.lastLba;
  if (end > data.lastLba) {
    const gained = ((end - data.lastLba) * gpt.sectorBytes) / 2 ** 20;
    changes.push(`data partition ${gained.toFixed(0)} MiB larger`);
  } else if (grown !== gpt) changes.push('backup partition table moved to the end of the disk');
  return { gpt: grown, changes };
}

/**
 * Applies the changes to a disk without mounted partitions, and makes the kernel reread the table. Returns the changes
 * and the disk as it is then. Rejects with what was attempted and the reason; the disk remains usable.
 */
export async function settleDisk(
  disk: Disk,
  places: DevicePlaces = {},
): Promise<{ readonly disk: Disk; readonly changes: readonly string[] }> {
  const table = await readTable(disk.device);
  if (table === undefined) return { disk, changes: [] };
  if (table.diskSectors < table.gpt.diskSectors) {
    throw new Error(
      `${disk.device}: its partition table is for ${table.gpt.diskSectors} sectors, it has ${table.diskSectors}: the disk may be too small for the image`,
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
