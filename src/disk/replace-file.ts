/**
 * Files that a power cut leaves old or new, never half: written beside as NAME.new, synced, read back through the disk,
 * renamed, and the directory synced.
 *
 * Invariant: whatever ends in `.new` is a write that did not end, and nobody's data.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { isErrno, reasonOf } from '../linux/mod.ts';
import { checkOnDisk, digestOf } from './read-back.ts';

/** Ends the name of a file that is still being written. */
export const UNFINISHED_SUFFIX = '.new';

export interface ReplaceFileOptions {
  /** Permission bits; 0o600 by default. FAT has none. */
  readonly mode?: number;
}

/**
 * Replaces a file as a whole, making its directory where needed. Rejects with the path and the reason; the file is the
 * old one then, unless it was the directory that could not be synced.
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
    // Before another try: a rest of the last one may be longer than this file.
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
    await rm(unfinished, { force: true }).catch(() => {}); // the write's error is the one to tell
    throw new Error(`could not write ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Removes a file for good; fine when there is none. Rejects with the path and the reason. */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw new Error(`could not remove ${path}: ${reasonOf(error)}`, { cause: error });
  }
  await syncDirectory(dirname(path));
}

/** Puts a directory's entries on the disk. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

/** `root/name`; throws a RangeError when that would be outside of `root` or the root itself. */
export function pathBelow(root: string, name: string): string {
  const path = resolve(root, name);
  if (!path.startsWith(`${resolve(root)}/`) || basename(path) === '') {
    throw new RangeError(`file name ${JSON.stringify(name)}: is not below ${root}`);
  }
  return path;
}
