/**
 * Chooses the guest's kernel modules, and writes the tables (modules.dep, .alias, .softdep) that PID 1 loads them by.
 *
 * Debian's package has no tables: depmod makes them at installation. Here they are made for the chosen set only,
 * from each module's `.modinfo`, in depmod's formats (modules.dep(5), modprobe.d(5)).
 */

import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { readModinfo } from './elf.ts';
import { ImageError } from './errors.ts';
import type { FileTree } from './file-tree.ts';
import { runCommand } from './run-command.ts';

/** Requested by name; their dependencies are added. */
const WANTED_MODULES: readonly string[] = Object.values({
  nics: [
    'virtio_net',
    'e1000',
    'e1000e',
    'igb',
    'igc',
    'ixgbe',
    'i40e',
    'ice',
    'r8169',
    'vmxnet3',
    'mlx5_core',
  ],
  // Without this one, RTL8111 and RTL8125 boards use the generic PHY driver.
  phys: ['realtek'],
  vpp: ['vfio', 'vfio_iommu_type1', 'vfio_pci', 'uio_pci_generic', 'vhost_net', 'tun', 'veth'],
  disks: [
    'virtio_pci',
    'virtio_blk',
    'virtio_scsi',
    'ahci',
    'ata_piix',
    'sd_mod',
    'nvme',
    'mmc_block',
    'sdhci_pci',
    'sdhci_acpi',
  ],
  usb: ['usb_storage', 'uas', 'xhci_pci', 'ehci_pci', 'usbhid', 'hid_generic'],
  bootPartition: ['fat', 'vfat', 'nls_cp437', 'nls_ascii', 'nls_iso8859_1', 'nls_utf8'],
  // ext4 names only an alias of its checksum, crc32c: both modules that have it.
  dataPartition: ['ext4', 'crc32c_generic', 'crc32c_intel'],
  machine: ['button', 'evdev', 'efivarfs', 'efi_pstore', 'virtio_rng'],
  // The chipset's TCO timer is a child of the LPC bridge or of the SMBus. No softdog: it hangs with the kernel.
  watchdogs: ['i6300esb', 'iTCO_wdt', 'lpc_ich', 'i2c_i801', 'sp5100_tco', 'wdat_wdt'],
  router: ['af_packet', 'mpls_router', 'mpls_iptunnel', '8021q', 'dummy', 'vrf'],
  // What VPP does, while the kernel forwards in its place.
  fallback: ['bonding', 'bridge', 'vxlan', 'ip_gre', 'ip6_gre', 'sit', 'ip6_tunnel'],
  packetRules: [
    'nf_tables',
    'nft_ct',
    'nft_fib_ipv4',
    'nft_fib_ipv6',
    'nft_fib_inet',
    'nft_chain_nat',
    'nft_nat',
    'nft_masq',
    'nft_hash',
    'nft_fwd_netdev',
  ],
}).flat();

/**
 * Disks appear seconds after their controllers, when the coldplug is over: the driver of the disk is loaded with that
 * of the controller.
 */
const LATE_DISKS: Readonly<Record<string, string>> = {
  usb_storage: 'sd_mod',
  uas: 'sd_mod',
  ahci: 'sd_mod',
  ata_piix: 'sd_mod',
  virtio_scsi: 'sd_mod',
  sdhci_pci: 'mmc_block',
  sdhci_acpi: 'mmc_block',
};

/** Tables that the package itself has, about modules built into the kernel. */
const BUILT_IN_TABLES = ['modules.builtin', 'modules.builtin.modinfo', 'modules.order'];

interface Module {
  readonly name: string;
  /** Below the modules directory, without a compression's suffix: `kernel/fs/fat/fat.ko` */
  readonly path: string;
  /** Uncompressed file on this machine. */
  readonly source: string;
  readonly aliases: readonly string[];
  readonly depends: readonly string[];
  readonly softdeps: readonly string[];
}

export function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(\.[a-z]+)?$/, '')
    .replaceAll('-', '_');
}

