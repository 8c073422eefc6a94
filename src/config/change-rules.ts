/**
 * How the value of each leaf reads, what a change of it takes, and who has to act on it.
 *
 * The tables are typed over the paths of the leaves (leaves.ts): a new leaf does not compile until it has its rule.
 */
import { formatPrefix } from './addresses.ts';
import type { KnownLeaf } from './leaves.ts';
import { formatCommand } from './services.ts';
import type { Config, DpdkInterfaceConfig, Endpoint, InterfaceConfig, ServiceConfig } from './types.ts';
import { formatSize } from './words.ts';

/** Who has to act on a change. */
export type ChangePart =
  | 'system'
  | 'management'
  | 'http'
  | 'update'
  | 'watchdog'
  | 'log'
  | 'services'
  | 'data-plane';

/**
 * What a change of a leaf takes. `vpp`: it stands in startup.conf or says whether there is a VPP: a restart where a
 * VPP of ours is concerned, nothing where there is none.
 */
export type Kind = 'live' | 'vpp';

export interface Rule<Of> {
  readonly kind: Kind;
  readonly parts: readonly ChangePart[];
  /** The value as the file would have it; undefined when it is not set. */
  readonly read: (of: Of) => string | number | boolean | undefined;
}

export type LeafPath = KnownLeaf['path'];
type InterfaceLeaf = Extract<LeafPath, `interface.NAME.${string}`>;
type ServiceLeaf = Extract<LeafPath, `service.NAME.${string}`>;
type NicLeaf = Extract<LeafPath, `vpp.dpdk.interface.PCI.${string}`>;
type RouteLeaf = 'route.PREFIX';
export type SingleLeaf = Exclude<LeafPath, InterfaceLeaf | NicLeaf | RouteLeaf | ServiceLeaf>;

export const DATA_PLANE = ['data-plane'] as const;
export const SERVICES = ['services'] as const;
/** Whoever supervises a process. */
const SUPERVISORS = ['management', 'services', 'data-plane'] as const;

const live = <Of>(parts: readonly ChangePart[], read: Rule<Of>['read']): Rule<Of> => ({
  kind: 'live',
  parts,
  read,
});
const vpp = <Of>(read: Rule<Of>['read']): Rule<Of> => ({ kind: 'vpp', parts: DATA_PLANE, read });

