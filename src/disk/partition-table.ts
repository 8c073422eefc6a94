/**
 * Owns reading and writing a disk's partition table, and the kernel's view of it.
 *
 * Writing is safe against a power cut: first the backup at the disk's end, synced, then the head, synced. Until the
 * head is written the old primary is intact; a torn head leaves the new backup intact where firmware and this program
 * look for it (the last sector), and the next boot rewrites both.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BlockGeometry,
  blockGeometry,
  dropBlockCache,
  rereadPartitions,
  reasonOf,
} from '../linux/mod.ts';
import { type DevicePlaces, type Disk, listDisks } from './block-devices.ts';
import { DiskError } from './errors.ts';
import { type DecodedGpt, decodeGpt, encodeGpt, type Gpt, gptHeadSectors, gptTailSectors } from './gpt.ts';

export interface DiskTable extends DecodedGpt {
  /** Number of sectors of the disk itself, whatever the table was made for. */
  readonly diskSectors: number;
}

const NODES_WAIT_MS = 10_000;
const NODES_POLL_MS = 50;

/** The table of a disk or image; undefined when it has none. Rejects when the disk cannot be opened or read. */
export async function readTable(device: string): Promise<DiskTable | undefined> {
  await using file = await open(device, 'r');
  const { sizeBytes, sectorBytes } = blockGeometry(file.fd);
  const diskSectors = Math.floor(sizeBytes / sectorBytes);
  const [headSectors, tailSectors] = [gptHeadSectors(sectorBytes), gptTailSectors(sectorBytes)];
  if (diskSectors < headSectors + tailSectors) return undefined;
  const head = await readExactly(file, 0, headSectors * sectorBytes);
  const tail = await readExactly(file, (diskSectors - tailSectors) * sectorBytes, tailSectors * sectorBytes);
  try {
    return { ...decodeGpt(head, tail, { sectorBytes, diskSectors }), diskSectors };
  } catch {
    return undefined; // neither copy is intact: not our disk
  }
}

/**
 * Writes each copy, syncs it and reads it back from the medium; the head only after the backup is verified. Rejects
 * with EBUSY when any partition of the disk is mounted, with a DiskError `verification` when the data read back
 * differs.
 */
export async function writeTable(device: string, gpt: Gpt): Promise<void> {
  const { head, tail, tailLba } = encodeGpt(gpt);
  await using file = await openExclusively(device);
  await writeAndCheck(file, device, tail, tailLba * gpt.sectorBytes);
  await writeAndCheck(file, device, head, 0);
}

/** Writes, syncs and reads back from the medium. Rejects with a DiskError `verification`. */
export async function writeAndCheck(
  file: FileHandle,
  device: string,
  bytes: Buffer,
  position: number,
): Promise<void> {
  await writeExactly(file, bytes, position);
  await file.sync();
  await dropCache(file);
  if ((await readExactly(file, position, bytes.length)).equals(bytes)) return;
  throw readBackMismatch(device);
}

/** The error for a device that returned other data than was written. */
export function readBackMismatch(device: string): DiskError {
  return new DiskError(
    'verification',
    `verification of ${device} failed: the data read back differs from the data written: the disk may be faulty`,
  );
}

/** Makes the next reads of a block device come from its medium; sync before. No effect on a file. */
export async function dropCache(file: FileHandle): Promise<void> {
  if ((await file.stat()).isBlockDevice()) dropBlockCache(file.fd);
}

/** Opens a disk for writing; on a block device the kernel refuses with EBUSY while any part of it is in use. */
export function openExclusively(device: string): Promise<FileHandle> {
  return open(device, constants.O_RDWR | constants.O_EXCL);
}

export async function geometryOf(device: string): Promise<BlockGeometry> {
  await using file = await open(device, 'r');
  return blockGeometry(file.fd);
}

/**
 * Makes the kernel reread the table and waits until its partitions match `gpt`. Returns the disk as it is then.
 * Rejects when a partition is in use, or when the partitions do not appear.
 */
export async function refreshPartitions(device: string, gpt: Gpt, places: DevicePlaces): Promise<Disk> {
  {
    await using file = await open(device, 'r');
    if ((await file.stat()).isBlockDevice()) rereadPartitions(file.fd);
  }
  const deadline = performance.now() + NODES_WAIT_MS;
  for (;;) {
    const disk = listDisks(places).find((each) => each.device === device);
    if (disk !== undefined && (await showsAll(disk, gpt))) return disk;
    if (performance.now() > deadline) {
      const shown = disk?.partitions.map(({ name, sizeBytes }) => `${name} of ${sizeBytes} bytes`) ?? [];
      throw new DiskError(
        'io',
        `${device}: the new partitions did not appear within ${NODES_WAIT_MS / 1000} s, the kernel has ${shown.join(', ') || 'none'}`,
      );
    }
    await sleep(NODES_POLL_MS);
  }
}

/** Whether every partition of the table has its size in sysfs and a node that can be opened. */
async function showsAll(disk: Disk, gpt: Gpt): Promise<boolean> {
  for (const { number, firstLba, lastLba } of gpt.partitions) {
    const shown = disk.partitions.find((partition) => partition.number === number);
    if (shown?.sizeBytes !== (lastLba - firstLba + 1) * gpt.sectorBytes) return false;
    try {
      await using _node = await open(shown.device, 'r');
    } catch {
      return false; // devtmpfs creates the node shortly
    }
  }
  return true;
}

/** Reads `lengthBytes` at `position`; rejects when the device ends earlier. */
export async function readExactly(file: FileHandle, position: number, lengthBytes: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(lengthBytes);
  let done = 0;
  while (done < lengthBytes) {
    const { bytesRead } = await file.read(bytes, done, lengthBytes - done, position + done);
    if (bytesRead === 0) throw new DiskError('io', `the device ends at byte ${position + done}`);
    done += bytesRead;
  }
  return bytes;
}

/** Writes all of `bytes` at `position`, in as many writes as needed. */
export async function writeExactly(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0)
      throw new DiskError('io', `the device accepted no more data at byte ${position + done}`);
    done += bytesWritten;
  }
}

/** `readTable` for any disk: an unreadable one has no table. */
export async function tryReadTable(device: string): Promise<DiskTable | undefined> {
  try {
    return await readTable(device);
  } catch {
    return undefined; // no medium, unplugged, or broken: not the wanted disk
  }
}

/** An error of a disk operation, with what was attempted. */
export function ioError(attempted: string, error: unknown): DiskError {
  if (error instanceof DiskError) return error;
  return new DiskError('io', `${attempted}: ${reasonOf(error)}`, { cause: error });
}
