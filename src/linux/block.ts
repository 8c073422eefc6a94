/** Owns the ioctl(2) requests to block devices. Source: linux/fs.h. */
import { fstatSync } from 'node:fs';
import { check } from './check.ts';
import { addressOf, keepAlive, libc, nativeBuffer } from './libc.ts';

const BLKRRPART = 0x125fn;
const BLKFLSBUF = 0x1261n;
const BLKSSZGET = 0x1268n;
const BLKGETSIZE64 = 0x8008_1272n;
/** Sector size assumed for a regular file. */
const FILE_SECTOR_BYTES = 512;

/** Size and logical sector size of an open block device, or of a regular file used as one. */
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
 * Makes the kernel reread a disk's partition table. Throws LinuxError: EBUSY (a partition is mounted or open),
 * EINVAL (not a whole disk), ENOTTY (not a block device).
 */
export function rereadPartitions(fd: number): void {
  check(libc.ioctl(fd, BLKRRPART, 0n), 'ioctl BLKRRPART', fd);
}

/**
 * Flushes and drops a block device's cached blocks, so that the next reads come from the medium. Blocks while it
 * writes: sync before. Throws LinuxError: ENOTTY (not a block device), EACCES (no CAP_SYS_ADMIN).
 */
export function dropBlockCache(fd: number): void {
  check(libc.ioctl(fd, BLKFLSBUF, 0n), 'ioctl BLKFLSBUF', fd);
}

// FITRIM, _IOWR('X', 121, struct fstrim_range). Source: linux/fs.h.
const FITRIM = 0xc018_5879n;
// struct fstrim_range { u64 start; u64 len; u64 minlen; }: bytes of the file system; len returns the bytes discarded.
const TRIM_RANGE_BYTES = 24;
const TRIM_LENGTH = 8;

/**
 * Discards the unused blocks of a mounted file system, within `lengthBytes` from `startBytes`; `fd` is a file or
 * directory in it. Blocks until done. Returns the bytes discarded, without those discarded before. Throws LinuxError:
 * EOPNOTSUPP (the disk does not support discard), ENOTTY (the file system does not), EINVAL (it ends before
 * `startBytes`), EPERM (no CAP_SYS_ADMIN), EIO …
 */
export function trimFileSystem(fd: number, startBytes: number, lengthBytes: number): number {
  const range = nativeBuffer(TRIM_RANGE_BYTES);
  range.writeBigUInt64LE(BigInt(startBytes), 0);
  range.writeBigUInt64LE(BigInt(lengthBytes), TRIM_LENGTH);
  check(libc.ioctl(fd, FITRIM, addressOf(range)), 'ioctl FITRIM', fd, startBytes, lengthBytes);
  keepAlive(range);
  return Number(range.readBigUInt64LE(TRIM_LENGTH));
}
