/** Owns calls on the machine as a whole: its power state, its disks' caches, its host name. */
import { check } from './check.ts';
import { libc } from './libc.ts';

/** Commands of reboot(2). Source: linux/reboot.h. */
const REBOOT_COMMAND = {
  restart: 0x01234567,
  halt: 0xcdef0123 | 0,
  'power-off': 0x4321fedc,
  'cad-on': 0x89abcdef | 0,
  'cad-off': 0,
} as const;

/** Linux's limit on a host name (__NEW_UTS_LEN). */
const MAX_HOSTNAME_BYTES = 64;

/**
 * reboot(2), at once and without a sync: `restart`, `halt` and `power-off` do not return. `cad-off` makes
 * Ctrl-Alt-Del send SIGINT to PID 1, `cad-on` makes it restart the machine. Throws LinuxError: EPERM.
 */
export function reboot(action: keyof typeof REBOOT_COMMAND): void {
  check(libc.reboot(REBOOT_COMMAND[action]), 'reboot', action);
}

/** sync(2): writes every file system's dirty pages. Blocks until they are written. */
export function syncFilesystems(): void {
  libc.sync();
}

/** sethostname(2). Throws RangeError for an empty or too long name, LinuxError: EPERM. */
export function setHostname(name: string): void {
  const bytes = Buffer.from(name, 'utf8');
  if (bytes.length === 0 || bytes.length > MAX_HOSTNAME_BYTES || bytes.includes(0)) {
    throw new RangeError(
      `host name ${JSON.stringify(name)}: must be 1–${MAX_HOSTNAME_BYTES} bytes without NUL`,
    );
  }
  check(libc.sethostname(bytes, BigInt(bytes.length)), 'sethostname', name);
}
