/**
 * Whether this box takes an image of that age: what its owner demands in `[update]`. Pure, and known from the manifest
 * alone, so before a byte of the image is sent.
 *
 * It is about what is sent. A version on the boot partition was taken once, and what the loader falls back to stays so.
 */
import type { UpdateConfig } from '../config/types.ts';
import { UpdateError } from './errors.ts';
import type { UpdateManifest } from './manifest.ts';
import { compareVersions } from './version.ts';

/** The image that runs, as its builder wrote it into it. */
export interface RunningImage {
  readonly version: string;
  /** As in uname(2). */
  readonly architecture: string;
  /** Unix milliseconds; undefined: not known. */
  readonly builtAt: number | undefined;
}

type Demands = Pick<UpdateConfig, 'minimumVersion' | 'allowOlderBuilds'>;

/** Throws UpdateError `too-old`, with what was found and what is demanded. */
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
  const demanded = `[update] allow-older-builds = false demands a build no older than version ${running.version}`;
  if (running.builtAt === undefined) refuse(`${demanded}, of which it is not known when it was built`);
  const demandedAt = `${demanded}, built ${timeOf(running.builtAt ?? 0)}`;
  if (builtAt === undefined) refuse(`its manifest does not say when it was built; ${demandedAt}`);
  const foundAt = (builtAt ?? 0) * 1000;
  if (foundAt < (running.builtAt ?? 0)) refuse(`it was built ${timeOf(foundAt)}; ${demandedAt}`);
}

function timeOf(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('.000', '');
}