async function plainModule(path: string): Promise<string> {
  if (path.endsWith('.ko')) return path;
  const plain = path.replace(/\.(xz|zst)$/, '');
  if (existsSync(plain)) return plain;
  if (path.endsWith('.zst')) writeFileSync(plain, zstdDecompressSync(readFileSync(path)));
  else await runCommand('xz', ['--decompress', '--keep', path]);
  return plain;
}

async function readModule(directory: string, path: string): Promise<Module> {
  const source = await plainModule(join(directory, path));
  const info = readModinfo(source);
  const values = (wanted: string) => info.filter(({ key }) => key === wanted).map(({ value }) => value);
  return {
    name: moduleName(path),
    path: path.replace(/\.ko\..*$/, '.ko'),
    source,
    aliases: values('alias'),
    depends: values('depends')
      .flatMap((text) => text.split(','))
      .filter((name) => name !== '')
      .map((name) => name.replaceAll('-', '_')),
    softdeps: [...values('softdep'), ...lateDisk(moduleName(path))],
  };
}

function lateDisk(name: string): string[] {
  const disk = LATE_DISKS[name];
  return disk === undefined ? [] : [`post: ${disk}`];
}

/** The requested modules and all their dependencies, by name. @throws ImageError `missing-module` */
async function selectModules(directory: string, wanted: readonly string[]): Promise<Map<string, Module>> {
  const paths = globSync('kernel/**/*.ko*', { cwd: directory });
  const byName = new Map(paths.map((path) => [moduleName(path), path]));
  const builtIn = new Set(
    readFileSync(join(directory, 'modules.builtin'), 'utf8').split('\n').map(moduleName),
  );
  const selected = new Map<string, Module>();
  const queue = wanted.map((name) => ({ name, optional: false }));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const name = next.name.replaceAll('-', '_');
    if (selected.has(name) || builtIn.has(name)) continue;
    const path = byName.get(name);
    if (path === undefined) {
      if (next.optional) continue;
      throw new ImageError('missing-module', `the kernel in ${directory} has no module ${name}`);
    }
    const module = await readModule(directory, path);
    selected.set(name, module);
    queue.push(...module.depends.map((dependency) => ({ name: dependency, optional: false })));
    const soft = module.softdeps.flatMap((text) => text.split(/\s+/)).filter((word) => !word.endsWith(':'));
    queue.push(...soft.map((dependency) => ({ name: dependency, optional: true })));
  }
  return selected;
}

/** A module's line in modules.dep: all its dependencies, the one to load first being last. */
function dependencyLine(module: Module, all: ReadonlyMap<string, Module>): string {
  const ordered: string[] = [];
  const visit = (name: string): void => {
    const needed = all.get(name);
    if (needed === undefined || ordered.includes(needed.path)) return;
    for (const dependency of needed.depends) visit(dependency);
    ordered.push(needed.path);
  };
  for (const dependency of module.depends) visit(dependency);
  return `${module.path}:${ordered
    .toReversed()
    .map((path) => ` ${path}`)
    .join('')}\n`;
}

/** Adds the modules and their tables at /lib/modules/RELEASE. Returns the modules' names. */
export async function addModules(
  tree: FileTree,
  directory: string,
  wanted: readonly string[] = WANTED_MODULES,
): Promise<string[]> {
  const selected = await selectModules(directory, wanted);
  const modules = [...selected.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const target = join('/lib/modules', basename(directory));
  for (const module of modules) tree.addFile(join(target, module.path), module.source);
  const table = (name: string, lines: readonly string[]) => tree.addData(join(target, name), lines.join(''));
  table(
    'modules.dep',
    modules.map((module) => dependencyLine(module, selected)),
  );
  table(
    'modules.alias',
    modules.flatMap(({ name, aliases }) => aliases.map((alias) => `alias ${alias} ${name}\n`)),
  );
  table(
    'modules.softdep',
    modules.flatMap(({ name, softdeps }) => softdeps.map((text) => `softdep ${name} ${text}\n`)),
  );
  for (const name of BUILT_IN_TABLES) tree.addFile(join(target, name), join(directory, name));
  return modules.map(({ name }) => name);
}
