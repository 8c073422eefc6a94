/**
 * Owns VPP's series: written as text straight from a snapshot, line by line, because prom-client needs a hundred
 * milliseconds in one piece for what a large VPP has. Counters are raw: they begin at zero with VPP
 * (`vpp_boot_time_seconds`). Nodes and errors with only zeros are left out.
 */
import type { InterfaceCounters, NodeCounters, StatsReads, StatsSnapshot } from '../vpp/stats/mod.ts';
import { escapeLabel, familyHeader, formatValue, single, uniqueNames } from './exposition.ts';
import type { InterfaceStatus } from './status.ts';

const INTERFACE_COUNTERS: readonly {
  readonly name: string;
  readonly help: string;
  readonly key: Exclude<keyof InterfaceCounters, 'index' | 'name'>;
}[] = [
  { name: 'receive_packets', help: 'Packets received', key: 'rxPackets' },
  { name: 'receive_bytes', help: 'Bytes received', key: 'rxBytes' },
  { name: 'transmit_packets', help: 'Packets sent', key: 'txPackets' },
  { name: 'transmit_bytes', help: 'Bytes sent', key: 'txBytes' },
  { name: 'drops', help: 'Packets dropped', key: 'drops' },
  { name: 'punts', help: 'Packets punted', key: 'punt' },
  { name: 'ip4_packets', help: 'IPv4 packets received', key: 'ip4' },
  { name: 'ip6_packets', help: 'IPv6 packets received', key: 'ip6' },
  { name: 'mpls_packets', help: 'MPLS packets received', key: 'mpls' },
  { name: 'receive_misses', help: 'Packets the NIC dropped because its ring was full', key: 'rxMiss' },
  { name: 'receive_no_buffer', help: 'Packets lost because no buffer was free', key: 'rxNoBuf' },
  { name: 'receive_errors', help: 'Packets received with errors', key: 'rxError' },
  { name: 'transmit_errors', help: 'Packets that could not be sent', key: 'txError' },
];

const NODE_COUNTERS: readonly {
  readonly name: string;
  readonly help: string;
  readonly key: Exclude<keyof NodeCounters, 'name'>;
}[] = [
  { name: 'clocks', help: 'CPU clocks spent in the graph node', key: 'clocks' },
  { name: 'vectors', help: 'Vector elements (packets) the graph node handled', key: 'vectors' },
  { name: 'calls', help: 'Calls of the graph node', key: 'calls' },
  { name: 'suspends', help: 'Suspensions of the graph node, a process', key: 'suspends' },
];

/** All series of one snapshot, in lines or small groups of lines. */
export function* vppSeries(snapshot: StatsSnapshot, ageSeconds: number): Generator<string> {
  yield single('vpp_stats_age_seconds', 'gauge', 'Age of these figures of VPP', ageSeconds);
  yield* systemSeries(snapshot);
  yield* interfaceSeries(snapshot);
  yield* nodeSeries(snapshot);
  yield* errorSeries(snapshot);
  yield* labelled(
    'vpp_buffers_available',
    'Free buffers of the pool',
    'pool',
    snapshot.bufferPools,
    (p) => p.available,
  );
  yield* labelled(
    'vpp_buffers_used',
    'Buffers of the pool in use',
    'pool',
    snapshot.bufferPools,
    (p) => p.used,
  );
  yield* labelled(
    'vpp_buffers_cached',
    'Buffers cached by threads',
    'pool',
    snapshot.bufferPools,
    (p) => p.cached,
  );
  yield* labelled('vpp_heap_size_bytes', 'Size of the heap', 'heap', snapshot.memory, (heap) => heap.total);
  yield* labelled(
    'vpp_heap_used_bytes',
    'Bytes of the heap in use',
    'heap',
    snapshot.memory,
    (heap) => heap.used,
  );
  yield* labelled(
    'vpp_heap_free_bytes',
    'Free bytes of the heap',
    'heap',
    snapshot.memory,
    (heap) => heap.free,
  );
}

/** How the reading of the figures goes; there even when there are no figures. */
export function* readSeries(reads: StatsReads): Generator<string> {
  yield single('vpp_stats_polls_total', 'counter', 'Reads of the stats segment', reads.polls);
  yield single('vpp_stats_read_failures_total', 'counter', 'Reads that failed', reads.failures);
  yield single(
    'vpp_stats_read_retries_total',
    'counter',
    'Reads repeated as VPP changed its structure',
    reads.retries,
  );
  yield single(
    'vpp_stats_attachments_total',
    'counter',
    'Attachments to the stats segment',
    reads.attachments,
  );
}

