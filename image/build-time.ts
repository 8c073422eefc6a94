/**
 * Determines when an image was built: from its inputs and not from the clock, because the same inputs must make the
 * same image. A later commit or package gives a later time.
 */

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ImageError } from './errors.ts';
import { runCommand } from './run-command.ts';

/** The time of the commit checked out in `root`, Unix seconds; undefined without one, or without git. */
async function commitTime(root: string): Promise<number | undefined> {
  // Only the repository of `root` itself, whoever owns it.
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
 * SOURCE_DATE_EPOCH overrides both (reproducible-builds.org). The box also takes it as a lower bound of the current
 * time.
 */
export async function buildTime(root: string, files: readonly string[]): Promise<number> {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given !== undefined && /^\d+$/.test(given)) return Number(given);
  const packaged = files.map((path) => Math.floor(statSync(path).mtimeMs / 1000));
  return Math.max((await commitTime(root)) ?? 0, ...packaged);
}
