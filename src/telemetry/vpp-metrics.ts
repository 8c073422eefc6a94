/**
 * Owns VPP's series: written as text straight from the columns of a snapshot, in blocks of lines, because prom-client
 * needs a hundred milliseconds in one piece for what a large VPP has. Counters are raw: they begin at zero with VPP
 * (`vpp_boot_time_seconds`), which is told once and not by a `_created` of each.
 *
 * Invariant: labels are made once for as long as the segment's structure stays, not at every scrape.
 */
import type { CounterTable, InterfaceCounter, NodeCounter, StatsSnapshot } from '../vpp/stats/mod.ts';
import { escapeLabel, familyHeader, type Format, formatValue, single, uniqueNames } from './exposition.ts';

/** Lines between two places where a writer may pause. */
const BLOCK_LINES = 128;

export interface VppSeriesOptions {
  readonly format: Format;
  /** Whether nodes, errors and kinds of traffic with only zeros are written too. */
  readonly zeroSeries: boolean;
}

interface Family<K extends string> {
  readonly name: string;
  readonly help: string;
  readonly key: K;
}

const INTERFACE_FAMILIES: readonly Family<InterfaceCounter>[] = [
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

/** VPP counts these where `set interface feature … stats-collect` or the driver does, and zeros elsewhere. */
const CAST_FAMILIES: readonly Family<InterfaceCounter>[] = [
  { name: 'receive_unicast_packets', help: 'Unicast packets received', key: 'rxUnicastPackets' },
  { name: 'receive_unicast_bytes', help: 'Bytes of unicast packets received', key: 'rxUnicastBytes' },
  { name: 'receive_multicast_packets', help: 'Multicast packets received', key: 'rxMulticastPackets' },
  { name: 'receive_multicast_bytes', help: 'Bytes of multicast packets received', key: 'rxMulticastBytes' },
  { name: 'receive_broadcast_packets', help: 'Broadcast packets received', key: 'rxBroadcastPackets' },
  { name: 'receive_broadcast_bytes', help: 'Bytes of broadcast packets received', key: 'rxBroadcastBytes' },
  { name: 'transmit_unicast_packets', help: 'Unicast packets sent', key: 'txUnicastPackets' },
  { name: 'transmit_unicast_bytes', help: 'Bytes of unicast packets sent', key: 'txUnicastBytes' },
  { name: 'transmit_multicast_packets', help: 'Multicast packets sent', key: 'txMulticastPackets' },
  { name: 'transmit_multicast_bytes', help: 'Bytes of multicast packets sent', key: 'txMulticastBytes' },
  { name: 'transmit_broadcast_packets', help: 'Broadcast packets sent', key: 'txBroadcastPackets' },
  { name: 'transmit_broadcast_bytes', help: 'Bytes of broadcast packets sent', key: 'txBroadcastBytes' },
];

const NODE_FAMILIES: readonly Family<NodeCounter>[] = [
  { name: 'clocks', help: 'CPU clocks spent in the graph node', key: 'clocks' },
  { name: 'vectors', help: 'Vector elements (packets) the graph node handled', key: 'vectors' },
  { name: 'calls', help: 'Calls of the graph node', key: 'calls' },
  { name: 'suspends', help: 'Suspensions of the graph node, a process', key: 'suspends' },
];

/** All series of one snapshot, in blocks of lines. */
export function* vppSeries(snapshot: StatsSnapshot, options: VppSeriesOptions): Generator<string> {
  yield* systemSeries(snapshot, options.format);
  yield* interfaceSeries(snapshot.interfaceTable, options);
  yield* nodeSeries(snapshot.nodeTable, options);
  yield* errorSeries(snapshot, options);
  const { bufferPools, memory } = snapshot;
  const gauge = <T extends { readonly name: string }>(
    name: string,
    help: string,
    label: string,
    items: readonly T[],
    value: (item: T) => number,
  ) => labelled(name, familyHeader(name, 'gauge', help, options.format), label, items, value);
  yield gauge('vpp_buffers_available', 'Free buffers of the pool', 'pool', bufferPools, (p) => p.available);
  yield gauge('vpp_buffers_used', 'Buffers of the pool in use', 'pool', bufferPools, (p) => p.used);
  yield gauge('vpp_buffers_cached', 'Buffers cached by threads', 'pool', bufferPools, (p) => p.cached);
  yield gauge('vpp_heap_size_bytes', 'Size of the heap', 'heap', memory, (heap) => heap.total);
  yield gauge('vpp_heap_used_bytes', 'Bytes of the heap in use', 'heap', memory, (heap) => heap.used);
  yield gauge('vpp_heap_free_bytes', 'Free bytes of the heap', 'heap', memory, (heap) => heap.free);
}

function* systemSeries({ system }: StatsSnapshot, format: Format): Generator<string> {
  const gauge = (name: string, help: string, value: number): string =>
    single(name, 'gauge', help, value, format);
  yield gauge(
    'vpp_system_vector_rate',
    'Vectors per graph node call, mean of the workers',
    system.vectorRate,
  );
  yield gauge('vpp_system_input_rate', 'Packets received per second', system.inputRate);
  yield gauge('vpp_system_worker_threads', 'Worker threads', system.numWorkerThreads);
  yield gauge('vpp_boot_time_seconds', 'Unix time at which VPP started', system.bootTime);
  yield single(
    'vpp_heartbeats_total',
    'counter',
    'Updates of these figures by VPP',
    system.heartbeat,
    format,
  );
  yield byThread(
    'vpp_system_thread_vector_rate',
    'Vectors per graph node call of a thread; a thread can do no more at 256',
    system.vectorRatePerWorker,
    format,
  );
  yield byThread(
    'vpp_system_thread_loops_per_second',
    "Turns of a thread's main loop; they fall as it gets busy",
    system.loopsPerWorker,
    format,
  );
}

function byThread(name: string, help: string, values: readonly number[], format: Format): string {
  let text = familyHeader(name, 'gauge', help, format);
  for (const [thread, value] of values.entries()) {
    text += `${name}{thread="${threadName(thread)}"} ${formatValue(value)}\n`;
  }
  return text;
}

/** As `show threads` has it. */
function threadName(thread: number): string {
  return thread === 0 ? 'vpp_main' : `vpp_wk_${thread - 1}`;
}

function* interfaceSeries(
  table: CounterTable<InterfaceCounter>,
  { format, zeroSeries }: VppSeriesOptions,
): Generator<string> {
  if (table.names.length === 0) return;
  const labels = labelsOf(table.names, 'interface');
  for (const { name, help, key } of INTERFACE_FAMILIES) {
    const full = `vpp_interface_${name}_total`;
    yield* blocks(full, familyHeader(full, 'counter', help, format), labels, table.columns[key]);
  }
  for (const { name, help, key } of CAST_FAMILIES) {
    const full = `vpp_interface_${name}_total`;
    const values = table.columns[key];
    const head = familyHeader(full, 'counter', help, format);
    yield* blocks(full, head, labels, values, zeroSeries ? undefined : values);
  }
}

function* nodeSeries(
  { names, columns }: CounterTable<NodeCounter>,
  { format, zeroSeries }: VppSeriesOptions,
): Generator<string> {
  if (names.length === 0) return;
  const labels = labelsOf(names, 'node');
  const { clocks, vectors, calls, suspends } = columns;
  const activity = new Float64Array(names.length);
  const perCall = new Float64Array(names.length);
  const perVector = new Float64Array(names.length);
  for (let i = 0; i < names.length; i++) {
    const [clock = 0, vector = 0, call = 0] = [clocks[i], vectors[i], calls[i]];
    activity[i] = vector + call + (suspends[i] ?? 0);
    perCall[i] = call > 0 ? vector / call : 0;
    perVector[i] = vector > 0 ? clock / vector : 0;
  }
  for (const { name, help, key } of NODE_FAMILIES) {
    const full = `vpp_node_${name}_total`;
    const head = familyHeader(full, 'counter', help, format);
    yield* blocks(full, head, labels, columns[key], zeroSeries ? undefined : activity);
  }
  const ratio = (name: string, help: string, values: Float64Array, keep: Float64Array) =>
    blocks(name, familyHeader(name, 'gauge', help, format), labels, values, keep);
  // a node that was never called, or handled nothing, has no such ratio
  yield* ratio(
    'vpp_node_vectors_per_call',
    'Vector elements per call of the graph node since VPP started',
    perCall,
    calls,
  );
  yield* ratio(
    'vpp_node_clocks_per_vector',
    'CPU clocks per vector element (packet) of the graph node since VPP started',
    perVector,
    vectors,
  );
}

function* errorSeries(
  { errorTable: { sources, counts } }: StatsSnapshot,
  { format, zeroSeries }: VppSeriesOptions,
): Generator<string> {
  if (sources.length === 0) return;
  const name = 'vpp_errors_total';
  const { labels, sumRows } = errorLabelsOf(sources);
  let values = counts;
  if (labels.length < sources.length) {
    values = new Float64Array(labels.length);
    for (const [row, into] of sumRows.entries()) values[into] = (values[into] ?? 0) + (counts[row] ?? 0);
  }
  const head = familyHeader(name, 'counter', "VPP's error counters (not all of them are errors)", format);
  yield* blocks(name, head, labels, values, zeroSeries ? undefined : values);
}

/** One family: `head`, then a line for each row whose `keep` is not zero (all without `keep`). */
function* blocks(
  name: string,
  head: string,
  labels: readonly string[],
  values: Float64Array,
  keep?: Float64Array,
): Generator<string> {
  let block = head;
  let lines = 0;
  for (let i = 0; i < labels.length; i++) {
    if (keep !== undefined && keep[i] === 0) continue;
    block += `${name}${labels[i]}${values[i]}\n`;
    if (++lines % BLOCK_LINES === 0) {
      yield block;
      block = '';
    }
  }
  // a family without a sample says nothing
  if (lines > 0) yield block;
}

const madeLabels = new WeakMap<object, readonly string[]>();

/** `{interface="xe0"} ` for each name. */
function labelsOf(names: readonly string[], label: string): readonly string[] {
  let labels = madeLabels.get(names);
  if (labels === undefined) {
    labels = uniqueNames(names).map((name) => `{${label}="${escapeLabel(name)}"} `);
    madeLabels.set(names, labels);
  }
  return labels;
}

interface ErrorLabels {
  readonly labels: readonly string[];
  /** By row of the table: the label that it counts to. */
  readonly sumRows: Uint32Array;
}

const madeErrorLabels = new WeakMap<object, ErrorLabels>();

/** Names longer than VPP's 127 bytes are cut and may become equal: their counts are added. */
function errorLabelsOf(sources: StatsSnapshot['errorTable']['sources']): ErrorLabels {
  let made = madeErrorLabels.get(sources);
  if (made === undefined) {
    const rows = new Map<string, number>();
    const sumRows = Uint32Array.from(sources, ({ node, reason }) => {
      const label = `{node="${escapeLabel(node)}",reason="${escapeLabel(reason)}"} `;
      const row = rows.get(label) ?? rows.size;
      rows.set(label, row);
      return row;
    });
    made = { labels: [...rows.keys()], sumRows };
    madeErrorLabels.set(sources, made);
  }
  return made;
}

function labelled<T extends { readonly name: string }>(
  name: string,
  head: string,
  label: string,
  items: readonly T[],
  value: (item: T) => number,
): string {
  if (items.length === 0) return '';
  const names = uniqueNames(items.map((item) => item.name));
  const lines = items.map(
    (item, i) => `${name}{${label}="${escapeLabel(names[i] ?? '')}"} ${formatValue(value(item))}\n`,
  );
  return head + lines.join('');
}