/** State of the data plane's interfaces, whatever the data plane is. */
export function* interfaceStateSeries(interfaces: readonly InterfaceStatus[]): Generator<string> {
  if (interfaces.length === 0) return;
  const names = uniqueNames(interfaces.map((one) => one.name));
  const family = function* (name: string, help: string, value: (one: InterfaceStatus) => number | undefined) {
    yield familyHeader(name, 'gauge', help);
    for (const [i, one] of interfaces.entries()) {
      const figure = value(one);
      if (figure !== undefined) yield `${name}{interface="${escapeLabel(names[i] ?? '')}"} ${figure}\n`;
    }
  };
  yield* family('appliance_interface_admin_up', 'Whether the interface is enabled', (one) =>
    Number(one.adminUp),
  );
  yield* family(
    'appliance_interface_link_up',
    'Whether the interface has a link (absent: not known)',
    (one) => (one.link === 'unknown' ? undefined : Number(one.link === 'up')),
  );
  yield* family('appliance_interface_configured', 'Whether the interface is as configured', (one) =>
    one.state.state === 'unconfigured' ? undefined : Number(one.state.state === 'ok'),
  );
  yield* family('appliance_interface_mtu_bytes', 'MTU of the interface', (one) => one.mtuBytes);
  yield* family('appliance_interface_speed_bits_per_second', 'Speed of the link', (one) =>
    one.speedMbps === undefined ? undefined : one.speedMbps * 1e6,
  );
}

function* systemSeries({ system }: StatsSnapshot): Generator<string> {
  yield single(
    'vpp_system_vector_rate',
    'gauge',
    'Vectors per graph node call, mean of the workers',
    system.vectorRate,
  );
  yield single('vpp_system_input_rate', 'gauge', 'Packets received per second', system.inputRate);
  yield single('vpp_system_worker_threads', 'gauge', 'Worker threads', system.numWorkerThreads);
  yield single('vpp_boot_time_seconds', 'gauge', 'Unix time at which VPP started', system.bootTime);
  yield single('vpp_heartbeats_total', 'counter', 'Updates of these figures by VPP', system.heartbeat);
  const name = 'vpp_system_thread_vector_rate';
  yield familyHeader(name, 'gauge', 'Vectors per graph node call of a thread; thread 0 is the main thread');
  for (const [thread, rate] of system.vectorRatePerWorker.entries()) {
    yield `${name}{thread="${thread}"} ${formatValue(rate)}\n`;
  }
}

function* interfaceSeries({ interfaces }: StatsSnapshot): Generator<string> {
  if (interfaces.length === 0) return;
  // each name is escaped once, not once for each of the counters
  const labels = uniqueNames(interfaces.map((one) => one.name)).map(
    (name) => `{interface="${escapeLabel(name)}"} `,
  );
  for (const counter of INTERFACE_COUNTERS) {
    const name = `vpp_interface_${counter.name}_total`;
    yield familyHeader(name, 'counter', counter.help);
    for (let i = 0; i < interfaces.length; i++) yield `${name}${labels[i]}${interfaces[i]?.[counter.key]}\n`;
  }
}

function* nodeSeries(snapshot: StatsSnapshot): Generator<string> {
  const nodes = snapshot.nodes.filter((node) => node.calls > 0 || node.vectors > 0 || node.suspends > 0);
  if (nodes.length === 0) return;
  const labels = uniqueNames(nodes.map((node) => node.name)).map((name) => `{node="${escapeLabel(name)}"} `);
  for (const counter of NODE_COUNTERS) {
    const name = `vpp_node_${counter.name}_total`;
    yield familyHeader(name, 'counter', counter.help);
    for (let i = 0; i < nodes.length; i++) yield `${name}${labels[i]}${nodes[i]?.[counter.key]}\n`;
  }
  const name = 'vpp_node_vectors_per_call';
  yield familyHeader(name, 'gauge', 'Vector elements per call of the graph node since VPP started');
  for (const [i, node] of nodes.entries()) {
    if (node.calls > 0) yield `${name}${labels[i]}${formatValue(node.vectors / node.calls)}\n`;
  }
}

function* errorSeries({ errors }: StatsSnapshot): Generator<string> {
  if (errors.length === 0) return;
  // names longer than VPP's 127 bytes are cut and may become equal
  const sums = new Map<string, number>();
  for (const { node, reason, count } of errors) {
    const labels = `{node="${escapeLabel(node)}",reason="${escapeLabel(reason)}"}`;
    sums.set(labels, (sums.get(labels) ?? 0) + count);
  }
  const name = 'vpp_errors_total';
  yield familyHeader(name, 'counter', "VPP's error counters (not all of them are errors)");
  for (const [labels, count] of sums) yield `${name}${labels} ${count}\n`;
}

function* labelled<T extends { readonly name: string }>(
  name: string,
  help: string,
  label: string,
  items: readonly T[],
  value: (item: T) => number,
): Generator<string> {
  if (items.length === 0) return;
  yield familyHeader(name, 'gauge', help);
  const names = uniqueNames(items.map((item) => item.name));
  for (const [i, item] of items.entries()) {
    yield `${name}{${label}="${escapeLabel(names[i] ?? '')}"} ${formatValue(value(item))}\n`;
  }
}
