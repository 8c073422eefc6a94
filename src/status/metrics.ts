/** Owns the table of the appliance's own metrics: the rows of all rooms. */
import { BGP_METRICS } from '../bgp/status.ts';
import { CONFIG_METRICS } from '../live/status.ts';
import { HTTPS_METRICS } from '../control/status.ts';
import { WAN_METRICS } from '../dataplane/status.ts';
import { DISK_METRICS } from '../disk/status.ts';
import { DPDK_METRICS } from '../dpdk/status.ts';
import { FIB_METRICS, IMPORT_METRICS } from '../fib/status.ts';
import { CRASH_METRICS } from '../log/status.ts';
import { MACHINE_METRICS } from '../machine/status.ts';
import { MANAGEMENT_METRICS, TIME_METRICS } from '../management/status.ts';
import { KERNEL_RULE_METRICS } from '../nftables/status.ts';
import { gauge, gauges, inSeconds, metricTable, type PlainMetric, type Sample } from '../report/mod.ts';
import { OBJECT_METRICS } from '../objects/status.ts';
import { SERVICE_METRICS } from '../supervise/status.ts';
import { UPDATE_METRICS } from '../update/status.ts';
import { VPP_METRICS } from '../vpp/status.ts';
import type { ApplianceStatus, BoxStatus } from './appliance-status.ts';
import type { Readiness } from './health.ts';

export interface JudgedStatus extends ApplianceStatus {
  readonly readiness: Readiness;
}

const APPLIANCE_METRICS = metricTable<JudgedStatus>({
  appliance_info: gauges(
    'Version and name of the appliance, always 1',
    ['version', 'hostname', 'mode', 'kernel'],
    ({ version, hostname, mode, kernel = '' }) => [[1, version, hostname, mode, kernel]],
  ),
  appliance_uptime_seconds: gauge(
    'Seconds since the appliance started',
    ({ uptimeSeconds }) => uptimeSeconds,
  ),
  appliance_boot_phase_seconds: gauges('Duration of a boot phase', ['phase'], ({ boot }) =>
    boot.phases.flatMap((phase): Sample[] => ('ms' in phase ? [[phase.ms / 1000, phase.name]] : [])),
  ),
  appliance_boot_phase_failed: gauges('Whether a boot phase failed', ['phase'], ({ boot }) =>
    boot.phases.map(({ name, state }) => [Number(state === 'failed'), name]),
  ),
  appliance_boot_seconds: gauge('Duration of the boot', ({ boot }) => inSeconds(boot.totalMs) ?? Number.NaN),
  appliance_condition: gauges('Conditions that hold, always 1', ['severity', 'subject'], ({ conditions }) =>
    conditions.map(({ severity, subject }) => [1, severity, subject]),
  ),
  appliance_ready: gauge(
    'Whether the whole configuration is in effect, as /readyz reports',
    ({ readiness }) => readiness.ready,
  ),
  appliance_ready_check: gauges('Whether a check of /readyz holds', ['check'], ({ readiness }) =>
    readiness.checks.map(({ name, ok }) => [Number(ok), name]),
  ),
});

export const ownMetrics = (): readonly PlainMetric<JudgedStatus>[] => [
  ...APPLIANCE_METRICS,
  ...CONFIG_METRICS,
  ...SERVICE_METRICS,
  ...VPP_METRICS,
  ...OBJECT_METRICS,
  ...WAN_METRICS,
  ...KERNEL_RULE_METRICS,
  ...FIB_METRICS,
  ...IMPORT_METRICS,
  ...BGP_METRICS,
  ...DPDK_METRICS,
  ...MANAGEMENT_METRICS,
];

/** Of a machine's owner; another process exposes none of them. */
export const boxMetrics = (): readonly PlainMetric<BoxStatus>[] => [
  ...UPDATE_METRICS,
  ...MACHINE_METRICS,
  ...TIME_METRICS,
  ...CRASH_METRICS,
  ...HTTPS_METRICS,
  ...DISK_METRICS,
];
