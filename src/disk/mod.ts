/**
 * The disk the appliance boots from: finding it, applying the first boot's changes, checking and mounting its
 * partitions, writing to them safely against power cuts, and copying it to another disk.
 *
 * Other folders import this file only (the image builder also imports boot-files.ts, gpt.ts and layout.ts). The order of the boot:
 * `findBootDisk` → `settleBootDisk` → `openBoot` → `openData`.
 */
export { directoryBootPartition, directoryDataPartition } from './directory-partitions.ts';
export { readLoaderVariable } from './efi-variables.ts';
export { DiskError } from './errors.ts';
export { factoryReset, finishFactoryReset, type ResetPlace } from './factory-reset.ts';
export { type BootDisk, findBootDisk, findTwin } from './find-boot-disk.ts';
export {
  Installer,
  type InstallTarget,
} from './install.ts';
export { readLastGood, saveLastGood } from './last-good.ts';
export { BOOT_MOUNT_POINT, DATA_MOUNT_POINT } from './mounted-partitions.ts';
export { updateInventory } from './nic-inventory.ts';
export { type DiskReporter, openBoot, openData, settleBootDisk } from './open-disk.ts';
export { writeExactly } from './partition-table.ts';
export type { BootPartition, CopyableBootPartition, DataPartition } from './partitions.ts';
export { checkOnDisk } from './read-back.ts';
export { describeReset, type ResetReport } from './reset-report.ts';
export { replaceFile, syncDirectory, UNFINISHED_SUFFIX } from './replace-file.ts';
