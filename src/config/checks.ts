/** What must hold between leaves; each check is left out when a value that it needs was refused. */
import { posix } from 'node:path';
import { checkBgp } from './bgp-checks.ts';
import { formatPrefix, isIpv6LinkLocal, parseAddress, prefixContains } from './addresses.ts';
import { checkFilters } from './filter-checks.ts';
import { checkAttributes } from './attribute-checks.ts';
import { checkHostNames } from './host-names.ts';
import { checkNat } from './nat-checks.ts';
import { checkOverlaps } from './interface-overlaps.ts';
import { formatEndpoint } from './network-values.ts';
import { quote } from './problems.ts';
import type { Review } from './review.ts';
import { checkPorts } from './port-checks.ts';
import { formatDestination } from './route-difference.ts';
import { leakLoops } from './route-resolution.ts';
import { checkSubInterfaces } from './sub-interface-checks.ts';
import { checkTunnels } from './tunnel-checks.ts';
import { subInterfaceName } from './sub-interface-name.ts';
import type { Endpoint } from './types.ts';
import type { FilePath } from './values.ts';
import { checkVrfs } from './vrf-checks.ts';

/** Where VPP's command line listens on the box: fixed, so that `vppctl` finds it. */
const CLI_SOCKET = '/run/vpp/cli.sock';
/** IPv6 needs a link that carries 1280 bytes (RFC 8200, section 5). */
const IPV6_MIN_MTU = 1280;
/** Names that VPP makes itself: `local0`, and loopbacks by their number. */
const VPP_OWN_NAME = /^(local0|loop[0-9]+)$/;
/** Services that the box has itself, and whose logs it keeps by these names. */
const OWN_SERVICES: ReadonlySet<string> = new Set(['appliance', 'dhcp', 'kernel', 'ntp', 'vpp']);

/** Reports errors that more than one leaf takes part in. */
export function checkTogether(review: Review): void {
  checkManagement(review);
  checkPairs(review);
  checkCliSocket(review);
  checkNicNames(review);
  checkInterfaces(review);
  checkSubInterfaces(review);
  checkPorts(review);
  checkTunnels(review);
  checkDhcp(review);
  checkVrfs(review);
  checkHostNames(review);
  checkAttributes(review);
  checkOverlaps(review);
  checkFilters(review);
  checkBgp(review);
  checkNat(review);
  for (const { route, reason } of leakLoops(review.config)) {
    review.errorAt(route.line, `route.${formatDestination(route.destination)}`, reason);
  }
  for (const { name, line } of review.config.services) {
    if (!OWN_SERVICES.has(name)) continue;
    review.errorAt(line, `service.${name}`, `${quote(name)} is a service of the box: choose another name`);
  }
}

function checkManagement(review: Review): void {
  const { address, gateway } = review.config.management;
  const router = gateway === undefined ? undefined : parseAddress(gateway);
  if (router === undefined || address === 'dhcp') return;
  // A link-local gateway is on the link of any IPv6 address.
  if (address.family === 6 && isIpv6LinkLocal(router)) return;
  if (router.address === address.address) {
    review.error('management.gateway', `"${router.address}" is the box's own address: write the router's`);
  } else if (!prefixContains(address, router)) {
    const subnet = formatPrefix(address);
    review.error('management.gateway', `"${router.address}" is outside the subnet of ${subnet}`);
  }
}

