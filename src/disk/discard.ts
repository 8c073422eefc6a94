/**
 * Discards the blocks that a file system no longer uses: otherwise the data of an erased file can still be read from
 * the disk.
 */
import { open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isErrno, reasonOf, trimFileSystem } from '../linux/mod.ts';

/** Outcome of a discard. */
export type Discard = { readonly root: string } & (
  | { readonly state: 'done'; readonly bytes: number }
  /** The disk or the file system does not support discards, like many USB sticks. */
  | { readonly state: 'unsupported' }
  | { readonly state: 'failed'; readonly reason: string }
);

/** The call blocks until the disk has discarded this much: a slow one takes a fraction of a second. */
const SLICE_BYTES = 256 * 2 ** 20;

/** Discards the free space of the file system mounted at `root`. Never rejects. */
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
    // The end of the file system.
    if (isErrno(error, 'EINVAL') && start > 0) return { root, state: 'done', bytes };
    if (isErrno(error, 'EOPNOTSUPP', 'ENOTSUP', 'ENOTTY')) return { root, state: 'unsupported' };
    return { root, state: 'failed', reason: reasonOf(error) };
  }
}
