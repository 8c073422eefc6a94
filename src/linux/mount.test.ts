import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MountFlag, mount, readMounts, UnmountFlag, unmount } from './mount.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'linux mount '));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('mount', () => {
  it('mounts, lists, remounts and unmounts a tmpfs', (ctx) => {
    if (process.getuid?.() !== 0) ctx.skip('mounting needs root');
    mount('scratch', dir, 'tmpfs', MountFlag.noSuid | MountFlag.noDev | MountFlag.noExec, 'size=1m');
    try {
      writeFileSync(join(dir, 'file'), 'x');
      const entry = readMounts().find((candidate) => candidate.target === dir);
      expect(entry).toMatchObject({ source: 'scratch', fsType: 'tmpfs' });
      expect(entry?.options).toEqual(
        expect.arrayContaining(['rw', 'nosuid', 'nodev', 'noexec', 'size=1024k']),
      );
      mount('scratch', dir, 'tmpfs', MountFlag.remount | MountFlag.readOnly);
      expect(() => writeFileSync(join(dir, 'other'), 'x')).toThrow(/EROFS/);
    } finally {
      unmount(dir, UnmountFlag.detach);
    }
    expect(readMounts().some((candidate) => candidate.target === dir)).toBe(false);
    expect(statSync(dir).isDirectory()).toBe(true);
    expect(() => unmount(dir)).toThrow(/umount\(.*\): EINVAL/);
  });

  it('fails with ENODEV for an unknown file system', (ctx) => {
    if (process.getuid?.() !== 0) ctx.skip('mounting needs root');
    expect(() => mount('none', dir, 'nosuchfs', 0)).toThrow(/mount\("none", ".*", "nosuchfs"\): ENODEV/);
  });

  it('reads a mount table with escapes from another root', () => {
    mkdirSync(join(dir, '7'));
    writeFileSync(join(dir, '7/mounts'), 'dev\\134a /mnt/a\\040b\\011c vfat ro,relatime 0 0\n\n');
    expect(readMounts(7, dir)).toEqual([
      { source: 'dev\\a', target: '/mnt/a b\tc', fsType: 'vfat', options: ['ro', 'relatime'] },
    ]);
    expect(() => readMounts(8, dir)).toThrow(/ENOENT/);
  });
});
