import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directoryBootPartition, directoryDataPartition } from '../disk/mod.ts';
import { advanceClock, keepTime } from '../machine/clock.ts';
import { loadConfig, writeErrorReport } from '../live/load-config.ts';
import { MOUNTS, mountRow } from '../machine/mounts.ts';
import { keepSeed, renewSeed } from '../machine/random-seed.ts';

let root: string;
let file: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'appliance-boot-files-'));
  file = join(root, 'appliance.ini');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const GOOD = '[system]\nhostname = good\n';

describe('the configuration in force', () => {
  it('is the file’s when it is valid, with any line ends and byte order mark', () => {
    writeFileSync(file, '\ufeff[system]\r\nhostname = box\r\n');
    const { config, status, text } = loadConfig(file, GOOD);
    expect(config.system.hostname).toBe('box');
    expect(status).toMatchObject({ state: 'ok', source: 'file', path: file });
    expect(text, 'without the mark').toBe('[system]\r\nhostname = box\r\n');
  });

  it('is the last good one when the file has mistakes, which are all reported', () => {
    writeFileSync(file, '[system]\nhostnam = x\n[http]\nlisten = y\n');
    const { config, status, text } = loadConfig(file, GOOD);
    expect(config.system.hostname).toBe('good');
    expect(text).toBe(GOOD);
    expect(status).toMatchObject({ state: 'rejected', source: 'last-good' });
    expect(status.problems.map(({ line }) => line)).toEqual([2, 4]);
    expect(status.state === 'rejected' && status.reason).toMatch(/2 mistakes: the last good configuration/);
  });

  it('is the last good one when the file does not exist', () => {
    const { config, status } = loadConfig(file, GOOD);
    expect(config.system.hostname).toBe('good');
    expect(status).toMatchObject({ state: 'missing', source: 'last-good' });
  });

  it('is the default one without a valid last good one', () => {
    writeFileSync(file, '[nowhere]\n');
    for (const lastGood of [undefined, '[system]\nhostnam = x\n']) {
      const { status, text } = loadConfig(file, lastGood);
      expect(status).toMatchObject({ state: 'rejected', source: 'default' });
      writeFileSync(join(root, 'in-force.ini'), text);
      expect(loadConfig(join(root, 'in-force.ini')).status.state, 'its text is a configuration').toBe('ok');
    }
  });

  it('is not read from a file that is too large', () => {
    writeFileSync(file, Buffer.alloc(1024 * 1024 + 1, ' '));
    const { status } = loadConfig(file, GOOD);
    expect(status).toMatchObject({ state: 'missing', source: 'last-good' });
    expect(status.state === 'missing' && status.reason).toContain('at most 1048576');
  });
});

describe('the mistakes reported on the boot partition', () => {
  const told = (): string => readFileSync(join(root, 'appliance.errors.txt'), 'utf8');

  it('name line, leaf and the configuration in force, with CRLF line ends', async () => {
    writeFileSync(file, '[system]\nhostnam = x\n');
    const boot = directoryBootPartition(root);
    expect(await writeErrorReport(boot, loadConfig(file, GOOD).status)).toContain('written');
    expect(told()).toContain('appliance.ini:2: system.hostnam: ');
    expect(told()).toContain('The last good configuration is in force');
    expect(told().replaceAll('\r\n', '')).not.toContain('\n');

    const untouched = { ...boot, writeFile: () => Promise.reject(new Error('written again')) };
    expect(await writeErrorReport(untouched, loadConfig(file, GOOD).status)).toBeUndefined();
    expect(await writeErrorReport(boot, loadConfig(file).status), 'another one is in force').toContain(
      'written',
    );
    expect(told()).toContain('The defaults are in force');
  });

  it('are removed when the file is valid, and nothing is written after that', async () => {
    writeFileSync(file, GOOD);
    const boot = directoryBootPartition(root);
    writeFileSync(join(root, 'appliance.errors.txt'), 'old');
    expect(await writeErrorReport(boot, loadConfig(file).status)).toContain('removed');
    const untouched = { ...boot, removeFile: () => Promise.reject(new Error('removed again')) };
    expect(await writeErrorReport(untouched, loadConfig(file).status)).toBeUndefined();
  });

  it('report a missing file', async () => {
    await writeErrorReport(directoryBootPartition(root), loadConfig(file).status);
    expect(told()).toMatch(/^appliance\.ini could not be read .*ENOENT/);
  });
});

