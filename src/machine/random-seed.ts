/**
 * Entropy carried from one boot to the next: mixed into the kernel's pool at boot, renewed at once and at shutdown.
 *
 * It is written to /dev/urandom, which mixes it in without credit (RNDADDENTROPY would credit it): the seed of a copied
 * stick, or of a boot that lost power before the renewal, is known or used twice, and must not be credited. No credit
 * is needed either: the processor's generator and systemd-boot's seed, which the EFI stub passes to the kernel, fill
 * the pool before this process runs.
 */
import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { DataPartition } from '../disk/mod.ts';
import { isErrno } from '../linux/mod.ts';

const SEED_FILE = 'random-seed';
const SEED_BYTES = 512;
const POOL = '/dev/urandom';

/** Mixes the saved seed in and saves a new one. Returns what was done. Rejects when the new one cannot be written. */
export async function renewSeed(data: DataPartition, pool = POOL): Promise<string> {
  const bytes = await readSeed(`${data.root}/${SEED_FILE}`);
  if (bytes.length > 0) {
    await using file = await open(pool, 'w');
    await file.write(bytes);
  }
  await keepSeed(data);
  return bytes.length > 0 ? `${bytes.length} bytes of the last boot mixed in` : 'no seed saved yet';
}

/** Saves new random bytes for the next boot. Rejects when they cannot be written. */
export async function keepSeed(data: DataPartition): Promise<void> {
  await data.writeFile(SEED_FILE, await promisify(randomBytes)(SEED_BYTES));
}

async function readSeed(path: string): Promise<Buffer> {
  try {
    return (await readFile(path)).subarray(0, SEED_BYTES);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EIO')) return Buffer.alloc(0); // the first boot, or a bad sector
    throw error;
  }
}