/** Pairs of leaves whose values exclude each other. */
function checkPairs(review: Review): void {
  const { supervisor, update, http, vpp } = review.config;
  const conflict = (a: Side, b: Side, rule: string): void => {
    if (review.isRefused(a.path) || review.isRefused(b.path)) return;
    // Reported where the later one stands.
    const [mine, other] = review.line(a.path) >= review.line(b.path) ? [a, b] : [b, a];
    const line = review.line(other.path);
    const where = line === 0 ? 'its default' : `line ${line}`;
    const message = `${quote(mine.value)} conflicts with ${other.path} = ${other.value} (${where}): ${rule}`;
    review.error(mine.path, message);
  };
  const { backoffMs, backoffMaxMs } = supervisor;
  if (backoffMaxMs < backoffMs) {
    conflict(
      { path: 'supervisor.backoff-max-ms', value: `${backoffMaxMs}` },
      { path: 'supervisor.backoff-ms', value: `${backoffMs}` },
      'backoff-max-ms must be at least backoff-ms',
    );
  }
  const { trialStableSeconds, trialTimeoutSeconds } = update;
  if (trialTimeoutSeconds <= trialStableSeconds) {
    conflict(
      { path: 'update.trial-timeout', value: `${trialTimeoutSeconds}` },
      { path: 'update.trial-stable', value: `${trialStableSeconds}` },
      'trial-timeout must be more than trial-stable, or no version could be marked good',
    );
  }
  const { listen, httpsListen } = http;
  if (httpsListen !== undefined && isSameSocket(listen, httpsListen)) {
    conflict(
      { path: 'http.https-listen', value: formatEndpoint(httpsListen) },
      { path: 'http.listen', value: formatEndpoint(listen) },
      'choose another port',
    );
  }
  if (posix.normalize(vpp.apiSocket) === posix.normalize(vpp.stats.socketPath)) {
    conflict(
      { path: 'vpp.api-socket', value: vpp.apiSocket },
      { path: 'vpp.stats.socket-path', value: vpp.stats.socketPath },
      'choose another path',
    );
  }
}

interface Side {
  readonly path: FilePath;
  readonly value: string;
}

/** Port 0 is another one each time. */
function isSameSocket(a: Endpoint, b: Endpoint): boolean {
  const everywhere = ['::', '0.0.0.0'];
  const overlaps = a.host === b.host || everywhere.includes(a.host) || everywhere.includes(b.host);
  return a.port === b.port && b.port !== 0 && overlaps;
}

function checkCliSocket(review: Review): void {
  const { vpp } = review.config;
  for (const [leaf, path] of [
    ['vpp.api-socket', vpp.apiSocket],
    ['vpp.stats.socket-path', vpp.stats.socketPath],
  ] as const) {
    if (posix.normalize(path) !== CLI_SOCKET) continue;
    review.error(leaf, `${quote(path)} is the socket of VPP's command line: choose another path`);
  }
}

function checkNicNames(review: Review): void {
  const lines = new Map<string, number>();
  for (const { name, pciAddress } of review.config.vpp.dpdk.interfaces) {
    const leaf = `vpp.dpdk.interface.${pciAddress}.name` as const;
    const refuse = (why: string): void => review.error(leaf, `${quote(name)} ${why}`);
    const firstLine = lines.get(name);
    const sub = subInterfaceName(name);
    if (firstLine !== undefined) {
      refuse(`is already the name of the NIC on line ${firstLine}: choose another name`);
    } else if (VPP_OWN_NAME.test(name)) {
      refuse('is a name that VPP uses itself: choose another one, such as xe0');
    } else if (sub !== undefined) {
      refuse(`would be VLAN ${sub.number} of ${sub.parent}: choose a name without a dot and a number`);
    }
    if (firstLine === undefined) lines.set(name, review.line(leaf));
  }
}

function checkInterfaces(review: Review): void {
  for (const { name, mtuBytes, addresses } of review.config.interfaces) {
    const ipv6 = addresses.find(({ family }) => family === 6);
    if (mtuBytes >= IPV6_MIN_MTU || ipv6 === undefined) continue;
    const need = `the IPv6 address ${formatPrefix(ipv6)} needs at least ${IPV6_MIN_MTU} bytes`;
    review.error(`interface.${name}.mtu`, `"${mtuBytes}" is too small: ${need}`);
  }
}

/** Addresses by DHCP come from a client in Linux, through the TAP. */
function checkDhcp(review: Review): void {
  const { interfaces, vpp } = review.config;
  for (const { name, dhcp, addresses } of interfaces) {
    if (!dhcp) continue;
    const path = `interface.${name}.dhcp` as const;
    if (addresses.some(({ family }) => family === 4)) {
      review.error(path, 'it excludes IPv4 addresses in addresses: keep one of the two');
    }
    if (vpp.enabled && !vpp.lcp.enabled) {
      review.error(path, 'the client needs a TAP: write enabled = true in [vpp.lcp]');
    }
  }
}