export const SINGLES: { readonly [P in SingleLeaf]: Rule<Config> } = {
  // The DHCP client sends it, and syslog.
  'system.hostname': live(['system', 'management', 'log'], ({ system }) => system.hostname),
  // The data plane keeps it from VPP.
  'management.interface': live(['management', 'data-plane'], ({ management }) => management.interface),
  'management.address': live(['management'], ({ management: { address } }) =>
    address === 'dhcp' ? address : formatPrefix(address),
  ),
  'management.gateway': live(['management'], ({ management }) => management.gateway),
  'management.dns': live(['management'], ({ management }) => list(management.dns)),
  'management.ntp': live(['management'], ({ management }) => list(management.ntp)),
  'http.listen': live(['http'], ({ http }) => formatEndpoint(http.listen)),
  'http.https-listen': live(['http'], ({ http }) => formatEndpoint(http.httpsListen)),
  // The certificate is made for them too.
  'http.names': live(['http'], ({ http }) => list(http.names)),
  // Looked up at every scrape.
  'telemetry.zero-series': live([], ({ telemetry }) => telemetry.zeroSeries),
  'update.confirm-timeout': live(['update'], ({ update }) => update.confirmTimeoutSeconds),
  'update.trial-stable': live(['update'], ({ update }) => update.trialStableSeconds),
  'update.trial-timeout': live(['update'], ({ update }) => update.trialTimeoutSeconds),
  'update.route-tolerance': live(['update'], ({ update }) => update.routeTolerancePercent),
  // Looked up when an image is sent.
  'update.minimum-version': live([], ({ update }) => update.minimumVersion),
  'update.allow-older-builds': live([], ({ update }) => update.allowOlderBuilds),
  'watchdog.enabled': live(['watchdog'], ({ watchdog }) => watchdog.enabled),
  'watchdog.timeout': live(['watchdog'], ({ watchdog }) => watchdog.timeoutSeconds),
  'log.syslog': live(['log'], ({ log }) => formatEndpoint(log.syslog)),
  'log.disk-size': live(['log'], ({ log }) => formatSize(log.diskBytes)),
  'vpp.enabled': vpp((config) => config.vpp.enabled),
  'vpp.external': vpp((config) => config.vpp.external),
  'vpp.binary': vpp((config) => config.vpp.binary),
  'vpp.start-timeout': live(DATA_PLANE, (config) => config.vpp.startTimeoutSeconds),
  'vpp.answer-timeout': live(DATA_PLANE, (config) => config.vpp.answerTimeoutSeconds),
  'vpp.api-socket': vpp((config) => config.vpp.apiSocket),
  'vpp.cpu.main-core': vpp((config) => config.vpp.cpu.mainCore),
  'vpp.cpu.workers': vpp((config) => config.vpp.cpu.workers),
  'vpp.cpu.isolate': vpp((config) => config.vpp.cpu.isolate),
  'vpp.memory.main-heap': vpp((config) => formatSize(config.vpp.memory.mainHeapBytes)),
  'vpp.memory.hugepage-size': vpp((config) => config.vpp.memory.hugepageSize),
  'vpp.memory.buffers': vpp((config) => config.vpp.memory.buffers),
  'vpp.dpdk.unsafe-no-iommu': vpp((config) => config.vpp.dpdk.unsafeNoIommu),
  'vpp.stats.segment-size': vpp((config) => formatSize(config.vpp.stats.segmentBytes)),
  'vpp.stats.socket-path': vpp((config) => config.vpp.stats.socketPath),
  'vpp.stats.poll-interval': live(DATA_PLANE, (config) => config.vpp.stats.pollIntervalSeconds),
  'vpp.lcp.enabled': vpp((config) => config.vpp.lcp.enabled),
  'vpp.lcp.sync': vpp((config) => config.vpp.lcp.sync),
  'vpp.lcp.auto-subint': vpp((config) => config.vpp.lcp.autoSubint),
  'vpp.lcp.netns': vpp((config) => config.vpp.lcp.netns),
  'fib.vpp.enabled': live(DATA_PLANE, ({ fib }) => fib.vpp.enabled),
  'fib.vpp.table-id': live(DATA_PLANE, ({ fib }) => fib.vpp.tableId),
  'fib.vpp.batch-size': live(DATA_PLANE, ({ fib }) => fib.vpp.batchSize),
  'fib.vpp.batch-interval-ms': live(DATA_PLANE, ({ fib }) => fib.vpp.batchIntervalMs),
  'fib.kernel.enabled': live(DATA_PLANE, ({ fib }) => fib.kernel.enabled),
  'fib.kernel.table-id': live(DATA_PLANE, ({ fib }) => fib.kernel.tableId),
  'fib.kernel.netns': live(DATA_PLANE, ({ fib }) => fib.kernel.netns),
  'fib.kernel.metric': live(DATA_PLANE, ({ fib }) => fib.kernel.metric),
  // Whether VPP loads linux_nl hangs on it.
  'fib.kernel.import': vpp(({ fib }) => fib.kernel.import),
  'fib.kernel.import-distance': live(DATA_PLANE, ({ fib }) => fib.kernel.importDistance),
  'supervisor.backoff-ms': live(SUPERVISORS, ({ supervisor }) => supervisor.backoffMs),
  'supervisor.backoff-max-ms': live(SUPERVISORS, ({ supervisor }) => supervisor.backoffMaxMs),
  'supervisor.stable-ms': live(SUPERVISORS, ({ supervisor }) => supervisor.stableMs),
  'supervisor.loop-after': live(SUPERVISORS, ({ supervisor }) => supervisor.loopAfter),
  'supervisor.loop-retry-ms': live(SUPERVISORS, ({ supervisor }) => supervisor.loopRetryMs),
};

export const OF_INTERFACE: { readonly [P in InterfaceLeaf]: Rule<InterfaceConfig> } = {
  'interface.NAME.enabled': live(DATA_PLANE, ({ enabled }) => enabled),
  'interface.NAME.mtu': live(DATA_PLANE, ({ mtuBytes }) => mtuBytes),
  'interface.NAME.addresses': live(DATA_PLANE, ({ addresses }) => list(addresses.map(formatPrefix).sort())),
  'interface.NAME.mpls': live(DATA_PLANE, ({ mpls }) => mpls),
};

export const OF_NIC: { readonly [P in NicLeaf]: Rule<DpdkInterfaceConfig> } = {
  'vpp.dpdk.interface.PCI.name': vpp(({ name }) => name),
  'vpp.dpdk.interface.PCI.driver': vpp(({ driver }) => driver),
  'vpp.dpdk.interface.PCI.rx-queues': vpp(({ rxQueues }) => rxQueues),
  'vpp.dpdk.interface.PCI.tx-queues': vpp(({ txQueues }) => txQueues),
};

export const OF_SERVICE: { readonly [P in ServiceLeaf]: Rule<ServiceConfig> } = {
  'service.NAME.command': live(SERVICES, ({ command }) => formatCommand(command)),
  'service.NAME.netns': live(SERVICES, ({ netns }) => netns),
  'service.NAME.restart': live(SERVICES, ({ restart }) => restart),
};

export const ROUTES: { readonly [P in RouteLeaf]: readonly ChangePart[] } = { 'route.PREFIX': DATA_PLANE };

function formatEndpoint(endpoint: Endpoint | undefined): string | undefined {
  if (endpoint === undefined) return undefined;
  const { host, port } = endpoint;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Items as a list of the file; undefined for none. */
export function list(items: readonly string[]): string | undefined {
  return items.length === 0 ? undefined : items.join(', ');
}
