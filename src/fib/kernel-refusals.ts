/** What the kernel's refusals mean: about now, or about the route. */
import type { LinuxError } from '../linux/mod.ts';

/** No network, host or device that the next hop could be on; the device is down. */
const CODES = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'ENODEV', 'ENETDOWN']);
/**
 * Beside EINVAL: what it says of a gateway that is an address of the box itself, or of nothing that it is on.
 * Source: net/ipv4/fib_semantics.c, net/ipv6/route.c.
 */
const WORDS = /invalid gateway|gateway can not be a local address/i;

/** Whether another link or address could make the kernel take the route. */
export function isUnresolved({ code, detail }: LinuxError): boolean {
  return CODES.has(code) || (detail !== undefined && WORDS.test(detail));
}

/** A refusal for good, as people read it. */
export function refusalWords({ message, detail }: LinuxError): string {
  // net/core/lwtunnel.c
  if (detail === undefined || !/encapsulation type not supported/.test(detail)) return message;
  return 'the kernel cannot push MPLS labels: its module mpls_iptunnel is not loaded';
}
