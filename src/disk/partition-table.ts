/**
 * Owns the reading and writing of a disk's partition table, and the kernel's view of it.
 *
 * Writing is safe against a power cut: first the backup at the disk's end, synced, then the head, synced. Until the
 * head is written the old primary is whole; a head torn in the midst leaves the new backup whole at the place where
 * firmware and this program look for it (the last sector), and the next boot writes both again.
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
  /** Sectors of the disk itself, whatever the table was made for. */
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
    return undefined; // neither copy is whole: somebody else's disk
  }
}

/**
 * Writes each of both copies, syncs it and reads it back from the medium; the head only after the backup was found there.
 * Rejects with EBUSY when anything of the disk is mounted, with a DiskError `verification` when something else was read.
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
  throw notWhatWasWritten(device);
}

/** The error for a device that gives back something else. */
export function notWhatWasWritten(device: string): DiskError {
  return new DiskError(
    'verification',
    `${device}: what was read back is not what was written: is the disk sound?`,
  );
}

/** Has the next reads of a block device come from its medium; sync before. A file's are left alone. */
export async function dropCache(file: FileHandle): Promise<void> {
  if ((await file.stat()).isBlockDevice()) dropBlockCache(file.fd);
}

/** Opens a disk for writing; on a block device the kernel refuses with EBUSY while anything of it is in use. */
export function openExclusively(device: string): Promise<FileHandle> {
  return open(device, constants.O_RDWR | constants.O_EXCL);
}

export async function geometryOf(device: string): Promise<BlockGeometry> {
  await using file = await open(device, 'r');
  return blockGeometry(file.fd);
}

/**
 * Has the kernel read the table again and waits until its partitions are as in `gpt`. Returns the disk as it is then.
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
        `${device}: the kernel does not show the new partitions after ${NODES_WAIT_MS / 1000} s, it has ${shown.join(', ') || 'none'}`,
      );
    }
    await sleep(NODES_POLL_MS);
  }
}

/** Whether every partition of the table has its size in sysfs and a node that opens. */
async function showsAll(disk: Disk, gpt: Gpt): Promise<boolean> {
  for (const { number, firstLba, lastLba } of gpt.partitions) {
    const shown = disk.partitions.find((partition) => partition.number === number);
    if (shown?.sizeBytes !== (lastLba - firstLba + 1) * gpt.sectorBytes) return false;
    try {
      await using _node = await open(shown.device, 'r');
    } catch {
      return false; // devtmpfs makes the node in a moment
    }
  }
  return true;
}

/** Reads `lengthBytes` at `position`; rejects when the device ends before. */
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

/** Writes all of `bytes` at `position`, in as many writes as it takes. */
export async function writeExactly(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new DiskError('io', `nothing more is taken at byte ${position + done}`);
    done += bytesWritten;
  }
}

/** `readTable` for a disk that may be anybody's: one that cannot be read has no table. */
export async function tryReadTable(device: string): Promise<DiskTable | undefined> {
  try {
    return await readTable(device);
  } catch {
    return undefined; // no medium, unplugged, or broken: not what is looked for
  }
}

/** An error of a disk operation, with what was attempted. */
export function ioError(attempted: string, error: unknown): DiskError {
  if (error instanceof DiskError) return error;
  return new DiskError('io', `${attempted}: ${reasonOf(error)}`, { cause: error });
}
