/** Owns verifying a file on the disk: read back past the page cache, length and hash. */
import { createHash } from 'node:crypto';
import { readFromDisk } from '../linux/mod.ts';
import { DiskError } from './errors.ts';

/** Expected content of a file. */
export interface FileDigest {
  readonly sizeBytes: number;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** The digest of bytes in memory. */
export function digestOf(bytes: Uint8Array): FileDigest {
  return { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/**
 * Reads a synced file back from the disk. Rejects with a DiskError `verification` when it differs from `wanted`, or
 * with the error of a read.
 */
export async function checkOnDisk(path: string, wanted: FileDigest): Promise<void> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of readFromDisk(path)) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  const sha256 = hash.digest('hex');
  if (sizeBytes === wanted.sizeBytes && sha256 === wanted.sha256) return;
  throw new DiskError(
    'verification',
    `verification of ${path} failed: read back ${describeDigest({ sizeBytes, sha256 })}, ` +
      `expected ${describeDigest(wanted)}`,
  );
}

function describeDigest({ sizeBytes, sha256 }: FileDigest): string {
  return `${sizeBytes} bytes with SHA-256 ${sha256}`;
}
