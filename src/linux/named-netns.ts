/** Owns making and removing named network namespaces, as ip-netns(8) does. */
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { check } from './check.ts';
import { isErrno, LinuxError } from './errors.ts';
import { libc } from './libc.ts';
import { setLinkUp } from './links.ts';
import { MountFlag, mount, UnmountFlag, unmount } from './mount.ts';
import {
  CLONE_NEWNET,
  excursion,
  NETNS_DIR,
  netnsFileKind,
  netnsPath,
  THREAD_NETNS,
  withNetns,
} from './netns.ts';

const EINVAL = 22;

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
