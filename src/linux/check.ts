/** Owns the conversion of a C result into a coded error. */
import { LinuxError } from './errors.ts';
import { lastErrno } from './libc.ts';

/**
 * Returns `result` when it is not negative, otherwise throws a `LinuxError` from errno. The C call must be the
 * expression given as `result`, so that nothing runs between the call and the reading of errno.
 */
export function check(result: number | bigint, call: string, ...args: readonly unknown[]): number {
  if (result < 0) throw new LinuxError(call, lastErrno(), args);
  return Number(result);
}
