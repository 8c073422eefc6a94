import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCpio } from './cpio.ts';
import { FileTree } from './file-tree.ts';
import { findTool, runCommand } from './run-command.ts';

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'appliance-cpio-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function sampleTree(): FileTree {
  const source = join(scratch, 'source');
  // Not a multiple of 4, so that the padding matters.
  writeFileSync(source, 'x'.repeat(4097));
  const tree = new FileTree();
  tree.addFile('/init', source, 0o755);
  tree.addData('/etc/hosts', '127.0.0.1 localhost\n');
  tree.addSymlink('/var/run', '../run');
  tree.addCharacterDevice('/dev/null', 1, 3, 0o666);
  tree.addFile('/lib/modules/x.ko', source);
  tree.addDirectory('/tmp', 0o1777);
  return tree;
}

/** The entries of an archive, decoded by the field offsets of the kernel's document and not by our writer. */
function decode(archive: Buffer): Map<string, { mode: number; data: string; rdev: string }> {
  const entries = new Map<string, { mode: number; data: string; rdev: string }>();
  for (let at = 0; ; ) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const name = archive.toString('utf8', at + 110, at + 110 + field(11) - 1);
    if (name === 'TRAILER!!!') return entries;
    const start = Math.ceil((at + 110 + field(11)) / 4) * 4;
    expect([field(2), field(3), field(5)], `owner and time of ${name}`).toEqual([0, 0, 0]);
    const rdev = `${field(9)}:${field(10)}`;
    entries.set(name, { mode: field(1), data: archive.toString('utf8', start, start + field(6)), rdev });
    at = Math.ceil((start + field(6)) / 4) * 4;
  }
}

describe('writeCpio', () => {
  it('follows the format', () => {
    const path = join(scratch, 'a.cpio');
    expect(writeCpio(sampleTree(), path)).toBe(statSync(path).size);
    expect(statSync(path).size % 512).toBe(0);
    const entries = decode(readFileSync(path));
    expect(entries.get('init')).toMatchObject({ mode: 0o100755, data: 'x'.repeat(4097) });
    expect(entries.get('dev/null')).toMatchObject({ mode: 0o020666, rdev: '1:3' });
    expect(entries.get('var/run')).toMatchObject({ mode: 0o120777, data: '../run' });
    expect(entries.get('tmp')?.mode).toBe(0o041777);
    expect(entries.get('usr/lib/modules/x.ko')?.mode).toBe(0o100644);
    expect(entries.get('lib')).toMatchObject({ mode: 0o120777, data: 'usr/lib' });
  });

  it('lists every directory before its entries', () => {
    const path = join(scratch, 'order.cpio');
    writeCpio(sampleTree(), path);
    const names = [...decode(readFileSync(path)).keys()];
    for (const name of names.filter((each) => each.includes('/'))) {
      const parent = name.slice(0, name.lastIndexOf('/'));
      expect(names.indexOf(parent), `${parent} before ${name}`).toBeLessThan(names.indexOf(name));
      expect(names).toContain(parent);
    }
  });

  it('writes equal bytes for equal trees', () => {
    const [a, b] = [join(scratch, 'one.cpio'), join(scratch, 'two.cpio')];
    writeCpio(sampleTree(), a);
    writeCpio(sampleTree(), b);
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
  });

  it('is read by cpio', async (context) => {
    if (findTool('cpio') === undefined) return context.skip('cpio is not installed');
    const path = join(scratch, 'foreign.cpio');
    writeCpio(sampleTree(), path);
    const listing = await runCommand('cpio', ['-itv', '--quiet', '-F', path]);
    expect(listing).toMatch(/^crw-rw-rw- .* 1, +3 .* dev\/null$/m);
    expect(listing).toMatch(/^-rwxr-xr-x +1 root +root +4097 .* init$/m);
    expect(listing).toMatch(/var\/run -> \.\.\/run$/m);
  });

  it('appends a further archive to the first', () => {
    const path = join(scratch, 'joined.cpio');
    const first = writeCpio(sampleTree(), path);
    const overlay = new FileTree();
    overlay.addData('/etc/extra', 'more');
    writeCpio(overlay, path, 'a');
    const joined = readFileSync(path);
    expect(decode(joined.subarray(0, first)).has('init')).toBe(true);
    expect(decode(joined.subarray(first)).get('etc/extra')?.data).toBe('more');
  });
});

describe('FileTree', () => {
  it('keeps a file below /bin, /lib and /lib64 under its one name below /usr', () => {
    const tree = new FileTree();
    tree.addData('/lib64/ld.so', 'x');
    expect(tree.has('/usr/lib64/ld.so')).toBe(true);
    expect(() => tree.addData('/usr/lib64/ld.so', 'y')).toThrow('two different files for /usr/lib64/ld.so');
    expect(() => tree.addData('/lib64/ld.so', 'x')).not.toThrow();
  });

  it('refuses a path that is not absolute', () => {
    expect(() => new FileTree().addData('etc/x', '')).toThrow('expected an absolute path, got "etc/x"');
  });
});
