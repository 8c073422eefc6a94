/** Owns what is said of the configuration: which one runs, and whether it is to stay. Pure. */
import { gauge, gauges, type PlainMetric, stateSamples, type Timestamp } from '../report/mod.ts';
import type { ChangePlan } from './difference.ts';
import type { ConfigProblem } from './types.ts';

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

export const CONFIG_METRICS: readonly PlainMetric<ConfigSource>[] = [
  gauges(
    'appliance_config_state',
    'State of the configuration, 1 for the one that is',
    ['state'],
    ({ config }) => stateSamples(STATES, config.state),
  ),
  gauges('appliance_config_problems', 'Problems in the configuration', ['severity'], ({ config }) =>
    (['error', 'warning'] as const).map((severity) => [
      config.problems.filter((problem) => problem.severity === severity).length,
      severity,
    ]),
  ),
  gauge(
    'appliance_config_confirmed',
    'Whether the configuration in force needs no confirmation any more',
    ({ change }) => change && change.state !== 'waiting',
  ),
  gauge(
    'appliance_config_confirm_before_timestamp_seconds',
    'Unix time at which the configuration in force is taken back unless it is confirmed',
    ({ change }) => (change?.state === 'waiting' ? change.confirmBefore / 1000 : undefined),
  ),
  gauge(
    'appliance_config_reverted_timestamp_seconds',
    'Unix time at which a configuration was taken back that was not confirmed, until the next change',
    ({ change }) => (change?.state === 'reverted' ? change.at / 1000 : undefined),
  ),
  gauge(
    'appliance_config_pending_restart',
    'Whether something of the configuration waits for a restart',
    ({ change }) => change && change.pending.length > 0,
  ),
];
