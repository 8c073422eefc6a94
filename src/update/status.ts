/** The status of updates, rendered by the page, /status, /metrics and `appliance show`. Plain JSON. */
import {
  finding,
  type Finding,
  formatAgo,
  formatBytes,
  formatTime,
  gauge,
  gauges,
  inSeconds,
  metricTable,
  plural,
  type Words,
} from '../report/mod.ts';
import type { TrialCondition } from './conditions.ts';
import type { EntryState } from './entries.ts';
import type { HistoryEntry } from './record.ts';
import type { RunningState } from './running.ts';
import type { Verdict } from './verdict.ts';

/** One image on the boot partition. */
export interface EntryStatus {
  readonly file: string;
  readonly version: string;
  readonly sizeBytes: number;
  readonly state: EntryState;
  /** Boots left; set while it is counted. */
  readonly left?: number;
  readonly running: boolean;
  /** Whether the loader would choose it at the next boot. */
  readonly next: boolean;
  /** Why it failed, if recorded. */
  readonly reason?: string;
}

export interface UpdateStatus {
  readonly running: {
    /** Version of the running image. */
    readonly version: string;
    /** File in `EFI/Linux`; absent when it was not started from there. */
    readonly file?: string;
    readonly state: RunningState;
  };
  /** Set while the running version is on trial without a verdict. */
  readonly trial?: {
    /** Wall clock, ms. */
    readonly deadline: number;
    readonly conditions: readonly TrialCondition[];
  };
  /** For this run, on trial or not; absent before the configuration is read. */
  readonly verdict?: Verdict;
  /** In the loader's order. */
  readonly entries: readonly EntryStatus[];
  /** The image being received. */
  readonly receiving?: {
    readonly version: string;
    readonly receivedBytes: number;
    readonly sizeBytes: number;
  };
  /** The update in place, waiting for its first boot or its verdict. */
  readonly pending?: { readonly version: string; readonly at: number };
  /** Results of the last updates, newest first, at most 20. */
  readonly history: readonly HistoryEntry[];
  /** The newest of `history` that failed. */
  readonly lastFailure?: HistoryEntry;
}

const ENTRY_STATES: Readonly<Record<EntryState, true>> = {
  good: true,
  trial: true,
  failed: true,
  aside: true,
};

export const UPDATE_METRICS = metricTable<{ readonly update: UpdateStatus }>({
  appliance_image_info: gauges(
    'Version of the image that runs, always 1; its state is good, trial, fallback or unknown',
    ['version', 'state'],
    ({ update: { running } }) => [[1, running.version, running.state]],
  ),
  appliance_update_trial: gauge(
    'Whether the running version is on trial',
    ({ update }) => update.trial !== undefined,
  ),
  appliance_update_trial_deadline_timestamp_seconds: gauge(
    'Unix time at which the trial restarts the box for want of a verdict',
    ({ update }) => inSeconds(update.trial?.deadline),
  ),
  appliance_verdict_good: gauge(
    'Whether this run counts as a good one',
    ({ update }) => update.verdict?.state === 'good',
  ),
  appliance_verdict_condition_met: gauges(
    'Whether a condition of the verdict on this run was met',
    ['condition'],
    ({ update }) => update.verdict?.conditions.map(({ name, ok }) => [Number(ok), name]) ?? [],
  ),
  appliance_update_entries: gauges(
    'Images on the boot partition by state',
    ['state'],
    ({ update: { entries } }) =>
      Object.keys(ENTRY_STATES).map((state) => [
        entries.filter((entry) => entry.state === state).length,
        state,
      ]),
  ),
  appliance_update_last_failure_timestamp_seconds: gauge(
    'Unix time at which the last failed update ended',
    ({ update }) => inSeconds(update.lastFailure?.at),
  ),
});

/** Which version runs, and what is thought of it. */
export function describeImage({ running, trial, verdict }: UpdateStatus, now: number): Words {
  const name = `version ${running.version}`;
  switch (running.state) {
    case 'good':
      return { level: 'ok', text: `${name} runs and is good` };
    case 'fallback':
      return {
        level: 'warning',
        text: `${name} runs although its boots are used up: nothing better is on the boot partition`,
      };
    case 'unknown':
      return { level: 'ok', text: `${name} runs; the boot loader does not report its entry` };
    case 'trial':
      break;
  }
  if (verdict?.state === 'failed') {
    return { level: 'error', text: `${name} failed its trial, the box restarts: ${verdict.reason}` };
  }
  if (trial === undefined) return { level: 'ok', text: `${name} runs and passed its trial` };
  const until = `${formatTime(trial.deadline)} (${formatAgo(trial.deadline, now)})`;
  const missing = trial.conditions.filter(({ ok }) => !ok).map((condition) => condition.name);
  const still = missing.length === 0 ? '' : `; not met yet: ${missing.join(', ')}`;
  return {
    level: 'warning',
    text: `${name} is on trial until ${until}: without its verdict until then the box restarts${still}`,
  };
}

/** Whether this run counts as a good one; undefined before it is looked at. */
export function describeVerdict({ verdict }: UpdateStatus): string | undefined {
  switch (verdict?.state) {
    case undefined:
      return undefined;
    case 'good':
      return `counts as good since ${formatTime(verdict.at)}: all conditions were met`;
    case 'waiting':
      return `does not count as good yet: looked at since ${formatTime(verdict.since)}`;
    case 'failed':
      return `failed at ${formatTime(verdict.at)}: ${verdict.reason}`;
  }
}

export function describeReceiving(of: NonNullable<UpdateStatus['receiving']>): string {
  return `version ${of.version}, ${formatBytes(of.receivedBytes)} of ${formatBytes(of.sizeBytes)}`;
}

export function describePending({ version, at }: NonNullable<UpdateStatus['pending']>): string {
  return `version ${version}, in place since ${formatTime(at)}`;
}

/** What the next restart starts; undefined where the boot partition is not known. */
export function describeNext({ entries }: UpdateStatus): string | undefined {
  const next = entries.find((entry) => entry.next);
  if (next === undefined) return undefined;
  return `version ${next.version}${next.running ? ', the one that runs' : ''} (${next.file})`;
}

export function describeEntryState({ state, left }: Pick<EntryStatus, 'state' | 'left'>): string {
  switch (state) {
    case 'good':
      return 'good';
    case 'trial':
      return `on trial, ${plural(left ?? 0, 'boot')} left`;
    case 'failed':
      return 'failed';
    case 'aside':
      return 'put aside for an older one';
  }
}

/** How an update ended. */
export function describeEnd({ version, result, at, reason }: HistoryEntry, now: number): string {
  const why = reason === undefined ? '' : `: ${reason}`;
  return `version ${version} ${result === 'good' ? 'became good' : result} ${formatAgo(at, now)}, at ${formatTime(at)}${why}`;
}

/** Which version runs, and the last update, when it came to nothing. */
export function updateFindings(update: UpdateStatus, now: number): Finding[] {
  const { running, verdict, history } = update;
  const image = describeImage(update, now);
  const code = verdict?.state === 'failed' ? 'trial-failed' : running.state;
  const found = [finding('update', code, image.level, `Image: ${image.text}`, { ready: true })];
  const [ended] = history;
  if (ended?.result === 'failed' || ended?.result === 'interrupted') {
    const text = `The last update: ${describeEnd(ended, now)}`;
    found.push(
      finding('update', `last-${ended.result}`, 'warning', text, { subject: ended.version, ready: true }),
    );
  }
  return found;
}
