/**
 * Assembles the boot files of a guest without a disk: Debian's kernel and an initramfs with our executable as
 * PID 1. For the demo and for tests; `image.ts` builds the image to flash.
 *
 * An assembly is reused until one of its inputs changes (path, size or modification time of every input).
 */

import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findKernel, type Kernel } from './kernel.ts';
import { unpackKernelImage } from './kernel-image.ts';
import { writeParts } from './parted-tree.ts';
import { builtInputs, collectRoot, DIST, type InputOptions, ROOT } from './root-tree.ts';

export interface AssembleOptions {
  /** An installed tree or a folder of `.deb` files; undefined takes the emulator. */
  readonly vpp?: string | undefined;
  readonly log?: (line: string) => void;
}

export interface GuestArtefacts {
  readonly kernel: string;
  readonly initramfs: string;
}

/** Changes when any of the files does: path, size or modification time. */
export function fileKey(paths: readonly string[], ...more: readonly unknown[]): string {
  const hash = createHash('sha256').update(`${JSON.stringify(more)}\n`);
  for (const path of paths.toSorted()) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** All inputs of an assembly that may change between builds. */
export function inputFiles(options: InputOptions, kernel: Kernel): string[] {
  const code = globSync('image/*.ts', { cwd: ROOT, exclude: ['**/*.test.ts'] }).map((path) =>
    join(ROOT, path),
  );
  const { vpp } = options;
  const vppFiles =
    vpp === undefined
      ? []
      : globSync(['*.deb', 'bin/*', 'lib*/**', 'usr/bin/*', 'usr/lib*/**'], { cwd: vpp }).map((path) =>
          join(vpp, path),
        );
  return [...builtInputs(options), kernel.image, ...vppFiles, ...code];
}

function readKept(manifest: string, key: string): GuestArtefacts | undefined {
  if (!existsSync(manifest)) return undefined;
  // Written by assembleGuest below, by this very version: the key covers the code.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const kept = JSON.parse(readFileSync(manifest, 'utf8')) as { key: string; artefacts: GuestArtefacts };
  const whole = kept.key === key && existsSync(kept.artefacts.initramfs) && existsSync(kept.artefacts.kernel);
  return whole ? kept.artefacts : undefined;
}

/**
 * Builds kernel and initramfs into `dist/guest/emulator` or `dist/guest/vpp`, or reuses the existing ones if they are
 * current.
 *
 * @throws ImageError naming the missing package, library, module or artefact
 */
export async function assembleGuest({
  vpp,
  log = () => undefined,
}: AssembleOptions): Promise<GuestArtefacts> {
  const output = join(DIST, 'guest', vpp === undefined ? 'emulator' : 'vpp');
  const kernel = await findKernel();
  const manifest = join(output, 'manifest.json');
  const key = fileKey(inputFiles({ vpp }, kernel));
  const kept = readKept(manifest, key);
  if (kept !== undefined) {
    log(`guest: ${kept.initramfs} is current`);
    return kept;
  }

  const { tree, modules } = await collectRoot({ kernel, vpp, log });
  mkdirSync(output, { recursive: true });
  const image = join(output, 'vmlinux');
  const initramfs = join(output, 'initramfs.cpio');
  // Other builds may run too, and guests may start: a file appears under its name only when it is complete.
  const partial = (path: string) => `${path}.${process.pid}.partial`;
  await unpackKernelImage(kernel.image, partial(image));
  const parts = writeParts(tree, partial(initramfs));
  for (const path of [image, initramfs]) renameSync(partial(path), path);
  const artefacts = { kernel: image, initramfs };
  writeFileSync(manifest, `${JSON.stringify({ key, artefacts }, undefined, 2)}\n`);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const size = `${Math.round(bytes / (1 << 20))} MiB`;
  log(`guest: ${initramfs}, ${size}, Linux ${kernel.release}, ${modules.length} modules`);
  return artefacts;
}
