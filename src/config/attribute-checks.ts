/** What an interface has besides its addresses: what VPP refuses, or takes and does nothing by. */
import { formatPrefix, isIpv6LinkLocal } from './addresses.ts';
import { encapsulationOf } from './encapsulation.ts';
import { expectedOneOf, suggestion } from './nearest.ts';
import { type Port, portsOf } from './ports.ts';
import { quote } from './problems.ts';
import type { Review } from './review.ts';
import { subInterfaceName } from './sub-interface-name.ts';
import type { Tunnel } from './tunnels.ts';
import type { Config, InterfaceConfig } from './types.ts';
import type { KeyOf } from './values.ts';

type Report = (one: InterfaceConfig, key: KeyOf<'interface'>, message: string) => void;

/** Reports attributes that do not fit their interface. */
export function checkAttributes(review: Review): void {
  const { config, layer3Tunnels } = review;
  const report: Report = ({ name }, key, message) => review.error(`interface.${name}.${key}`, message);
  const ports = portsOf(config);
  for (const one of config.interfaces) {
    checkMac(one, layer3Tunnels.get(one.name), report);
    checkNeighbors(one, layer3Tunnels.get(one.name), report);
    checkProxies(one, layer3Tunnels.get(one.name), config, report);
    checkIp(one, report);
    checkPort(one, ports.get(one.name), report);
    checkLinkLocal(one, report);
    checkDhcp(one, report);
    checkUnnumbered(one, config, ports, report);
  }
}

function checkMac(one: InterfaceConfig, tunnel: Tunnel | undefined, report: Report): void {
  const { name, mac } = one;
  if (mac === undefined) return;
  const parent = subInterfaceName(name)?.parent;
  if (parent !== undefined) {
    report(one, 'mac', `${name} has the MAC address of ${parent}: write it in [interface.${parent}]`);
  } else if (tunnel !== undefined) {
    report(one, 'mac', `the tunnel ${name} carries IP packets, and has no MAC address: remove the line`);
  }
}

function checkNeighbors(one: InterfaceConfig, tunnel: Tunnel | undefined, report: Report): void {
  const { name, neighbors, addresses, mac } = one;
  if (neighbors.length > 0 && tunnel !== undefined) {
    report(one, 'neighbors', `the tunnel ${name} carries IP packets, and has no neighbours: remove the line`);
    return;
  }
  for (const neighbor of neighbors) {
    if (addresses.some(({ address }) => address === neighbor.address)) {
      const message = `${quote(neighbor.address)} is the box's own address: expected the address of a neighbour`;
      report(one, 'neighbors', message);
    } else if (neighbor.mac === mac) {
      const message = `${quote(neighbor.mac)} is the interface's own MAC address: expected that of ${neighbor.address}`;
      report(one, 'neighbors', message);
    }
  }
}

/** VPP answers for others where hosts ask for MAC addresses, and for none of its own addresses. */
function checkProxies(
  one: InterfaceConfig,
  tunnel: Tunnel | undefined,
  { interfaces }: Config,
  report: Report,
): void {
  const { name, proxyArp, proxyNd, vrf } = one;
  if (proxyArp && tunnel !== undefined)
    report(one, 'proxy-arp', `the tunnel ${name} carries IP packets, and no ARP: remove the line`);
  for (const host of proxyNd) {
    const own = interfaces.find(
      (other) => other.vrf === vrf && other.addresses.some(({ address }) => address === host),
    );
    const other = interfaces.find((two) => two !== one && two.vrf === vrf && two.proxyNd.includes(host));
    if (own !== undefined) {
      const message = `${quote(host)} is the box's own address on ${own.name}: expected the address of a host`;
      report(one, 'proxy-nd', message);
    } else if (other !== undefined && interfaces.indexOf(other) < interfaces.indexOf(one)) {
      report(one, 'proxy-nd', `${quote(host)} is on ${other.name} already: name it once`);
    }
  }
}

