/** What the kernel is told once at boot: sysctls, limits, core dumps, host name. */
import { setHostname, setLinkUp, setRlimit, writeSysctl, reasonOf } from '../linux/mod.ts';

/** Socket buffer for the routing daemons' and LCP's netlink sockets, in bytes (the specification's figure). */
const NETLINK_BUFFER_BYTES = 67_108_864;

const SYSCTLS: readonly (readonly [string, string])[] = [
  ['net.core.rmem_default', String(NETLINK_BUFFER_BYTES)],
  ['net.core.rmem_max', String(NETLINK_BUFFER_BYTES)],
  ['net.ipv4.ip_forward', '1'],
  ['net.ipv6.conf.all.forwarding', '1'],
  // With forwarding on the kernel ignores router advertisements unless told otherwise; management wants them.
  ['net.ipv6.conf.default.accept_ra', '2'],
  ['net.ipv6.conf.all.accept_ra', '2'],
  ['kernel.panic', '10'],
];

/** Sets all sysctls; throws one error that names those the kernel refused. */
export function applySysctls(): string {
  const failures: string[] = [];
  for (const [name, value] of SYSCTLS) {
    try {
      writeSysctl(name, value);
    } catch (error) {
      failures.push(reasonOf(error));
    }
  }
  if (failures.length > 0) throw new Error(failures.join('; '));
  return `${SYSCTLS.length} sysctls`;
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
