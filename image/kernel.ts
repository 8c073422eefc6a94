/** Finds the guest's kernel: Debian's own package, unpacked, never installed. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { archiveDependencies, extractPackage, fetchPackage } from './debian-package.ts';
import { ImageError } from './errors.ts';

const KERNEL_META_PACKAGE = 'linux-image-amd64';
const KERNEL_PACKAGE = /^linux-image-[0-9][a-z0-9.+-]*-amd64$/;

export interface Kernel {
  /** `6.1.0-56-amd64` */
  readonly release: string;
  /** The compressed kernel image. */
  readonly image: string;
  /** `lib/modules/RELEASE` in the unpacked package. */
  readonly modulesDirectory: string;
}

/**
 * The kernel in the package that Debian's current kernel package depends on.
 *
 * @throws ImageError `missing-package` when apt has none
 */
export async function findKernel(): Promise<Kernel> {
  const root = await extractPackage(await fetchPackage(await kernelPackageName()));
  const image = readdirSync(join(root, 'boot')).find((name) => name.startsWith('vmlinuz-'));
  if (image === undefined) throw new ImageError('missing-package', `${root}/boot has no kernel`);
  const release = image.slice('vmlinuz-'.length);
  const modules = [join(root, 'usr/lib/modules', release), join(root, 'lib/modules', release)];
  const modulesDirectory = modules.find((path) => existsSync(path));
  if (modulesDirectory === undefined)
    throw new ImageError('missing-package', `${root} has no modules for ${release}`);
  return { release, image: join(root, 'boot', image), modulesDirectory };
}

async function kernelPackageName(): Promise<string> {
  const names = await archiveDependencies(KERNEL_META_PACKAGE);
  // Without package lists fetchPackage refreshes them for the meta package; the second query then finds the name.
  if (names.length === 0) await fetchPackage(KERNEL_META_PACKAGE);
  const known = names.length > 0 ? names : await archiveDependencies(KERNEL_META_PACKAGE);
  const name = known.find((candidate) => KERNEL_PACKAGE.test(candidate));
  if (name === undefined)
    throw new ImageError(
      'missing-package',
      `apt finds no kernel package that ${KERNEL_META_PACKAGE} depends on`,
    );
  return name;
}
