/**
 * Puts a real VPP into the guest: from an installed tree, or from a folder of VPP's `.deb` files.
 *
 * It is always laid out as in Debian's packages, because VPP looks for its plugins relative to its
 * own executable: /usr/bin/vpp finds /usr/lib/x86_64-linux-gnu/vpp_plugins (vpp/vnet/main.c, vpp_find_plugin_path). It
 * looks for its drivers in one place only, chosen when it was built (vnet/dev/dev.c): they stay there,
 * relative to the executable.
 *
 * The image has the plugins that startup.conf may name: one table, src/vpp/plugins.ts.
 */

import { existsSync, globSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { formatProblem } from '../src/config/mod.ts';
import type { Config } from '../src/config/types.ts';
import { reasonOf } from '../src/linux/mod.ts';
import {
  hasNativeDriver,
  missingWords,
  NATIVE_DRIVER,
  PLUGINS,
  pluginsOf,
  readVppVersion,
  vppProblems,
  type VppVersion,
} from '../src/vpp/mod.ts';
import { extractPackage } from './debian-package.ts';
import { ImageError } from './errors.ts';
import type { FileTree } from './file-tree.ts';
import { GUEST_LIBRARY_DIRECTORY } from './libraries.ts';
import type { ProgramSource } from './package-libraries.ts';

const GUEST_PLUGIN_DIRECTORY = join(GUEST_LIBRARY_DIRECTORY, 'vpp_plugins');

/** Poll mode drivers of a DPDK built as shared libraries, which it opens at run time. */
const DPDK_DRIVERS =
  /^librte_(bus_(auxiliary|pci|vdev)|mempool_ring|net_(e1000|i40e|iavf|ice|igc|ixgbe|virtio|vmxnet3)|common_iavf)\.so\b/;

/** The contents of a program or package folder, on this machine. */
interface VppSource {
  readonly binary: string;
  readonly vppctl: string | undefined;
  readonly plugins: readonly string[];
  /** VPP's native driver, and its directory below the one that holds `bin`. */
  readonly driver: { readonly path: string; readonly directory: string } | undefined;
  readonly libraryDirectories: readonly string[];
}

function inspect(roots: readonly string[]): VppSource {
  const find = (...patterns: string[]) =>
    roots.flatMap((root) => globSync(patterns, { cwd: root }).map((path) => join(root, path)));
  const binary = find('bin/vpp', 'usr/bin/vpp').find((path) => statSync(path).isFile());
  if (binary === undefined) throw new ImageError('missing-artefact', `${roots.join(', ')} has no bin/vpp`);
  const plugins = find('{lib,lib64,usr/lib}/{vpp_plugins,*/vpp_plugins}/*_plugin.so');
  const known = new Set(PLUGINS.map(({ file }) => file));
  const driver = find(`{lib,lib64,usr/lib}/{vpp_drivers,*/vpp_drivers}/${NATIVE_DRIVER.file}`)[0];
  return {
    binary,
    vppctl: find('bin/vppctl', 'usr/bin/vppctl')[0],
    plugins: plugins.filter((path) => known.has(basename(path))),
    driver:
      driver === undefined ? undefined : { path: driver, directory: belowPrefix(roots, dirname(driver)) },
    libraryDirectories: find('lib', 'lib64', 'usr/lib', '{lib,usr/lib}/x86_64-linux-gnu').filter(existsSync),
  };
}

/** A directory of one of the roots, relative to the parent of its `bin`. */
function belowPrefix(roots: readonly string[], directory: string): string {
  const root = roots.find((each) => directory.startsWith(`${each}/`)) ?? '';
  return relative(root, directory).replace(/^usr\//, '');
}

/** A driver's file, its name in the loader's directory, and the link by which DPDK finds it. */
export interface DpdkDriver {
  readonly source: string;
  readonly library: string;
  readonly link: string;
}

/**
 * Drivers of a shared DPDK: `librte_eal.so.23` opens all of `dpdk/pmds-23.*` beside it. They are links to the
 * libraries that other drivers need by name: as copies each would be loaded, and registered, twice.
 */
export function dpdkDrivers(
  libraries: ReadonlyMap<string, string>,
  directories: readonly string[],
): DpdkDriver[] {
  const [name = '', eal = ''] =
    [...libraries].find(([library]) => library.startsWith('librte_eal.so.')) ?? [];
  if (eal === '') return [];
  const pattern = `dpdk/pmds-${name.slice('librte_eal.so.'.length)}*/*.so.*.*`;
  const drivers = new Map<string, DpdkDriver>();
  // Each unpacked package has its own directory.
  for (const directory of new Set([dirname(eal), ...directories])) {
    for (const path of globSync(pattern, { cwd: directory })) {
      const file = basename(path);
      if (!DPDK_DRIVERS.test(file) || drivers.has(file)) continue;
      const source = realpathSync(join(directory, path));
      const link = join(GUEST_LIBRARY_DIRECTORY, path);
      drivers.set(file, { source, library: file.replace(/\.\d+$/, ''), link });
    }
  }
  return [...drivers.values()];
}

/** The files that a VPP of this version should have and lacks, for any configuration; one line each. */
function lacks({ plugins, driver }: VppSource, version: VppVersion): string[] {
  const found = new Set(plugins.map((path) => basename(path)));
  const lines = pluginsOf(version)
    .filter(({ file }) => !found.has(file))
    .map((plugin) => missingWords(plugin, version));
  if (driver === undefined && hasNativeDriver(version)) {
    const without = 'VPP cannot drive NICs with driver = native';
    lines.push(missingWords({ file: NATIVE_DRIVER.file, without }, version));
  }
  return lines;
}

/** VPP's files in the guest, and the warnings about them. */
export interface AddedVpp extends ProgramSource {
  /** What it lacks, as text. */
  readonly warnings: readonly string[];
}

/** @throws ImageError `missing-artefact` when it cannot be determined */
async function versionOf(binary: string): Promise<VppVersion> {
  try {
    return await readVppVersion(binary);
  } catch (error) {
    const words = `cannot determine the version of VPP: ${reasonOf(error)}`;
    throw new ImageError('missing-artefact', words, { cause: error });
  }
}

/** @throws ImageError `bad-argument` naming what the configuration needs and this VPP lacks */
function checkConfiguration(config: Config, { plugins, driver }: VppSource, version: VppVersion): void {
  const found = new Set(plugins.map((path) => basename(path)));
  const files = { hasPlugin: (file: string) => found.has(file), hasDriver: driver !== undefined };
  const errors = vppProblems(config, { version, files }).filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const lines = errors.map((problem) => formatProblem('appliance.ini', problem));
  throw new ImageError('bad-argument', `this VPP does not support --config:\n${lines.join('\n')}`);
}

/**
 * Adds /usr/bin/vpp, vppctl, and the plugins and drivers in use. Its libraries are added by the caller, together with
 * the others.
 *
 * @param config the box's configuration, if known: it must not need what this VPP lacks
 * @throws ImageError `missing-artefact` when the directory holds no VPP, or one of unknown version,
 *   `bad-argument` when the configuration needs another one
 */
export async function addVpp(tree: FileTree, directory: string, config?: Config): Promise<AddedVpp> {
  const debs = globSync('*.deb', { cwd: directory }).map((file) => resolve(directory, file));
  const packages = debs.filter((deb) => !/-(dbg|dbgsym|dev)_/.test(basename(deb))).sort();
  const roots = packages.length > 0 ? await Promise.all(packages.map(extractPackage)) : [resolve(directory)];
  const source = inspect(roots);
  const { binary, vppctl, plugins, driver, libraryDirectories } = source;
  tree.addFile('/usr/bin/vpp', binary, 0o755);
  if (vppctl !== undefined) tree.addFile('/usr/bin/vppctl', vppctl, 0o755);
  for (const plugin of plugins) tree.addFile(join(GUEST_PLUGIN_DIRECTORY, basename(plugin)), plugin, 0o755);
  if (driver !== undefined) {
    tree.addFile(join('/usr', driver.directory, basename(driver.path)), driver.path, 0o755);
  }
  const others = [vppctl, driver?.path].filter((path) => path !== undefined);
  const programs = [binary, ...plugins, ...others];
  const version = await versionOf(binary);
  if (config !== undefined) checkConfiguration(config, source, version);
  const warnings = lacks(source, version);
  return { programs, libraryDirectories, debs: packages, warnings };
}

/** Adds a shared DPDK's drivers; `libraries` has those that others need by name. */
export function addDpdkDrivers(
  tree: FileTree,
  drivers: readonly DpdkDriver[],
  libraries: ReadonlyMap<string, string>,
): void {
  for (const { source, library, link } of drivers) {
    if (!libraries.has(library)) tree.addFile(join(GUEST_LIBRARY_DIRECTORY, library), source, 0o755);
    tree.addSymlink(link, `../../${library}`);
  }
}
