/**
 * What every room reports itself in: figures and times for people, conditions. Knows nobody and is pure: the browser has
 * it too. Other folders import this file only.
 */
export type { Condition, Severity } from './condition.ts';
export {
  formatAgo,
  formatBitRate,
  formatBytes,
  formatCount,
  formatDuration,
  formatPacketRate,
  formatTime,
  plural,
  printable,
  type Timestamp,
} from './format.ts';
export type { Level, Shade } from './finding.ts';
export {
  type Column,
  counter,
  counters,
  type Distribution,
  gauge,
  gauges,
  inSeconds,
  type Metric,
  type PlainMetric,
  type Sample,
  type Samples,
  stateSamples,
} from './metric.ts';
