/**
 * Owns assembling what a guest boots from: Debian's kernel and an initramfs in which our executable is PID 1.
 *
 *   node image/guest.ts [--vpp DIR] [--kernel DEB] [--init FILE] [--output DIR]
 *
 * An assembly is kept until one of its inputs changes (path, size or time of change of every input).
 */

import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeCpio } from './cpio.ts';
import { extractPackage, fetchPackage } from './debian-package.ts';
import { ImageError } from './errors.ts';
import { FileTree } from './file-tree.ts';
import { findKernel, type Kernel } from './kernel.ts';
import { unpackKernelImage } from './kernel-image.ts';
import { addLibraries, closeLibraries, readHostLibraries } from './libraries.ts';
import { addModules } from './modules.ts';
import { runProgram } from './program.ts';
import { addVpp } from './vpp-tree.ts';

const ROOT = resolve(import.meta.dirname, '..');
export const DIST = join(ROOT, 'dist');
const APPLIANCE = join(DIST, 'appliance');
const EMULATOR = join(DIST, 'emulator.mjs');
/** The pinned runtime without its symbols, made by the build on its way to the executable. */
const NODE_RUNTIME = join(DIST, 'node');
/** Where the emulator lies in the guest; the suffix tells Node that it is an ES module. */
const GUEST_EMULATOR = '/usr/lib/vpp-emulator/emulator.mjs';

export interface AssembleOptions {
  /** An installed tree or a folder of `.deb` files; undefined takes the emulator. */
  readonly vpp?: string | undefined;
  /** A kernel package other than Debian's current one. */
  readonly kernel?: string | undefined;
  /** What PID 1 is; `dist/appliance` by default. */
  readonly init?: string | undefined;
  readonly output?: string | undefined;
  readonly log?: (line: string) => void;
}

export interface GuestArtefacts {
  readonly kernel: string;
  readonly initramfs: string;
  readonly kernelRelease: string;
  readonly initramfsBytes: number;
}

/** Files without which no program starts, or that programs expect. */
function addBaseFiles(tree: FileTree): void {
  // Before devtmpfs is mounted: Node aborts without descriptors 0 to 2 and without /dev/null.
  tree.addCharacterDevice('/dev/console', 5, 1);
  tree.addCharacterDevice('/dev/null', 1, 3, 0o666);
  for (const path of ['/proc', '/sys', '/run', '/boot', '/root', '/var', '/dev/pts', '/dev/shm']) {
    tree.addDirectory(path);
  }
  tree.addDirectory('/tmp', 0o1777);
  tree.addSymlink('/var/run', '../run');
  tree.addData('/etc/passwd', 'root:x:0:0:root:/root:/bin/false\n');
  tree.addData('/etc/group', 'root:x:0:\nvpp:x:100:\n');
  tree.addData('/etc/hosts', '127.0.0.1 localhost\n::1 localhost\n');
  tree.addData('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
}

async function addPrograms(tree: FileTree, init: string, vpp: string | undefined): Promise<void> {
  const programs = [init];
  tree.addFile('/init', init, 0o755);
  const busybox = join(await extractPackage(await fetchPackage('busybox-static')), 'bin/busybox');
  tree.addFile('/usr/bin/busybox', busybox, 0o755);
  if (vpp === undefined) {
    const runtime = requireFile(NODE_RUNTIME);
    tree.addFile('/usr/bin/node', runtime, 0o755);
    tree.addFile(GUEST_EMULATOR, requireFile(EMULATOR), 0o755);
    tree.addSymlink('/usr/bin/vpp', `../..${GUEST_EMULATOR}`);
    programs.push(runtime);
  } else {
    await addVpp(tree, vpp);
  }
  const elfPrograms = programs.filter((path) => readFileSync(path).subarray(1, 4).toString() === 'ELF');
  addLibraries(tree, closeLibraries(elfPrograms, [], await readHostLibraries()));
}

function requireFile(path: string): string {
  if (!existsSync(path))
    throw new ImageError('missing-artefact', `${path} is missing: run \`./appliance build\``);
  return path;
}

/** Changes when any input does. */
function inputKey(options: AssembleOptions, init: string, kernel: Kernel): string {
  const code = globSync('image/*.ts', { cwd: ROOT, exclude: ['**/*.test.ts'] }).map((path) =>
    join(ROOT, path),
  );
  const vpp =
    options.vpp === undefined
      ? [requireFile(EMULATOR), requireFile(NODE_RUNTIME)]
      : globSync(['*.deb', 'bin/*', 'lib*/**', 'usr/bin/*', 'usr/lib*/**'], { cwd: options.vpp }).map(
          (path) => join(options.vpp ?? '', path),
        );
  const hash = createHash('sha256');
  for (const path of [init, kernel.image, ...vpp, ...code].sort()) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
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
 * Builds kernel and initramfs into `dist/guest/emulator` or `dist/guest/vpp`, or takes those that are there and
 * current.
 *
 * @throws ImageError naming the package, library, module or artefact that is missing
 */
export async function assembleGuest(options: AssembleOptions = {}): Promise<GuestArtefacts> {
  const log = options.log ?? (() => undefined);
  const init = resolve(options.init ?? requireFile(APPLIANCE));
  const output = resolve(
    options.output ?? join(DIST, 'guest', options.vpp === undefined ? 'emulator' : 'vpp'),
  );
  const kernel = await findKernel(options.kernel);
  const manifest = join(output, 'manifest.json');
  const key = inputKey(options, init, kernel);
  const kept = readKept(manifest, key);
  if (kept !== undefined) {
    log(`guest: ${kept.initramfs} is current`);
    return kept;
  }

  const tree = new FileTree();
  addBaseFiles(tree);
  await addPrograms(tree, init, options.vpp);
  const modules = await addModules(tree, kernel.modulesDirectory);
  mkdirSync(output, { recursive: true });
  const image = join(output, 'vmlinux');
  const initramfs = join(output, 'initramfs.cpio');
  // Other builds may be at it too, and guests may start: a file appears under its name only when it is whole.
  const partial = (path: string) => `${path}.${process.pid}.partial`;
  await unpackKernelImage(kernel.image, partial(image));
  const initramfsBytes = writeCpio(tree, partial(initramfs));
  for (const path of [image, initramfs]) renameSync(partial(path), path);
  const artefacts = { kernel: image, initramfs, kernelRelease: kernel.release, initramfsBytes };
  writeFileSync(manifest, `${JSON.stringify({ key, artefacts }, undefined, 2)}\n`);
  const size = `${Math.round(initramfsBytes / (1 << 20))} MiB`;
  log(`guest: ${initramfs}, ${size}, Linux ${kernel.release}, ${modules.length} modules`);
  return artefacts;
}

if (import.meta.main) {
  await runProgram(async () => {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({ options: { vpp: text, kernel: text, init: text, output: text } });
    await assembleGuest({ ...values, log: (line) => process.stdout.write(`${line}\n`) });
  });
}
