/**
 * Finds the shared libraries of programs, so that they run where nothing else is installed.
 *
 * Every library found is put into the loader's default directory under its requested name; search
 * paths inside the files then do not matter in the guest. Libraries that a program opens itself (dlopen) must be
 * named as programs by the caller.
 */

import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readDynamic } from './elf.ts';
import { ImageError } from './errors.ts';
import type { FileTree } from './file-tree.ts';
import { runCommand } from './run-command.ts';

/** Searched by Debian's loader without any configuration. */
export const GUEST_LIBRARY_DIRECTORY = '/usr/lib/x86_64-linux-gnu';

export interface MissingLibrary {
  readonly name: string;
  readonly neededBy: string;
}

export interface LibraryClosure {
  /** Requested name → file on this machine. */
  readonly libraries: ReadonlyMap<string, string>;
  readonly interpreters: ReadonlySet<string>;
  readonly missing: readonly MissingLibrary[];
}

/** The libraries in this machine's loader cache: name → path. */
export async function readHostLibraries(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const line of (await runCommand('ldconfig', ['-p'])).split('\n')) {
    const match = /^\s+(\S+) \(libc6,x86-64[^)]*\) => (\S+)$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined && !found.has(match[1]))
      found.set(match[1], match[2]);
  }
  return found;
}

/**
 * Follows DT_NEEDED from the programs. Searches a file's own RPATH or RUNPATH, then `directories`, then
 * the host's libraries.
 */
export function closeLibraries(
  programs: readonly string[],
  directories: readonly string[],
  host: ReadonlyMap<string, string>,
): LibraryClosure {
  const libraries = new Map<string, string>();
  const interpreters = new Set<string>();
  const missing = new Map<string, MissingLibrary>();
  const queue = [...programs];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const real = realpathSync(path);
    const dynamic = readDynamic(real);
    if (dynamic.interpreter !== undefined) interpreters.add(dynamic.interpreter);
    const own = dynamic.searchPath.map((entry) => entry.replaceAll(/\$ORIGIN|\$\{ORIGIN\}/g, dirname(real)));
    for (const name of dynamic.needed) {
      if (libraries.has(name) || missing.has(name)) continue;
      const candidate = [...own, ...directories].map((directory) => join(directory, name)).find(existsSync);
      const library = candidate ?? host.get(name);
      if (library === undefined) {
        missing.set(name, { name, neededBy: path });
        continue;
      }
      libraries.set(name, realpathSync(library));
      queue.push(library);
    }
  }
  return { libraries, interpreters, missing: [...missing.values()] };
}

/** Adds a closure to the tree. @throws ImageError `missing-library` naming all missing ones */
export function addLibraries(tree: FileTree, closure: LibraryClosure): void {
  if (closure.missing.length > 0) {
    const names = closure.missing.map(({ name, neededBy }) => `${name} (needed by ${neededBy})`);
    throw new ImageError('missing-library', `libraries not found: ${names.join(', ')}`);
  }
  const loaders = new Set([...closure.interpreters].map((path) => basename(path)));
  for (const interpreter of closure.interpreters) {
    // The loader of the libc in the closure: another one would not run with it.
    const source = closure.libraries.get(basename(interpreter)) ?? realpathSync(interpreter);
    tree.addFile(interpreter, source, 0o755);
  }
  for (const [name, source] of closure.libraries) {
    // The loader itself is also a needed library of libc: it was added already.
    if (!loaders.has(name)) tree.addFile(join(GUEST_LIBRARY_DIRECTORY, name), source, 0o755);
  }
}
