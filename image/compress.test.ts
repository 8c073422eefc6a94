import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compressZstd } from './compress.ts';
import { findTool, runCommand } from './run-command.ts';

describe('compressZstd', () => {
  let scratch: string;
  let source: string;
  let target: string;
  // Three pieces: one that compresses to nothing, one that does not compress, one that repeats the second.
  const noise = Buffer.from(
    Array.from({ length: 300_000 }, (_, i) => (Math.imul(i ^ 0x9e37, 0x85ebca6b) >>> 13) & 255),
  );
  const pieces = [Buffer.alloc(2_000_000), noise, noise];
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'appliance-compress-'));
    source = join(scratch, 'source');
    target = join(scratch, 'target');
    writeFileSync(source, Buffer.concat(pieces));
  });
  afterEach(() => rmSync(scratch, { recursive: true, force: true }));

  const lengths = pieces.map((piece) => piece.length);

  it('returns the length of each piece, and the output decompresses to the source', async () => {
    const sizes = await compressZstd(source, target, lengths);
    const compressed = readFileSync(target);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(compressed.length);
    expect(sizes).toHaveLength(3);
    expect(sizes[0]).toBeLessThan(2000);
    expect(sizes[2]).toBeLessThan((sizes[1] ?? 0) / 10);
    expect(zstdDecompressSync(compressed).equals(Buffer.concat(pieces))).toBe(true);
  });

  it('makes the same bytes twice', async () => {
    await compressZstd(source, target, lengths);
    await compressZstd(source, `${target}2`, lengths);
    expect(readFileSync(target).equals(readFileSync(`${target}2`))).toBe(true);
  });

  it('makes one frame that the zstd program accepts', async (context) => {
    if (findTool('zstd') === undefined) return context.skip('zstd is not installed');
    await compressZstd(source, target, lengths);
    expect(await runCommand('zstd', ['--list', '-v', '--no-progress', '--memory=128MB', target])).toMatch(
      /# Zstandard Frames: 1\n/,
    );
  });
});
