/**
 * What is allowed and probably not meant: only looked for in a configuration without errors.
 */

import {
  isIpv6LinkLocal,
  type ParsedPrefix,
  parseAddress,
  parsePrefix,
  prefixContains,
} from './addresses.ts';
import { warnFilters } from './filter-checks.ts';
import { warnNat } from './nat-checks.ts';
import { warnHeap } from './heap-checks.ts';
import { formatSize } from './leaf-types.ts';
import { formatDestination } from './route-difference.ts';
import { deadRoutes } from './route-resolution.ts';
import { LOOPBACK_NAME } from './sections/interfaces.ts';
import { unknownInterface } from './resolve.ts';
import type { Review } from './review.ts';
import { MAX_VPP_STACK } from './route-labels.ts';
import { subInterfaceName } from './sub-interface-name.ts';
import { ownInterfaceNames } from './object-names.ts';
import { warnPorts } from './port-checks.ts';
import { warnTunnels } from './tunnel-checks.ts';
import type { Config, Destination, NextHop, StaticRoute } from './types.ts';
import type { FilePath } from './values.ts';
import { DEFAULT_VRF } from './vrf-checks.ts';

const MIB = 1024 * 1024;
/** VPP's receive and transmit descriptors per queue when startup.conf does not say. */
const DESCRIPTORS = 1024;

type Warn = (leaf: FilePath, message: string) => void;
type WarnRoute = (route: StaticRoute, message: string) => void;

/** Reports warnings about the configuration alone; `machineProblems` compares it with a machine. */
export function warnTogether(review: Review): void {
  const { config } = review;
  const warn: Warn = (leaf, message) => review.warning(leaf, message);
  const warnRoute: WarnRoute = ({ destination, line }, message) =>
    review.warningAt(line, `route.${formatDestination(destination)}`, message);
  warnSwitches(config, warn, review);
  warnManagement(config, warn);
  warnInterfaces(config, warnRoute, review);
  warnTunnels(review);
  warnFilters(review);
  warnNat(review);
  warnHeap(review);
  warnPorts(review);
  for (const { name, dhcp, dhcpDns } of config.interfaces) {
    if (dhcpDns && !dhcp) warn(`interface.${name}.dhcp-dns`, 'it has no effect without dhcp = true');
    if (!dhcp || !config.vpp.enabled || config.fib.kernel.import) continue;
    const message = 'its address and routes are in Linux alone: write import = true in [fib.kernel]';
    warn(`interface.${name}.dhcp`, message);
  }
  for (const { route, reason } of deadRoutes(config)) {
    warnRoute(route, `packets to it are dropped: ${reason}`);
  }
  if (!config.vpp.enabled) return;
  warnLabels(config, warnRoute);
  if (config.vpp.external) return;
  warnNextHops(config, warnRoute);
  warnSizes(config, warn);
}

function warnSwitches({ vpp, fib, routes }: Config, warn: Warn, review: Review): void {
  const nic = vpp.dpdk.interfaces[0];
  const warnNic = (message: string): void => {
    if (nic) review.warningAt(nic.line, `vpp.dpdk.interface.${nic.pciAddress}`, message);
  };
  if (vpp.enabled && !vpp.external && !nic) {
    warn('vpp.enabled', 'VPP gets no NIC: name one in a section such as [vpp.dpdk.interface.0000:03:00.0]');
  }
  if (!vpp.enabled) {
    warnNic('VPP is off and the kernel forwards over this NIC: write enabled = true in [vpp] to start VPP');
    if (vpp.external)
      warn('vpp.external', 'it has no effect while VPP is off: write enabled = true in [vpp]');
    if (fib.vpp.enabled)
      warn('fib.vpp.enabled', 'it has no effect while VPP is off: write enabled = true in [vpp]');
  } else {
    if (vpp.external) warnNic('an external VPP has its own NICs: this NIC is not bound');
    if (!fib.vpp.enabled && routes[0]) {
      const message = 'VPP does not get the routes: write enabled = true in [fib.vpp]';
      review.warningAt(routes[0].line, 'route', message);
    }
  }
  if (fib.vpp.tableId === 4294967295)
    warn('fib.vpp.table-id', 'VPP refuses "4294967295", which it uses for "no table"');
  warnKernel({ vpp, fib }, warn);
}

