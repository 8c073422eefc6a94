import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDynamic } from './elf.ts';
import { FileTree } from './file-tree.ts';
import { addLibraries, closeLibraries, readHostLibraries } from './libraries.ts';
import { findTool, runCommand } from './run-command.ts';

describe('readDynamic', () => {
  it('finds what readelf finds in the running runtime', async (context) => {
    if (findTool('readelf') === undefined) return context.skip('readelf is not installed');
    const foreign = await runCommand('readelf', ['-dW', process.execPath]);
    const needed = [...foreign.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((match) => match[1]);
    expect(readDynamic(process.execPath).needed).toEqual(needed);
    expect(needed.length).toBeGreaterThan(3);
    expect(readDynamic(process.execPath).interpreter).toBe('/lib64/ld-linux-x86-64.so.2');
  });

  it('refuses a file that is not ELF, and a truncated one', () => {
    const directory = mkdtempSync(join(tmpdir(), 'appliance-elf-'));
    try {
      const script = join(directory, 'script');
      writeFileSync(script, '#!/bin/sh\n'.repeat(20));
      expect(() => readDynamic(script)).toThrow(`${script}: not an ELF file`);
      const short = join(directory, 'short');
      writeFileSync(short, Buffer.from([0x7f, 0x45, 0x4c, 0x46]));
      expect(() => readDynamic(short)).toThrow(`${short}: failed to read file's magic number`);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('closeLibraries', () => {
  it("finds what this machine's loader finds", async (context) => {
    if (findTool('ldd') === undefined) return context.skip('ldd is not installed');
    const closure = closeLibraries([process.execPath], [], await readHostLibraries());
    const names = [...(await runCommand('ldd', [process.execPath])).matchAll(/^\s+(\S+) => \//gm)].map(
      (each) => each[1],
    );
    expect(closure.missing).toEqual([]);
    for (const name of names) expect([...closure.libraries.keys()]).toContain(name);
    for (const path of closure.libraries.values()) expect(existsSync(path), path).toBe(true);
  });

  it('names a missing library, and its user', () => {
    const closure = closeLibraries([process.execPath], [], new Map());
    expect(() => addLibraries(new FileTree(), closure)).toThrow(
      new RegExp(`libraries not found: .*libc\\.so\\.6 \\(needed by ${process.execPath}\\)`),
    );
  });
});
