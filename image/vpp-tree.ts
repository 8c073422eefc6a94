/**
 * Owns putting a real VPP into the guest: from an installed tree, or from a folder of VPP's `.deb` files.
 *
 * Wherever it comes from, it is laid out as Debian's packages do, because VPP looks for its plugins relative to its
 * own executable: /usr/bin/vpp finds /usr/lib/x86_64-linux-gnu/vpp_plugins (vpp/vnet/main.c, vpp_find_plugin_path).
 */

import { existsSync, globSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { extractPackage } from './debian-package.ts';
import { ImageError } from './errors.ts';
import type { FileTree } from './file-tree.ts';
import { GUEST_LIBRARY_DIRECTORY } from './libraries.ts';
import type { ProgramSource } from './package-libraries.ts';

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

/**
 * Adds /usr/bin/vpp, vppctl and the plugins in use. Its libraries are the caller's to add, together with the others.
 *
 * @throws ImageError `missing-artefact` when the directory holds no VPP
 */
export async function addVpp(tree: FileTree, directory: string): Promise<ProgramSource> {
  const debs = globSync('*.deb', { cwd: directory }).map((file) => resolve(directory, file));
  const packages = debs.filter((deb) => !/-(dbg|dbgsym|dev)_/.test(basename(deb))).sort();
  const roots = packages.length > 0 ? await Promise.all(packages.map(extractPackage)) : [resolve(directory)];
  const { binary, vppctl, plugins, libraryDirectories } = inspect(roots);
  tree.addFile('/usr/bin/vpp', binary, 0o755);
  if (vppctl !== undefined) tree.addFile('/usr/bin/vppctl', vppctl, 0o755);
  for (const plugin of plugins) tree.addFile(join(GUEST_PLUGIN_DIRECTORY, basename(plugin)), plugin, 0o755);
  const programs = [binary, ...plugins, ...(vppctl === undefined ? [] : [vppctl])];
  return { programs, libraryDirectories, debs: packages };
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
