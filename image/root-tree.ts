/**
 * Collects the initramfs: our executable as /init, VPP or the emulator, the few programs that no library
 * replaces, packages that the user requests, all their libraries, and the kernel's modules.
 *
 * Every file belongs to one part, so that the weight of the image can be reported part by part.
 */

import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Config } from '../src/config/types.ts';
import { BUILT_AT_FIELD } from '../src/update/portable-executable.ts';
import { addPackage, groupsOf } from './added-package.ts';
import { buildTime } from './build-time.ts';
import { extractPackage, fetchPackage, learnPackages } from './debian-package.ts';
import { isElf } from './elf.ts';
import { ImageError } from './errors.ts';
import type { FileTree } from './file-tree.ts';
import type { Kernel } from './kernel.ts';
import { addLibraries, closeLibraries } from './libraries.ts';
import { addModules } from './modules.ts';
import { BASE_PACKAGES, closeOverPackages, type ProgramSource } from './package-libraries.ts';
import { PartedTree } from './parted-tree.ts';
import { addDpdkDrivers, addVpp, dpdkDrivers } from './vpp-tree.ts';

export const ROOT = resolve(import.meta.dirname, '..');
export const DIST = join(ROOT, 'dist');
const APPLIANCE = join(DIST, 'appliance');
const EMULATOR = join(DIST, 'emulator.mjs');
/** The pinned runtime without its symbols, an intermediate product of the executable's build. */
const NODE_RUNTIME = join(DIST, 'node');
/** As uname(2) calls it. */
export const ARCHITECTURE = 'x86_64';
const LIBRARY_PART = 'libraries';
const VPP_PART = 'VPP';
/** The emulator's path in the guest; the suffix tells Node that it is an ES module. */
const GUEST_EMULATOR = '/usr/lib/vpp-emulator/emulator.mjs';
/**
 * The emulator as a program that prints its version at once, as VPP does: starting a runtime takes seconds on an
 * emulated processor, and the version is queried before each start.
 */
export const EMULATOR_PROGRAM = `#!/usr/bin/busybox sh
case $1 in
  --version | -v) echo 'vpp v25.02-release built by emulator on localhost at 2025-02-26T12:00:00' ;;
  *) exec ${GUEST_EMULATOR} "$@" ;;
esac
`;

const BUSYBOX = 'busybox-static';
/** For the file systems of the disk, the time, and the kernel's rules of packets, by package. */
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  chrony: ['/usr/sbin/chronyd'],
  dosfstools: ['/sbin/fsck.fat'],
  e2fsprogs: ['/sbin/e2fsck', '/sbin/mke2fs', '/sbin/resize2fs'],
  nftables: ['/usr/sbin/nft'],
};

/** What an image is made of besides Debian's packages. */
export interface InputOptions {
  /** The executable of PID 1; `dist/appliance` by default. */
  readonly init?: string | undefined;
  /** An installed tree or a folder of `.deb` files; undefined takes the emulator. */
  readonly vpp?: string | undefined;
  /** Another emulator than `dist/emulator.mjs`: one that fails on purpose. */
  readonly emulator?: string | undefined;
}

export interface RootOptions extends InputOptions {
  readonly kernel: Kernel;
  /** Debian packages, with their libraries. */
  readonly add?: readonly string[] | undefined;
  /** `package.json`'s by default. */
  readonly version?: string | undefined;
  /** The box's configuration, if known. */
  readonly config?: Config | undefined;
  /** Gets warnings about what VPP lacks. */
  readonly log?: ((line: string) => void) | undefined;
  /** Unix seconds; derived from the inputs by default. */
  readonly builtAt?: number | undefined;
  /** PEM; updates must be signed with its private half. Undefined: no update is accepted. */
  readonly updateKey?: string | undefined;
}

export interface Root {
  readonly tree: PartedTree;
  readonly modules: readonly string[];
  /** Unix seconds. */
  readonly builtAt: number;
}

export function requireFile(path: string): string {
  if (!existsSync(path))
    throw new ImageError('missing-artefact', `${path} is missing: run \`./appliance build\``);
  return path;
}

/** Files built from this repository that are in the initramfs. */
export function builtInputs(options: InputOptions): string[] {
  const init = resolve(options.init ?? requireFile(APPLIANCE));
  if (options.vpp !== undefined) return [init];
  return [init, requireFile(NODE_RUNTIME), resolve(options.emulator ?? requireFile(EMULATOR))];
}

