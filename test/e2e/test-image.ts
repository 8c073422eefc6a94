/** The disk images of the end-to-end tests: built when an input has changed, kept in dist/image-test otherwise. */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuiltImage, buildImage } from '../../image/build-image.ts';
import { fileKey, inputFiles } from '../../image/guest.ts';
import { findKernel } from '../../image/kernel.ts';
import { DIST, ROOT } from '../../image/root-tree.ts';
import { oneAtATime } from './one-at-a-time.ts';

const IMAGES = join(DIST, 'image-test');
/** The key that signs what the tests' boxes take. */
export const TEST_KEY = join(IMAGES, 'update.key');
/** Its public half, which is in the tests' images. */
export const TEST_PUBLIC_KEY = join(IMAGES, 'update.pub');

export interface TestImageOptions {
  readonly version?: string;
  /** Another PID 1, or another emulator: one that fails on purpose. */
  readonly init?: string;
  readonly emulator?: string;
  readonly vpp?: string;
  /** Debian's packages in it; ADDED by default. */
  readonly add?: readonly string[];
}

/** When all of them were built: not the commit's time, or each commit would have them built anew. */
export const BUILT_AT = Date.UTC(2026, 10, 1) / 1000;

/** Debian's packages in all of them but where others are asked for: a routing daemon, as users add one. */
export const ADDED: readonly string[] = ['bird2'];

const images = new Map<string, Promise<BuiltImage>>();

/**
 * An image with the emulator, built once for the same inputs and kept in dist/image-test; signed with TEST_KEY.
 * What differs between two tests' images (version, variants) are its options.
 */
export function testImage(options: TestImageOptions = {}): Promise<BuiltImage> {
  const name = JSON.stringify(options);
  const known = images.get(name) ?? oneAtATime('build', () => buildOrReuse(options));
  images.set(name, known);
  return known;
}

async function buildOrReuse(options: TestImageOptions): Promise<BuiltImage> {
  const sources = globSync('src/**/*.ts', { cwd: ROOT, exclude: ['**/*.test.ts'] });
  const files = [...inputFiles(options, await findKernel()), ...sources.map((path) => join(ROOT, path))];
  const add = options.add ?? ADDED;
  const key = fileKey(files, options, add);
  const directory = join(IMAGES, fileKey([], options).slice(0, 12));
  const manifest = join(directory, 'manifest.json');
  if (existsSync(manifest) && existsSync(TEST_KEY)) {
    // Written below.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const kept = JSON.parse(readFileSync(manifest, 'utf8')) as { key: string; built: BuiltImage };
    const { image, unified, signature } = kept.built;
    if (kept.key === key && [image, unified, signature].every((path) => existsSync(path))) return kept.built;
  }
  mkdirSync(directory, { recursive: true });
  const built = await buildImage({
    ...options,
    builtAt: BUILT_AT,
    add,
    out: join(directory, 'appliance.img'),
    key: TEST_KEY,
    createKey: true,
  });
  writeFileSync(manifest, `${JSON.stringify({ key, built })}\n`);
  return built;
}