/** The keys of what is for packets of IP, where it is given. */
function ipKeys(one: InterfaceConfig): KeyOf<'interface'>[] {
  const keys = [
    ['urpf', one.urpf],
    ['neighbors', one.neighbors[0]],
    ['mss-clamp', one.mssClamp],
    ['link-local', one.linkLocal],
    ['unnumbered', one.unnumbered],
    ['nat', one.nat],
    ['proxy-arp', one.proxyArp ? true : undefined],
    ['proxy-nd', one.proxyNd[0]],
  ] as const;
  return keys.flatMap(([key, value]) => (value === undefined ? [] : [key]));
}

/** A sub-interface without an exact match carries no IP. */
function checkIp(one: InterfaceConfig, report: Report): void {
  const encapsulation = encapsulationOf(one);
  if (encapsulation === undefined || encapsulation.isExact) return;
  for (const key of ipKeys(one)) {
    report(one, key, `${one.name} takes frames with further tags, and carries no IP: remove the line`);
  }
}

/** What carries the frames of another one has no IP, and its MAC address. */
function checkPort(one: InterfaceConfig, port: Port | undefined, report: Report): void {
  if (port === undefined) return;
  const { owner, kind } = port;
  for (const key of ipKeys(one)) {
    const message =
      kind === 'cross-connect'
        ? `${one.name} is an end of ${owner}, and carries no IP: remove the line`
        : `${one.name} is a member of ${owner}, and carries no IP: write it in [interface.${owner}]`;
    report(one, key, message);
  }
  if (one.mac !== undefined && kind === 'bond') {
    report(one, 'mac', `${one.name} has the MAC address of ${owner}: write it in [interface.${owner}]`);
  }
}

/** The client of DHCP is in Linux, and gives the interface an address. */
function checkDhcp(one: InterfaceConfig, report: Report): void {
  const { dhcp, hasTap, unnumbered } = one;
  if (!dhcp) return;
  if (!hasTap) report(one, 'lcp', 'dhcp = true needs a TAP in Linux: remove one of both lines');
  if (unnumbered !== undefined) {
    const message = 'dhcp = true gives the interface an address of its own: remove one of both lines';
    report(one, 'unnumbered', message);
  }
}

function checkLinkLocal(one: InterfaceConfig, report: Report): void {
  const { linkLocal, addresses } = one;
  const other = addresses.find((prefix) => isIpv6LinkLocal(prefix));
  if (linkLocal !== undefined && other !== undefined) {
    report(one, 'link-local', `addresses has ${formatPrefix(other)} too: write one of them`);
  }
}

/** VPP takes the donor's addresses in the table of both, and loses what the borrower has of its own. */
function checkUnnumbered(
  one: InterfaceConfig,
  config: Config,
  ports: ReadonlyMap<string, Port>,
  report: Report,
): void {
  const { name, unnumbered: donor, addresses, vrf } = one;
  if (donor === undefined) return;
  const found = config.interfaces.find((other) => other.name === donor);
  const refuse = (message: string): void => report(one, 'unnumbered', message);
  if (donor === name) refuse(`${quote(donor)} is the interface itself: expected another one, such as loop0`);
  else if (found === undefined) {
    const names = config.interfaces.map((other) => other.name).filter((other) => other !== name);
    const otherwise = names.length === 0 ? 'the configuration has no other' : expectedOneOf(names);
    refuse(`${quote(donor)} has no section: ${suggestion(donor, names, otherwise)}`);
  } else if (ports.has(donor)) {
    refuse(
      `${donor} is a member of ${ports.get(donor)?.owner}, and has no addresses: expected another interface`,
    );
  } else if (addresses.length > 0) {
    refuse(`${name} has addresses of its own: remove them, or this line`);
  } else if (found.unnumbered !== undefined) {
    refuse(
      `${donor} borrows the addresses of ${found.unnumbered} itself: write unnumbered = ${found.unnumbered}`,
    );
  } else if (found.vrf !== vrf) {
    const where = found.vrf === undefined ? 'in no VRF' : `in the VRF ${found.vrf}`;
    refuse(`${donor} is ${where}, ${name} is not: expected both in one`);
  }
}
