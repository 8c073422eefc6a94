/**
 * The addresses for which VPP answers ARP requests by proxy (`net.ipv4.conf.TAP.proxy_arp`). Pure.
 *
 * Linux answers where it has a route to the address through another interface. VPP ignores routes, and shares the
 * ranges of a table among all interfaces with proxy ARP (arp_proxy.c). So it is given all unicast addresses except the
 * networks of these interfaces, where the owners of the addresses answer themselves; and of these networks the prefixes
 * that have routes through other interfaces.
 */
import { parsePrefix } from '../config/mod.ts';
import type { Ipv4Range } from '../vpp/api/mod.ts';

interface Span {
  readonly low: number;
  readonly high: number;
}

/** This host, loopback, link-local, multicast and reserved addresses: never answered by proxy (RFC 6890). */
const NEVER = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'];

/**
 * The ranges for interfaces with these addresses, such as `192.0.2.1/24`; those of IPv6 are ignored.
 *
 * @param elsewhere prefixes inside the networks of these addresses that are behind other interfaces
 */
export function proxyRanges(addresses: Iterable<string>, elsewhere: Iterable<string> = []): Ipv4Range[] {
  const gaps = [...NEVER, ...addresses]
    .map(spanOf)
    .filter((span) => span !== undefined)
    .sort((a, b) => a.low - b.low);
  const ranges: Ipv4Range[] = [];
  let next = 0;
  for (const { low, high } of gaps) {
    if (low > next) ranges.push({ low: textOf(next), high: textOf(low - 1) });
    next = Math.max(next, high + 1);
  }
  for (const text of elsewhere) {
    const span = spanOf(text);
    if (span !== undefined) ranges.push({ low: textOf(span.low), high: textOf(span.high) });
  }
  return ranges;
}

function spanOf(text: string): Span | undefined {
  const prefix = parsePrefix(text);
  if (prefix?.family !== 4) return undefined;
  const size = 2 ** (32 - prefix.length);
  const value = Buffer.from(prefix.bytes).readUInt32BE(0);
  const low = Math.floor(value / size) * size;
  return { low, high: low + size - 1 };
}

function textOf(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.');
}
