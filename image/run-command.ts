/**
 * Runs a host tool to its end. Only for building images: nothing here runs on the appliance.
 */

import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ImageError } from './errors.ts';

const MAX_OUTPUT_BYTES = 64 << 20;

/** Directories that Debian omits from a user's PATH though `mkfs.fat` and others are there. */
const ADMIN_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

const SEARCH_PATH = [...(process.env['PATH'] ?? '').split(delimiter), ...ADMIN_DIRECTORIES];

/** The absolute path of a host tool, or undefined when it is not installed. */
export function findTool(name: string): string | undefined {
  for (const directory of SEARCH_PATH) {
    if (directory === '') continue;
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not in this directory: the next one may have it
    }
  }
  return undefined;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs a tool and returns its standard output.
 *
 * @throws ImageError `missing-tool` or `command-failed`, the latter with the tool's last output.
 */
export async function runCommand(
  name: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const path = findTool(name);
  if (path === undefined) throw new ImageError('missing-tool', `${name} is not installed`);
  const env = { ...process.env, LC_ALL: 'C', ...options.env };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  execFile(path, args, { ...options, env, maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) => {
    if (error === null) return resolve(stdout);
    const words = stderr.trim() === '' ? error.message : stderr.trim();
    reject(new ImageError('command-failed', `${name} ${args.join(' ')}: ${words}`, { cause: error }));
  });
  return promise;
}
