/**
 * [interface.NAME] and [vpp.dpdk.interface.PCI]: their values, and what must hold between them.
 */

import { formatAddress, formatPrefix, isIpv6LinkLocal, maskBytes, type ParsedPrefix } from './addresses.ts';
import { readInterfaceAddress, splitList } from './network-values.ts';
import { type Problems, quote } from './problems.ts';
import type { Resolved } from './resolve.ts';
import type { DpdkInterfaceConfig, InterfaceConfig } from './types.ts';
import type { Values } from './values.ts';

/** Names that VPP makes itself: `local0`, and loopbacks by their number. */
const VPP_OWN_NAME = /^(local0|loop[0-9]+)$/;
/** A loopback that [interface.NAME] asks for. */
export const LOOPBACK_NAME = /^loop(0|[1-9][0-9]{0,3})$/;
/** IPv6 needs a link that carries 1280 bytes (RFC 8200, section 5). */
const IPV6_MIN_MTU = 1280;

interface Placed {
  readonly interfaceName: string;
  readonly line: number;
  readonly leaf: string;
  readonly prefix: ParsedPrefix;
}

/** NICs for VPP whose name was not refused. */
export function readDpdkInterfaces(
  resolved: Resolved,
  values: Values,
  problems: Problems,
): DpdkInterfaceConfig[] {
  const interfaces: DpdkInterfaceConfig[] = [];
  const lines = new Map<string, number>();
  for (const section of resolved.sections) {
    if (section.template !== 'vpp.dpdk.interface.PCI') continue;
    const name = values.get('vpp.dpdk.interface.PCI.name', section);
    if (name === undefined) continue;
    const line = values.line('vpp.dpdk.interface.PCI.name', section);
    const leaf = `${section.id}.name`;
    const firstLine = lines.get(name);
    if (firstLine !== undefined) {
      problems.error(
        line,
        leaf,
        `${quote(name)} is the name of another NIC on line ${firstLine}: names differ`,
      );
    } else if (VPP_OWN_NAME.test(name)) {
      problems.error(line, leaf, `${quote(name)} is a name that VPP gives itself: one like xe0 is right`);
    }
    if (firstLine === undefined) lines.set(name, line);
    interfaces.push({
      pciAddress: section.instance,
      name,
      driver: values.get('vpp.dpdk.interface.PCI.driver', section) === 'native' ? 'native' : 'dpdk',
      rxQueues: values.get('vpp.dpdk.interface.PCI.rx-queues', section),
      txQueues: values.get('vpp.dpdk.interface.PCI.tx-queues', section),
      line: section.line,
    });
  }
  return interfaces;
}

/** The [interface.NAME] sections; addresses that were refused are left out. */
export function readInterfaces(resolved: Resolved, values: Values, problems: Problems): InterfaceConfig[] {
  const placed: Placed[] = [];
  const interfaces = resolved.sections
    .filter((section) => section.template === 'interface.NAME')
    .map((section): InterfaceConfig => {
      const line = values.line('interface.NAME.addresses', section);
      const leaf = `${section.id}.addresses`;
      const addresses = readAddresses(values.get('interface.NAME.addresses', section), (message) =>
        problems.error(line, leaf, message),
      );
      for (const prefix of addresses) placed.push({ interfaceName: section.instance, line, leaf, prefix });
      const mtuBytes = values.get('interface.NAME.mtu', section);
      const ipv6 = addresses.find((prefix) => prefix.family === 6);
      if (mtuBytes !== undefined && mtuBytes < IPV6_MIN_MTU && ipv6 !== undefined) {
        const message = `"${mtuBytes}" is too small for the IPv6 address ${formatPrefix(ipv6)}: at least ${IPV6_MIN_MTU} is right`;
        problems.error(values.line('interface.NAME.mtu', section), `${section.id}.mtu`, message);
      }
      return {
        name: section.instance,
        enabled: values.get('interface.NAME.enabled', section),
        mtuBytes,
        addresses: addresses.map(({ family, address, length }) => ({ family, address, length })),
        mpls: values.get('interface.NAME.mpls', section),
        line: section.line,
      };
    });
  reportOverlaps(placed, problems);
  return interfaces;
}

function readAddresses(text: string | undefined, report: (message: string) => void): ParsedPrefix[] {
  const addresses: ParsedPrefix[] = [];
  if (text === undefined) return addresses;
  const seen = new Set<string>();
  for (const item of splitList(text)) {
    const read = readInterfaceAddress(item);
    if ('error' in read) {
      report(read.error);
    } else if (seen.has(read.value.address)) {
      report(`${quote(item)} is there twice: give it once`);
    } else {
      seen.add(read.value.address);
      addresses.push(read.value);
    }
  }
  return addresses;
}

/**
 * One address on two interfaces, and subnets that overlap: VPP refuses both, except for several addresses of the same
 * subnet and length on one interface. Link-local addresses are local to their interface.
 */
function reportOverlaps(placed: readonly Placed[], problems: Problems): void {
  // Prefixes nest or are disjoint: sorted by start and length, those that hold the present one are on a stack.
  const sorted = placed
    .filter(({ prefix }) => !isIpv6LinkLocal(prefix))
    .map((item) => ({ ...item, start: maskBytes(item.prefix.bytes, item.prefix.length) }))
    .sort(
      (a, b) =>
        a.prefix.family - b.prefix.family ||
        Buffer.compare(a.start, b.start) ||
        a.prefix.length - b.prefix.length ||
        a.line - b.line,
    );
  const outer: (typeof sorted)[number][] = [];
  for (const item of sorted) {
    const { family } = item.prefix;
    for (let top = outer.at(-1); top !== undefined; top = outer.at(-1)) {
      const { prefix, start } = top;
      if (prefix.family === family && Buffer.compare(maskBytes(item.start, prefix.length), start) === 0)
        break;
      outer.pop();
    }
    const holder = outer.at(-1);
    if (holder !== undefined && !isSecondary(holder, item)) reportPair(holder, item, problems);
    // Of equals the first stays, so that each later one is compared with it.
    if (holder === undefined || holder.prefix.length !== item.prefix.length) outer.push(item);
  }
}

function isSecondary(a: Placed, b: Placed): boolean {
  return a.interfaceName === b.interfaceName && a.prefix.length === b.prefix.length;
}

function reportPair(a: Placed, b: Placed, problems: Problems): void {
  const [first, second] = a.line <= b.line ? [a, b] : [b, a];
  const shown = quote(formatPrefix(second.prefix));
  const where = `of ${first.interfaceName} on line ${first.line}`;
  if (first.prefix.address === second.prefix.address) {
    problems.error(
      second.line,
      second.leaf,
      `${shown} is an address ${where} too: give each interface its own`,
    );
    return;
  }
  const { family, length, bytes } = first.prefix;
  const network = { family, length, address: formatAddress(maskBytes(bytes, length)) };
  const message = `${shown} overlaps ${formatPrefix(network)} ${where}: subnets of interfaces are disjoint`;
  problems.error(second.line, second.leaf, message);
}
