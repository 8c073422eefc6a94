/**
 * What every room reports itself in: figures and times for people, conditions, findings, metrics. Pure: the browser has
 * it too. Other folders import this file only.
 */
export { type Condition, conditionFinding, type Severity } from './condition.ts';
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
export { type Finding, finding, isQuiet, type Level, type Shade, type Words } from './finding.ts';
export {
  type Column,
  counter,
  counters,
  type Distribution,
  gauge,
  gauges,
  inSeconds,
  type Metric,
  metricTable,
  type PlainMetric,
  type Sample,
  type Samples,
  stateSamples,
} from './metric.ts';
