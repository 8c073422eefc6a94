/** Owns the metrics of this process. */
import { readdirSync } from 'node:fs';
import { counter, gauge, metricTable } from '../report/mod.ts';

export const PROCESS_METRICS = metricTable<unknown>({
  process_cpu_seconds_total: counter('CPU time of this process', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }),
  process_resident_memory_bytes: gauge('Resident memory of this process', () => process.memoryUsage().rss),
  appliance_javascript_heap_bytes: gauge(
    'Used JavaScript heap of this process',
    () => process.memoryUsage().heapUsed,
  ),
  process_start_time_seconds: gauge('Unix time at which this process started', () =>
    Math.round(Date.now() / 1000 - process.uptime()),
  ),
  process_open_fds: gauge('Open file descriptors of this process', countOpenFiles),
});

function countOpenFiles(): number {
  try {
    // the directory that is being read is one of them
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    // no /proc yet: PID 1 mounts it
    return Number.NaN;
  }
}
