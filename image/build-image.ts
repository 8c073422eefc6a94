/**
 * Builds the disk image to flash and the parts of an update: a unified kernel image, its signed manifest, and a disk
 * image that boots it.
 *
 * Invariants: equal inputs make equal bytes (including the signature: ed25519 is deterministic); a file appears under
 * its name only when it is complete.
 */

import { createHash } from 'node:crypto';
import {
  chmodSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { formatProblem, isImageVersion, parseConfig, renderDefaultIni } from '../src/config/mod.ts';
import type { Config } from '../src/config/types.ts';
import { bootTexts, LOADER_PROGRAMS } from '../src/disk/boot-files.ts';
import { signManifest } from '../src/update/manifest.ts';
import { compressZstd } from './compress.ts';
import { extractPackage, fetchPackage } from './debian-package.ts';
import { writeDiskImage } from './disk-image.ts';
import { ImageError } from './errors.ts';
import { findKernel, type Kernel } from './kernel.ts';
import { writeParts } from './parted-tree.ts';
import { ARCHITECTURE, collectRoot, DIST, osRelease, packageVersion, type RootOptions } from './root-tree.ts';
import { findTool } from './run-command.ts';
import { readSigningKey, type SigningKey } from './signing-key.ts';
import { writeUnifiedImage } from './unified-image.ts';
import type { Weight } from './weights.ts';

/** The boot partition holds two, and one being received; memory holds it packed and unpacked. */
const MAX_UNIFIED_BYTES = 150e6;

/** The IOMMU for VPP's NICs, a restart after a panic, both consoles: the last one, the screen, is /dev/console. */
const COMMAND_LINE = 'intel_iommu=on iommu=pt panic=10 console=ttyS0,115200 console=tty0';

const LOADER_PACKAGE = 'systemd-boot-efi';
const LOADER_DIRECTORY = 'usr/lib/systemd/boot/efi';

/** Tool → package, for this machine; each also in the packages that `./appliance image` installs. */
const TOOLS: Readonly<Record<string, string>> = {
  objcopy: 'binutils',
  readelf: 'binutils',
  'mkfs.fat': 'dosfstools',
  mcopy: 'mtools',
  mmd: 'mtools',
  mke2fs: 'e2fsprogs',
  'dpkg-deb': 'dpkg',
  'apt-get': 'apt',
  ldconfig: 'libc-bin',
};

export interface BuildImageOptions extends Omit<RootOptions, 'kernel' | 'config' | 'updateKey'> {
  /** Path of the disk image; the update's files are written beside it. */
  readonly out: string;
  /** PEM file of the builder's private key. */
  readonly key: string;
  /** Makes the key when it does not exist. */
  readonly createKey?: boolean;
  /** The appliance.ini for the boot partition; undefined: all defaults, as comments. */
  readonly config?: string | undefined;
}

export interface BuiltImage {
  readonly version: string;
  /** The disk image. */
  readonly image: string;
  /** `appliance-VERSION.efi` */
  readonly unified: string;
  /** `appliance-VERSION.efi.sig` */
  readonly signature: string;
  /** Parts of the unified image. */
  readonly weights: readonly Weight[];
}

/** The missing tools, and the command that installs them; undefined when none is missing. */
export function missingTools(): string | undefined {
  const missing = Object.entries(TOOLS).filter(([tool]) => findTool(tool) === undefined);
  if (missing.length === 0) return undefined;
  const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
  const tools = missing.map(([tool]) => tool).join(', ');
  return `not installed: ${tools}; run \`apt-get install ${packages}\``;
}

interface Configuration {
  /** For the boot partition. */
  readonly text: string | Uint8Array;
  /** From the user; undefined: all defaults, as comments. */
  readonly config: Config | undefined;
}

/** @throws ImageError `bad-argument` with every mistake, as FILE:LINE */
function readConfiguration(path: string | undefined, log: (line: string) => void): Configuration {
  if (path === undefined) return { text: renderDefaultIni(), config: undefined };
  const bytes = readFileSync(path);
  const result = parseConfig(bytes, path);
  const problems = result.ok ? result.warnings : result.problems;
  const lines = problems.map((problem) => formatProblem(path, problem));
  if (!result.ok) throw new ImageError('bad-argument', `cannot use --config ${path}:\n${lines.join('\n')}`);
  for (const line of lines) log(line);
  return { text: bytes, config: result.config };
}

interface UnifiedInputs {
  readonly version: string;
  readonly config: Config | undefined;
  readonly kernel: Kernel;
  readonly loaders: string;
  readonly scratch: string;
  readonly target: string;
}

/** Writes the unified image, with its build time and contents. */
async function buildUnified(
  options: BuildImageOptions,
  key: SigningKey,
  inputs: UnifiedInputs,
): Promise<{ readonly builtAt: number; readonly weights: Weight[] }> {
  const { version, kernel, scratch } = inputs;
  const { tree, builtAt } = await collectRoot({
    ...options,
    kernel,
    version,
    updateKey: key.publicKey,
    config: inputs.config,
  });
  const archive = join(scratch, 'initramfs.cpio');
  const parts = writeParts(tree, archive);
  const initramfs = join(scratch, 'initramfs.zst');
  const compressed = await compressZstd(
    archive,
    initramfs,
    parts.map(({ bytes }) => bytes),
  );
  const text = (name: string, content: string) => {
    const path = join(scratch, name);
    writeFileSync(path, content);
    return path;
  };
  const stub = join(inputs.loaders, 'linuxx64.efi.stub');
  const sections = [
    { name: '.osrel', path: text('osrel', osRelease({ version, builtAt })) },
    { name: '.cmdline', path: text('cmdline', COMMAND_LINE) },
    { name: '.uname', path: text('uname', kernel.release) },
    { name: '.linux', path: kernel.image },
    { name: '.initrd', path: initramfs },
  ];
  await writeUnifiedImage({ stub, sections }, inputs.target);
  const archived = parts.map(({ name, bytes }, index) => ({
    name,
    bytes,
    compressedBytes: compressed[index] ?? 0,
  }));
  const kernelBytes = statSync(kernel.image).size;
  const others = statSync(inputs.target).size - kernelBytes - statSync(initramfs).size;
  const weights = [
    ...archived,
    { name: `kernel ${kernel.release}`, bytes: kernelBytes, compressedBytes: kernelBytes },
    { name: 'boot stub', bytes: others, compressedBytes: others },
  ];
  return { builtAt, weights };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function checkWeight(path: string, weights: readonly Weight[]): void {
  const { size } = statSync(path);
  if (size < MAX_UNIFIED_BYTES) return;
  const heaviest = weights.toSorted((a, b) => b.compressedBytes - a.compressedBytes).slice(0, 4);
  const named = heaviest.map(
    ({ name, compressedBytes }) => `${name} ${(compressedBytes / 1e6).toFixed(1)} MB`,
  );
  throw new ImageError(
    'too-large',
    `the unified image has ${(size / 1e6).toFixed(1)} MB, expected less than ${MAX_UNIFIED_BYTES / 1e6} MB: ${named.join(', ')}`,
  );
}

/**
 * Builds everything.
 *
 * @throws ImageError naming the missing tool, package, library, module or artefact, or the mistake
 */
export async function buildImage(options: BuildImageOptions): Promise<BuiltImage> {
  const log = options.log ?? (() => undefined);
  const version = options.version ?? packageVersion();
  if (!isImageVersion(version)) {
    throw new ImageError('bad-argument', `expected a version such as 0.2.0 or 0.2.0-rc.1, got "${version}"`);
  }
  const missing = missingTools();
  if (missing !== undefined) throw new ImageError('missing-tool', missing);
  const configuration = readConfiguration(options.config, log);
  const key = readSigningKey(options.key, {
    create: options.createKey === true,
    made: (publicPath) => {
      log(
        `created the key ${options.key}: keep it, and keep it secret. Boxes that run this image accept only updates`,
      );
      log(`signed with it; its public half is ${publicPath}`);
    },
  });

  const out = resolve(options.out);
  const directory = dirname(out);
  mkdirSync(directory, { recursive: true });
  mkdirSync(DIST, { recursive: true });
  const unified = join(directory, `appliance-${version}.efi`);
  const signature = `${unified}.sig`;
  const scratch = mkdtempSync(join(DIST, 'image-'));
  const partial = `${out}.${process.pid}.partial`;
  try {
    const kernel = await findKernel();
    const loaders = join(await extractPackage(await fetchPackage(LOADER_PACKAGE)), LOADER_DIRECTORY);
    const target = join(scratch, 'unified.efi');
    const inputs = { version, config: configuration.config, kernel, loaders, scratch, target };
    const { builtAt, weights } = await buildUnified(options, key, inputs);
    checkWeight(target, weights);
    const manifest = {
      version,
      architecture: ARCHITECTURE,
      size: statSync(target).size,
      sha256: await hashFile(target),
      builtAt,
    };
    const loader = join(loaders, 'systemd-bootx64.efi');
    await writeDiskImage(partial, [
      ...LOADER_PROGRAMS.map((path) => ({ path, source: loader })),
      ...[...bootTexts(version)].map(([path, data]) => ({ path, data })),
      { path: `EFI/Linux/appliance-${version}.efi`, source: target },
      { path: 'appliance.ini', data: configuration.text },
    ]);
    chmodSync(target, 0o644);
    renameSync(target, unified);
    writeFileSync(signature, signManifest(manifest, key.privateKey));
    renameSync(partial, out);
    return { version, image: out, unified, signature, weights };
  } finally {
    rmSync(partial, { force: true });
    rmSync(scratch, { recursive: true, force: true });
  }
}
