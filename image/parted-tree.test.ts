import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PartedTree, writeParts } from './parted-tree.ts';

const names = (tree: PartedTree) =>
  tree.parts().map((part) => [part.name, part.entries().map(([path]) => path)] as const);

function sample(): PartedTree {
  const tree = new PartedTree();
  tree.part('first').addData('/init', 'a');
  tree.part('second').addData('/opt/second/x', 'b');
  // Added later, but its archive is written before that of `second`.
  tree.part('first').addData('/opt/y', 'c');
  return tree;
}

describe('PartedTree', () => {
  it('assigns every entry to the part that added it, directories to the first part that needs them', () => {
    const [first, second] = names(sample());
    expect(first?.[0]).toBe('first');
    expect(first?.[1]).toEqual(expect.arrayContaining(['init', 'opt', 'opt/y', 'usr', 'lib']));
    expect(second).toEqual(['second', ['opt/second', 'opt/second/x']]);
  });

  it('lists every parent before its children, over all parts', () => {
    const all = names(sample()).flatMap(([, paths]) => paths);
    expect(new Set(all).size).toBe(all.length);
    for (const path of all.filter((each) => each.includes('/'))) {
      const parent = path.slice(0, path.lastIndexOf('/'));
      expect(all.indexOf(parent)).toBeGreaterThanOrEqual(0);
      expect(all.indexOf(parent), `${parent} before ${path}`).toBeLessThan(all.indexOf(path));
    }
  });

  it('refuses two files with one name, also from different parts', () => {
    expect(() => sample().part('third').addData('/init', 'z')).toThrow('two different files for /init');
  });

  it('writes archives whose lengths add up', () => {
    const scratch = mkdtempSync(join(tmpdir(), 'appliance-parts-'));
    try {
      const path = join(scratch, 'a.cpio');
      const parts = writeParts(sample(), path);
      expect(parts.map(({ name }) => name)).toEqual(['first', 'second']);
      expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(statSync(path).size);
      const second = readFileSync(path).subarray(parts[0]?.bytes);
      expect(second.toString('latin1', 0, 6)).toBe('070701');
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
});
