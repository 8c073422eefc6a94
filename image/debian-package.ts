/**
 * Fetches Debian packages without installing them: the kernel, busybox, libraries of a VPP.
 *
 * Packages and their extracted trees are kept in the user's cache directory. An extracted tree appears under its
 * name only when it is complete, so several builds may share the cache.
 */

import { mkdirSync, readdirSync, renameSync, rmSync, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { ImageError } from './errors.ts';
import { findTool, runCommand } from './run-command.ts';

/** `$XDG_CACHE_HOME/appliance`, made when missing. */
export function cacheDirectory(...parts: string[]): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const path = join(base, 'appliance', ...parts);
  mkdirSync(path, { recursive: true });
  return path;
}

/** Package → file name of its candidate, for packages queried from apt already: each query takes most of a second. */
const candidates = new Map<string, string>();

/** Queries several packages from apt at once, for later calls of `fetchPackage`. */
export async function learnPackages(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !candidates.has(name));
  if (unknown.length === 0) return;
  const text = await runCommand('apt-cache', ['show', '--no-all-versions', ...unknown]).catch(() => '');
  for (const paragraph of text.split(/\n\n+/)) {
    const field = (key: string) => new RegExp(`^${key}: (.+)$`, 'm').exec(paragraph)?.[1];
    const [name, version, architecture] = [field('Package'), field('Version'), field('Architecture')];
    if (name === undefined || version === undefined || architecture === undefined) continue;
    if (candidates.has(name)) continue;
    candidates.set(name, `${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`);
  }
}

/**
 * Downloads the packages missing from the cache with one command, for later calls of `fetchPackage`: one command for
 * each takes most of a second. Failures are left to those calls.
 */
export async function prefetchPackages(names: readonly string[]): Promise<void> {
  await learnPackages(names);
  const directory = cacheDirectory('packages');
  const missing = names.filter((name) => {
    const file = candidates.get(name);
    return file !== undefined && !existsSync(join(directory, file));
  });
  if (missing.length < 2) return;
  await runCommand('apt-get', ['-qq', 'download', ...missing], { cwd: directory }).catch(() => undefined);
}

/** A package's file name as `apt-get download` writes it; undefined when apt does not know the package. */
async function candidateFileName(name: string): Promise<string | undefined> {
  await learnPackages([name]);
  return candidates.get(name);
}

/** Updates apt's package lists, as root or through sudo. */
async function refreshLists(): Promise<void> {
  if (process.getuid?.() === 0) await runCommand('apt-get', ['-qq', 'update']);
  else if (findTool('sudo') !== undefined) await runCommand('sudo', ['apt-get', '-qq', 'update']);
}

function newestCached(directory: string, name: string): string | undefined {
  const files = readdirSync(directory).filter((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'));
  const newest = files.sort().at(-1);
  return newest && join(directory, newest);
}

/**
 * The path of the package's `.deb`, downloaded by apt when it is not in the cache. Without a network, a cached older
 * version is used.
 *
 * @throws ImageError `missing-package`
 */
export async function fetchPackage(name: string): Promise<string> {
  const directory = cacheDirectory('packages');
  let cause: unknown;
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const fileName = await candidateFileName(name);
    if (fileName !== undefined) {
      const path = join(directory, fileName);
      if (existsSync(path)) return path;
      try {
        await runCommand('apt-get', ['-qq', 'download', name], { cwd: directory });
        if (existsSync(path)) return path;
      } catch (error) {
        // Old lists name files that the archive no longer has: the second attempt has new ones.
        cause = error;
      }
    }
    candidates.delete(name);
    if (attempt === 0) await refreshLists().catch((error: unknown) => (cause ??= error));
  }
  const cached = newestCached(directory, name);
  if (cached !== undefined) return cached;
  const advice = 'check its name and that its archive is in /etc/apt/sources.list, then run `apt-get update`';
  throw new ImageError('missing-package', `apt cannot download the package ${name}: ${advice}`, { cause });
}

/** The directory with the package's files, extracted once. */
export async function extractPackage(deb: string): Promise<string> {
  const target = join(cacheDirectory('extracted'), basename(deb, '.deb'));
  if (existsSync(target)) return target;
  const partial = `${target}.${process.pid}.partial`;
  rmSync(partial, { recursive: true, force: true });
  await runCommand('dpkg-deb', ['-x', deb, partial]);
  try {
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    // Another build was faster: its tree is the same.
    if (!existsSync(target)) throw error;
  }
  return target;
}

/** The names of the packages that a `.deb` depends on, first alternatives only. */
export async function readDependencies(deb: string): Promise<string[]> {
  const fields = await Promise.all(
    ['Pre-Depends', 'Depends'].map((field) => runCommand('dpkg-deb', ['-f', deb, field])),
  );
  return fields
    .flatMap((text) => text.split(','))
    .map((clause) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(clause)?.[1])
    .filter((name) => name !== undefined);
}

/** The packages that the archive's version of `name` depends on. */
export async function archiveDependencies(name: string): Promise<string[]> {
  const text = await runCommand('apt-cache', ['depends', '--important', name]).catch(() => '');
  return [...text.matchAll(/^\s+Depends: ([a-z0-9][^\s:]*)$/gm)].map((match) => match[1] ?? '');
}
