/**
 * Asks a disk to forget what a file system no longer uses: a file that was erased is otherwise still there for whoever
 * reads the disk past its file system.
 */
import { open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isErrno, reasonOf, trimFileSystem } from '../linux/mod.ts';

/** What became of it. */
export type Discard = { readonly root: string } & (
  | { readonly state: 'done'; readonly bytes: number }
  /** Neither this disk nor this file system has to know of discards: a USB stick. */
  | { readonly state: 'unsupported' }
  | { readonly state: 'failed'; readonly reason: string }
);

/** The kernel is away until a disk has taken that much: a slow one takes a fraction of a second. */
const SLICE_BYTES = 256 * 2 ** 20;

/** Discards what is free of the file system that is mounted at `root`. Never rejects. */
export async function discardFree(root: string): Promise<Discard> {
  let bytes = 0;
  let start = 0;
  try {
    await using directory = await open(root, 'r');
    for (;;) {
      bytes += trimFileSystem(directory.fd, start, SLICE_BYTES);
      start += SLICE_BYTES;
      await nextTurn();
    }
  } catch (error) {
    // The file system ended.
    if (isErrno(error, 'EINVAL') && start > 0) return { root, state: 'done', bytes };
    if (isErrno(error, 'EOPNOTSUPP', 'ENOTSUP', 'ENOTTY')) return { root, state: 'unsupported' };
    return { root, state: 'failed', reason: reasonOf(error) };
  }
}
