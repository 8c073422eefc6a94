/**
 * Owns the list of files of a guest's root file system.
 *
 * Invariants: paths are absolute and normal; `/bin`, `/sbin`, `/lib` and `/lib64` are links into `/usr`, and every
 * path below them is kept under `/usr`, so that one file has one name; every parent directory is listed; the
 * entries come out sorted, so that equal trees make equal archives.
 */

import { posix } from 'node:path';
import { ImageError } from './errors.ts';

export type TreeEntry =
  | { readonly kind: 'directory'; readonly mode: number }
  | { readonly kind: 'file'; readonly mode: number; readonly source: string }
  | { readonly kind: 'data'; readonly mode: number; readonly data: Uint8Array }
  | { readonly kind: 'symlink'; readonly target: string }
  | {
      readonly kind: 'character-device';
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
    };

const MERGED: readonly (readonly [string, string])[] = [
  ['/bin', 'usr/bin'],
  ['/sbin', 'usr/sbin'],
  ['/lib', 'usr/lib'],
  ['/lib64', 'usr/lib64'],
];

function canonicalPath(path: string): string {
  if (!path.startsWith('/')) throw new ImageError('bad-argument', `expected an absolute path, got "${path}"`);
  const normal = posix.normalize(path);
  for (const [from, to] of MERGED) {
    if (normal.startsWith(`${from}/`)) return `/${to}${normal.slice(from.length)}`;
  }
  return normal;
}

function sameEntry(a: TreeEntry, b: TreeEntry): boolean {
  if (a.kind === 'data' && b.kind === 'data') return Buffer.compare(a.data, b.data) === 0;
  return JSON.stringify(a) === JSON.stringify(b);
}

export class FileTree {
  readonly #entries = new Map<string, TreeEntry>();

  constructor() {
    for (const [path, target] of MERGED) this.#entries.set(path, { kind: 'symlink', target });
    for (const [, target] of MERGED) this.addDirectory(`/${target}`);
  }

  addDirectory(path: string, mode = 0o755): void {
    this.#add(path, { kind: 'directory', mode });
  }

  /** A file whose bytes are read from `source` on this machine when the archive is written. */
  addFile(path: string, source: string, mode = 0o644): void {
    this.#add(path, { kind: 'file', mode, source });
  }

  addData(path: string, data: Uint8Array | string, mode = 0o644): void {
    this.#add(path, { kind: 'data', mode, data: typeof data === 'string' ? Buffer.from(data) : data });
  }

  addSymlink(path: string, target: string): void {
    this.#add(path, { kind: 'symlink', target });
  }

  addCharacterDevice(path: string, major: number, minor: number, mode = 0o600): void {
    this.#add(path, { kind: 'character-device', mode, major, minor });
  }

  has(path: string): boolean {
    return this.#entries.has(canonicalPath(path));
  }

  /** Every entry under its path without the leading slash, parents before children. */
  entries(): (readonly [string, TreeEntry])[] {
    const all = [...this.#entries].map(([path, entry]) => [path.slice(1), entry] as const);
    return all.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #add(path: string, entry: TreeEntry): void {
    const key = canonicalPath(path);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      if (sameEntry(known, entry) || (known.kind === 'directory' && entry.kind === 'directory')) return;
      throw new ImageError('conflict', `two different files for ${key} in the guest`);
    }
    const parent = posix.dirname(key);
    if (parent !== '/' && !this.#entries.has(parent)) this.addDirectory(parent);
    this.#entries.set(key, entry);
  }
}
