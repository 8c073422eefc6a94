/**
 * Owns reading an ext4 superblock without mounting the file system.
 *
 *   superblock at byte 1024: blocks_count_lo:4 at 4, log_block_size:4 at 24, magic:2 at 56, feature_incompat:4 at 96,
 *   volume_name[16] at 120, blocks_count_hi:4 at 336 (with the feature 64bit)
 *
 * Source: Documentation/filesystems/ext4/super.rst.
 */
import { open } from 'node:fs/promises';

export interface Ext4 {
  /** Size of the file system, which may be smaller than its partition. */
  readonly sizeBytes: number;
  readonly label: string;
}

const SUPERBLOCK_OFFSET = 1024;
const SUPERBLOCK_BYTES = 1024;
const MAGIC = 0xef53;
const INCOMPAT_64BIT = 0x80;
/** The largest block size is 64 KiB. */
const MAX_LOG_BLOCK_SIZE = 6;

/** Undefined when a device or image is not ext2, ext3 or ext4. Rejects when it cannot be opened or read. */
export async function readExt4(device: string): Promise<Ext4 | undefined> {
  const block = Buffer.alloc(SUPERBLOCK_BYTES);
  await using file = await open(device, 'r');
  const { bytesRead } = await file.read(block, 0, SUPERBLOCK_BYTES, SUPERBLOCK_OFFSET);
  const logBlockSize = block.readUInt32LE(24);
  if (bytesRead < SUPERBLOCK_BYTES || block.readUInt16LE(56) !== MAGIC || logBlockSize > MAX_LOG_BLOCK_SIZE) {
    return undefined;
  }
  const high = (block.readUInt32LE(96) & INCOMPAT_64BIT) === 0 ? 0 : block.readUInt32LE(336);
  const blocks = high * 2 ** 32 + block.readUInt32LE(4);
  const label = block.toString('latin1', 120, 136);
  return {
    sizeBytes: blocks * 1024 * 2 ** logBlockSize,
    label: label.slice(0, label.concat('\0').indexOf('\0')),
  };
}
