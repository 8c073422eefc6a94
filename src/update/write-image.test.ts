/** The result on the disk, despite a file of another attempt, concurrent writers and a disk that returns other data. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { directoryBootPartition } from '../disk/mod.ts';
import { LoopDisk, whyNoLoopDisk } from '../linux/loop-disk.fixture.ts';
import { fakeImage } from '../../test/fixtures/image.ts';
import { writeImage } from './write-image.ts';

const MIB = 1 << 20;
const FILE = 'appliance-0.2.0.efi.new';
/** Two batches and a remainder. */
const image = fakeImage({ version: '0.2.0', sizeBytes: 9 * MIB + 33 });

/** Writes the image below `root`; `between` runs when the first batch is on the disk and the rest has not arrived. */
async function write(
  root: string,
  between: (path: string) => void | Promise<void> = () => {},
): Promise<string> {
  const path = join(root, 'EFI/Linux', FILE);
  mkdirSync(join(root, 'EFI/Linux'), { recursive: true });
  const body = async function* () {
    yield image.subarray(0, 5 * MIB);
    await between(path);
    yield image.subarray(5 * MIB);
  };
  await writeImage({
    boot: directoryBootPartition(root),
    file: FILE,
    manifest: {
      version: '0.2.0',
      architecture: 'x86_64',
      size: image.length,
      sha256: createHash('sha256').update(image).digest('hex'),
    },
    body: body(),
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  return path;
}

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'appliance-write-image-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

describe('an image being written', () => {
  it.each([33, image.length + 33])(
    'is exactly the received image, despite %i bytes of another attempt',
    async (bytes) => {
      const root = scratch();
      mkdirSync(join(root, 'EFI/Linux'), { recursive: true });
      writeFileSync(join(root, 'EFI/Linux', FILE), Buffer.alloc(bytes, 0x5a));
      expect(readFileSync(await write(root)).equals(image)).toBe(true);
    },
  );

  it.each([
    ['other bytes', async (path: string) => spoil(path)],
    ['fewer bytes', (path: string) => truncateSync(path, 2 * MIB)],
    ['more bytes', (path: string) => truncateSync(path, image.length + 33)],
  ])('is refused and removed when the file has %s at the end', async (_what, between) => {
    const root = scratch();
    const error = await write(root, between).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'verification' });
    expect(String(error)).toMatch(/verification of .* failed: read back \d+ bytes with SHA-256/);
    expect(existsSync(join(root, 'EFI/Linux', FILE))).toBe(false);
  });

  it('is refused when the file disappeared meanwhile', async () => {
    const writing = write(scratch(), (path) => rmSync(path));
    await expect(writing).rejects.toMatchObject({ code: 'io', message: expect.stringContaining('ENOENT') });
  });

  const why = whyNoLoopDisk();
  it('is refused when the disk has other bytes than the page cache', async (ctx) => {
    if (why !== undefined) ctx.skip(why);
    using disk = new LoopDisk();
    const writing = write(disk.root, (path) => {
      disk.spoil(image.subarray(MIB, MIB + 4096));
      const cached = readFileSync(path);
      expect(cached.equals(image.subarray(0, cached.length)), 'the page cache knows nothing of it').toBe(
        true,
      );
    });
    await expect(writing).rejects.toMatchObject({ code: 'verification' });
    expect(readFileSync(await write(disk.root)).equals(image), `on ${disk.fileSystem}`).toBe(true);
  });
});

async function spoil(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write(Buffer.of((image[MIB] ?? 0) ^ 1), 0, 1, MIB);
}
