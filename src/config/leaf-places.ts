/**
 * Where it shows when what a leaf says is not so: the check of `/readyz` that fails then, or why it cannot be otherwise.
 *
 * The table is typed over the paths of the leaves: a new leaf does not compile until it has its place. The reference page
 * shows it, and a test breaks each and looks.
 */
import type { LeafPath } from './change-rules.ts';

/** The parts of the answer to "does it forward as configured?", in the order in which they are told. */
export const READY_CHECKS = [
  'boot',
  'configuration',
  'vpp',
  'interfaces',
  'routes',
  'services',
  'management',
  'time',
  'cores',
  'watchdog',
  'counters',
  'conditions',
] as const;

export type ReadyCheckName = (typeof READY_CHECKS)[number];

export type LeafPlace =
  | { readonly check: ReadyCheckName; readonly when: string }
  | { readonly cannotFail: string };

const fails = <const C extends ReadyCheckName>(check: C, when: string) => ({ check, when });
const cannot = (cannotFail: string) => ({ cannotFail });

const OWN_TIME = cannot('a time that this program keeps itself');
const STARTUP = 'VPP refuses it in startup.conf and ends';

/** By the path of the leaf. */
export const LEAF_PLACES = {
  'system.hostname': fails(
    'conditions',
    'the kernel refuses the name: the phase `identity` of the boot fails',
  ),
  'management.interface': fails('management', 'there is no such interface, or it is gone'),
  'management.address': fails('management', 'it cannot be set, no lease is given, or there is no cable'),
  'management.gateway': fails('management', 'the kernel refuses the route'),
  'management.dns': fails('management', 'the file of the resolver cannot be written'),
  'management.ntp': fails('time', 'no server keeps the clock; `conditions`: the image has no chronyd'),
  'http.listen': fails('conditions', 'the address cannot be had: what else can be served still is'),
  'http.https-listen': fails('conditions', 'the address or the certificate cannot be had'),
  'http.names': cannot('names that this program compares, and that go into its own certificate'),
  'telemetry.zero-series': cannot('a choice of what is printed'),
  'update.confirm-timeout': OWN_TIME,
  'update.trial-stable': OWN_TIME,
  'update.trial-timeout': OWN_TIME,
  'update.route-tolerance': cannot('a bound that is compared with'),
  'update.minimum-version': cannot('a rule that this program follows'),
  'update.allow-older-builds': cannot('a rule that this program follows'),
  'watchdog.enabled': fails('watchdog', 'the device is there and cannot be had, fed or stopped'),
  'watchdog.timeout': fails('conditions', 'the device has another timeout in force'),
  'log.syslog': fails('conditions', 'lines cannot be sent, or are lost'),
  'log.disk-size': fails('conditions', 'the files cannot be written'),
  'vpp.enabled': fails('vpp', 'VPP does not run or does not answer'),
  'vpp.external': fails('vpp', 'nobody answers'),
  'vpp.binary': fails('vpp', 'it cannot be started'),
  'vpp.start-timeout': OWN_TIME,
  'vpp.answer-timeout': OWN_TIME,
  'vpp.api-socket': fails('vpp', 'nothing answers there'),
  'vpp.cpu.main-core': fails('vpp', STARTUP),
  'vpp.cpu.workers': fails('vpp', STARTUP),
  'vpp.cpu.isolate': fails('cores', 'something else runs on the cores of the workers'),
  'vpp.memory.main-heap': fails('vpp', 'there are too few hugepages, and VPP is not started'),
  'vpp.memory.hugepage-size': fails('vpp', 'there are too few hugepages, and VPP is not started'),
  'vpp.memory.buffers': fails('vpp', 'there are too few hugepages, and VPP is not started'),
  'vpp.dpdk.unsafe-no-iommu': fails('interfaces', 'a NIC is not bound'),
  'vpp.dpdk.interface.PCI.name': fails('interfaces', 'the NIC is not given to VPP, or VPP has not taken it'),
  'vpp.dpdk.interface.PCI.driver': fails('interfaces', "VPP's own driver cannot have the NIC"),
  'vpp.dpdk.interface.PCI.rx-queues': fails('interfaces', 'the NIC has fewer'),
  'vpp.dpdk.interface.PCI.tx-queues': fails('interfaces', 'the NIC has fewer'),
  'vpp.stats.segment-size': fails('vpp', 'there are too few hugepages, or VPP ends for want of room'),
  'vpp.stats.socket-path': fails('counters', 'the segment cannot be read there'),
  'vpp.stats.poll-interval': OWN_TIME,
  'vpp.lcp.enabled': fails('interfaces', 'an interface has no TAP'),
  'vpp.lcp.sync': fails('interfaces', 'addresses were not copied to the TAP'),
  'vpp.lcp.auto-subint': cannot('a word in startup.conf that VPP always takes'),
  'vpp.lcp.netns': fails('interfaces', 'TAPs cannot be made there'),
  'fib.vpp.enabled': fails('routes', 'VPP has not all routes'),
  'fib.vpp.table-id': fails('routes', 'VPP refuses the table'),
  'fib.vpp.batch-size': cannot('a size that this program keeps itself'),
  'fib.vpp.batch-interval-ms': OWN_TIME,
  'fib.kernel.enabled': fails('routes', 'the kernel has not all routes, beside VPP too'),
  'fib.kernel.table-id': fails('routes', 'the kernel refuses the routes'),
  'fib.kernel.netns': fails('routes', 'there is no such namespace'),
  'fib.kernel.metric': fails('routes', 'the kernel refuses the routes'),
  'fib.kernel.import': fails('routes', 'the routes of the namespace cannot be read'),
  'fib.kernel.import-distance': cannot('a number that this program compares'),
  'interface.NAME.enabled': fails('interfaces', 'it is refused, or there is no such interface'),
  'interface.NAME.mtu': fails('interfaces', 'it is refused'),
  'interface.NAME.addresses': fails('interfaces', 'one is refused'),
  'interface.NAME.mpls': fails('interfaces', 'it is refused, or the kernel forwards'),
  'route.PREFIX': fails('routes', 'the FIB that forwards has it not, or not over all next hops'),
  'supervisor.backoff-ms': OWN_TIME,
  'supervisor.backoff-max-ms': OWN_TIME,
  'supervisor.stable-ms': OWN_TIME,
  'supervisor.loop-after': cannot('a number that this program counts to'),
  'supervisor.loop-retry-ms': OWN_TIME,
  'service.NAME.command': fails('services', 'it ends, or cannot be started'),
  'service.NAME.netns': fails('services', 'the namespace cannot be made or entered'),
  'service.NAME.restart': cannot('a rule that this program follows'),
} as const satisfies Readonly<Record<LeafPath, LeafPlace>>;
