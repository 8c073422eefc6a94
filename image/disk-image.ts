/**
 * Writes the disk image to flash: a GPT, an EFI system partition (FAT32) with the given files, and an
 * empty data partition (ext4), which the box grows to the size of its disk at its first boot.
 *
 * Without root and without loop devices: mkfs.fat, mtools and mke2fs write into the file at an offset. Equal inputs
 * make equal bytes: ids are fixed (the box renews the table's at its first boot) and times are zero.
 */

import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { emptyGpt, encodeGpt, type Gpt, GptType } from '../src/disk/gpt.ts';
import {
  BOOT_LABEL,
  BOOT_PARTITION_NAME,
  DATA_LABEL,
  DATA_PARTITION_NAME,
  IMAGE_BOOT_GUID,
  IMAGE_DATA_GUID,
  IMAGE_DISK_GUID,
} from '../src/disk/layout.ts';
import { type BootFile, writeFat } from './fat.ts';
import { runCommand } from './run-command.ts';

const MIB = 1 << 20;
const SECTOR_BYTES = 512;
const FIRST_PARTITION_MIB = 1;
export const BOOT_MIB = 512;
const DATA_MIB = 64;
/** For the backup table, rounded up like the start. */
const END_MIB = 1;

/** Fixed ids: mke2fs would use random ones. */
const EXT4_UUID = 'a1d3f4be-70a4-4f0c-9d8f-0d9e6c5a2b41';
const EXT4_HASH_SEED = '5b0a7d52-3c0e-4c55-8a53-7be2d8a4e6a7';
/** Not 0, which mke2fs takes for the time of day. */
const FAKE_TIME = '1';

/**
 * The ext4 features that Linux 6.1 and Debian 12's e2fsck support; independent of this machine's mke2fs.conf. The block
 * size is that of a large disk, and the descriptor table has room for 4 TiB: only the initial file system is small.
 */
const EXT4_FEATURES =
  'none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum';
const EXT4_BLOCK_BYTES = 4096;
const EXT4_MAX_BLOCKS = 2 ** 42 / EXT4_BLOCK_BYTES;
const EXT4_JOURNAL_MIB = 8;

/** Start of the boot partition in the image, in bytes, for mtools' `FILE@@OFFSET`. */
export const BOOT_OFFSET_BYTES = FIRST_PARTITION_MIB * MIB;
export const DATA_OFFSET_BYTES = (FIRST_PARTITION_MIB + BOOT_MIB) * MIB;
const IMAGE_BYTES = (FIRST_PARTITION_MIB + BOOT_MIB + DATA_MIB + END_MIB) * MIB;

function partitionTable(): Gpt {
  const sectors = (mib: number) => (mib * MIB) / SECTOR_BYTES;
  const partition = (
    number: number,
    name: string,
    typeGuid: string,
    guid: string,
    startMib: number,
    mib: number,
  ) => ({
    number,
    name,
    typeGuid,
    guid,
    firstLba: sectors(startMib),
    lastLba: sectors(startMib + mib) - 1,
    attributes: 0n,
  });
  const dataStart = FIRST_PARTITION_MIB + BOOT_MIB;
  return {
    ...emptyGpt(SECTOR_BYTES, IMAGE_BYTES / SECTOR_BYTES, IMAGE_DISK_GUID),
    partitions: [
      partition(1, BOOT_PARTITION_NAME, GptType.efiSystem, IMAGE_BOOT_GUID, FIRST_PARTITION_MIB, BOOT_MIB),
      partition(2, DATA_PARTITION_NAME, GptType.linuxFilesystem, IMAGE_DATA_GUID, dataStart, DATA_MIB),
    ],
  };
}

/** Creates the file with its table; unwritten parts are holes. */
function writePartitionTable(path: string): void {
  const { head, tail, tailLba } = encodeGpt(partitionTable());
  const fd = openSync(path, 'w');
  try {
    ftruncateSync(fd, IMAGE_BYTES);
    writeSync(fd, head, 0, head.length, 0);
    writeSync(fd, tail, 0, tail.length, tailLba * SECTOR_BYTES);
  } finally {
    closeSync(fd);
  }
}

async function writeDataPartition(path: string): Promise<void> {
  const extended = [
    `offset=${DATA_OFFSET_BYTES}`,
    `hash_seed=${EXT4_HASH_SEED}`,
    `resize=${EXT4_MAX_BLOCKS}`,
    'root_owner=0:0',
    // The kernel need not zero anything later.
    'lazy_itable_init=0',
    'lazy_journal_init=0',
    'nodiscard',
  ].join(',');
  const args = ['-q', '-F', '-t', 'ext4', '-b', String(EXT4_BLOCK_BYTES), '-I', '256', '-m', '1'];
  const journal = ['-J', `size=${EXT4_JOURNAL_MIB}`];
  const ids = ['-L', DATA_LABEL, '-U', EXT4_UUID, '-O', EXT4_FEATURES, '-E', extended];
  const blocks = String((DATA_MIB * MIB) / EXT4_BLOCK_BYTES);
  const env = { E2FSPROGS_FAKE_TIME: FAKE_TIME, MKE2FS_CONFIG: '/dev/null', MKE2FS_SYNC: '0' };
  await runCommand('mke2fs', [...args, ...journal, ...ids, path, blocks], { env });
}

/**
 * Writes the image, replacing an existing one.
 *
 * @throws ImageError `missing-tool` or `command-failed`
 */
export async function writeDiskImage(path: string, files: readonly BootFile[]): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  writePartitionTable(path);
  const boot = { offsetBytes: BOOT_OFFSET_BYTES, lengthBytes: BOOT_MIB * MIB, label: BOOT_LABEL };
  await writeFat(path, boot, files);
  await writeDataPartition(path);
}
