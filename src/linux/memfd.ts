/** Owns creating anonymous memory files. */
import { check } from './check.ts';
import { cString, libc } from './libc.ts';

const MFD_CLOEXEC = 1;

/**
 * memfd_create(2): an empty memory file, closed on exec; size it with fs.ftruncateSync, fill it with
 * fs.writeSync, close it with fs.closeSync. `name` is for diagnostics. Throws LinuxError: EINVAL, EMFILE.
 */
export function createMemfd(name: string): number {
  return check(libc.memfd_create(cString(name, 'memfd name'), MFD_CLOEXEC), 'memfd_create', name);
}
