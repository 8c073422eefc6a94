/**
 * Updates: signed images, the entries that the boot loader counts, the verdict on a version on trial.
 *
 * Other folders import this file only.
 */
export type { RunningImage } from './admission.ts';
export { isEntryPath } from './entries.ts';
export { parseEvidence } from './evidence.ts';
export { MAX_MANIFEST_BYTES, signManifest, type UpdateManifest, verifyManifest } from './manifest.ts';
export {
  builtAtOf,
  checkHeader,
  findSection,
  HEADER_BYTES,
  versionOf,
} from './portable-executable.ts';
export { isTrialBoot, type LoaderVariables } from './running.ts';
export { snapshotOf, type StatusPart } from './snapshot.ts';
export type { UpdateStatus } from './status.ts';
export { armTrialDeadline, type TrialDeadline } from './trial-deadline.ts';
export { Updater, type UpdateService } from './updater.ts';
