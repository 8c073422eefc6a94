/**
 * Owns named network namespaces: bind mounts under /run/netns, as ip-netns(8) makes them.
 *
 * Invariant: outside `withNetns` and `createNamedNetns` this thread is in the namespace it was in before, because
 * both run synchronously; when the return fails, the error says so and the process should end.
 */
import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { check } from './check.ts';
import { asLinuxError, isErrno, LinuxError } from './errors.ts';
import { libc } from './libc.ts';
import { setLinkUp } from './links.ts';
import { MountFlag, mount, UnmountFlag, unmount } from './mount.ts';

/** Where `ip netns` and VPP look for named namespaces. */
export const NETNS_DIR = '/run/netns';

const CLONE_NEWNET = 0x4000_0000;
/** ioctl that returns the type of a namespace file. Source: linux/nsfs.h. */
const NS_GET_NSTYPE = 0xb703n;
const THREAD_NETNS = '/proc/thread-self/ns/net';

/**
 * Makes sure that a network namespace of this name exists and that its loopback is up. An existing one is kept
 * (`existing`); a leftover name without a namespace is bound again. Throws LinuxError: EPERM, EINVAL (the name is
 * taken by a file that is not a network namespace) … and RangeError for a name with separators.
 */
export function createNamedNetns(name: string, dir: string = NETNS_DIR): 'created' | 'existing' {
  const path = netnsPath(name, dir);
  const kind = netnsFileKind(path);
  if (kind === 'netns') {
    withNetns(name, () => setLinkUp('lo', true), dir);
    return 'existing';
  }
  if (kind === 'other') {
    throw new LinuxError('createNamedNetns', EINVAL, [path], {
      detail: 'the file exists and is not a network namespace',
    });
  }
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  closeSync(openSync(path, 'a', 0o444));
  try {
    excursion(() => {
      check(libc.unshare(CLONE_NEWNET), 'unshare', 'CLONE_NEWNET');
      mount(THREAD_NETNS, path, 'none', MountFlag.bind);
      setLinkUp('lo', true);
    });
  } catch (error) {
    deleteNamedNetns(name, dir);
    throw error;
  }
  return 'created';
}

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

/** Removes the name; the namespace persists while processes or sockets are in it. False when it did not exist. */
export function deleteNamedNetns(name: string, dir: string = NETNS_DIR): boolean {
  const path = netnsPath(name, dir);
  let existed = false;
  try {
    unmount(path, UnmountFlag.detach);
    existed = true;
  } catch (error) {
    if (!isErrno(error, 'EINVAL', 'ENOENT')) throw error; // not mounted: at most the name is left
  }
  rmSync(path, { force: true });
  return existed;
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

const EINVAL = 22;

/** Runs `body`, which may change this thread's network namespace, and restores the namespace whatever happens. */
function excursion<T>(body: () => T): T {
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

function netnsPath(name: string, dir: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
    throw new RangeError(`network namespace ${JSON.stringify(name)}: not a plain file name`);
  }
  return `${dir}/${name}`;
}

function netnsFileKind(path: string): 'absent' | 'leftover' | 'netns' | 'other' {
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
