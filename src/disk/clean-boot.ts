/**
 * Owns removing what a power cut may leave on the boot partition: our own unfinished files, and files that fsck.fat
 * made of lost clusters. Both take space that the next update needs.
 */
import { readdirSync } from 'node:fs';
import type { BootPartition } from './partitions.ts';
import { UNFINISHED_SUFFIX } from './replace-file.ts';

/** Where this program writes. Files elsewhere are the user's. */
const OUR_DIRECTORIES = ['.', 'EFI/Linux', 'loader'];
const RECOVERED = /^FSCK\d{4}\.REC$/i;

/** Names of leftovers relative to the root. Never throws. */
export function findLeftovers(root: string): string[] {
  return OUR_DIRECTORIES.flatMap((directory) =>
    namesIn(`${root}/${directory}`)
      .filter((name) => name.endsWith(UNFINISHED_SUFFIX) || (directory === '.' && RECOVERED.test(name)))
      .map((name) => (directory === '.' ? name : `${directory}/${name}`)),
  );
}

/** Removes leftovers and returns their names; the partition is made writable only when there are any. */
export async function cleanBoot(boot: BootPartition): Promise<string[]> {
  const found = findLeftovers(boot.root);
  if (found.length === 0) return [];
  await boot.writable(async () => {
    for (const name of found) await boot.removeFile(name);
  });
  return found;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort();
  } catch {
    return []; // not every box has every directory
  }
}
