/**
 * Owns when an image was built: told by what it is made of and not by the clock, because the same inputs are to make the
 * same image. What was committed or packaged later is later.
 */

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ImageError } from './errors.ts';
import { runCommand } from './run-command.ts';

/** When the commit that is checked out in `root` was made, Unix seconds; undefined where there is none, or no git. */
async function commitTime(root: string): Promise<number | undefined> {
  // Nobody's but `root`'s own repository, and that whoever owns it.
  const env = { GIT_CEILING_DIRECTORIES: dirname(root), GIT_DIR: undefined, GIT_WORK_TREE: undefined };
  const settings = ['-c', `safe.directory=${root}`, '-c', 'log.showSignature=false'];
  try {
    return Number(
      await runCommand('git', [...settings, '-C', root, 'log', '-1', '--format=%ct', 'HEAD'], { env }),
    );
  } catch (error) {
    if (error instanceof ImageError) return undefined; // sources without their history
    throw error;
  }
}

/**
 * Seconds since the epoch: the newest of the commit in `root` and of `files`, Debian's programs in the image.
 * SOURCE_DATE_EPOCH overrides both (reproducible-builds.org). The box also takes it for certainly past.
 */
export async function buildTime(root: string, files: readonly string[]): Promise<number> {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given !== undefined && /^\d+$/.test(given)) return Number(given);
  const packaged = files.map((path) => Math.floor(statSync(path).mtimeMs / 1000));
  return Math.max((await commitTime(root)) ?? 0, ...packaged);
}
