/** Owns mounting, unmounting and the list of mounts. */
import { readFileSync } from 'node:fs';
import { check } from './check.ts';
import { asLinuxError } from './errors.ts';
import { cString, libc } from './libc.ts';

/** Flags of mount(2). Source: linux/mount.h. */
export const MountFlag = {
  readOnly: 1,
  noSuid: 2,
  noDev: 4,
  noExec: 8,
  remount: 32,
  noAtime: 1024,
  bind: 4096,
  move: 8192,
  rec: 16384,
  private: 1 << 18,
  slave: 1 << 19,
  shared: 1 << 20,
} as const;

/** Flags of umount2(2). */
export const UnmountFlag = { force: 1, detach: 2 } as const;

/** One line of /proc/PID/mounts, with its octal escapes decoded. */
export interface MountEntry {
  readonly source: string;
  readonly target: string;
  readonly fsType: string;
  readonly options: readonly string[];
}

/**
 * mount(2). `flags` is a sum of `MountFlag`s, `data` the file system's own options (`size=64m`).
 * Throws LinuxError: EBUSY (already mounted there), ENODEV (file system unknown to the kernel), ENOENT …
 */
export function mount(source: string, target: string, fsType: string, flags: number, data?: string): void {
  check(
    libc.mount(
      cString(source, 'mount source'),
      cString(target, 'mount target'),
      cString(fsType, 'file system type'),
      BigInt(flags),
      data === undefined ? null : cString(data, 'mount data'),
    ),
    'mount',
    source,
    target,
    fsType,
    ...(data === undefined ? [] : [data]),
  );
}

/** umount2(2). Throws LinuxError: EBUSY (a file is open there), EINVAL (not a mount point) … */
export function unmount(target: string, flags = 0): void {
  check(libc.umount2(cString(target, 'mount target'), flags), 'umount', target);
}

/** The mounts that process `pid` sees, in mount order. Throws LinuxError when procfs is not mounted. */
export function readMounts(pid: number | 'self' = 'self', procRoot = '/proc'): MountEntry[] {
  const path = `${procRoot}/${pid}/mounts`;
  try {
    return parseMounts(readFileSync(path, 'utf8'));
  } catch (error) {
    throw asLinuxError(error, 'readMounts', [path]);
  }
}

function parseMounts(text: string): MountEntry[] {
  const entries: MountEntry[] = [];
  for (const line of text.split('\n')) {
    const [source, target, fsType, options] = line.split(' ').map(unescapeOctal);
    if (source === undefined || target === undefined || fsType === undefined || options === undefined)
      continue;
    entries.push({ source, target, fsType, options: options.split(',') });
  }
  return entries;
}

function unescapeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
