/**
 * The mounts of the box as a table, and unmounting.
 *
 * EBUSY at a mount means that it is mounted already (the kernel mounts devtmpfs for an initramfs when configured to),
 * which is no error. nosuid, nodev and noexec are set where possible.
 */
import { chmodSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import type { HugepageSize } from '../config/types.ts';
import { isErrno, mount, MountFlag, readMounts, unmount, UnmountFlag, reasonOf } from '../linux/mod.ts';

interface MountRow {
  readonly source: string;
  readonly target: string;
  readonly fsType: string;
  readonly flags: number;
  readonly data?: string;
  /** A machine may lack it: no firmware of that kind, or no driver for it. */
  readonly optional?: true;
}

const { noSuid, noDev, noExec, readOnly } = MountFlag;
const SEALED = noSuid | noDev | noExec;

/** In mount order: a mount point below another mount follows it. Source: kernel Documentation/filesystems. */
export const MOUNTS: readonly MountRow[] = [
  { source: 'devtmpfs', target: '/dev', fsType: 'devtmpfs', flags: noSuid, data: 'mode=0755' },
  { source: 'proc', target: '/proc', fsType: 'proc', flags: SEALED },
  { source: 'sysfs', target: '/sys', fsType: 'sysfs', flags: SEALED },
  { source: 'tmpfs', target: '/run', fsType: 'tmpfs', flags: noSuid | noDev, data: 'mode=0755,size=64m' },
  { source: 'tmpfs', target: '/tmp', fsType: 'tmpfs', flags: noSuid | noDev, data: 'mode=1777,size=256m' },
  {
    source: 'devpts',
    target: '/dev/pts',
    fsType: 'devpts',
    flags: noSuid | noExec,
    data: 'mode=0620,ptmxmode=0666',
  },
  { source: 'tmpfs', target: '/dev/shm', fsType: 'tmpfs', flags: noSuid | noDev, data: 'mode=1777' },
  { source: 'cgroup2', target: '/sys/fs/cgroup', fsType: 'cgroup2', flags: SEALED },
  {
    source: 'efivarfs',
    target: '/sys/firmware/efi/efivars',
    fsType: 'efivarfs',
    flags: SEALED | readOnly,
    optional: true,
  },
  { source: 'pstore', target: '/sys/fs/pstore', fsType: 'pstore', flags: SEALED, optional: true },
];

/** Directories that programs expect. */
const RUN_DIRECTORIES = [
  '/run/vpp',
  '/run/appliance',
  '/run/netns',
  '/var',
  '/var/log',
  '/var/log/vpp',
  '/etc',
];

/** Mounts one row; returns whether it was mounted already, or that this machine lacks it. */
export function mountRow(row: MountRow): 'mounted' | 'already' | 'absent' {
  // Only the kernel creates mount points in sysfs.
  if (row.optional === true && !existsSync(row.target)) return 'absent';
  mkdirSync(row.target, { recursive: true });
  try {
    mount(row.source, row.target, row.fsType, row.flags, row.data);
    return 'mounted';
  } catch (error) {
    if (isErrno(error, 'EBUSY')) return 'already';
    if (row.optional === true && isErrno(error, 'ENODEV', 'ENOENT', 'EOPNOTSUPP')) return 'absent';
    throw error;
  }
}

/** Mounts the optional rows, after their modules were loaded. Throws LinuxError as mount(2). */
export function mountOptional(): void {
  for (const row of MOUNTS) if (row.optional === true) mountRow(row);
}

/** Mounts the whole table; a failed row does not stop the others. Throws one error naming all failures. */
export function mountAll(): string {
  const failures: string[] = [];
  // An initramfs on tmpfs has a world-writable root, and DPDK refuses to load drivers below such a directory.
  chmodSync('/', 0o755);
  for (const row of MOUNTS) {
    try {
      mountRow(row);
    } catch (error) {
      failures.push(reasonOf(error));
    }
  }
  for (const directory of RUN_DIRECTORIES) mkdirSync(directory, { recursive: true });
  try {
    symlinkSync('/run', '/var/run');
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) failures.push(String(error));
  }
  if (failures.length > 0) throw new Error(failures.join('; '));
  return `${MOUNTS.length} file systems`;
}

/** Mounts hugetlbfs with the page size in use at /dev/hugepages. */
export function mountHugetlbfs(pageSize: HugepageSize): void {
  mountRow({
    source: 'hugetlbfs',
    target: '/dev/hugepages',
    fsType: 'hugetlbfs',
    flags: noSuid | noDev,
    data: `pagesize=${pageSize}`,
  });
}

/** Mount points that the kernel needs until the machine stops: everything else is unmounted. */
const KEPT = new Set(['/', '/proc', '/sys', '/dev']);
const UNMOUNT_TRIES = 3;

/**
 * Unmounts everything but the root and the kernel's own file systems, deepest first. Returns the failures with their
 * reasons; those mounts are detached so that their devices are flushed.
 */
export function unmountAll(): string[] {
  let busy: string[] = [];
  for (let round = 0; round < UNMOUNT_TRIES; round += 1) {
    busy = [];
    const targets = readMounts().map((entry) => entry.target);
    for (const target of targets.toReversed()) {
      if (KEPT.has(target)) continue;
      try {
        unmount(target);
      } catch (error) {
        if (!isErrno(error, 'EINVAL')) busy.push(reasonOf(error));
      }
    }
    if (busy.length === 0) return [];
  }
  for (const { target } of readMounts().toReversed()) {
    if (KEPT.has(target)) continue;
    try {
      unmount(target, UnmountFlag.detach);
    } catch {
      // Named in `busy` already.
    }
  }
  return busy;
}
