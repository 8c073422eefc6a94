/**
 * Syncs a file system's changes to the disk without blocking the event loop, as syncfs(2) and a remount would: each
 * file and directory is synced on libuv's threads, then the device, which holds FAT's tables and directories.
 */
import { open, opendir, stat } from 'node:fs/promises';
import { isErrno } from '../linux/mod.ts';

/** A boot partition has a few dozen files. The remount syncs further files of a user. */
const MAX_FILES = 1_000;
/** FAT stores even seconds. A clock set meanwhile may hide a change here; the remount syncs that too. */
const STAMP_SLACK_MS = 4_000;

/**
 * Syncs the files and directories below `root` that changed since `sinceMs` (Unix milliseconds), then `device` when
 * there is one. Each sync flushes the disk's cache, so unchanged files are skipped. Rejects on an I/O error.
 */
export async function syncTree(root: string, sinceMs: number, device?: string): Promise<void> {
  const directory = await opendir(root, { recursive: true });
  let left = MAX_FILES;
  for await (const entry of directory) {
    if (!entry.isFile() && !entry.isDirectory()) continue;
    await syncIfChanged(`${entry.parentPath}/${entry.name}`, sinceMs);
    left -= 1;
    if (left === 0) break;
  }
  await syncIfChanged(root, sinceMs);
  if (device === undefined) return;
  await using file = await open(device, 'r');
  await file.sync();
}

async function syncIfChanged(path: string, sinceMs: number): Promise<void> {
  try {
    const { mtimeMs, ctimeMs } = await stat(path);
    if (Math.max(mtimeMs, ctimeMs) < sinceMs - STAMP_SLACK_MS) return;
    await using file = await open(path, 'r');
    await file.sync();
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error; // renamed or removed meanwhile
  }
}
