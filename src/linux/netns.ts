/**
 * Owns entering named network namespaces: bind mounts under /run/netns, as ip-netns(8) makes them.
 *
 * Invariant: outside of an `excursion` this thread is in the namespace it was in before, because it runs synchronously;
 * when the return fails, the error says so and the process should end.
 */
import { closeSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { check } from './check.ts';
import { asLinuxError } from './errors.ts';
import { libc } from './libc.ts';

/** Where `ip netns` and VPP look for named namespaces. */
export const NETNS_DIR = '/run/netns';

export const CLONE_NEWNET = 0x4000_0000;
/** ioctl that returns the type of a namespace file. Source: linux/nsfs.h. */
const NS_GET_NSTYPE = 0xb703n;
export const THREAD_NETNS = '/proc/thread-self/ns/net';

/**
 * Runs `body` synchronously with this thread in the namespace: sockets it opens and processes it spawns stay there,
 * /sys/class/net does not follow. `body` must not return a promise with work left to do in the namespace.
 * Throws LinuxError: ENOENT (no such namespace), EPERM, EINVAL; and whatever `body` throws.
 */
export function withNetns<T>(name: string, body: () => T, dir: string = NETNS_DIR): T {
  const path = netnsPath(name, dir);
  return excursion(() => {
    enter(path);
    return body();
  });
}

/** Distinguishes a namespace from a later one of the same name; undefined while there is none. */
export function netnsIdentity(name: string, dir: string = NETNS_DIR): string | undefined {
  const path = netnsPath(name, dir);
  try {
    if (netnsFileKind(path) !== 'netns') return undefined;
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined; // removed meanwhile
  }
}

/** Opens a named namespace; the caller closes the descriptor. Throws LinuxError ENOENT. */
export function openNetns(name: string, dir: string = NETNS_DIR): number {
  return openPath(netnsPath(name, dir));
}

/** Opens the namespace that this thread is in; the caller closes the descriptor. */
export function openOwnNetns(): number {
  return openSync(THREAD_NETNS, 'r');
}

/** Runs `body`, which may change this thread's network namespace, and restores the namespace whatever happens. */
export function excursion<T>(body: () => T): T {
  const home = openOwnNetns();
  try {
    return body();
  } finally {
    try {
      check(libc.setns(home, CLONE_NEWNET), 'setns', 'back to the original network namespace');
    } finally {
      closeSync(home);
    }
  }
}

function enter(path: string): void {
  const fd = openPath(path);
  try {
    check(libc.setns(fd, CLONE_NEWNET), 'setns', path);
  } finally {
    closeSync(fd);
  }
}

function openPath(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw asLinuxError(error, 'setns', [path]);
  }
}

/** The file of a name. Throws RangeError for one with separators. */
export function netnsPath(name: string, dir: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
    throw new RangeError(`network namespace ${JSON.stringify(name)}: not a plain file name`);
  }
  return `${dir}/${name}`;
}

/** What the file of a name is. */
export function netnsFileKind(path: string): 'absent' | 'leftover' | 'netns' | 'other' {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) return 'absent';
  if (!info.isFile()) return 'other';
  const fd = openSync(path, 'r');
  try {
    if (libc.ioctl(fd, NS_GET_NSTYPE, 0n) === CLONE_NEWNET) return 'netns';
  } finally {
    closeSync(fd);
  }
  // A namespace of another type is as empty as a leftover name, but on another file system than its directory.
  return info.size === 0 && info.dev === statSync(dirname(path)).dev ? 'leftover' : 'other';
}
