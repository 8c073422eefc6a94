/** Images that fail on purpose: built from the product's own sources and one fault. */
import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BuiltImage } from '../../image/build-image.ts';
import { DIST, ROOT } from '../../image/root-tree.ts';
import { testImage, type TestImageOptions } from './disk-harness.ts';
import { oneAtATime } from './one-at-a-time.ts';

const VARIANTS = join(DIST, 'variants');
const run = promisify(execFile);

type Kind = 'executable' | 'emulator';

/** Builds one, unless it is newer than every source. */
function variant(kind: Kind, name: string): Promise<string> {
  return oneAtATime('build', () => buildOrReuse(kind, name));
}

async function buildOrReuse(kind: Kind, name: string): Promise<string> {
  const outfile = join(VARIANTS, kind === 'emulator' ? `${name}.mjs` : name);
  const sources = globSync(['src/**/*.ts', 'test/emulator/*.ts', 'test/e2e/variants/*.ts', 'build.mjs'], {
    cwd: ROOT,
  });
  const newest = Math.max(...sources.map((path) => statSync(join(ROOT, path)).mtimeMs));
  if (existsSync(outfile) && statSync(outfile).mtimeMs > newest) return outfile;
  mkdirSync(VARIANTS, { recursive: true });
  const entry = `test/e2e/variants/${name}.ts`;
  await run(process.execPath, [join(ROOT, 'build.mjs'), '--variant', kind, entry, outfile], { cwd: ROOT });
  return outfile;
}

/** PID 1 ends at once: the kernel panics. */
export const panicking = (version: string): Promise<BuiltImage> => testImage({ version, init: '/bin/true' });

/** PID 1 waits for ever before it has a network. */
export async function hanging(version: string): Promise<BuiltImage> {
  return testImage({ version, init: await variant('executable', 'init-hanging') });
}

/** PID 1's event loop stands still before it has a network: as an update. */
export async function blocked(version: string): Promise<BuiltImage> {
  return testImage({ version, ...(await blockedImage()) });
}

/** The same, for a box that is flashed with it. */
export async function blockedImage(): Promise<TestImageOptions> {
  return { init: await variant('executable', 'init-blocked') };
}

/** VPP never opens its API socket. */
export async function silentVpp(version: string): Promise<BuiltImage> {
  return testImage({ version, emulator: await variant('emulator', 'emulator-silent') });
}

/** VPP refuses every route. */
export async function refusingVpp(version: string): Promise<BuiltImage> {
  return testImage({ version, emulator: await variant('emulator', 'emulator-refusing') });
}
