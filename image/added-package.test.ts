import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addPackage, addPackageFiles, groupsOf, privateLibraries } from './added-package.ts';
import { FileTree } from './file-tree.ts';

describe('addPackageFiles', () => {
  let root: string;
  const put = (path: string, content = 'x') => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'appliance-package-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('adds programs with their files and links, and returns the programs', () => {
    const program = put('usr/sbin/routed');
    // A real program: the one that runs this test.
    copyFileSync(process.execPath, program);
    chmodSync(program, 0o755);
    put('etc/routed/routed.conf');
    put('usr/share/routed/data');
    symlinkSync('routed', join(root, 'usr/sbin/routectl'));
    const tree = new FileTree();
    expect(addPackageFiles(tree, root)).toEqual([program]);
    const entries = new Map(tree.entries());
    expect(entries.get('usr/sbin/routed')).toEqual({ kind: 'file', mode: 0o755, source: program });
    expect(entries.get('usr/sbin/routectl')).toEqual({ kind: 'symlink', target: 'routed' });
    expect(entries.has('etc/routed/routed.conf')).toBe(true);
    expect(entries.has('usr/share/routed/data')).toBe(true);
  });

  it('omits files that the box does not need, and libraries, which are added with their users', () => {
    put('usr/share/doc/routed/copyright');
    put('usr/share/man/man8/routed.8.gz');
    put('lib/systemd/system/routed.service');
    put('etc/init.d/routed');
    put('usr/include/routed.h');
    put('usr/lib/x86_64-linux-gnu/librouted.so.1');
    expect(addPackageFiles(new FileTree(), root)).toBeUndefined();
    put('usr/lib/x86_64-linux-gnu/routed/plugin.so');
    put('lib/firmware/nic.fw');
    const tree = new FileTree();
    expect(addPackageFiles(tree, root)).toEqual([]);
    expect(tree.has('/usr/lib/x86_64-linux-gnu/routed/plugin.so')).toBe(true);
    expect(tree.has('/lib/firmware/nic.fw')).toBe(true);
    expect(tree.has('/usr/lib/x86_64-linux-gnu/librouted.so.1')).toBe(false);
  });

  it('treats an ELF file of another processor as data', () => {
    const firmware = put('lib/firmware/core.elf');
    const header = Buffer.alloc(64);
    header.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
    writeFileSync(firmware, header);
    expect(addPackageFiles(new FileTree(), root)).toEqual([]);
  });
});

describe('privateLibraries', () => {
  it('are the directories with libraries that are not plugins', () => {
    const own = '/x/usr/lib/x86_64-linux-gnu/frr';
    const programs = [
      '/x/usr/lib/frr/zebra',
      `${own}/libfrr.so.0.0.0`,
      `${own}/libfrrcares.so.0`,
      `${own}/modules/bgpd_bmp.so`,
    ];
    expect(privateLibraries(programs)).toEqual([own]);
  });
});

describe('groupsOf', () => {
  it('gives root the groups that a package needs', () => {
    expect(groupsOf(['bird2', 'frr'])).toBe('frrvty:x:200:root\n');
    expect(groupsOf([])).toBe('');
  });
});

describe('addPackage', () => {
  it('refuses an invalid package name before calling apt', async () => {
    await expect(addPackage(new FileTree(), '--help')).rejects.toThrow('"--help": expected the name');
  });
});
