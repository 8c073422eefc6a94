/**
 * Owns a file tree whose entries belong to parts, each a separate archive in the initramfs: the kernel unpacks one
 * after the other.
 *
 * Invariant: a directory belongs to the first part with an entry in it, so parents precede children.
 */

import { posix } from 'node:path';
import { writeCpio } from './cpio.ts';
import { FileTree, type TreeEntry } from './file-tree.ts';

/** One part, to be written as an archive. */
export interface TreePart {
  readonly name: string;
  entries(): (readonly [string, TreeEntry])[];
}

export class PartedTree {
  readonly #tree = new FileTree();
  readonly #partOf = new Map<string, string>();
  readonly #names: string[] = [];
  #current: string | undefined;

  /** The tree; entries added to it until the next call belong to this part. */
  part(name: string): FileTree {
    this.#settle();
    if (!this.#names.includes(name)) this.#names.push(name);
    this.#current = name;
    return this.#tree;
  }

  /** All parts with entries, in the order of their first mention. */
  parts(): TreePart[] {
    this.#settle();
    const all = this.#tree.entries();
    const written = new Set<string>();
    const parts: TreePart[] = [];
    for (const name of this.#names) {
      const needed = new Set<string>();
      for (const [path] of all) {
        if (this.#partOf.get(path) !== name) continue;
        for (let each = path; each !== '.'; each = posix.dirname(each)) needed.add(each);
      }
      const own = all.filter(([path]) => needed.has(path) && !written.has(path));
      if (own.length === 0) continue;
      for (const [path] of own) written.add(path);
      parts.push({ name, entries: () => own });
    }
    return parts;
  }

  /** Assigns the entries added since the last call to the part named last. */
  #settle(): void {
    const current = this.#current;
    if (current === undefined) return;
    for (const [path] of this.#tree.entries()) {
      if (!this.#partOf.has(path)) this.#partOf.set(path, current);
    }
  }
}

/** The size of a part in the archive. */
export interface WrittenPart {
  readonly name: string;
  readonly bytes: number;
}

/** Writes all parts into one file, one archive after the other. */
export function writeParts(tree: PartedTree, path: string): WrittenPart[] {
  return tree.parts().map((part, index) => ({
    name: part.name,
    bytes: writeCpio(part, path, index === 0 ? 'w' : 'a'),
  }));
}
