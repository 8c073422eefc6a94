/** Kernel and initramfs of the Linux guest: Debian's kernel with its modules, busybox, and programs of Debian. */
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { addPackage } from '../../image/added-package.ts';
import { writeCpio } from '../../image/cpio.ts';
import { prefetchPackages } from '../../image/debian-package.ts';
import { FileTree } from '../../image/file-tree.ts';
import { fileKey } from '../../image/guest.ts';
import { unpackKernelImage } from '../../image/kernel-image.ts';
import { findKernel } from '../../image/kernel.ts';
import { addLibraries } from '../../image/libraries.ts';
import { addModules } from '../../image/modules.ts';
import { closeOverPackages, type ProgramSource } from '../../image/package-libraries.ts';
import { DIST } from '../../image/root-tree.ts';
import { AGENT_SCRIPT } from './agent.ts';

const PACKAGES = ['busybox-static', 'ethtool', 'iperf3', 'iproute2', 'iputils-ping', 'tcpdump'];
/** In the order in which they are loaded. */
const MODULES = [
  'virtio_pci',
  'virtio_net',
  'af_packet',
  '8021q',
  'bonding',
  'bridge',
  'dummy',
  'vxlan',
  'ip_gre',
  'ip6_gre',
  'ipip',
  'sit',
  'ip6_tunnel',
  'mpls_router',
  'mpls_iptunnel',
  'mpls_gso',
];
const INIT = readFileSync(join(import.meta.dirname, 'linux-init.sh'), 'utf8');

export interface LinuxImage {
  readonly kernel: string;
  readonly initramfs: string;
}

/**
 * Builds both into `dist/guest`, or reuses them while they are current.
 *
 * @param nics MAC address → the name that its NIC gets
 * @throws ImageError naming the missing package, library or module
 */
export async function linuxImage(nics: ReadonlyMap<string, string>): Promise<LinuxImage> {
  const kernel = await findKernel();
  const table = [...nics].map(([mac, name]) => `${mac} ${name}\n`).join('');
  const key = fileKey([kernel.image, import.meta.filename], INIT, AGENT_SCRIPT, table).slice(0, 12);
  const directory = join(DIST, 'guest', `linux-${key}`);
  const image = { kernel: join(directory, 'vmlinux'), initramfs: join(directory, 'initramfs.cpio') };
  if (existsSync(image.initramfs)) return image;
  await prefetchPackages(PACKAGES);
  const tree = new FileTree();
  tree.addCharacterDevice('/dev/console', 5, 1);
  for (const path of ['/proc', '/sys', '/run', '/root', '/tmp']) tree.addDirectory(path);
  tree.addSymlink('/var/run', '../run');
  tree.addData('/etc/passwd', 'root:x:0:0:root:/root:/bin/false\n');
  tree.addData('/etc/group', 'root:x:0:\n');
  tree.addData('/etc/modules', MODULES.map((name) => `${name}\n`).join(''));
  tree.addData('/etc/nics', table);
  tree.addData('/etc/agent.sh', AGENT_SCRIPT);
  tree.addData('/init', INIT, 0o755);
  const sources: ProgramSource[] = [];
  for (const name of PACKAGES) sources.push(await addPackage(tree, name));
  addLibraries(tree, await closeOverPackages(sources));
  await addModules(tree, kernel.modulesDirectory, MODULES);
  mkdirSync(directory, { recursive: true });
  // Another run may build it too: a file appears under its name only when it is complete.
  const partial = (path: string) => `${path}.${process.pid}.partial`;
  await unpackKernelImage(kernel.image, partial(image.kernel));
  writeCpio(tree, partial(image.initramfs));
  for (const path of [image.kernel, image.initramfs]) renameSync(partial(path), path);
  return image;
}
