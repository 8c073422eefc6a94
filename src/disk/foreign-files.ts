/** Owns finding the files in a directory that are not to be kept. Changes nothing. */
import { readdir } from 'node:fs/promises';
import { reasonOf } from '../linux/mod.ts';

export interface Foreign {
  /** Relative to the root; a directory includes its content. */
  readonly paths: readonly string[];
  /** Directories that could not be read and are kept. */
  readonly unread: readonly { readonly path: string; readonly reason: string }[];
}

/** Everything below `root` that is not to be kept. `isKept` decides for each file, by its path from the root. */
export async function findForeign(root: string, isKept: (path: string) => boolean): Promise<Foreign> {
  const { foreign, unread } = await look(root, '', isKept);
  return { paths: foreign, unread };
}

interface Look {
  readonly foreign: string[];
  readonly unread: { readonly path: string; readonly reason: string }[];
  /** Whether anything in it is kept, and so the directory too. */
  readonly stays: boolean;
}

async function look(root: string, directory: string, isKept: (path: string) => boolean): Promise<Look> {
  const found: Look = { foreign: [], unread: [], stays: false };
  let stays = false;
  const entries = await readdir(`${root}/${directory}`, { withFileTypes: true }).catch((error: unknown) => {
    found.unread.push({ path: directory === '' ? '.' : directory, reason: reasonOf(error) });
    stays = true;
    return [];
  });
  for (const entry of entries) {
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
    if (entry.isDirectory()) {
      const inside = await look(root, path, isKept);
      found.unread.push(...inside.unread);
      found.foreign.push(...(inside.stays ? inside.foreign : [path]));
      stays ||= inside.stays;
    } else if (entry.isFile() && isKept(path)) stays = true;
    else found.foreign.push(path);
  }
  return { ...found, stays };
}
