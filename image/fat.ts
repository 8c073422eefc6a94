/**
 * Writes a FAT32 file system into an image, at an offset, with mkfs.fat and mtools: without root and without loop
 * devices. Equal inputs make equal bytes: the volume's id is fixed and times are zero.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { runCommand } from './run-command.ts';

const SECTOR_BYTES = 512;
/** mkfs.fat would use the time. */
const VOLUME_ID = 'a9911a4c';

/** FAT keeps local times without a zone, and no seconds before 1980. */
const REPRODUCIBLE = {
  SOURCE_DATE_EPOCH: '315532800',
  TZ: 'UTC',
  MTOOLS_SKIP_CHECK: '1',
  MTOOLSRC: '/dev/null',
};

/** A file of a file system: its path from the root, and its bytes or their source. */
export type BootFile =
  | { readonly path: string; readonly source: string }
  | { readonly path: string; readonly data: string | Uint8Array };

export interface FatOptions {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly label: string;
  /** Chosen by mkfs.fat by default. FAT32 needs 65,525 clusters. */
  readonly sectorsPerCluster?: number;
}

/** Every directory that the files need, parents first. */
function directoriesOf(files: readonly BootFile[]): string[] {
  const directories = new Set<string>();
  for (const { path } of files) {
    for (let parent = posix.dirname(path); parent !== '.'; parent = posix.dirname(parent))
      directories.add(parent);
  }
  return [...directories].sort();
}

/** Makes the file system in an existing file. @throws ImageError `missing-tool` or `command-failed` */
export async function writeFat(
  path: string,
  { offsetBytes, lengthBytes, label, sectorsPerCluster }: FatOptions,
  files: readonly BootFile[],
): Promise<void> {
  const hidden = String(offsetBytes / SECTOR_BYTES);
  const geometry = [`--offset=${hidden}`, '-h', hidden, '-F', '32', '-n', label, '-i', VOLUME_ID];
  if (sectorsPerCluster !== undefined) geometry.push('-s', String(sectorsPerCluster));
  await runCommand('mkfs.fat', [...geometry, '--invariant', path, String(lengthBytes / 1024)]);
  const drive = `${path}@@${offsetBytes}`;
  const env = REPRODUCIBLE;
  const directories = directoriesOf(files).map((directory) => `::/${directory}`);
  if (directories.length > 0) await runCommand('mmd', ['-i', drive, ...directories], { env });
  const scratch = mkdtempSync(join(tmpdir(), 'appliance-fat-'));
  try {
    for (const file of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
      const source = 'source' in file ? file.source : join(scratch, 'file');
      if ('data' in file) writeFileSync(source, file.data);
      await runCommand('mcopy', ['-i', drive, source, `::/${file.path}`], { env });
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
