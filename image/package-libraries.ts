/**
 * Chooses the source of the programs' libraries: Debian's packages, so that two machines make the same image; this
 * machine's own libraries only for those that no package among the dependencies has (of a VPP built here).
 *
 * apt's dependencies name packages, programs name libraries. So packages that look like libraries are fetched,
 * level by level, until nothing is missing.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { extractPackage, fetchPackage, prefetchPackages, readDependencies } from './debian-package.ts';
import { ImageError } from './errors.ts';
import { closeLibraries, type LibraryClosure, readHostLibraries } from './libraries.ts';

/** Depth of dependencies that may hold a library. */
const MAX_DEPENDENCY_DEPTH = 6;
/** Every program needs these: not searched level by level. */
export const BASE_PACKAGES = ['libc6', 'libgcc-s1', 'libstdc++6', 'libatomic1'];
/** Names of library packages. VPP's own libraries come with VPP. */
const LIBRARY_PACKAGE = /^(lib(?!vpp)|zlib1g$|.+-libs?$)/;
const LIBRARY_DIRECTORIES = ['lib', 'usr/lib', 'lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'];

/** Programs, and the places of their libraries. */
export interface ProgramSource {
  /** ELF files on this machine. */
  readonly programs: readonly string[];
  /** Searched before any package. */
  readonly libraryDirectories?: readonly string[];
  /** `.deb` files whose dependencies hold the libraries. */
  readonly debs?: readonly string[];
}

export interface PackageClosure extends LibraryClosure {
  /** Of all packages that were searched. */
  readonly directories: readonly string[];
}

function libraryDirectories(root: string): string[] {
  return LIBRARY_DIRECTORIES.map((path) => join(root, path)).filter(existsSync);
}

/**
 * Finds every library that the programs of all sources need.
 *
 * @returns also the missing ones: `addLibraries` refuses them
 * @throws ImageError `missing-package` when libc itself cannot be fetched
 */
export async function closeOverPackages(sources: readonly ProgramSource[]): Promise<PackageClosure> {
  const programs = sources.flatMap((source) => source.programs);
  const directories = sources.flatMap((source) => source.libraryDirectories ?? []);
  const known = new Set(BASE_PACKAGES);
  const addDirectories = async (deb: string) =>
    directories.push(...libraryDirectories(await extractPackage(deb)));
  for (const name of BASE_PACKAGES) await addDirectories(await fetchPackage(name));

  let level = sources.flatMap((source) => source.debs ?? []);
  let closure = closeLibraries(programs, directories, new Map());
  const failures: string[] = [];
  for (
    let depth = 0;
    depth < MAX_DEPENDENCY_DEPTH && closure.missing.length > 0 && level.length > 0;
    depth += 1
  ) {
    const names = (await Promise.all(level.map(readDependencies))).flat();
    const wanted = new Set(names.filter((name) => LIBRARY_PACKAGE.test(name) && !known.has(name)));
    level = [];
    await prefetchPackages([...wanted]);
    for (const name of [...wanted].sort()) {
      known.add(name);
      try {
        const deb = await fetchPackage(name);
        await addDirectories(deb);
        level.push(deb);
      } catch (error) {
        // Perhaps a virtual package: it matters only when a library is missing in the end.
        if (!(error instanceof ImageError)) throw error;
        failures.push(name);
      }
    }
    closure = closeLibraries(programs, directories, new Map());
  }
  if (closure.missing.length === 0) return { ...closure, directories };
  closure = closeLibraries(programs, directories, await readHostLibraries());
  if (closure.missing.length === 0 || failures.length === 0) return { ...closure, directories };
  const names = closure.missing.map(({ name }) => name).join(', ');
  throw new ImageError(
    'missing-library',
    `libraries not found: ${names}; apt cannot download these packages, which may contain them: ${failures.join(', ')}`,
  );
}
