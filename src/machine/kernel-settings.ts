/**
 * Kernel settings: sysctls, limits, core dumps and host name at boot; and the sysctls of the network namespace that is
 * the router's control plane.
 *
 * The two namespaces are independent: the first one, for management, forwards nothing; the other one forwards, whether
 * its links are VPP's TAPs or the NICs themselves. Daemons see no difference.
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
  // No links gre0, sit0, tunl0 … with the modules of tunnels: the configuration may use the names.
  ['net.core.fb_tunnels_only_for_init_net', '2'],
];

/** `default` applies to new links, `all` in addition to the setting of each link. */
const CONTROL_SYSCTLS: Sysctls = [
  ['net.ipv4.ip_forward', '1'],
  ['net.ipv6.conf.all.forwarding', '1'],
  // A router's return path may be asymmetric.
  ['net.ipv4.conf.all.rp_filter', '0'],
  ['net.ipv4.conf.default.rp_filter', '0'],
  // Addresses come from the configuration and from daemons. They are usable at once, since a daemon drops the routes
  // over a tentative one, and are kept when a link is set down.
  ['net.ipv6.conf.all.accept_ra', '0'],
  ['net.ipv6.conf.default.accept_ra', '0'],
  ['net.ipv6.conf.default.autoconf', '0'],
  ['net.ipv6.conf.all.accept_dad', '0'],
  ['net.ipv6.conf.default.accept_dad', '0'],
  ['net.ipv6.conf.all.keep_addr_on_down', '1'],
  ['net.ipv6.conf.default.keep_addr_on_down', '1'],
  // The secondary addresses of a subnet stay when its primary is removed.
  ['net.ipv4.conf.all.promote_secondaries', '1'],
  ['net.ipv4.conf.default.promote_secondaries', '1'],
];

/**
 * Ensures that the control plane's namespace exists, forwards, and treats addresses as VPP does; returns whether it was
 * created. Throws LinuxError when it cannot be created, and one error naming the sysctls that were refused.
 */
export function prepareControlNamespace(netns: string): 'created' | 'existing' {
  const outcome = createNamedNetns(netns);
  withNetns(netns, () => setAll(CONTROL_SYSCTLS));
  return outcome;
}

/** Sets all sysctls; throws one error naming those that the kernel refused. */
export function applySysctls(): string {
  return setAll(SYSCTLS);
}

function setAll(sysctls: Sysctls): string {
  const failures: string[] = [];
  for (const [name, value] of sysctls) {
    try {
      writeSysctl(name, value);
    } catch (error) {
      // This kernel has no IPv6.
      if (isErrno(error, 'ENOENT') && name.startsWith('net.ipv6.')) continue;
      failures.push(reasonOf(error));
    }
  }
  if (failures.length > 0) throw new Error(failures.join('; '));
  return `${sysctls.length} sysctls`;
}

/** RLIMIT_MEMLOCK unlimited (VFIO and hugepages lock memory), core dumps off by default; inherited by all services. */
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
