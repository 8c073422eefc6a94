/** Owns what is asked of a block device through ioctl(2). Source: linux/fs.h. */
import { fstatSync } from 'node:fs';
import { check } from './check.ts';
import { addressOf, keepAlive, libc, nativeBuffer } from './libc.ts';

const BLKRRPART = 0x125fn;
const BLKFLSBUF = 0x1261n;
const BLKSSZGET = 0x1268n;
const BLKGETSIZE64 = 0x8008_1272n;
/** What a regular file counts as. */
const FILE_SECTOR_BYTES = 512;

/** Size and logical sector size of an open block device, or of a regular file that stands for one. */
export interface BlockGeometry {
  readonly sizeBytes: number;
  readonly sectorBytes: number;
}

/** Throws LinuxError: ENOTTY (neither a block device nor a regular file), ENOMEDIUM … */
export function blockGeometry(fd: number): BlockGeometry {
  const stat = fstatSync(fd);
  if (stat.isFile()) return { sizeBytes: stat.size, sectorBytes: FILE_SECTOR_BYTES };
  const size = nativeBuffer(8);
  check(libc.ioctl(fd, BLKGETSIZE64, addressOf(size)), 'ioctl BLKGETSIZE64', fd);
  const sector = nativeBuffer(4);
  check(libc.ioctl(fd, BLKSSZGET, addressOf(sector)), 'ioctl BLKSSZGET', fd);
  keepAlive(size, sector);
  return { sizeBytes: Number(size.readBigUInt64LE(0)), sectorBytes: sector.readInt32LE(0) };
}

/**
 * Has the kernel read a disk's partition table again. Throws LinuxError: EBUSY (a partition is mounted or open),
 * EINVAL (not a whole disk), ENOTTY (no block device).
 */
export function rereadPartitions(fd: number): void {
  check(libc.ioctl(fd, BLKRRPART, 0n), 'ioctl BLKRRPART', fd);
}

/**
 * Writes a block device's cached blocks and forgets them, so that the next reads come from the medium. Blocks while it
 * writes: sync before. Throws LinuxError: ENOTTY (no block device), EACCES (no CAP_SYS_ADMIN).
 */
export function dropBlockCache(fd: number): void {
  check(libc.ioctl(fd, BLKFLSBUF, 0n), 'ioctl BLKFLSBUF', fd);
}
