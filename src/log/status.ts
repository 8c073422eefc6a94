/** Owns what is said of crashes. Pure. */
import { formatBytes, formatTime, gauge, inSeconds, metricTable } from '../report/mod.ts';
import type { Evidence } from './crash-evidence.ts';

export interface CrashStatus {
  /** Crashes on record, newest first. */
  readonly crashes: readonly Evidence[];
  /** What the kernel before this one died of. */
  readonly lastPanic?: string;
}

export const CRASH_METRICS = metricTable<CrashStatus>({
  appliance_last_boot_kernel_panic: gauge(
    'Whether the last boot ended in a kernel panic',
    ({ lastPanic }) => lastPanic !== undefined,
  ),
  appliance_crashes_recorded: gauge('Crashes whose evidence is kept', ({ crashes }) => crashes.length),
  appliance_last_crash_timestamp_seconds: gauge(
    'Unix time of the last crash whose evidence is kept',
    ({ crashes }) => inSeconds(crashes[0]?.at),
  ),
});

export function describeCrash({ at, service, reason, file, core, bytes }: Evidence): string {
  const kept = core === undefined ? file : `${file} and ${core}`;
  return `${formatTime(at)} ${service}: ${reason} (${kept}, ${formatBytes(bytes)})`;
}
