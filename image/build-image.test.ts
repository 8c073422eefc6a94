import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildImage, missingTools } from './build-image.ts';
import { formatWeights } from './weights.ts';

// test/e2e/disk-image.test.ts checks the whole build: it takes a quarter of a minute.
const missing = missingTools();

describe.skipIf(missing !== undefined)(`buildImage${missing === undefined ? '' : ` (${missing})`}`, () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'appliance-build-'));
  });
  afterEach(() => rmSync(scratch, { recursive: true, force: true }));
  const build = (options: { version?: string; config?: string }) => {
    const key = join(scratch, 'update.key');
    return buildImage({ out: join(scratch, 'a.img'), key, createKey: true, ...options });
  };

  it('reports every mistake of the configuration with file and line, and builds nothing', async () => {
    const config = join(scratch, 'box.ini');
    writeFileSync(config, '[vpp]\r\nfoo = 1\r\n[vpp.cpu]\r\nworkers = many\r\n');
    const building = build({ config });
    await expect(building).rejects.toThrow(`${config}:2: vpp.foo: `);
    await expect(building).rejects.toThrow(`${config}:4: vpp.cpu.workers: `);
    expect(existsSync(join(scratch, 'update.key'))).toBe(false);
  });

  it.each(['7', '1.2', '1.2.3-RC', '1.2.3/..'])('refuses the version "%s"', async (version) => {
    await expect(build({ version })).rejects.toThrow(
      `expected a version such as 0.2.0 or 0.2.0-rc.1, got "${version}"`,
    );
  });
});

describe('formatWeights', () => {
  it('lists the heaviest part first and the total last', () => {
    const lines = formatWeights(
      [
        { name: 'modules', bytes: 22_100_000, compressedBytes: 4_700_000 },
        { name: 'executable', bytes: 117_600_000, compressedBytes: 34_700_000 },
      ],
      'all',
    );
    expect(lines.map((line) => line.trim().split(/\s+/))).toEqual([
      ['part', 'MB', 'in', 'image'],
      ['executable', '117.6', '34.7'],
      ['modules', '22.1', '4.7'],
      ['all', '139.7', '39.4'],
    ]);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });
});
