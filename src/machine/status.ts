/** Owns what is said of the machine's own parts: watchdog, worker cores, clock. Pure. */
import { gauge, inSeconds, type PlainMetric } from '../report/mod.ts';

/** A watchdog that runs. */
export interface ArmedWatchdog {
  /** What the driver calls itself; empty when it does not. */
  readonly identity: string;
  /** In force, which may be another than the one asked for. */
  readonly timeoutSeconds: number;
  /** Milliseconds since the epoch; 0 before the first. */
  readonly lastFedAt: number;
  /** Whether the last boot was ended by this device; absent where the driver does not tell. */
  readonly lastBootResetByWatchdog?: boolean;
  /** Whether the driver refuses to be stopped once it runs. */
  readonly nowayout: boolean;
}

export type WatchdogStatus =
  | { readonly state: 'off'; readonly reason: string }
  | ({ readonly state: 'armed' } & ArmedWatchdog)
  /** Not fed, on purpose: the machine is about to be reset. */
  | ({ readonly state: 'starving'; readonly reason: string; readonly since: number } & ArmedWatchdog)
  /** It runs, but could not be fed or stopped. */
  | ({ readonly state: 'failed'; readonly reason: string } & ArmedWatchdog);

/** A worker thread and its core. */
export interface WorkerThread {
  readonly tid: number;
  readonly name: string;
  readonly core: number;
}

export type CpuIsolationStatus =
  | { readonly state: 'off'; readonly reason: string }
  | {
      readonly state: 'active';
      /** A list as the kernel writes it, `1-3`. */
      readonly cores: string;
      readonly threads: readonly WorkerThread[];
      readonly movedInterrupts: number;
      /** Interrupts that cannot be moved: managed ones, and those of one processor. */
      readonly refusedInterrupts: number;
      readonly since: number;
      /** What the last check found not to be so, in words; nothing when all is well. */
      readonly problems: readonly string[];
    }
  | { readonly state: 'failed'; readonly reason: string };

/** Who named the servers. */
export type TimeSource = 'configuration' | 'dhcp';

export type TimeStatus =
  | { readonly state: 'off'; readonly reason: string }
  | {
      readonly state: 'unsynchronised';
      readonly reason: string;
      readonly servers: readonly string[];
      readonly source: TimeSource;
    }
  | {
      readonly state: 'synchronised';
      readonly servers: readonly string[];
      readonly source: TimeSource;
      /** The one in use, as chronyd calls it. */
      readonly server?: string;
      readonly estimatedErrorSeconds: number;
      readonly maximumErrorSeconds: number;
    };

interface MachineSource {
  readonly watchdog: WatchdogStatus;
  readonly cpuIsolation: CpuIsolationStatus;
  readonly time: TimeStatus;
}

const armed = ({ watchdog }: MachineSource) => (watchdog.state === 'off' ? undefined : watchdog);
const clock = ({ time }: MachineSource) => (time.state === 'synchronised' ? time : undefined);

export const MACHINE_METRICS: readonly PlainMetric<MachineSource>[] = [
  gauge('appliance_watchdog_armed', 'Whether a watchdog runs', (machine) => armed(machine) !== undefined),
  gauge(
    'appliance_watchdog_timeout_seconds',
    'Time without a feeding after which the watchdog resets the machine',
    (machine) => armed(machine)?.timeoutSeconds,
  ),
  gauge(
    'appliance_watchdog_last_fed_timestamp_seconds',
    'Unix time at which the watchdog was fed last',
    // 0: it was not fed yet
    (machine) => inSeconds(armed(machine)?.lastFedAt || undefined),
  ),
  gauge(
    'appliance_watchdog_last_boot_reset',
    'Whether the watchdog ended the last boot (absent: not known)',
    (machine) => armed(machine)?.lastBootResetByWatchdog,
  ),
  gauge(
    'appliance_worker_cores_isolated',
    "Whether the cores of VPP's workers are kept free",
    ({ cpuIsolation }) => cpuIsolation.state === 'active',
  ),
  gauge(
    'appliance_worker_cores_problems',
    "What is not as it should be with the cores of VPP's workers",
    ({ cpuIsolation }) =>
      cpuIsolation.state === 'active' ? cpuIsolation.problems.length : cpuIsolation.state === 'failed',
  ),
  gauge(
    'appliance_clock_synchronised',
    'Whether a time server keeps the clock',
    (machine) => clock(machine) !== undefined,
  ),
  gauge(
    'appliance_clock_estimated_error_seconds',
    'Estimated error of the clock while it is synchronised',
    (machine) => clock(machine)?.estimatedErrorSeconds,
  ),
  gauge(
    'appliance_clock_maximum_error_seconds',
    'Bound on the error of the clock while it is synchronised',
    (machine) => clock(machine)?.maximumErrorSeconds,
  ),
];
