/**
 * Unpacks a kernel's boot image (bzImage) into the ELF file within.
 *
 * QEMU starts that ELF file directly (PVH). The emulated processor would unpack a bzImage: four seconds of
 * each boot of Debian's xz-compressed kernel.
 *
 * Setup header, offsets in the file: setup_sects at 0x1f1 (1 byte), "HdrS" at 0x202, payload_offset at 0x248 and
 * payload_length at 0x24c (4 bytes each). The payload begins payload_offset bytes after the setup sectors and ends
 * with 4 bytes of its own, the unpacked length. Source: the kernel's arch/x86/boot protocol.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { ImageError } from './errors.ts';
import { runCommand } from './run-command.ts';

const SETUP_SECTORS_OFFSET = 0x1f1;
const HEADER_MAGIC_OFFSET = 0x202;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH_OFFSET = 0x24c;
const SECTOR_BYTES = 512;
const TRAILING_LENGTH_BYTES = 4;

const XZ_MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

const startsWith = (bytes: Buffer, magic: Buffer) => bytes.subarray(0, magic.length).equals(magic);

/** The compressed ELF file in a bzImage. @throws ImageError `bad-elf` */
function payloadOf(image: Buffer, path: string): Buffer {
  if (
    image.length < PAYLOAD_LENGTH_OFFSET + 4 ||
    image.toString('latin1', HEADER_MAGIC_OFFSET, 0x206) !== 'HdrS'
  ) {
    throw new ImageError('bad-elf', `${path} is not a bzImage`);
  }
  // Zero means 4: the protocol's oldest default.
  const setupSectors = image.readUInt8(SETUP_SECTORS_OFFSET) || 4;
  const start = (setupSectors + 1) * SECTOR_BYTES + image.readUInt32LE(PAYLOAD_OFFSET);
  const length = image.readUInt32LE(PAYLOAD_LENGTH_OFFSET);
  return image.subarray(start, start + length - TRAILING_LENGTH_BYTES);
}

/** Writes the ELF kernel in the bzImage at `source` to `target`. @throws ImageError */
export async function unpackKernelImage(source: string, target: string): Promise<void> {
  const payload = payloadOf(readFileSync(source), source);
  if (startsWith(payload, ZSTD_MAGIC)) writeFileSync(target, zstdDecompressSync(payload));
  else if (startsWith(payload, GZIP_MAGIC)) writeFileSync(target, gunzipSync(payload));
  else if (startsWith(payload, XZ_MAGIC)) await unpackXz(payload, target);
  else throw new ImageError('bad-elf', `cannot unpack ${source}: expected xz, zstd or gzip compression`);
}

async function unpackXz(payload: Buffer, target: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'appliance-kernel-'));
  try {
    const packed = join(scratch, 'vmlinux.xz');
    writeFileSync(packed, payload);
    await runCommand('xz', ['--decompress', '--single-stream', packed]);
    writeFileSync(target, readFileSync(join(scratch, 'vmlinux')));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
