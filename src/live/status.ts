/** Owns what is said of the configuration: which one runs, and whether it is to stay. Pure. */
import type { ChangePlan, ConfigProblem } from '../config/mod.ts';
import {
  finding,
  type Finding,
  formatAgo,
  formatTime,
  gauge,
  gauges,
  metricTable,
  plural,
  stateSamples,
  type Timestamp,
  type Words,
} from '../report/mod.ts';

/** Which configuration runs, and what is wrong with the file. */
export type ConfigStatus = {
  readonly path: string;
  /** Of the file at `path`. */
  readonly problems: readonly ConfigProblem[];
} & (
  | { readonly state: 'ok'; readonly source: 'file' }
  /** The file has mistakes (`rejected`), or cannot be read (`missing`). */
  | {
      readonly state: 'rejected' | 'missing';
      /** The configuration in use instead. */
      readonly source: 'last-good' | 'default';
      readonly reason: string;
    }
);

/** Whether the configuration in force is to stay; times are Unix milliseconds. */
export type ConfigChangeStatus = {
  /** What waits for a restart of VPP or of the box, in words. */
  readonly pending: readonly string[];
} & (
  | { readonly state: 'confirmed' }
  | { readonly state: 'waiting'; readonly confirmBefore: Timestamp; readonly plan: ChangePlan }
  | { readonly state: 'reverted'; readonly at: Timestamp; readonly reason: string }
);

const STATES: Readonly<Record<ConfigStatus['state'], true>> = { ok: true, rejected: true, missing: true };

interface ConfigSource {
  readonly config: ConfigStatus;
  /** Absent before the configuration was read. */
  readonly change?: ConfigChangeStatus;
}

export const CONFIG_METRICS = metricTable<ConfigSource>({
  appliance_config_state: gauges(
    'State of the configuration, 1 for the one that is',
    ['state'],
    ({ config }) => stateSamples(STATES, config.state),
  ),
  appliance_config_problems: gauges('Problems in the configuration', ['severity'], ({ config }) =>
    (['error', 'warning'] as const).map((severity) => [
      config.problems.filter((problem) => problem.severity === severity).length,
      severity,
    ]),
  ),
  appliance_config_confirmed: gauge(
    'Whether the configuration in force needs no confirmation any more',
    ({ change }) => change && change.state !== 'waiting',
  ),
  appliance_config_confirm_before_timestamp_seconds: gauge(
    'Unix time at which the configuration in force is reverted unless it is confirmed',
    ({ change }) => (change?.state === 'waiting' ? change.confirmBefore / 1000 : undefined),
  ),
  appliance_config_reverted_timestamp_seconds: gauge(
    'Unix time at which an unconfirmed configuration was reverted, until the next change',
    ({ change }) => (change?.state === 'reverted' ? change.at / 1000 : undefined),
  ),
  appliance_config_pending_restart: gauge(
    'Whether something of the configuration waits for a restart',
    ({ change }) => change && change.pending.length > 0,
  ),
});

/** Whether the configuration in force is to stay. */
export function describeChange(change: ConfigChangeStatus, now: number): Words {
  switch (change.state) {
    case 'confirmed':
      return { level: 'ok', text: 'confirmed' };
    case 'waiting': {
      const until = `${formatTime(change.confirmBefore)} (${formatAgo(change.confirmBefore, now)})`;
      return {
        level: 'warning',
        text: `the configuration in force must be confirmed by ${until}, or the previous one is restored`,
      };
    }
    case 'reverted':
      return {
        level: 'warning',
        text: `a change was reverted at ${formatTime(change.at)}: ${change.reason}`,
      };
  }
}

export function configFinding(config: ConfigStatus): Finding {
  const { state, path, problems, source } = config;
  const listed = problems.length > 0 ? `, ${plural(problems.length, 'problem')} listed below` : '';
  if (state === 'ok') {
    const level = problems.length > 0 ? 'warning' : 'ok';
    const text = `The configuration in ${path} is in use${listed}`;
    return finding('configuration', state, level, text, { ready: true });
  }
  const used = source === 'default' ? 'the defaults are' : 'the last good configuration is';
  const text =
    state === 'rejected'
      ? `Configuration refused, ${used} in use: ${config.reason}${listed}`
      : `No configuration at ${path}, ${used} in use: ${config.reason}`;
  return finding('configuration', state, 'error', text);
}
