/**
 * What a network namespace in which routing daemons work is told, before any TAP is in it: an interface takes the
 * settings of `default` when it comes.
 */
import { withNetns, writeSysctl } from '../linux/mod.ts';

/** Source: Documentation/networking/ip-sysctl.rst of the kernel. */
const SETTINGS: readonly (readonly [string, string])[] = [
  // An address can be used at once: VPP answers for it, and a daemon that finds it tentative drops routes over it.
  ['net.ipv6.conf.all.accept_dad', '0'],
  ['net.ipv6.conf.default.accept_dad', '0'],
  ['net.ipv6.conf.all.dad_transmits', '0'],
  ['net.ipv6.conf.default.dad_transmits', '0'],
  // A link that goes down keeps its addresses in both families.
  ['net.ipv6.conf.all.keep_addr_on_down', '1'],
  ['net.ipv6.conf.default.keep_addr_on_down', '1'],
  // The others of a subnet stay when the first one goes.
  ['net.ipv4.conf.all.promote_secondaries', '1'],
  ['net.ipv4.conf.default.promote_secondaries', '1'],
  // A router takes its addresses and routes from its operator.
  ['net.ipv6.conf.all.accept_ra', '0'],
  ['net.ipv6.conf.default.accept_ra', '0'],
  ['net.ipv6.conf.all.autoconf', '0'],
  ['net.ipv6.conf.default.autoconf', '0'],
];

/** Settles the namespace of this name. Throws LinuxError: ENOENT (no such namespace, or no such setting), EACCES … */
export function settleNamespace(netns: string): void {
  withNetns(netns, () => {
    for (const [name, value] of SETTINGS) writeSysctl(name, value);
  });
}
