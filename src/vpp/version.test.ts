import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isAtLeast, parseVppVersion, readVppVersion } from './version.ts';

const dir = mkdtempSync(join(tmpdir(), 'appliance-version-'));
afterAll(() => rmSync(dir, { recursive: true }));

let files = 0;

/** An executable file with this content. */
function program(content: string | Buffer, mode = 0o755): string {
  const path = join(dir, `vpp${files++}`);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

/** An ELF header for a machine, then data such as a VPP binary contains. */
function elf(machine: number, data: Buffer | string): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(machine, 18);
  return Buffer.concat([header, Buffer.from(data)]);
}

const X86_64 = 62;
const AARCH64 = 183;
const thisMachine = process.arch === 'arm64' ? AARCH64 : X86_64;
const otherMachine = process.arch === 'arm64' ? X86_64 : AARCH64;

test.each([
  ['vpp v25.02-release built by root on vm at 2026-11-24T00:11:37', 25, 2, '25.02-release'],
  ['v26.06-rc0~123-g0123456', 26, 6, '26.06-rc0~123-g0123456'],
  ['25.10', 25, 10, '25.10'],
  ['vpp v25.06.0-4~g1 built by x', 25, 6, '25.06.0-4~g1'],
])('%s', (text, year, month, version) => {
  expect(parseVppVersion(text)).toEqual({ year, month, text: version });
});

test('rejects what is not a version', () => {
  for (const text of ['', 'vpp', '25', 'v2502', '25.13']) expect(parseVppVersion(text)).toBeUndefined();
});

test('orders versions', () => {
  const version = { year: 25, month: 6, text: '25.06' };
  expect(isAtLeast(version, 25, 2)).toBe(true);
  expect(isAtLeast(version, 25, 6)).toBe(true);
  expect(isAtLeast(version, 25, 10)).toBe(false);
  expect(isAtLeast(version, 24, 10)).toBe(true);
  expect(isAtLeast(version, 26, 2)).toBe(false);
});

test("reads an ELF binary's version without running it, also across a chunk of the scan", async () => {
  const line = 'vpp v25.02-release built by root on vm at now\0';
  expect(await readVppVersion(program(elf(thisMachine, line)))).toMatchObject({ text: '25.02-release' });
  const far = Buffer.concat([Buffer.alloc(2 ** 20 - 64 - 20), Buffer.from(line)]);
  expect(await readVppVersion(program(elf(thisMachine, far)))).toMatchObject({ year: 25, month: 2 });
});

test('runs a script with --version', async () => {
  const path = program('#!/bin/sh\necho "vpp v26.06-rc1~2-gabc built by $1"\n');
  expect(await readVppVersion(path)).toEqual({ year: 26, month: 6, text: '26.06-rc1~2-gabc' });
});

test('reports a missing binary', async () => {
  const path = join(dir, 'none');
  await expect(readVppVersion(path)).rejects.toMatchObject({
    code: 'binary-missing',
    message: `cannot open ${path}: no such file`,
  });
});

test('reports a file that is not executable, and a directory', async () => {
  await expect(readVppVersion(program('#!/bin/sh\n', 0o644))).rejects.toMatchObject({
    code: 'binary-unusable',
    message: expect.stringContaining('not executable'),
  });
  await expect(readVppVersion(dir)).rejects.toMatchObject({ code: 'binary-unusable' });
});

test("names another machine's program", async () => {
  await expect(readVppVersion(program(elf(otherMachine, 'x')))).rejects.toMatchObject({
    code: 'binary-unusable',
    message: expect.stringMatching(/it is a program for (arm64|x64), expected (x64|arm64)/),
  });
});

test('reports what the kernel cannot execute', async () => {
  await expect(readVppVersion(program(Buffer.from([1, 2, 3, 4])))).rejects.toMatchObject({
    code: 'binary-unusable',
  });
});

test('reports a script whose interpreter is missing', async () => {
  await expect(readVppVersion(program('#!/nonexistent/node\n'))).rejects.toMatchObject({
    code: 'libraries-missing',
    message: expect.stringContaining('interpreter is missing'),
  });
});

test("quotes the loader's message about missing libraries", async () => {
  const words = 'vpp: error while loading shared libraries: libvnet.so.25.02: cannot open shared object file';
  const path = program(`#!/bin/sh\necho "${words}" >&2\nexit 127\n`);
  await expect(readVppVersion(path)).rejects.toMatchObject({
    code: 'libraries-missing',
    message: expect.stringContaining(words),
  });
});

test('reports other output, with the exit code', async () => {
  await expect(readVppVersion(program('#!/bin/sh\necho hello\nexit 3\n'))).rejects.toMatchObject({
    code: 'version-unknown',
    message: expect.stringMatching(/exited with code 3 and printed "hello"/),
  });
});

test('gives up on a program that hangs, and when aborted', async () => {
  const path = program('#!/bin/sh\nexec sleep 60\n');
  await expect(readVppVersion(path, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'timeout' });
  const signal = AbortSignal.timeout(50);
  await expect(readVppVersion(path, { signal })).rejects.toMatchObject({ code: 'aborted' });
});
