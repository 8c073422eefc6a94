/** Owns what is said of the machine's own parts: watchdog, worker cores. Pure. */
import {
  finding,
  type Finding,
  formatAgo,
  formatTime,
  gauge,
  inSeconds,
  isQuiet,
  metricTable,
  plural,
  type Words,
} from '../report/mod.ts';

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

interface MachineSource {
  readonly watchdog: WatchdogStatus;
  readonly cpuIsolation: CpuIsolationStatus;
}

const armed = ({ watchdog }: MachineSource) => (watchdog.state === 'off' ? undefined : watchdog);

export const MACHINE_METRICS = metricTable<MachineSource>({
  appliance_watchdog_armed: gauge('Whether a watchdog runs', (machine) => armed(machine) !== undefined),
  appliance_watchdog_timeout_seconds: gauge(
    'Time without a feeding after which the watchdog resets the machine',
    (machine) => armed(machine)?.timeoutSeconds,
  ),
  appliance_watchdog_last_fed_timestamp_seconds: gauge(
    'Unix time at which the watchdog was fed last',
    // 0: it was not fed yet
    (machine) => inSeconds(armed(machine)?.lastFedAt || undefined),
  ),
  appliance_watchdog_last_boot_reset: gauge(
    'Whether the watchdog ended the last boot (absent: not known)',
    (machine) => armed(machine)?.lastBootResetByWatchdog,
  ),
  appliance_worker_cores_isolated: gauge(
    "Whether the cores of VPP's workers are kept free",
    ({ cpuIsolation }) => cpuIsolation.state === 'active',
  ),
  appliance_worker_cores_problems: gauge(
    "Deviations from the isolation of the cores of VPP's workers",
    ({ cpuIsolation }) =>
      cpuIsolation.state === 'active' ? cpuIsolation.problems.length : cpuIsolation.state === 'failed',
  ),
});

export function describeWatchdog(watchdog: WatchdogStatus, now: number): Words {
  if (watchdog.state === 'off') return { level: 'ok', text: `off: ${watchdog.reason}` };
  const { identity, timeoutSeconds, lastFedAt, nowayout } = watchdog;
  const name = identity === '' ? 'armed' : `armed (${identity})`;
  const fed = lastFedAt === 0 ? 'not fed yet' : `fed ${formatAgo(lastFedAt, now)}`;
  const facts = `${name}, ${fed}, resets the machine ${timeoutSeconds} s after it was fed last`;
  switch (watchdog.state) {
    case 'armed':
      return { level: 'ok', text: `${facts}${nowayout ? '; it cannot be stopped (nowayout)' : ''}` };
    case 'starving':
      return {
        level: 'error',
        text: `not fed since ${formatTime(watchdog.since)}, the machine is about to be reset: ${watchdog.reason}`,
      };
    case 'failed':
      return { level: 'error', text: `${facts}, but: ${watchdog.reason}` };
  }
}

/** Whether the last boot was ended by the watchdog; undefined without one. */
export function describeLastBoot(watchdog: WatchdogStatus): Words | undefined {
  if (watchdog.state === 'off') return undefined;
  switch (watchdog.lastBootResetByWatchdog) {
    case undefined:
      return { level: 'ok', text: 'the watchdog does not report whether it ended it' };
    case true:
      return { level: 'warning', text: 'ended by the watchdog' };
    case false:
      return { level: 'ok', text: 'not ended by the watchdog' };
  }
}

export function describeCores(cores: CpuIsolationStatus): Words {
  switch (cores.state) {
    case 'off':
      return { level: 'ok', text: `not kept free: ${cores.reason}` };
    case 'failed':
      return { level: 'warning', text: `could not be kept free: ${cores.reason}` };
    case 'active': {
      const refused = cores.refusedInterrupts === 0 ? '' : `, ${cores.refusedInterrupts} cannot be moved`;
      const interrupts = `${plural(cores.movedInterrupts, 'interrupt')} moved away${refused}`;
      const facts = `cores ${cores.cores} are kept free for ${plural(cores.threads.length, 'thread')}; ${interrupts}`;
      return cores.problems.length === 0
        ? { level: 'ok', text: facts }
        : { level: 'warning', text: `${facts}; deviations: ${cores.problems.join('; ')}` };
    }
  }
}

/** Undefined where the machine is its host's. */
export function machineFindings(machine: MachineSource | undefined, now: number): Finding[] {
  if (machine === undefined) {
    return [
      finding('watchdog', 'host', 'ok', "the host's watchdog", { quiet: true }),
      finding('cores', 'host', 'ok', "the host's processors", { quiet: true }),
    ];
  }
  const { watchdog, cpuIsolation } = machine;
  const fed = describeWatchdog(watchdog, now);
  const cores = describeCores(cpuIsolation);
  return [
    finding('watchdog', watchdog.state, fed.level, `Watchdog: ${fed.text}`, isQuiet(fed)),
    // a condition says it
    finding('cores', cpuIsolation.state, cores.level, `Worker cores ${cores.text}`, { quiet: true }),
  ];
}
