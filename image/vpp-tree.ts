/**
 * Owns putting a real VPP into the guest: from an installed tree, or from a folder of VPP's `.deb` files.
 *
 * Wherever it comes from, it is laid out as Debian's packages do, because VPP looks for its plugins relative to its
 * own executable: /usr/bin/vpp finds /usr/lib/x86_64-linux-gnu/vpp_plugins (vpp/vnet/main.c, vpp_find_plugin_path).
 */

import { existsSync, globSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { extractPackage, fetchPackage, readDependencies } from './debian-package.ts';
import { ImageError } from './errors.ts';
import type { FileTree } from './file-tree.ts';
import { addLibraries, closeLibraries, GUEST_LIBRARY_DIRECTORY, readHostLibraries } from './libraries.ts';

/** Packages of packages of packages … that may hold a library. */
const MAX_DEPENDENCY_DEPTH = 5;

const GUEST_PLUGIN_DIRECTORY = join(GUEST_LIBRARY_DIRECTORY, 'vpp_plugins');

/** Plugins that the appliance's startup.conf may ask for; those that a VPP does not have are left out. */
const PLUGINS =
  'dpdk linux_cp linux_nl ping af_packet arping dhcp lacp lldp crypto_native crypto_openssl'.split(' ');

/** Poll mode drivers of a DPDK built as shared libraries, which it opens at run time. */
const DPDK_DRIVERS =
  /^librte_(bus_(auxiliary|pci|vdev)|mempool_ring|net_(e1000|i40e|iavf|ice|igc|ixgbe|virtio|vmxnet3)|common_iavf)\.so\b/;

/** What a program or package folder offers, on this machine. */
interface VppSource {
  readonly binary: string;
  readonly vppctl: string | undefined;
  readonly plugins: readonly string[];
  readonly libraryDirectories: readonly string[];
}

function inspect(roots: readonly string[]): VppSource {
  const find = (...patterns: string[]) =>
    roots.flatMap((root) => globSync(patterns, { cwd: root }).map((path) => join(root, path)));
  const binary = find('bin/vpp', 'usr/bin/vpp').find((path) => statSync(path).isFile());
  if (binary === undefined) throw new ImageError('missing-artefact', `no bin/vpp in ${roots.join(', ')}`);
  const plugins = find('{lib,lib64,usr/lib}/{vpp_plugins,*/vpp_plugins}/*_plugin.so');
  return {
    binary,
    vppctl: find('bin/vppctl', 'usr/bin/vppctl')[0],
    plugins: plugins.filter((path) => PLUGINS.includes(basename(path, '_plugin.so'))),
    libraryDirectories: find('lib', 'lib64', 'usr/lib', '{lib,usr/lib}/x86_64-linux-gnu').filter(existsSync),
  };
}

/** A driver's file, its name in the loader's directory, and the link by which DPDK finds it. */
interface DpdkDriver {
  readonly source: string;
  readonly library: string;
  readonly link: string;
}

/**
 * Drivers of a shared DPDK: `librte_eal.so.23` opens all of `dpdk/pmds-23.*` beside it. They are links to the
 * libraries that other drivers need by name: as copies each would be loaded, and registered, twice.
 */
function dpdkDrivers(libraries: ReadonlyMap<string, string>, directories: readonly string[]): DpdkDriver[] {
  const [name = '', eal = ''] =
    [...libraries].find(([library]) => library.startsWith('librte_eal.so.')) ?? [];
  if (eal === '') return [];
  const pattern = `dpdk/pmds-${name.slice('librte_eal.so.'.length)}*/*.so.*.*`;
  const drivers = new Map<string, DpdkDriver>();
  // Unpacked packages each have a directory of their own.
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

/** Downloads the library packages that the given packages depend on, without those in `known`. */
async function fetchDependencies(debs: readonly string[], known: Set<string>): Promise<string[]> {
  const names = (await Promise.all(debs.map(readDependencies))).flat();
  const libraries = names.filter((name) => /^lib(?!c6$|gcc|stdc|vpp)/.test(name) && !known.has(name));
  const fetched: string[] = [];
  for (const name of new Set(libraries)) {
    process.stdout.write(`fetching ${name} for VPP\n`);
    known.add(name);
    fetched.push(await fetchPackage(name));
  }
  return fetched;
}

/**
 * Adds /usr/bin/vpp, vppctl, the plugins in use and every library they need.
 *
 * @throws ImageError `missing-artefact` when the directory holds no VPP, `missing-library` naming the libraries
 *   that neither the tree, the packages it depends on, nor this machine has
 */
export async function addVpp(tree: FileTree, directory: string): Promise<void> {
  const debs = globSync('*.deb', { cwd: directory }).map((file) => resolve(directory, file));
  const packages = debs.filter((deb) => !/-(dbg|dbgsym|dev)_/.test(basename(deb)));
  const roots = packages.length > 0 ? await Promise.all(packages.map(extractPackage)) : [resolve(directory)];
  const source = inspect(roots);
  const host = await readHostLibraries();
  const programs = [
    source.binary,
    ...source.plugins,
    ...(source.vppctl === undefined ? [] : [source.vppctl]),
  ];
  const directories = [...source.libraryDirectories];
  let closure = closeLibraries(programs, directories, host);
  const known = new Set<string>();
  let debsToFollow = packages;
  for (let depth = 0; depth < MAX_DEPENDENCY_DEPTH && closure.missing.length > 0; depth += 1) {
    debsToFollow = await fetchDependencies(debsToFollow, known);
    directories.push(...libraryDirectories(await Promise.all(debsToFollow.map(extractPackage))));
    closure = closeLibraries(programs, directories, host);
  }
  const drivers = dpdkDrivers(closure.libraries, directories);
  if (drivers.length > 0) {
    const driverPaths = drivers.map((driver) => driver.source);
    closure = closeLibraries([...programs, ...driverPaths], directories, host);
  }

  tree.addFile('/usr/bin/vpp', source.binary, 0o755);
  if (source.vppctl !== undefined) tree.addFile('/usr/bin/vppctl', source.vppctl, 0o755);
  for (const plugin of source.plugins)
    tree.addFile(join(GUEST_PLUGIN_DIRECTORY, basename(plugin)), plugin, 0o755);
  addLibraries(tree, closure);
  for (const { source: path, library, link } of drivers) {
    if (!closure.libraries.has(library)) tree.addFile(join(GUEST_LIBRARY_DIRECTORY, library), path, 0o755);
    tree.addSymlink(link, `../../${library}`);
  }
}

function libraryDirectories(roots: readonly string[]): string[] {
  const candidates = ['lib', 'usr/lib', 'lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'];
  return roots.flatMap((root) => candidates.map((path) => join(root, path))).filter(existsSync);
}
