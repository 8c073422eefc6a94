/**
 * Owns reading a file past the page cache, so that what comes is what the disk gives and not what memory remembers.
 *
 * O_DIRECT (open(2)): the kernel writes what is dirty of the range, then has the device put its blocks into our memory.
 * posix_fadvise(DONTNEED) and the dropping of caches were not taken: both may leave a page where it is and say nothing.
 * What is not asked of the disk: the file's length and where its blocks are, which the file system keeps in memory and
 * fsync has written.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isErrno, LinuxError } from './errors.ts';
import { addressOf, nativeBuffer } from './libc.ts';

/** No disk's logical block is larger; position, length and memory of a direct read are multiples of it. */
const ALIGNMENT = 4096;
/** Small enough that hashing one takes about a millisecond of the event loop. */
const CHUNK_BYTES = 512 * 1024;
const EIO = 5;

/**
 * The bytes of a file as its disk has them; sync before. Each chunk is borrowed: the next one takes its memory. A file
 * system without O_DIRECT (EINVAL: one in memory, before Linux 6.6) has no disk behind it, and is read as any other.
 * Throws LinuxError EIO when the disk gives less than the file's length, or Node's error of open(2) and read(2).
 */
export async function* readFromDisk(path: string): AsyncGenerator<Buffer> {
  await using file = await openDirect(path);
  const { size } = await file.stat();
  const chunkBytes = Math.min(CHUNK_BYTES, Math.ceil(size / ALIGNMENT) * ALIGNMENT);
  const memory = nativeBuffer(chunkBytes + ALIGNMENT);
  const start = (ALIGNMENT - Number(addressOf(memory) % BigInt(ALIGNMENT))) % ALIGNMENT;
  for (let position = 0; position < size; ) {
    const { bytesRead } = await file.read(memory, start, chunkBytes, position);
    const end = position + bytesRead;
    // Short of the end: the file was cut meanwhile, or the rest could not be read.
    if (end !== size && (bytesRead === 0 || end % ALIGNMENT !== 0)) {
      throw new LinuxError('read', EIO, [path], { detail: `it ends at byte ${end} of ${size}` });
    }
    yield memory.subarray(start, start + bytesRead);
    position = end;
  }
}

async function openDirect(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_DIRECT);
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error;
    return open(path, 'r');
  }
}
