/**
 * Owns identifying a FAT file system by its label, read from the device itself: no udev, no blkid.
 *
 *   boot sector: label[11] blank padded at 43 and type[8] at 54 (FAT12, FAT16), at 71 and 82 (FAT32), 0x55 0xaa at 510
 *
 * Source: Microsoft's FAT specification, section 3.1.
 */
import { open } from 'node:fs/promises';
import { readNames } from '../linux/mod.ts';
import { type DevicePlaces, NOT_A_DISK } from './block-devices.ts';

const SECTOR_BYTES = 512;

/** The label on a block device or image; undefined when it is not a FAT file system or cannot be read. */
export async function readFatLabel(device: string): Promise<string | undefined> {
  const sector = Buffer.alloc(SECTOR_BYTES);
  try {
    await using file = await open(device, 'r');
    const { bytesRead } = await file.read(sector, 0, SECTOR_BYTES, 0);
    if (bytesRead < SECTOR_BYTES) return undefined;
  } catch {
    return undefined; // no medium, or unplugged meanwhile
  }
  if (sector.readUInt16LE(510) !== 0xaa55) return undefined;
  const text = (start: number, length: number): string => sector.toString('latin1', start, start + length);
  if (text(82, 5) === 'FAT32') return text(71, 11).trimEnd();
  if (/^FAT1[26]/.test(text(54, 5))) return text(43, 11).trimEnd();
  return undefined;
}

/** Names of all block devices (disks and partitions) whose FAT label is `label`, in order. */
export async function findByLabel(
  label: string,
  { sysfs = '/sys', dev = '/dev' }: DevicePlaces = {},
): Promise<string[]> {
  const found: string[] = [];
  for (const name of readNames(`${sysfs}/class/block`)) {
    if (NOT_A_DISK.test(name)) continue;
    if ((await readFatLabel(`${dev}/${name}`)) === label) found.push(name);
  }
  return found;
}
