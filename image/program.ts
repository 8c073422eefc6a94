/**
 * The entry of the image programs: a mistake of the user or of the machine is reported in one line, without a stack
 * trace.
 */

import { ImageError } from './errors.ts';

/** True for errors whose message is meant for the user: ours, wrong options, files that cannot be read. */
function isExpected(error: unknown): error is Error {
  if (error instanceof ImageError) return true;
  if (!(error instanceof Error) || !('code' in error)) return false;
  return 'syscall' in error || String(error.code).startsWith('ERR_PARSE_ARGS');
}

/** Runs a program to its end. Exits with 1 after an expected error; others are rethrown. */
export async function runProgram(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!isExpected(error)) throw error;
    const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
    process.stderr.write(`appliance: ${error.message}${cause}\n`);
    process.exitCode = 1;
  }
}
