/** The command line. main.ts imports this file only. */
import { getSystemErrorMessage } from 'node:util';
import { COMMANDS } from './commands.ts';
import { execute } from './execute.ts';
import { UsageError } from './usage-error.ts';

/** Runs one command; resolves with the exit code: 0 done, 1 failed, 2 not understood. */
export async function runCommandLine(words: readonly string[], startedAt: number): Promise<number> {
  try {
    const wanted = words[0] === '--version' ? ['version'] : words;
    return await execute(wanted, { startedAt, root: COMMANDS });
  } catch (error) {
    process.stderr.write(`appliance: ${messageOf(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** The message of an error; of a file that cannot be opened in the words of the others. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, errno, path, syscall } = error as NodeJS.ErrnoException;
  if (errno === undefined || path === undefined || syscall === undefined) return error.message;
  return `cannot ${syscall} ${path}: ${getSystemErrorMessage(errno)} (${code})`;
}
