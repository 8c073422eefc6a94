/** VPP's stats segment: attach, read, poll. Other folders import only this file. */
export { INTERFACE_COUNTERS, type InterfaceCounter, NODE_COUNTERS, type NodeCounter } from './counters.ts';
export type { EntryInfo, EntryValue } from './entries.ts';
export type { StatsErrorCode } from './errors.ts';
export { StatsError } from './errors.ts';
export { STATS_METRICS, STATS_READ_METRICS } from './metrics.ts';
export {
  type CurrentRates,
  type HistoryView,
  type Rate,
  RATES,
  type Resolution,
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
  type SystemCounters,
} from './snapshot.ts';
export { type AttachOptions, StatsClient } from './stats-client.ts';
export {
  type LatestStats,
  type SnapshotListener,
  StatsPoller,
  type StatsPollerOptions,
  type StatsReads,
  type StatsStatus,
} from './stats-poller.ts';
