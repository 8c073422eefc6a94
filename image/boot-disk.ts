/**
 * Owns the disk with the configuration: a FAT file system labelled APPLIANCE with appliance.ini at its root.
 * Source: PID 1 looks for this label and file name.
 */

import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BOOT_LABEL } from '../src/disk/layout.ts';
import { writeFat } from './fat.ts';

const CONFIG_FILE = 'appliance.ini';

const MIB = 1 << 20;
const SECTOR_BYTES = 512;
const DEFAULT_SIZE_MIB = 64;
/** Start of the first partition, as partitioning tools choose it. */
const PARTITION_START_BYTES = MIB;

// Master boot record: code[440] id:4 zero:2 entry[4][16] signature:2
// entry: flags:1 chs[3] type:1 chs[3] start:4 sectors:4
const MBR_ENTRY_OFFSET = 446;
const MBR_TYPE_FAT32_LBA = 0x0c;
const MBR_SIGNATURE_OFFSET = 510;
const CHS_BEYOND = [0xfe, 0xff, 0xff] as const;

export interface BootDiskOptions {
  /** INI text of appliance.ini; undefined makes a disk without it. */
  readonly ini: string | Uint8Array | undefined;
  /** `whole`: the file system fills the disk; `mbr`: it is the first partition, as on a USB stick. */
  readonly layout?: 'whole' | 'mbr';
  readonly label?: string;
  /** At least 36 with `mbr`: FAT32 needs 65,525 clusters. */
  readonly sizeMiB?: number;
}

/** Writes a master boot record with one FAT32 partition from `startBytes` to the end. */
function encodeMbr(startBytes: number, totalBytes: number): Buffer {
  const sector = Buffer.alloc(SECTOR_BYTES);
  const entry = [0, ...CHS_BEYOND, MBR_TYPE_FAT32_LBA, ...CHS_BEYOND];
  sector.set(entry, MBR_ENTRY_OFFSET);
  sector.writeUInt32LE(startBytes / SECTOR_BYTES, MBR_ENTRY_OFFSET + 8);
  sector.writeUInt32LE((totalBytes - startBytes) / SECTOR_BYTES, MBR_ENTRY_OFFSET + 12);
  sector.writeUInt16BE(0x55aa, MBR_SIGNATURE_OFFSET);
  return sector;
}

/**
 * Writes the disk image with mkfs.fat and mtools, replacing an existing one.
 *
 * @throws ImageError `missing-tool` or `command-failed`
 */
export async function writeBootDisk(path: string, options: BootDiskOptions): Promise<void> {
  const sizeBytes = (options.sizeMiB ?? DEFAULT_SIZE_MIB) * MIB;
  const startBytes = options.layout === 'mbr' ? PARTITION_START_BYTES : 0;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, startBytes > 0 ? encodeMbr(startBytes, sizeBytes) : '');
  truncateSync(path, sizeBytes);
  const { ini, label = BOOT_LABEL } = options;
  await writeFat(
    path,
    { offsetBytes: startBytes, lengthBytes: sizeBytes - startBytes, label, sectorsPerCluster: 1 },
    ini === undefined ? [] : [{ path: CONFIG_FILE, data: ini }],
  );
}
