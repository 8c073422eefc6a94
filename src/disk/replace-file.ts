/**
 * Atomic replacement of files, safe against power cuts: written as NAME.new, synced, read back from the disk, renamed,
 * and the directory synced.
 *
 * Invariant: a file ending in `.new` is an unfinished write and holds no data.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { isErrno, reasonOf } from '../linux/mod.ts';
import { checkOnDisk, digestOf } from './read-back.ts';

/** Suffix of a file still being written. */
export const UNFINISHED_SUFFIX = '.new';

export interface ReplaceFileOptions {
  /** Permission bits; 0o600 by default. FAT has none. */
  readonly mode?: number;
}

/**
 * Replaces a file atomically, creating its directory if needed. Rejects with the path and the reason; the old file is
 * kept then, unless only the sync of the directory failed.
 */
export async function replaceFile(
  path: string,
  data: string | Uint8Array,
  options: ReplaceFileOptions = {},
): Promise<void> {
  const unfinished = `${path}${UNFINISHED_SUFFIX}`;
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  const digest = digestOf(bytes);
  try {
    await mkdir(dirname(path), { recursive: true });
    // A leftover of an earlier try may be longer than this file.
    await rm(unfinished, { force: true });
    {
      await using file = await open(unfinished, 'wx', options.mode ?? 0o600);
      await file.writeFile(bytes);
      await file.sync();
    }
    await checkOnDisk(unfinished, digest);
    await rename(unfinished, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {}); // the write's error is the one to report
    throw new Error(`could not write ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Removes a file durably; a missing one is no error. Rejects with the path and the reason. */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw new Error(`could not remove ${path}: ${reasonOf(error)}`, { cause: error });
  }
  await syncDirectory(dirname(path));
}

/** Syncs a directory's entries to the disk. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

/** `root/name`; throws a RangeError when that is outside `root` or the root itself. */
export function pathBelow(root: string, name: string): string {
  const path = resolve(root, name);
  if (!path.startsWith(`${resolve(root)}/`) || basename(path) === '') {
    throw new RangeError(`file name ${JSON.stringify(name)}: is not below ${root}`);
  }
  return path;
}
