/**
 * Owns links in other network namespaces: moving one there and back, and mounting sysfs as seen from there.
 *
 * A moved link is set down, loses its addresses and routes, and may get another index. A device that loses its driver
 * loses its link in any namespace, and a namespace that ends returns its devices to the initial one.
 *
 * Source: linux/if_link.h, net/core/dev.c (__dev_change_net_namespace), fs/sysfs/mount.c.
 */
import { closeSync } from 'node:fs';
import { requireLinkIndex, setLinkOf } from './links.ts';
import { MountFlag, mount } from './mount.ts';
import { openNetns, openOwnNetns, withNetns } from './netns.ts';

const IFLA_NET_NS_FD = 28;

/**
 * Moves a link of this thread's namespace to a named one, renaming it to `newName`. Throws LinuxError: ENODEV (no
 * such link), ENOENT (no such namespace), EEXIST (the name is taken there; the link may have moved under its old name),
 * EINVAL (a link that cannot leave its namespace), EPERM.
 */
export function moveLinkTo(netns: string, ifName: string, newName: string, dir?: string): void {
  const target = openNetns(netns, dir);
  try {
    move(target, ifName, newName);
  } finally {
    closeSync(target);
  }
}

/** As `moveLinkTo`, from a named namespace to this thread's. */
export function moveLinkFrom(netns: string, ifName: string, newName: string, dir?: string): void {
  const home = openOwnNetns();
  try {
    withNetns(netns, () => move(home, ifName, newName), dir);
  } finally {
    closeSync(home);
  }
}

/**
 * Mounts sysfs as seen from a named namespace: its class/net, and the links below each device. Throws LinuxError
 * as mount(2), and ENOENT for a namespace that does not exist.
 */
export function mountSysfsOf(netns: string, target: string, dir?: string): void {
  const { readOnly, noSuid, noDev, noExec } = MountFlag;
  withNetns(netns, () => mount('sysfs', target, 'sysfs', readOnly | noSuid | noDev | noExec), dir);
}

function move(target: number, ifName: string, newName: string): void {
  const args = [ifName, newName];
  // By index: the name in the message is the new name.
  const index = requireLinkIndex(ifName, 'moveLink', args);
  setLinkOf(index, { name: newName, more: [[IFLA_NET_NS_FD, target]], call: 'moveLink', args });
}