describe('the clock', () => {
  const DAY_MS = 86_400_000;
  const BUILT_MS = Date.UTC(2026, 0, 2);
  const set: number[] = [];
  const options = (now: number) => ({
    imageFile: join(root, 'image.json'),
    now: () => now,
    set: (epochMs: number) => void set.push(epochMs),
  });
  beforeEach(() => {
    set.length = 0;
    writeFileSync(
      join(root, 'image.json'),
      JSON.stringify({ version: '1.0.0', architecture: 'x86_64', builtAt: BUILT_MS / 1000 }),
    );
  });

  it('is never before the build time of the image', () => {
    expect(advanceClock(undefined, options(0))).toBe(
      'the clock was set from 1970-01-01T00:00:00Z to 2026-01-02T00:00:00Z, the build time of the image',
    );
    expect(set).toEqual([BUILT_MS]);
    expect(advanceClock(undefined, options(BUILT_MS + 1))).toBeUndefined();
    expect(set).toHaveLength(1);
  });

  it('is never before the last saved time', async () => {
    const data = directoryDataPartition(join(root, 'data'));
    await keepTime(data, BUILT_MS + 10 * DAY_MS);
    expect(advanceClock(data, options(BUILT_MS + DAY_MS))).toContain('the last saved time');
    expect(set).toEqual([BUILT_MS + 10 * DAY_MS]);
  });

  it('ignores a saved time that is invalid or older than the image', async () => {
    const data = directoryDataPartition(join(root, 'data'));
    for (const text of ['x', '', '99999999999\n', '0\n']) {
      set.length = 0;
      await data.writeFile('clock', text);
      advanceClock(data, options(0));
      expect(set, JSON.stringify(text)).toEqual([BUILT_MS]);
    }
  });

  it('is not set by a guest that has neither', () => {
    rmSync(join(root, 'image.json'));
    expect(advanceClock(undefined, options(0))).toBeUndefined();
    expect(set).toEqual([]);
  });
});

describe('the random seed', () => {
  it('is mixed in once and renewed', async () => {
    const data = directoryDataPartition(join(root, 'data'));
    const pool = join(root, 'pool');
    writeFileSync(pool, '');
    expect(await renewSeed(data, pool)).toContain('no seed');
    expect(readFileSync(pool)).toHaveLength(0);
    const first = readFileSync(join(data.root, 'random-seed'));
    expect(first).toHaveLength(512);
    await renewSeed(data, pool);
    expect(readFileSync(pool).equals(first)).toBe(true);
    const second = readFileSync(join(data.root, 'random-seed'));
    expect(second.equals(first)).toBe(false);
    await keepSeed(data);
    expect(readFileSync(join(data.root, 'random-seed')).equals(second)).toBe(false);
  });
});

describe('an optional mount', () => {
  it('is absent when the kernel has no mount point for it or does not support it', () => {
    const row = { source: 'none', fsType: 'nosuchfs', flags: 0, optional: true } as const;
    expect(mountRow({ ...row, target: join(root, 'missing') })).toBe('absent');
    mkdirSync(join(root, 'there'));
    if (process.getuid?.() === 0) expect(mountRow({ ...row, target: join(root, 'there') })).toBe('absent');
  });

  it('is efivarfs or pstore', () => {
    const optional = MOUNTS.filter((row) => row.optional === true);
    expect(optional.map(({ target }) => target)).toEqual(['/sys/firmware/efi/efivars', '/sys/fs/pstore']);
  });
});
