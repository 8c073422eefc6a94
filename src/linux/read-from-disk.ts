/**
 * Owns reading a file past the page cache, so that the bytes come from the disk and not from memory.
 *
 * O_DIRECT (open(2)): the kernel writes the range's dirty pages, then the device transfers the blocks to our memory.
 * posix_fadvise(DONTNEED) and dropping the caches are not used: both may silently leave a page in place.
 * Not read from the disk: the file's length and the location of its blocks, which the file system keeps in memory and
 * fsync has written.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isErrno, LinuxError } from './errors.ts';
import { addressOf, nativeBuffer } from './libc.ts';

/** No disk's logical block is larger; position, length and memory of a direct read are multiples of it. */
const ALIGNMENT = 4096;
/** Small enough that hashing one blocks the event loop for about a millisecond. */
const CHUNK_BYTES = 512 * 1024;
const EIO = 5;

/**
 * The bytes of a file as they are on the disk; sync before. Each chunk is borrowed: the next one reuses its memory. A
 * file system without O_DIRECT (EINVAL: one in memory, before Linux 6.6) has no disk, and is read normally.
 * Throws LinuxError EIO when the disk returns less than the file's length, or Node's error of open(2) and read(2).
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
    // Short of the end: the file was truncated meanwhile, or the rest could not be read.
    if (end !== size && (bytesRead === 0 || end % ALIGNMENT !== 0)) {
      throw new LinuxError('read', EIO, [path], { detail: `the disk returned ${end} of ${size} bytes` });
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
