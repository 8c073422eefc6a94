/** VPP's stats segment: attach, read, poll. Other folders import only this file. */
export type { EntryInfo, EntryValue } from './entries.ts';
export type { StatsErrorCode } from './errors.ts';
export { StatsError } from './errors.ts';
export type {
  BufferPool,
  ErrorCounter,
  InterfaceCounters,
  MemoryHeap,
  NodeCounters,
  StatsSnapshot,
  SystemCounters,
} from './snapshot.ts';
export { type AttachOptions, StatsClient } from './stats-client.ts';
export {
  type LatestStats,
  StatsPoller,
  type StatsPollerOptions,
  type StatsReads,
  type StatsStatus,
} from './stats-poller.ts';
