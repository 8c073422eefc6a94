/** VPP's stats segment: attach, read, poll. Other folders import only this file. */
export { INTERFACE_COUNTERS, NODE_COUNTERS } from './counters.ts';
export { StatsError } from './errors.ts';
export { STATS_METRICS, STATS_READ_METRICS } from './metrics.ts';
export {
  type HistoryView,
  type Rate,
  StatsHistory,
} from './history.ts';
export {
  type BufferPool,
  type CounterTable,
  type ErrorCounter,
  type InterfaceCounters,
  makeSnapshot,
  type MemoryHeap,
  type NodeCounters,
  type SnapshotParts,
  type StatsSnapshot,
} from './snapshot.ts';
export { StatsClient } from './stats-client.ts';
export {
  StatsPoller,
  type StatsPollerOptions,
  type StatsReads,
  type StatsStatus,
} from './stats-poller.ts';