function warnKernel({ vpp, fib: { kernel } }: Pick<Config, 'vpp' | 'fib'>, warn: Warn): void {
  if (kernel.tableId === 255) {
    warn('fib.kernel.table-id', '"255" is the kernel\'s table of local addresses: the main table is 254');
  }
  const hasTaps = vpp.enabled && vpp.lcp.enabled;
  if (kernel.import && vpp.enabled && !hasTaps) {
    warn('fib.kernel.import', 'it has no effect without the TAPs of VPP: write enabled = true in [vpp.lcp]');
  }
  if (vpp.lcp.follow && !(hasTaps && kernel.import)) {
    const needs = hasTaps ? 'import = true in [fib.kernel]' : 'enabled = true in [vpp] and [vpp.lcp]';
    warn('vpp.lcp.follow', `VLAN devices in Linux are not followed: write ${needs}`);
  }
  const { netns } = vpp.lcp;
  const isInNetns = kernel.netns === undefined || kernel.netns === netns;
  if (kernel.enabled && !kernel.import && hasTaps && !vpp.external && isInNetns) {
    const message = `VPP's linux_nl reads these routes in "${netns}" and programs them too`;
    warn('fib.kernel.enabled', `${message}: write import = true in [fib.kernel], or choose another netns`);
  }
}

function warnManagement({ management, vpp }: Config, warn: Warn): void {
  if (management.address === 'dhcp') {
    if (management.gateway !== undefined)
      warn('management.gateway', 'it is not used: the gateway comes from DHCP');
  } else if (management.gateway === undefined) {
    warn(
      'management.address',
      'a static address without a gateway: the box is reachable from its own subnet only',
    );
  }
  if (vpp.dpdk.interfaces.some(({ name }) => name === management.interface)) {
    warn(
      'management.interface',
      `"${management.interface}" is also the name of a NIC of VPP: expected the kernel name of another NIC`,
    );
  }
}

function warnInterfaces(config: Config, warnRoute: WarnRoute, review: Review): void {
  const { vpp, interfaces, routes } = config;
  // An external VPP may have any interface, and what the kernel lacks is said by its status.
  if (vpp.external || !vpp.enabled) return;
  const known = ownInterfaceNames(config);
  for (const { name, line } of interfaces) {
    const isSub = known.has(subInterfaceName(name)?.parent ?? '');
    if (known.has(name) || isSub || LOOPBACK_NAME.test(name)) continue;
    const message = `VPP will not have this interface: ${unknownInterface(name, known)} (loop0, loop1 … create loopbacks)`;
    review.warningAt(line, `interface.${name}`, message);
  }
  const own = new Map(
    interfaces.flatMap(({ name, addresses }) => addresses.map(({ address }) => [address, name])),
  );
  for (const route of routes) {
    if (route.action.kind !== 'forward') continue;
    for (const { address } of route.action.nextHops) {
      const name = address === undefined ? undefined : own.get(address);
      if (name === undefined) continue;
      warnRoute(
        route,
        `"${address}" is the box's own address on ${name}: expected the address of a neighbour`,
      );
    }
  }
}

/** Next hops that VPP accepts and cannot resolve. */
function warnNextHops(config: Config, warnRoute: WarnRoute): void {
  const attached = config.routes.flatMap(({ destination, action }) => {
    if (destination.family === 'mpls' || action.kind !== 'forward') return [];
    const prefix = parsePrefix(formatDestination(destination));
    const names = action.nextHops.flatMap((hop) => (hop.address === undefined ? [hop.interface] : []));
    return prefix === undefined ? [] : names.map((name) => ({ name, prefix }));
  });
  for (const route of config.routes) {
    if (route.action.kind !== 'forward') continue;
    for (const hop of route.action.nextHops) {
      const message = doubtsAbout(hop, route.destination, config, attached);
      if (message !== undefined) warnRoute(route, message);
    }
  }
}