/** Files that every program needs to start, or expects. */
function addBaseFiles(tree: FileTree, packages: readonly string[]): void {
  // Before devtmpfs is mounted: Node aborts without descriptors 0 to 2 and without /dev/null.
  tree.addCharacterDevice('/dev/console', 5, 1);
  tree.addCharacterDevice('/dev/null', 1, 3, 0o666);
  for (const path of ['/proc', '/sys', '/run', '/boot', '/data', '/root', '/var', '/dev/pts', '/dev/shm']) {
    tree.addDirectory(path);
  }
  for (const path of ['/tmp', '/var/tmp']) tree.addDirectory(path, 0o1777);
  tree.addSymlink('/var/run', '../run');
  tree.addData('/etc/passwd', 'root:x:0:0:root:/root:/bin/false\n');
  tree.addData('/etc/group', `root:x:0:\nvpp:x:100:\n${groupsOf(packages)}`);
  tree.addData('/etc/hosts', '127.0.0.1 localhost\n::1 localhost\n');
  tree.addData('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
}

/** Adds a package's programs under /usr/sbin or /usr/bin. */
async function addProgramsOf(tree: FileTree, name: string, paths: readonly string[]): Promise<ProgramSource> {
  const deb = await fetchPackage(name);
  const root = await extractPackage(deb);
  const programs = paths.map((path) => {
    const merged = path.startsWith('/usr/') ? path : `/usr${path}`;
    const found = [path, merged].map((each) => join(root, each)).find(existsSync);
    if (found === undefined) throw new ImageError('missing-package', `${basename(deb)} has no ${path}`);
    tree.addFile(merged, found, 0o755);
    return found;
  });
  return { programs, debs: [deb] };
}

async function addTools(tree: FileTree): Promise<ProgramSource[]> {
  const busybox = join(await extractPackage(await fetchPackage(BUSYBOX)), 'bin/busybox');
  tree.addFile('/usr/bin/busybox', busybox, 0o755);
  const sources: ProgramSource[] = [{ programs: [busybox] }];
  for (const [name, paths] of Object.entries(TOOLS)) {
    sources.push(await addProgramsOf(tree, name, paths));
  }
  return sources;
}

function addEmulator(tree: FileTree, runtime: string, emulator: string): ProgramSource {
  tree.addFile('/usr/bin/node', runtime, 0o755);
  tree.addFile(GUEST_EMULATOR, emulator, 0o755);
  tree.addData('/usr/bin/vpp', EMULATOR_PROGRAM, 0o755);
  return { programs: [runtime] };
}

/** Programs, and the part of the tree for their libraries. */
interface PartSource extends ProgramSource {
  readonly part: string;
}

/** Adds the libraries of all programs, and a shared DPDK's drivers with theirs. */
async function addAllLibraries(tree: PartedTree, sources: readonly PartSource[]): Promise<void> {
  let closure = await closeOverPackages(sources);
  const drivers = dpdkDrivers(closure.libraries, closure.directories);
  if (drivers.length > 0) {
    const programs = drivers.map((driver) => driver.source);
    closure = await closeOverPackages([...sources, { programs, libraryDirectories: closure.directories }]);
  }
  // Missing libraries are refused before anything is divided.
  const { missing } = closure;
  for (const { part, programs } of sources) {
    const { libraries, interpreters } = closeLibraries(programs, [], closure.libraries);
    addLibraries(tree.part(part), { libraries, interpreters, missing });
  }
  addLibraries(tree.part(VPP_PART), closure);
  addDpdkDrivers(tree.part(VPP_PART), drivers, closure.libraries);
}

/** The version of this repository. */
export function packageVersion(): string {
  // Our own file.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  return version;
}

/** What an image states about itself. */
interface Identity {
  readonly version: string;
  /** Unix seconds. */
  readonly builtAt: number;
}

/** os-release(5) of an image; systemd-boot sorts entries by IMAGE_ID and IMAGE_VERSION. */
export function osRelease({ version, builtAt }: Identity): string {
  const fields = {
    ID: 'appliance',
    NAME: 'Appliance',
    PRETTY_NAME: `"Appliance ${version}"`,
    VERSION_ID: version,
    IMAGE_ID: 'appliance',
    IMAGE_VERSION: version,
    [BUILT_AT_FIELD]: String(builtAt),
  };
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

function addIdentity(tree: FileTree, identity: Identity, updateKey: string | undefined): void {
  const { version, builtAt } = identity;
  tree.addData('/etc/os-release', osRelease(identity));
  const image = { version, architecture: ARCHITECTURE, builtAt };
  tree.addData('/etc/appliance/image.json', `${JSON.stringify(image)}\n`);
  if (updateKey !== undefined) tree.addData('/etc/appliance/update.pub', updateKey);
}

/**
 * Collects the whole root.
 *
 * @throws ImageError naming the missing package, library, module or artefact
 */
export async function collectRoot(options: RootOptions): Promise<Root> {
  const tree = new PartedTree();
  const [init = '', runtime = '', emulator = ''] = builtInputs(options);
  await learnPackages([BUSYBOX, ...Object.keys(TOOLS), ...BASE_PACKAGES, ...(options.add ?? [])]);
  addBaseFiles(tree.part('base files'), options.add ?? []);
  tree.part('executable').addFile('/init', init, 0o755);
  // A test's /init may be a script, which needs no libraries.
  const sources: PartSource[] = [{ programs: isElf(init) ? [init] : [], part: LIBRARY_PART }];
  const tools = await addTools(tree.part('programs'));
  sources.push(...tools.map((source) => ({ ...source, part: LIBRARY_PART })));
  if (options.vpp === undefined) {
    sources.push({ ...addEmulator(tree.part('VPP emulator'), runtime, emulator), part: LIBRARY_PART });
  } else {
    const { warnings, ...source } = await addVpp(tree.part(VPP_PART), options.vpp, options.config);
    for (const words of warnings) options.log?.(`WARNING: ${words}`);
    sources.push({ ...source, part: VPP_PART });
  }
  for (const name of options.add ?? []) {
    const part = `package ${name}`;
    sources.push({ ...(await addPackage(tree.part(part), name)), part });
  }
  await addAllLibraries(tree, sources);
  const modules = await addModules(tree.part('kernel modules'), options.kernel.modulesDirectory);
  const identity = {
    version: options.version ?? packageVersion(),
    builtAt:
      options.builtAt ??
      (await buildTime(ROOT, [options.kernel.image, ...tools.flatMap(({ programs }) => programs)])),
  };
  addIdentity(tree.part('base files'), identity, options.updateKey);
  return { tree, modules, builtAt: identity.builtAt };
}
