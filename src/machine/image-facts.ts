/** What the image builder wrote about the running image. */
import { readFileSync } from 'node:fs';
import type { RunningImage } from '../update/mod.ts';

/** The builder's file, and the public key by which updates are verified. */
export const IMAGE_FILE = '/etc/appliance/image.json';
export const UPDATE_KEY_FILE = '/etc/appliance/update.pub';

/** Facts about the running image; undefined when this program does not run from one (a guest of the tests). */
export function readImageFacts(path = IMAGE_FILE): RunningImage | undefined {
  let image: unknown;
  try {
    image = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // no image
  }
  if (typeof image !== 'object' || image === null) return undefined;
  const { version, architecture, builtAt } = image as Record<string, unknown>;
  if (typeof version !== 'string' || typeof architecture !== 'string') return undefined;
  const known = typeof builtAt === 'number' && builtAt > 0;
  return { version, architecture, builtAt: known ? builtAt * 1000 : undefined };
}
