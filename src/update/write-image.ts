/**
 * Writes the bytes of an image to a file that no loader would boot, verified as they arrive, and once more as read back
 * from the disk.
 *
 * Invariants: at most BATCH_BYTES and one chunk are in memory; the boot partition is writable only while one batch is
 * written, so that a slow or stalled sender does not block other writes; on any failure the file is removed.
 */
import { createHash, type Hash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BootPartition, checkOnDisk, DiskError, writeExactly } from '../disk/mod.ts';
import { isErrno, reasonOf } from '../linux/mod.ts';
import { ENTRY_DIRECTORY } from './entries.ts';
import { UpdateError } from './errors.ts';
import type { UpdateManifest } from './manifest.ts';
import { checkHeader, HEADER_BYTES } from './portable-executable.ts';

/** Bytes written at a time. */
const BATCH_BYTES = 4 * 1024 * 1024;
/** Bytes hashed in one turn of the event loop: a few milliseconds on the slowest machine. */
const HASH_SLICE_BYTES = 256 * 1024;
const STALL_MS = 60_000;

export interface WriteImageOptions {
  readonly boot: BootPartition;
  /** Name in `EFI/Linux`. */
  readonly file: string;
  readonly manifest: UpdateManifest;
  /** Ended early as `for await` does: a caller that still replies passes one that does not close the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
  readonly onProgress: (receivedBytes: number) => void;
  /** Longest time without a byte, in ms. */
  readonly stallMs?: number | undefined;
}

/** Resolves when the complete image, as signed, is on the disk. Rejects with UpdateError and removes the file. */
export async function writeImage(options: WriteImageOptions): Promise<void> {
  const path = `${options.boot.root}/${ENTRY_DIRECTORY}/${options.file}`;
  const iterator = options.body[Symbol.asyncIterator]();
  try {
    await takeBody(options, iterator, path);
  } catch (error) {
    // Not awaited: with a silent sender it would not return before that sends again.
    Promise.resolve(iterator.return?.()).catch(() => {});
    try {
      await options.boot.writable(() => rm(path, { force: true }));
    } catch {
      // The partition cannot be written: the first error is reported, and the next boot removes the file.
    }
    throw asUpdateError(error, `write the image to ${path}`);
  }
}

async function takeBody(
  options: WriteImageOptions,
  iterator: AsyncIterator<Uint8Array>,
  path: string,
): Promise<void> {
  const { manifest, boot, signal, stallMs = STALL_MS } = options;
  const hash = createHash('sha256');
  // Chunks are copied, so that tiny ones take no more memory than large ones.
  const batch = Buffer.allocUnsafe(Math.min(BATCH_BYTES, manifest.size));
  let filled = 0;
  let received = 0;
  let written = 0;
  let isChecked = false;
  const check = (): void => {
    if (!isChecked) checkHeader(batch.subarray(0, Math.min(filled, HEADER_BYTES)), manifest.architecture);
    isChecked = true;
  };
  const flush = async (): Promise<void> => {
    check();
    const data = batch.subarray(0, filled);
    await boot.writable(async () => {
      // A file existing before the first batch is left from another attempt.
      if (written === 0) await rm(path, { force: true });
      await using file = await open(path, written === 0 ? 'wx' : 'r+', 0o600);
      await writeExactly(file, data, written);
      await file.sync();
    });
    written += filled;
    filled = 0;
    options.onProgress(received);
  };
  for (;;) {
    const chunk = await nextChunk(iterator, signal, stallMs);
    if (chunk === undefined) break;
    if (received + chunk.length > manifest.size) {
      throw new UpdateError(
        'size-mismatch',
        `receive the image: more than the ${manifest.size} signed bytes arrived`,
      );
    }
    await updateHash(hash, chunk);
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + batch.length - filled);
      batch.set(part, filled);
      filled += part.length;
      received += part.length;
      at += part.length;
      // As soon as the header is complete, so that nothing of a wrong image is written.
      if (filled >= HEADER_BYTES) check();
      if (filled === batch.length) await flush();
    }
  }
  if (received < manifest.size) {
    throw new UpdateError(
      'size-mismatch',
      `receive the image: only ${received} of the ${manifest.size} signed bytes arrived`,
    );
  }
  if (filled > 0) await flush();
  const sha256 = hash.digest('hex');
  if (sha256 !== manifest.sha256) {
    throw new UpdateError(
      'hash-mismatch',
      `receive the image: its SHA-256 is ${sha256}, expected ${manifest.sha256} as signed`,
    );
  }
  throwIfAborted(signal);
  await checkOnDisk(path, { sizeBytes: manifest.size, sha256: manifest.sha256 });
}

/** The next chunk, undefined at the end. Rejects with UpdateError `aborted` when the sender leaves or stalls. */
async function nextChunk(
  iterator: AsyncIterator<Uint8Array>,
  signal: AbortSignal,
  stallMs: number,
): Promise<Uint8Array | undefined> {
  throwIfAborted(signal);
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new UpdateError('aborted', `receive the image: no data for ${stallMs / 1000} s`)),
    stallMs,
  );
  const onAbort = (): void => {
    reject(new UpdateError('aborted', `receive the image: ${reasonOf(signal.reason)}`));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const next = iterator.next();
  // After a lost race its rejection has no other handler.
  next.catch(() => {});
  try {
    const result = await Promise.race([next, ended]);
    return result.done === true ? undefined : result.value;
  } catch (error) {
    if (error instanceof UpdateError) throw error;
    throw new UpdateError('aborted', `receive the image: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

async function updateHash(hash: Hash, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; at += HASH_SLICE_BYTES) {
    if (at > 0) await nextTurn();
    hash.update(chunk.subarray(at, at + HASH_SLICE_BYTES));
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new UpdateError('aborted', `receive the image: ${reasonOf(signal.reason)}`);
}

/** Any failure as an UpdateError; a full disk is `no-space`, everything unknown `io`. */
export function asUpdateError(error: unknown, attempted: string): UpdateError {
  if (error instanceof UpdateError) return error;
  const isMismatch = error instanceof DiskError && error.code === 'verification';
  const code = isMismatch ? 'verification' : isErrno(error, 'ENOSPC') ? 'no-space' : 'io';
  return new UpdateError(code, `${attempted}: ${reasonOf(error)}`, { cause: error });
}
