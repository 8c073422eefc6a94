/**
 * Owns the metrics of a box, in a registry of their own: a process that owns no machine exposes none of them.
 *
 * Invariant: a figure that is not known has no sample, rather than a 0 that reads as one.
 */
import { Gauge, Registry } from 'prom-client';
import type { BoxStatus } from '../status/mod.ts';

const ENTRY_STATES = ['good', 'trial', 'failed', 'aside'] as const;

export class BoxMetrics {
  readonly #registry = new Registry();
  readonly #image = this.#gauge(
    'appliance_image_info',
    'Version of the image that runs, always 1; its state is good, trial, fallback or unknown',
    ['version', 'state'],
  );
  readonly #trial = this.#gauge('appliance_update_trial', 'Whether the running version is on trial');
  readonly #trialDeadline = this.#gauge(
    'appliance_update_trial_deadline_timestamp_seconds',
    'Unix time at which the trial restarts the box for want of a verdict',
  );
  readonly #verdict = this.#gauge('appliance_verdict_good', 'Whether this run counts as a good one');
  readonly #conditions = this.#gauge(
    'appliance_verdict_condition_met',
    'Whether a condition of the verdict on this run was met',
    ['condition'],
  );
  readonly #entries = this.#gauge('appliance_update_entries', 'Images on the boot partition by state', [
    'state',
  ]);
  readonly #lastFailure = this.#gauge(
    'appliance_update_last_failure_timestamp_seconds',
    'Unix time at which the last failed update ended',
  );
  readonly #watchdogArmed = this.#gauge('appliance_watchdog_armed', 'Whether a watchdog runs');
  readonly #watchdogTimeout = this.#gauge(
    'appliance_watchdog_timeout_seconds',
    'Time without a feeding after which the watchdog resets the machine',
  );
  readonly #watchdogFed = this.#gauge(
    'appliance_watchdog_last_fed_timestamp_seconds',
    'Unix time at which the watchdog was fed last',
  );
  readonly #watchdogReset = this.#gauge(
    'appliance_watchdog_last_boot_reset',
    'Whether the watchdog ended the last boot (absent: not known)',
  );
  readonly #panic = this.#gauge(
    'appliance_last_boot_kernel_panic',
    'Whether the last boot ended in a kernel panic',
  );
  readonly #coresIsolated = this.#gauge(
    'appliance_worker_cores_isolated',
    "Whether the cores of VPP's workers are kept free",
  );
  readonly #coresProblems = this.#gauge(
    'appliance_worker_cores_problems',
    "What is not as it should be with the cores of VPP's workers",
  );
  readonly #clock = this.#gauge('appliance_clock_synchronised', 'Whether a time server keeps the clock');
  readonly #clockError = this.#gauge(
    'appliance_clock_estimated_error_seconds',
    'Estimated error of the clock while it is synchronised',
  );
  readonly #clockMaximumError = this.#gauge(
    'appliance_clock_maximum_error_seconds',
    'Bound on the error of the clock while it is synchronised',
  );
  readonly #crashes = this.#gauge('appliance_crashes_recorded', 'Crashes whose evidence is kept');
  readonly #lastCrash = this.#gauge(
    'appliance_last_crash_timestamp_seconds',
    'Unix time of the last crash whose evidence is kept',
  );
  readonly #certificate = this.#gauge(
    'appliance_https_certificate_expiry_timestamp_seconds',
    'Unix time at which the certificate of HTTPS expires',
  );
  readonly #persistent = this.#gauge(
    'appliance_data_persistent',
    'Whether what the box keeps is there after a restart',
  );

  /** The exposition of a box. */
  render(box: BoxStatus): Promise<string> {
    // one synchronous run up to the registry's own, so that two scrapes at once cannot mix
    this.#registry.resetMetrics();
    this.#setUpdate(box.update);
    this.#setWatchdog(box.watchdog);
    this.#setParts(box);
    return this.#registry.metrics();
  }

  #setUpdate({ running, trial, verdict, entries, lastFailure }: BoxStatus['update']): void {
    this.#image.set({ version: running.version, state: running.state }, 1);
    this.#trial.set(Number(trial !== undefined));
    setOrRemove(this.#trialDeadline, seconds(trial?.deadline));
    this.#verdict.set(Number(verdict?.state === 'good'));
    for (const { name, ok } of verdict?.conditions ?? [])
      this.#conditions.set({ condition: name }, Number(ok));
    for (const state of ENTRY_STATES) {
      this.#entries.set({ state }, entries.filter((entry) => entry.state === state).length);
    }
    setOrRemove(this.#lastFailure, seconds(lastFailure?.at));
  }

  #setWatchdog(watchdog: BoxStatus['watchdog']): void {
    const armed = watchdog.state === 'off' ? undefined : watchdog;
    this.#watchdogArmed.set(Number(armed !== undefined));
    setOrRemove(this.#watchdogTimeout, armed?.timeoutSeconds);
    // 0: it was not fed yet
    setOrRemove(this.#watchdogFed, armed?.lastFedAt === 0 ? undefined : seconds(armed?.lastFedAt));
    const reset = armed?.lastBootResetByWatchdog;
    setOrRemove(this.#watchdogReset, reset === undefined ? undefined : Number(reset));
  }

  #setParts({ cpuIsolation, time, crashes, lastPanic, https, dataKept }: BoxStatus): void {
    this.#panic.set(Number(lastPanic !== undefined));
    this.#coresIsolated.set(Number(cpuIsolation.state === 'active'));
    this.#coresProblems.set(problemsOf(cpuIsolation));
    const clock = time.state === 'synchronised' ? time : undefined;
    this.#clock.set(Number(clock !== undefined));
    setOrRemove(this.#clockError, clock?.estimatedErrorSeconds);
    setOrRemove(this.#clockMaximumError, clock?.maximumErrorSeconds);
    this.#crashes.set(crashes.length);
    setOrRemove(this.#lastCrash, seconds(crashes[0]?.at));
    setOrRemove(this.#certificate, seconds(https?.expiresAt));
    this.#persistent.set(Number(dataKept));
  }

  #gauge<T extends string>(name: string, help: string, labelNames: readonly T[] = []): Gauge<T> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }
}

/** Sets a gauge without labels; what is not known takes the 0 away that resetting left. */
export function setOrRemove(gauge: Gauge<never>, value: number | undefined): void {
  if (value === undefined) gauge.remove();
  else gauge.set(value);
}

/** Unix seconds of Unix milliseconds. */
export function seconds(at: number | undefined): number | undefined {
  return at === undefined ? undefined : at / 1000;
}

function problemsOf(cores: BoxStatus['cpuIsolation']): number {
  switch (cores.state) {
    case 'off':
      return 0;
    case 'failed':
      return 1;
    case 'active':
      return cores.problems.length;
  }
}
