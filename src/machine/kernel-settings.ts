/**
 * What the kernel is told: at boot sysctls, limits, core dumps, host name; and the sysctls of the namespace that is the
 * router's control plane.
 *
 * The two namespaces have nothing to do with each other: the first one, management's, forwards nothing, and the other
 * one forwards whoever has its links, VPP's TAPs or the NICs themselves. Daemons then find it the same both times.
 *
 * Source: kernel Documentation/networking/ip-sysctl.rst.
 */
import {
  createNamedNetns,
  isErrno,
  reasonOf,
  setHostname,
  setLinkUp,
  setRlimit,
  withNetns,
  writeSysctl,
} from '../linux/mod.ts';

/** Socket buffer for the routing daemons' and LCP's netlink sockets, in bytes (the specification's figure). */
const NETLINK_BUFFER_BYTES = 67_108_864;

type Sysctls = readonly (readonly [string, string])[];

const SYSCTLS: Sysctls = [
  ['net.core.rmem_default', String(NETLINK_BUFFER_BYTES)],
  ['net.core.rmem_max', String(NETLINK_BUFFER_BYTES)],
  ['net.ipv4.ip_forward', '0'],
  ['net.ipv6.conf.all.forwarding', '0'],
  ['net.ipv6.conf.default.accept_ra', '2'],
  ['net.ipv6.conf.all.accept_ra', '2'],
  ['kernel.panic', '10'],
];

/** `default` is for links that come, `all` counts beside what each link has. */
const CONTROL_SYSCTLS: Sysctls = [
  ['net.ipv4.ip_forward', '1'],
  ['net.ipv6.conf.all.forwarding', '1'],
  // A router's way back may be another one.
  ['net.ipv4.conf.all.rp_filter', '0'],
  ['net.ipv4.conf.default.rp_filter', '0'],
  // Addresses are those of the configuration and of daemons, usable at once, since a daemon that finds one tentative drops
  // the routes over it, and not lost with a link that is set down.
  ['net.ipv6.conf.all.accept_ra', '0'],
  ['net.ipv6.conf.default.accept_ra', '0'],
  ['net.ipv6.conf.default.autoconf', '0'],
  ['net.ipv6.conf.all.accept_dad', '0'],
  ['net.ipv6.conf.default.accept_dad', '0'],
  ['net.ipv6.conf.all.keep_addr_on_down', '1'],
  ['net.ipv6.conf.default.keep_addr_on_down', '1'],
  // The others of a subnet stay when its first address goes.
  ['net.ipv4.conf.all.promote_secondaries', '1'],
  ['net.ipv4.conf.default.promote_secondaries', '1'],
];

/**
 * Makes sure that the control plane's namespace is there, forwards, and treats addresses as VPP does; says whether it
 * was made. Throws LinuxError when it cannot be made, and one error that names the sysctls that were refused.
 */
export function prepareControlNamespace(netns: string): 'created' | 'existing' {
  const outcome = createNamedNetns(netns);
  withNetns(netns, () => setAll(CONTROL_SYSCTLS));
  return outcome;
}

/** Sets all sysctls; throws one error that names those the kernel refused. */
export function applySysctls(): string {
  return setAll(SYSCTLS);
}

function setAll(sysctls: Sysctls): string {
  const failures: string[] = [];
  for (const [name, value] of sysctls) {
    try {
      writeSysctl(name, value);
    } catch (error) {
      // This kernel has no IPv6: there is nothing to be set.
      if (isErrno(error, 'ENOENT') && name.startsWith('net.ipv6.')) continue;
      failures.push(reasonOf(error));
    }
  }
  if (failures.length > 0) throw new Error(failures.join('; '));
  return `${sysctls.length} sysctls`;
}

/** RLIMIT_MEMLOCK without bound (VFIO and hugepages lock memory), no cores but where they are asked for; inherited by all services. */
export function applyLimits(): void {
  setRlimit('memlock', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  setRlimit('core', 0, Number.POSITIVE_INFINITY);
}

/** Host name, limits and loopback. */
export function applyIdentity(hostname: string): string {
  setHostname(hostname);
  applyLimits();
  setLinkUp('lo', true);
  return hostname;
}
