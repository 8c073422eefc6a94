/**
 * Owns copying a partition block by block, and verifying the copy.
 *
 * The first block, without which firmware and kernel recognise no file system, is written last, after the rest was read
 * back from the medium: an interrupted copy is not a boot partition.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { DiskError } from './errors.ts';
import {
  dropCache,
  readBackMismatch,
  openExclusively,
  readExactly,
  writeAndCheck,
  writeExactly,
} from './partition-table.ts';

/** Small enough that hashing one blocks the event loop for about a millisecond. */
const CHUNK_BYTES = 512 * 1024;

export interface CopyProgress {
  readonly step: 'copy' | 'verify';
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface CopyOptions {
  readonly lengthBytes: number;
  readonly onProgress?: (progress: CopyProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Copies `lengthBytes` from one device or image to another, which must not be open elsewhere, and reads the copy back.
 * Returns the SHA-256 of the copied bytes. The source must not change meanwhile. Rejects with a DiskError
 * `verification` or `aborted`, or with the error of a read or write.
 */
export async function copyBlocks(source: string, target: string, options: CopyOptions): Promise<string> {
  const { lengthBytes, onProgress, signal } = options;
  await using from = await open(source, 'r');
  await using to = await openExclusively(target);
  // Writes to the source's files bypassed the cache of its blocks.
  await dropCache(from);

  const first = await readExactly(from, 0, Math.min(CHUNK_BYTES, lengthBytes));
  await writeExactly(to, Buffer.alloc(first.length), 0);
  await to.sync();
  const written = createHash('sha256').update(first);
  for await (const [chunk, position] of chunksOf(from, first.length, lengthBytes, signal)) {
    written.update(chunk);
    await writeExactly(to, chunk, position);
    onProgress?.({ step: 'copy', doneBytes: position + chunk.length, totalBytes: lengthBytes });
  }
  await to.sync();
  await dropCache(to);

  const readBack = createHash('sha256').update(first);
  for await (const [chunk, position] of chunksOf(to, first.length, lengthBytes, signal)) {
    readBack.update(chunk);
    onProgress?.({ step: 'verify', doneBytes: position + chunk.length, totalBytes: lengthBytes });
  }
  const hash = written.digest('hex');
  if (readBack.digest('hex') !== hash) throw readBackMismatch(target);
  await writeAndCheck(to, target, first, 0);
  return hash;
}

async function* chunksOf(
  file: FileHandle,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly [chunk: Buffer, position: number]> {
  for (let position = start; position < end; position += CHUNK_BYTES) {
    if (signal?.aborted === true) throw new DiskError('aborted', 'the copy was aborted: the box shuts down');
    yield [await readExactly(file, position, Math.min(CHUNK_BYTES, end - position)), position];
  }
}
