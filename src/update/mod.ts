/**
 * Updates: signed images, the entries that the boot loader counts, the verdict on a version on trial.
 *
 * Other folders import this file only.
 */
export {
  type ConditionName,
  type TrialCondition,
  type TrialSnapshot,
} from './conditions.ts';
export { isEntryPath } from './entries.ts';
export { UpdateError, type UpdateErrorCode } from './errors.ts';
export { type Evidence, parseEvidence } from './evidence.ts';
export { MAX_MANIFEST_BYTES, signManifest, type UpdateManifest, verifyManifest } from './manifest.ts';
export {
  BUILT_AT_FIELD,
  builtAtOf,
  checkHeader,
  findSection,
  HEADER_BYTES,
  versionOf,
} from './portable-executable.ts';
export type { HistoryEntry } from './record.ts';
export { isTrialBoot, type LoaderVariables } from './running.ts';
export { snapshotOf, type StatusPart } from './snapshot.ts';
export type { EntryStatus, UpdateStatus } from './status.ts';
export { armTrialDeadline, type TrialDeadline } from './trial-deadline.ts';
export { Updater, type UpdaterOptions, type UpdateService, type WatchOptions } from './updater.ts';
export type { Verdict } from './verdict.ts';
export { compareVersions } from './version.ts';
