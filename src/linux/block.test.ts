import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blockGeometry, rereadPartitions } from './block.ts';
import { setClock } from './clock.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'appliance-block-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function withFile<T>(path: string, work: (fd: number) => T): T {
  const fd = openSync(path, 'r');
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

describe('a regular file', () => {
  it('has its own size, sectors of 512 bytes, and no partition table to reread', () => {
    const path = join(dir, 'image');
    writeFileSync(path, Buffer.alloc(4096));
    expect(withFile(path, blockGeometry)).toEqual({ sizeBytes: 4096, sectorBytes: 512 });
    expect(() => withFile(path, rereadPartitions)).toThrow(/BLKRRPART.*ENOTTY/);
  });
});

describe('a file that is not a disk', () => {
  it('is refused, naming the ioctl', () => {
    expect(() => withFile('/dev/null', blockGeometry)).toThrow(/BLKGETSIZE64.*ENOTTY/);
  });
});

describe('setClock', () => {
  it('refuses an invalid time', () => {
    for (const time of [Number.NaN, -1, Infinity]) expect(() => setClock(time)).toThrow(RangeError);
  });

  it('fails with EPERM and the time when not permitted', (ctx) => {
    if (process.getuid?.() === 0) ctx.skip('would set the clock of this machine');
    expect(() => setClock(1_700_000_000_500)).toThrow('clock_settime("2023-11-14T22:13:20.500Z"): EPERM');
  });
});
