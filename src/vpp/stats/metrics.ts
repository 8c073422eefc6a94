/**
 * Owns the metrics that are made of the stats segment. Counters are raw: they begin at zero with VPP
 * (`vpp_boot_time_seconds`), which is told once and not by a `_created` of each.
 *
 * Invariant: what there is thousands of is read as columns, straight from the snapshot.
 */
import {
  type Column,
  counter,
  counters,
  gauge,
  gauges,
  inSeconds,
  metricTable,
  type Sample,
  type Samples,
} from '../../report/mod.ts';
import { type CounterFamily, INTERFACE_FAMILIES, NODE_FAMILIES } from './counters.ts';
import type { CounterTable, ErrorTable, StatsSnapshot, SystemCounters } from './snapshot.ts';
import type { StatsReads } from './stats-poller.ts';

interface ReadSource {
  readonly reads: StatsReads;
  /** Of the latest figures; undefined before the first. */
  readonly ageSeconds: number | undefined;
}

/** How the reading of the figures goes. */
export const STATS_READ_METRICS = metricTable<ReadSource>({
  vpp_stats_polls_total: counter('Reads of the stats segment', ({ reads }) => reads.polls),
  vpp_stats_read_failures_total: counter('Reads that failed', ({ reads }) => reads.failures),
  vpp_stats_read_retries_total: counter(
    'Reads repeated as VPP changed its structure',
    ({ reads }) => reads.retries,
  ),
  vpp_stats_attachments_total: counter('Attachments to the stats segment', ({ reads }) => reads.attachments),
  vpp_stats_last_read_seconds: gauge(
    'Duration of the last read, turns of the event loop included',
    ({ reads }) => inSeconds(reads.lastReadMs),
  ),
  vpp_stats_age_seconds: gauge(
    "Age of the latest figures of VPP; without them VPP's series are left out",
    ({ ageSeconds }) => ageSeconds,
  ),
});

/** All that VPP counts. */
export const STATS_METRICS = metricTable<StatsSnapshot, Samples>({
  vpp_system_vector_rate: gauge(
    'Vectors per graph node call, mean of the workers',
    ({ system }) => system.vectorRate,
  ),
  vpp_system_input_rate: gauge('Packets received per second', ({ system }) => system.inputRate),
  vpp_system_worker_threads: gauge('Worker threads', ({ system }) => system.numWorkerThreads),
  vpp_boot_time_seconds: gauge('Unix time at which VPP started', ({ system }) => system.bootTime),
  vpp_heartbeats_total: counter('Updates of these figures by VPP', ({ system }) => system.heartbeat),
  vpp_system_thread_vector_rate: gauges(
    'Vectors per graph node call of a thread; a thread can do no more at 256',
    ['thread'],
    byThread('vectorRatePerWorker'),
  ),
  vpp_system_thread_loops_per_second: gauges(
    "Turns of a thread's main loop; they fall as it gets busy",
    ['thread'],
    byThread('loopsPerWorker'),
  ),
  ...Object.fromEntries(
    INTERFACE_FAMILIES.map((family) => [
      `vpp_interface_${family.metric}_total`,
      counters(family.help, ['interface'], ({ interfaceTable }: StatsSnapshot) =>
        columnOf(interfaceTable, family),
      ),
    ]),
  ),
  ...Object.fromEntries(
    NODE_FAMILIES.map((family) => [
      `vpp_node_${family.metric}_total`,
      counters(family.help, ['node'], ({ nodeTable }: StatsSnapshot) => ({
        ...columnOf(nodeTable, family),
        activity: activityOf(nodeTable),
      })),
    ]),
  ),
  vpp_node_vectors_per_call: gauges(
    'Vector elements per call of the graph node since VPP started',
    ['node'],
    ({ nodeTable: { names, columns } }) => ratio(names, columns.vectors, columns.calls),
  ),
  vpp_node_clocks_per_vector: gauges(
    'CPU clocks per vector element (packet) of the graph node since VPP started',
    ['node'],
    ({ nodeTable: { names, columns } }) => ratio(names, columns.clocks, columns.vectors),
  ),
  vpp_errors_total: counters(
    "VPP's error counters (not all of them are errors)",
    ['node', 'reason'],
    ({ errorTable }) => errorColumn(errorTable),
  ),
  vpp_acl_rule_packets_total: counters(
    'Packets that a rule of a filter matched since the rules were set',
    ['acl', 'rule'],
    ({ ruleHits }) => ruleHits.map(({ filter, rule, packets }) => [packets, filter, `${rule}`]),
  ),
  vpp_acl_rule_bytes_total: counters(
    'Bytes of the packets that a rule of a filter matched since the rules were set',
    ['acl', 'rule'],
    ({ ruleHits }) => ruleHits.map(({ filter, rule, bytes }) => [bytes, filter, `${rule}`]),
  ),
  vpp_nat44_sessions: gauge('Translated sessions of NAT44, of all threads', ({ natSessions }) => natSessions),
  vpp_buffers_available: gauges('Free buffers of the pool', ['pool'], ({ bufferPools }) =>
    figureOf(bufferPools, 'available'),
  ),
  vpp_buffers_used: gauges('Buffers of the pool in use', ['pool'], ({ bufferPools }) =>
    figureOf(bufferPools, 'used'),
  ),
  vpp_buffers_cached: gauges('Buffers cached by threads', ['pool'], ({ bufferPools }) =>
    figureOf(bufferPools, 'cached'),
  ),
  vpp_heap_size_bytes: gauges('Size of the heap', ['heap'], ({ memory }) => figureOf(memory, 'total')),
  vpp_heap_used_bytes: gauges('Bytes of the heap in use', ['heap'], ({ memory }) => figureOf(memory, 'used')),
  vpp_heap_free_bytes: gauges('Free bytes of the heap', ['heap'], ({ memory }) => figureOf(memory, 'free')),
});

