/**
 * Reads of an ELF file what an image needs, by binutils' readelf: the libraries of a program, and a kernel module's
 * `.modinfo`. Only files for x86-64, the appliance's processor.
 */

import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { ImageError } from './errors.ts';
import { findTool } from './run-command.ts';

const MAX_OUTPUT_BYTES = 64 << 20;

export interface ElfDynamic {
  readonly interpreter: string | undefined;
  readonly needed: readonly string[];
  /** RPATH and RUNPATH, `$ORIGIN` not yet replaced. */
  readonly searchPath: readonly string[];
}

/** By path: libraries are looked at again for each part of an image. */
const known = new Map<string, ElfDynamic>();

/** The dynamic loader's inputs; a static program has none. @throws ImageError `bad-elf`, `missing-tool` */
export function readDynamic(path: string): ElfDynamic {
  const before = known.get(path);
  if (before !== undefined) return before;
  const text = readelf(path, '--program-headers', '--dynamic');
  const texts = (what: string): string[] =>
    [...text.matchAll(new RegExp(`${what}: \\[?([^\\]\n]+)\\]`, 'g'))].map((match) => match[1] ?? '');
  const dynamic = {
    interpreter: texts('Requesting program interpreter')[0],
    needed: texts('Shared library'),
    searchPath: texts('Library (?:rpath|runpath)').flatMap((search) => search.split(':')),
  };
  known.set(path, dynamic);
  return dynamic;
}

/** The `key=value` strings of a kernel module's `.modinfo` section. @throws ImageError `bad-elf`, `missing-tool` */
export function readModinfo(path: string): { readonly key: string; readonly value: string }[] {
  const text = readelf(path, '--string-dump=.modinfo');
  const found = text.matchAll(/^ +\[ *[0-9a-f]+\] +([^=\n]+)=(.*)$/gm);
  return [...found].map(([, key = '', value = '']) => ({ key, value }));
}

/** Whether a file begins as an ELF file, for whichever processor. */
export function isElf(path: string): boolean {
  const magic = Buffer.alloc(4);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, magic, 0, magic.length, 0);
  } finally {
    closeSync(fd);
  }
  return magic.readUInt32BE(0) === 0x7f454c46;
}

function readelf(path: string, ...options: readonly string[]): string {
  const tool = findTool('readelf');
  if (tool === undefined) throw new ImageError('missing-tool', 'readelf is not installed');
  const { error, status, stdout, stderr } = spawnSync(tool, ['--wide', '--file-header', ...options, path], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  if (error !== undefined) throw error;
  if (status !== 0 || stderr.includes('was not dumped')) {
    const words = stderr
      .replaceAll(/readelf: (Error|Warning): /g, '')
      .replace(`${path}: `, '')
      .trim();
    throw new ImageError('bad-elf', `${path}: ${words.charAt(0).toLowerCase()}${words.slice(1)}`);
  }
  if (!/^ +Machine: +Advanced Micro Devices X86-64$/m.test(stdout)) {
    throw new ImageError('bad-elf', `${path}: not for x86-64`);
  }
  return stdout;
}
