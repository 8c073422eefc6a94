import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LoopDisk, whyNoLoopDisk } from './loop-disk.fixture.ts';
import { readFromDisk } from './read-from-disk.ts';

const CHUNK = 512 * 1024;

async function bytesOf(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readFromDisk(path)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

describe('reading from the disk', () => {
  it.each([0, 1, 4095, 4096, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 4096 + 33])(
    'yields a whole file of %i bytes',
    async (size) => {
      const directory = mkdtempSync(join(tmpdir(), 'appliance-direct-'));
      onTestFinished(() => rmSync(directory, { recursive: true }));
      const path = join(directory, 'file');
      const bytes = randomBytes(size);
      writeFileSync(path, bytes);
      expect((await bytesOf(path)).equals(bytes)).toBe(true);
    },
  );

  it('reads a file that is only in memory like any other', async () => {
    const directory = mkdtempSync('/dev/shm/appliance-direct-');
    onTestFinished(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, 'file'), 'in memory');
    expect((await bytesOf(join(directory, 'file'))).toString()).toBe('in memory');
  });

  it('rejects for a missing file', async () => {
    await expect(bytesOf('/nonexistent')).rejects.toThrow('ENOENT');
  });

  const why = whyNoLoopDisk();
  it('reads the disk, not the page cache', async (ctx) => {
    if (why !== undefined) ctx.skip(why);
    using disk = new LoopDisk();
    const bytes = randomBytes(1_000_000);
    const path = join(disk.root, 'file');
    writeFileSync(path, bytes, { flush: true });
    disk.spoil(bytes.subarray(0, 4096));
    expect(readFileSync(path).equals(bytes), 'the page cache has what was written').toBe(true);
    const read = await bytesOf(path);
    expect(read.length).toBe(bytes.length);
    expect(read[0]).toBe((bytes[0] ?? 0) ^ 1);
    expect(read.subarray(1).equals(bytes.subarray(1))).toBe(true);
  });
});