/** By thread, as `show threads` calls it. */
function byThread(figure: 'vectorRatePerWorker' | 'loopsPerWorker') {
  return ({ system }: { readonly system: SystemCounters }): Sample[] =>
    system[figure].map((value, i) => [value, i === 0 ? 'vpp_main' : `vpp_wk_${i - 1}`]);
}

function columnOf<K extends string>(
  { names, columns }: CounterTable<K>,
  { name, isZeroUsual }: CounterFamily<K>,
): Column {
  const values = columns[name];
  return { keys: names, values, ...(isZeroUsual ? { activity: values } : {}) };
}

const madeActivity = new WeakMap<object, Float64Array>();

/** What a node did at all; made once for its four counters. */
function activityOf({
  names,
  columns: { vectors, calls, suspends },
}: StatsSnapshot['nodeTable']): Float64Array {
  let activity = madeActivity.get(vectors);
  if (activity === undefined) {
    activity = new Float64Array(names.length);
    for (let i = 0; i < activity.length; i++) {
      activity[i] = (vectors[i] ?? 0) + (calls[i] ?? 0) + (suspends[i] ?? 0);
    }
    madeActivity.set(vectors, activity);
  }
  return activity;
}

/** A node that was never called, or handled nothing, has no such ratio. */
function ratio(keys: readonly string[], of: Float64Array, by: Float64Array): Column {
  const values = new Float64Array(keys.length);
  for (let i = 0; i < values.length; i++) values[i] = by[i] === 0 ? Number.NaN : (of[i] ?? 0) / (by[i] ?? 0);
  return { keys, values };
}

function figureOf<F extends string>(
  items: readonly (Readonly<Record<F, number>> & { readonly name: string })[],
  figure: F,
): Column {
  return { keys: items.map(({ name }) => name), values: items.map((item) => item[figure]) };
}

interface ErrorKeys {
  readonly keys: readonly (readonly [node: string, reason: string])[];
  /** By row of the table: the key that it counts to. */
  readonly sumRows: Uint32Array;
}

const madeErrorKeys = new WeakMap<object, ErrorKeys>();

/** Names longer than VPP's 127 bytes are cut and may become equal: their counts are added. */
function errorColumn({ sources, counts }: ErrorTable): Column {
  let made = madeErrorKeys.get(sources);
  if (made === undefined) {
    const rows = new Map<string, number>();
    const keys: (readonly [string, string])[] = [];
    const sumRows = Uint32Array.from(sources, ({ node, reason }) => {
      const name = `${node}\0${reason}`;
      const row = rows.get(name) ?? rows.size;
      if (row === rows.size) keys.push([node, reason]);
      rows.set(name, row);
      return row;
    });
    made = { keys, sumRows };
    madeErrorKeys.set(sources, made);
  }
  const { keys, sumRows } = made;
  const values = new Float64Array(keys.length);
  for (const [row, into] of sumRows.entries()) values[into] = (values[into] ?? 0) + (counts[row] ?? 0);
  return { keys, values, activity: values };
}
