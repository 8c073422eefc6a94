/**
 * From the boot disk to partitions in use: the calls of the boot phases, in this order.
 *
 *   findBootDisk → settleBootDisk (table, before anything is mounted) → openBoot → openData
 *
 * Each step reports what it did and what is wrong through a `DiskReporter`; a failed step leaves the machine as usable
 * as possible for the next ones.
 */
import type { DevicePlaces } from './block-devices.ts';
import { checkFat } from './check-file-system.ts';
import { cleanBoot } from './clean-boot.ts';
import { directoryDataPartition } from './directory-partitions.ts';
import { DiskError } from './errors.ts';
import { type BootDisk, bootDeviceOf } from './find-boot-disk.ts';
import { DATA_MOUNT_POINT, mountBoot, mountData } from './mounted-partitions.ts';
import { tryReadTable } from './partition-table.ts';
import type { CopyableBootPartition, DataPartition } from './partitions.ts';
import { prepareData } from './prepare-data.ts';
import { dataPartitionOf, settleDisk } from './settle-disk.ts';
import { reasonOf } from '../linux/mod.ts';

export interface DiskReporter {
  /** One line for the log. */
  info(line: string): void;
  /** A condition on `subject` with its reason; undefined clears it. */
  problem(subject: 'boot-disk' | 'boot-partition' | 'data-partition', reason: string | undefined): void;
}

/**
 * Applies the first boot's changes to the partition table, and any that a power cut left undone. Returns the disk as
 * the kernel shows it then. Never rejects: the box also boots with an unchanged table.
 */
export async function settleBootDisk(
  found: BootDisk,
  report: DiskReporter,
  places: DevicePlaces = {},
): Promise<BootDisk> {
  if (found.kind === 'plain') return found;
  try {
    const { disk, changes } = await settleDisk(found.disk, places);
    if (changes.length > 0) report.info(`${disk.device}: ${changes.join(', ')}`);
    return { ...found, disk };
  } catch (error) {
    report.problem('boot-disk', reasonOf(error));
    return found;
  }
}

/** Checks, mounts and cleans the boot partition. Rejects when it cannot be mounted. */
export async function openBoot(bootDisk: BootDisk, report: DiskReporter): Promise<CopyableBootPartition> {
  const device = bootDeviceOf(bootDisk);
  if (device === undefined) {
    throw new DiskError('not-found', 'the boot partition has no device');
  }
  const check = await checkFat(device);
  report.info(`${device}: ${check.summary}`);
  if (check.state === 'repaired') for (const line of check.output) report.info(`fsck.fat: ${line}`);
  const isSound = check.state === 'clean' || check.state === 'repaired';
  report.problem('boot-partition', isSound ? undefined : `${device} ${check.summary}`);
  const boot = mountBoot(device, (reason) => report.problem('boot-partition', reason));
  try {
    const removed = await cleanBoot(boot);
    if (removed.length > 0) report.info(`${boot.root}: removed unfinished files: ${removed.join(', ')}`);
  } catch (error) {
    report.problem('boot-partition', `could not remove unfinished files: ${reasonOf(error)}`);
  }
  return boot;
}

/**
 * Checks, enlarges and mounts the data partition of the boot disk. Never rejects: if it cannot be mounted, a directory
 * in memory replaces it, which is a condition.
 */
export async function openData(bootDisk: BootDisk | undefined, report: DiskReporter): Promise<DataPartition> {
  const inMemory = (reason: string): DataPartition => {
    report.problem('data-partition', `${reason}: logs and state are lost at a restart`);
    return directoryDataPartition(DATA_MOUNT_POINT, false);
  };
  if (bootDisk === undefined) return inMemory('no boot disk, so no data partition');
  const device = await dataDeviceOf(bootDisk);
  if (device === undefined) return inMemory('the boot disk has no data partition');
  const { lines, problem } = await prepareData(device);
  for (const line of lines) report.info(line);
  report.problem('data-partition', problem);
  try {
    return mountData(device);
  } catch (error) {
    return inMemory(`${device} cannot be mounted: ${reasonOf(error)}`);
  }
}

async function dataDeviceOf(bootDisk: BootDisk): Promise<string | undefined> {
  if (bootDisk.kind === 'plain') return undefined;
  const table = await tryReadTable(bootDisk.disk.device);
  const number = table === undefined ? undefined : dataPartitionOf(table.gpt)?.number;
  return bootDisk.disk.partitions.find((partition) => partition.number === number)?.device;
}
