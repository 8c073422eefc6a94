/**
 * Adds a Debian package that the user requests: its files except those that only people and other systems read,
 * and its programs, with their libraries. Its scripts are not run, and programs that it only starts are not added.
 */

import { globSync, lstatSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { extractPackage, fetchPackage } from './debian-package.ts';
import { ImageError } from './errors.ts';
import { isElf, readDynamic } from './elf.ts';
import type { FileTree } from './file-tree.ts';
import type { ProgramSource } from './package-libraries.ts';

/** The box does not need these: it has no manual reader, no systemd, no other language, no compiler. */
const LEFT_OUT =
  /^(usr\/share\/(doc|doc-base|man|info|locale|lintian|bug|bash-completion|zsh|fish|menu|pixmaps|applications|icons|metainfo)\/|usr\/include\/|(usr\/)?lib\/(systemd|tmpfiles\.d|sysusers\.d|udev)\/|etc\/(init\.d|default|cron\.[a-z]+|logrotate\.d|apparmor\.d|pam\.d|bash_completion\.d|NetworkManager|network|dhcp|ppp|ufw|systemd)\/)|\.(a|la|h|pc)$/;
/** Libraries are added with their users, by name. */
const PLAIN_LIBRARY = /^(usr\/)?lib\/(x86_64-linux-gnu\/)?lib[^/]+\.so(\.[^/]+)?$/;

const LIBRARY = /\/lib[^/]+\.so(\.[^/]+)?$/;
/** Files that the package's scripts, which are not run, would create. Everything on the box runs as root. */
const GROUPS: Readonly<Record<string, readonly string[]>> = { frr: ['frrvty'] };
const FIRST_GROUP = 200;

/**
 * Adds an unpacked package's files.
 *
 * @returns its programs and other ELF files for this processor; undefined when it has no file for the box
 */
export function addPackageFiles(tree: FileTree, root: string): string[] | undefined {
  const programs: string[] = [];
  let count = 0;
  for (const path of globSync('**', { cwd: root }).sort()) {
    if (LEFT_OUT.test(path) || PLAIN_LIBRARY.test(path)) continue;
    const source = join(root, path);
    const stat = lstatSync(source);
    if (stat.isSymbolicLink()) tree.addSymlink(`/${path}`, readlinkSync(source));
    else if (stat.isFile()) tree.addFile(`/${path}`, source, modeOf(stat.mode));
    else continue;
    if (stat.isFile() && isElf(source) && isForThisMachine(source)) programs.push(source);
    count += 1;
  }
  return count === 0 ? undefined : programs;
}

/**
 * Adds the files of the package `name` and returns its programs.
 *
 * @throws ImageError `missing-package` when apt cannot download it, `bad-argument` when it has no file for the box
 */
export async function addPackage(tree: FileTree, name: string): Promise<ProgramSource> {
  if (!/^[a-z0-9][a-z0-9+.-]+$/.test(name)) {
    throw new ImageError('bad-argument', `cannot add "${name}": expected the name of a Debian package`);
  }
  const deb = await fetchPackage(name);
  const programs = addPackageFiles(tree, await extractPackage(deb));
  if (programs === undefined) {
    const why = 'the package has no file for the box, perhaps only dependencies';
    throw new ImageError('bad-argument', `cannot add ${name}: ${why}`);
  }
  return { programs, libraryDirectories: privateLibraries(programs), debs: [deb] };
}

/**
 * A package's private library directories. Its programs have them in their RUNPATH; the plugins that these open do
 * not, and find the libraries in memory.
 */
export function privateLibraries(programs: readonly string[]): string[] {
  return [...new Set(programs.filter((path) => LIBRARY.test(path)).map(dirname))];
}

/** Lines of /etc/group for the packages: groups without which programs refuse to start, with root in them. */
export function groupsOf(packages: readonly string[]): string {
  const groups = packages.flatMap((name) => GROUPS[name] ?? []);
  return groups.map((name, index) => `${name}:x:${FIRST_GROUP + index}:root\n`).join('');
}

/** The mode in the package: the unpacked file lacks what this machine's umask removes. */
function modeOf(mode: number): number {
  return (mode & 0o100) === 0 ? 0o644 : 0o755;
}

/** Firmware files are sometimes ELF for other processors. */
function isForThisMachine(path: string): boolean {
  try {
    readDynamic(path);
    return true;
  } catch (error) {
    if (error instanceof ImageError) return false;
    throw error;
  }
}
