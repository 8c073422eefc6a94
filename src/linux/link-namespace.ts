/**
 * Owns links in other network namespaces: moving one there and back, and sysfs as it is seen from there.
 *
 * A link that moves is set down and loses its addresses and routes, and may have another index. A device that loses its
 * driver loses its link in whatever namespace that is, and a namespace that ends gives its devices back to the first one.
 *
 * Source: linux/if_link.h, net/core/dev.c (__dev_change_net_namespace), fs/sysfs/mount.c.
 */
import { closeSync } from 'node:fs';
import { requireLinkIndex, setLinkOf } from './links.ts';
import { MountFlag, mount } from './mount.ts';
import { openNetns, openOwnNetns, withNetns } from './netns.ts';

const IFLA_NET_NS_FD = 28;

/**
 * Moves a link of this thread's namespace to a named one, where it is called `newName`. Throws LinuxError: ENODEV (no
 * such link), ENOENT (no such namespace), EEXIST (the name is taken there; the link may have moved under its old one),
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
 * Mounts sysfs as it is seen in a named namespace: its class/net, and the links below each device. Throws LinuxError
 * as mount(2), and ENOENT for a namespace that is not there.
 */
export function mountSysfsOf(netns: string, target: string, dir?: string): void {
  const { readOnly, noSuid, noDev, noExec } = MountFlag;
  withNetns(netns, () => mount('sysfs', target, 'sysfs', readOnly | noSuid | noDev | noExec), dir);
}

function move(target: number, ifName: string, newName: string): void {
  const args = [ifName, newName];
  // By index: the name in the message is the new one.
  const index = requireLinkIndex(ifName, 'moveLink', args);
  setLinkOf(index, { name: newName, more: [[IFLA_NET_NS_FD, target]], call: 'moveLink', args });
}