function doubtsAbout(
  { address: text, interface: name }: NextHop,
  destination: Destination,
  { interfaces, vpp, vrfs }: Config,
  attached: readonly { readonly name: string; readonly prefix: ParsedPrefix }[],
): string | undefined {
  // A VRF is no interface that is asked for each destination.
  if (name === DEFAULT_VRF || vrfs.some((vrf) => vrf.name === name)) return undefined;
  if (text === undefined) {
    const isAll = destination.family !== 'mpls' && destination.length === 0;
    return isAll ? `VPP would resolve every destination on ${name} itself: name a next hop` : undefined;
  }
  const address = parseAddress(text);
  const networks = interfaces
    .find((one) => one.name === name)
    ?.addresses.filter(({ family }) => family === address?.family);
  if (name === undefined || address === undefined || networks === undefined) return undefined;
  if (networks.length === 0) {
    // With a TAP in Linux it has what that has.
    const isFound = destination.family !== 4 || address.family === 4 || vpp.lcp.enabled;
    return isFound ? undefined : `VPP cannot resolve "${text}": ${name} has no IPv6 address`;
  }
  const own = attached.filter((one) => one.name === name).map(({ prefix }) => prefix);
  const isHeard =
    isIpv6LinkLocal(address) || [...networks, ...own].some((one) => prefixContains(one, address));
  if (isHeard) return undefined;
  const host = `${text}/${address.bytes.length * 8}`;
  return `"${text}" is in no network of ${name}: add the route ${host} = %${name}, or VPP cannot resolve it`;
}

function warnLabels({ routes }: Config, warnRoute: WarnRoute): void {
  for (const route of routes) {
    const { action } = route;
    if (action.kind !== 'forward' || action.labels.length <= MAX_VPP_STACK) continue;
    const message = `${action.labels.length} labels exceed the limit of VPP 25.02, which imposes at most ${MAX_VPP_STACK}`;
    warnRoute(route, message);
  }
}

function warnSizes({ vpp, fib, routes }: Config, warn: Warn): void {
  const { mainHeapBytes, buffers } = vpp.memory;
  const { segmentBytes } = vpp.stats;
  const threads = (vpp.cpu.workers ?? 0) + 1;
  if (mainHeapBytes < 512 * MIB) {
    warn(
      'vpp.memory.main-heap',
      `${formatSize(mainHeapBytes)} is low: use 512M for a lab, 1536M for a full table`,
    );
  }
  if (segmentBytes < 64 * MIB) {
    warn(
      'vpp.stats.segment-size',
      `${formatSize(segmentBytes)} is low: use 64M for a lab, 512M for a full table`,
    );
  }
  // Two combined counters of 16 bytes per route and thread, doubled when the vectors grow.
  const capacity = Math.floor(segmentBytes / (threads * 2 * 16 * 2));
  if (fib.vpp.enabled && routes.length > capacity) {
    warn(
      'vpp.stats.segment-size',
      `it holds the counters of ${capacity} routes with ${threads} threads, and there are ${routes.length} routes`,
    );
  }
  let descriptors = (threads - 1) * 256;
  for (const { rxQueues, txQueues } of vpp.dpdk.interfaces) {
    descriptors += DESCRIPTORS * ((rxQueues ?? 1) + (txQueues ?? threads));
  }
  const wanted = Math.ceil(2.5 * descriptors);
  if (buffers < wanted) {
    warn('vpp.memory.buffers', `"${buffers}" is low for the queues of the NICs: use ${wanted} or more`);
  }
}
