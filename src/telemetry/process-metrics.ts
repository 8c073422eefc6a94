/** Owns the metrics of this process. */
import { readdirSync } from 'node:fs';
import { counter, gauge, type PlainMetric } from '../report/mod.ts';

export const PROCESS_METRICS: readonly PlainMetric<unknown>[] = [
  counter('process_cpu_seconds_total', 'CPU time of this process', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }),
  gauge('process_resident_memory_bytes', 'Resident memory of this process', () => process.memoryUsage().rss),
  gauge(
    'appliance_javascript_heap_bytes',
    'Used JavaScript heap of this process',
    () => process.memoryUsage().heapUsed,
  ),
  gauge('process_start_time_seconds', 'Unix time at which this process started', () =>
    Math.round(Date.now() / 1000 - process.uptime()),
  ),
  gauge('process_open_fds', 'Open file descriptors of this process', countOpenFiles),
];

function countOpenFiles(): number {
  try {
    // the directory that is being read is one of them
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    // no /proc yet: PID 1 mounts it
    return Number.NaN;
  }
}
