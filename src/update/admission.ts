/**
 * Whether this box accepts an image of this age, by the owner's `[update]` settings. Pure, and decided from the
 * manifest alone, before a byte of the image is sent.
 *
 * Applies to received images only: versions on the boot partition were accepted once and remain fallbacks.
 */
import type { UpdateConfig } from '../config/types.ts';
import { UpdateError } from './errors.ts';
import type { UpdateManifest } from './manifest.ts';
import { compareVersions } from './version.ts';

/** The running image, as described by its builder. */
export interface RunningImage {
  readonly version: string;
  /** As in uname(2). */
  readonly architecture: string;
  /** Unix milliseconds; undefined: unknown. */
  readonly builtAt: number | undefined;
}

type Demands = Pick<UpdateConfig, 'minimumVersion' | 'allowOlderBuilds'>;

/** Throws UpdateError `too-old`, with the value found and the one required. */
export function checkAge(manifest: UpdateManifest, running: RunningImage, demands: Demands): void {
  const { version, builtAt } = manifest;
  const { minimumVersion, allowOlderBuilds } = demands;
  const refuse = (why: string): never => {
    throw new UpdateError('too-old', `receive version ${version}: ${why}`);
  };
  if (minimumVersion !== undefined && compareVersions(version, minimumVersion) < 0) {
    refuse(`it is lower than ${minimumVersion}, the [update] minimum-version of this box`);
  }
  if (allowOlderBuilds) return;
  const required = `[update] allow-older-builds = false requires a build no older than version ${running.version}`;
  if (running.builtAt === undefined) refuse(`${required}, whose build time is unknown`);
  const requiredAt = `${required}, built ${timeOf(running.builtAt ?? 0)}`;
  if (builtAt === undefined) refuse(`its manifest has no build time; ${requiredAt}`);
  const foundAt = (builtAt ?? 0) * 1000;
  if (foundAt < (running.builtAt ?? 0)) refuse(`it was built ${timeOf(foundAt)}; ${requiredAt}`);
}

function timeOf(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('.000', '');
}
