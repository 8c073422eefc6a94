import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkExt4, checkFat, makeExt4 } from './check-file-system.ts';
import { MIB } from './disks.fixture.ts';
import { readExt4 } from './ext4-superblock.ts';
import { prepareData } from './prepare-data.ts';
import { runTool, Tool } from './run-tool.ts';

const missing = [...Object.values(Tool), '/usr/sbin/mkfs.fat', '/usr/sbin/debugfs'].filter(
  (tool) => !existsSync(tool),
);

let dir: string;
let image: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'appliance-fs-'));
  image = join(dir, 'partition');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function empty(sizeBytes: number): void {
  writeFileSync(image, '');
  truncateSync(image, sizeBytes);
}

function put(bytes: Uint8Array, at: number): void {
  const fd = openSync(image, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

/** Until disposed the program is not where it is looked for. */
function without(tool: keyof typeof Tool): Disposable {
  const path = Tool[tool];
  Object.assign(Tool, { [tool]: join(dir, 'missing') });
  return { [Symbol.dispose]: () => void Object.assign(Tool, { [tool]: path }) };
}

const debugfs = (request: string): string =>
  execFileSync('/usr/sbin/debugfs', ['-w', '-R', request, image], { encoding: 'utf8', stdio: 'pipe' });

const words = missing.length > 0 ? ` (no ${missing.join(', ')})` : '';

describe.skipIf(missing.length > 0)(`a FAT file system before its mount${words}`, () => {
  beforeEach(() => {
    empty(64 * MIB);
    execFileSync('/usr/sbin/mkfs.fat', ['-F', '32', '-n', 'APPLIANCE', image]);
  });

  it('is clean', async () => {
    expect(await checkFat(image)).toMatchObject({ state: 'clean', summary: 'clean' });
  });

  it('is repaired after a power cut while it was writable, and clean then', async () => {
    put(Buffer.from([1]), 65);
    const check = await checkFat(image);
    expect(check.state).toBe('repaired');
    expect(check.summary).toMatch(/^repaired: .*(boot sector|Dirty bit)/);
    expect(await checkFat(image)).toMatchObject({ state: 'clean' });
  });

  it('is damaged with other content, and unchecked without a checker', async () => {
    empty(MIB);
    expect(await checkFat(image)).toMatchObject({ state: 'damaged' });
    using _checker = without('fsckFat');
    expect(await checkFat(image)).toMatchObject({
      state: 'unchecked',
      summary: expect.stringMatching(/^could not be checked: could not be started: /),
    });
  });
});

describe.skipIf(missing.length > 0)(`the data partition before its mount${words}`, () => {
  /** A file system of `fsMib` in a partition of `partitionMib`, with one file. */
  function dataImage(fsMib: number, partitionMib = fsMib): void {
    empty(partitionMib * MIB);
    const file = join(dir, 'last-good.ini');
    writeFileSync(file, '[system]\n');
    execFileSync(Tool.mke2fs, ['-q', '-F', '-t', 'ext4', '-L', 'appliance-data', image, `${fsMib}m`]);
    debugfs(`write ${file} last-good.ini`);
  }

  it('is unchanged when it is clean and fills its partition', async () => {
    dataImage(64);
    expect(await prepareData(image)).toEqual({ lines: [`${image}: clean`], problem: undefined });
    expect(debugfs('cat last-good.ini')).toBe('[system]\n');
  });

  it('grows to the size of its partition, keeps its files, and stays so', async () => {
    dataImage(32, 400);
    const { lines, problem } = await prepareData(image);
    expect(problem).toBeUndefined();
    expect(lines.join('\n')).toContain('grown from 32 to 400 MiB');
    expect(await readExt4(image)).toEqual({ sizeBytes: 400 * MIB, label: 'appliance-data' });
    expect(debugfs('cat last-good.ini')).toBe('[system]\n');
    expect(debugfs('ls')).toContain('lost+found');
    expect(await checkExt4(image, 'repair-all')).toMatchObject({ state: 'clean' });
    expect((await prepareData(image)).lines).toEqual([`${image}: clean`]);
  });

  it('is checked after a power cut while mounted, and grown as well', async () => {
    dataImage(32, 64);
    debugfs('ssv state 2');
    const { lines, problem } = await prepareData(image);
    expect(problem).toBeUndefined();
    expect(lines[0]).toMatch(/repaired: /);
    expect((await readExt4(image))?.sizeBytes).toBe(64 * MIB);
  });

  it('is repaired beyond safe repairs when necessary, and that is reported', async () => {
    dataImage(64);
    // The first block group's bitmaps and inodes.
    put(Buffer.alloc(400 * 1024, 0x5a), 40 * 1024);
    debugfsState();
    const { problem } = await prepareData(image);
    expect(problem).toMatch(/was damaged and repaired|was recreated/);
    expect(await checkExt4(image, 'repair-all')).toMatchObject({ state: 'clean' });
  });

  /** Sets the state in the superblock to "errors": debugfs itself refuses to open such a file system. */
  function debugfsState(): void {
    put(Buffer.from([2, 0]), 1024 + 58);
  }

  it('is recreated when nothing is left of it, and that is reported', async () => {
    empty(64 * MIB);
    put(Buffer.alloc(MIB, 0xa5), 0);
    const { problem } = await prepareData(image);
    expect(problem).toMatch(/could not be repaired .* was recreated/);
    expect(await readExt4(image)).toEqual({ sizeBytes: 64 * MIB, label: 'appliance-data' });
    expect((await prepareData(image)).problem).toBeUndefined();
  });

  it('is never recreated because the checker is missing', async () => {
    empty(64 * MIB);
    using _checker = without('e2fsck');
    const { problem, lines } = await prepareData(image);
    expect(problem).toBeUndefined();
    expect(lines[0]).toContain('could not be checked: could not be started');
    expect(await readExt4(image)).toBeUndefined();
  });

  it('is created by mke2fs with our label, and a failure includes its message', async () => {
    empty(64 * MIB);
    await makeExt4(image);
    expect(await readExt4(image)).toMatchObject({ label: 'appliance-data' });
    await expect(makeExt4(join(dir, 'missing'))).rejects.toThrow(/mke2fs .*exit code 1/);
  });
});

describe('a tool', () => {
  it('reports being missing, hanging and being killed', async () => {
    const timeoutMs = 20_000;
    expect(await runTool(join(dir, 'none'), [], timeoutMs)).toMatchObject({ end: 'not-started' });
    expect(await runTool('/bin/sleep', ['60'], 100)).toMatchObject({ end: 'timed-out' });
    expect(await runTool('/bin/sh', ['-c', 'kill -9 $$'], timeoutMs)).toMatchObject({
      end: 'killed',
      signal: 'SIGKILL',
    });
    const said = await runTool('/bin/sh', ['-c', 'echo a; echo; echo b >&2; exit 3'], timeoutMs);
    expect(said).toMatchObject({ end: 'exited', code: 3 });
    expect([...said.output].sort()).toEqual(['a', 'b']);
  });
});
