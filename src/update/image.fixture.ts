/** Images for tests: a valid PE header, an os-release, and bytes that differ from one seed to the next. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { signManifest, type UpdateManifest } from './manifest.ts';

/** A builder's key pair, PEM. */
export function newKeys(): { publicKey: string; privateKey: string } {
  return generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

export interface ImageOptions {
  readonly version: string;
  readonly sizeBytes?: number;
  readonly machine?: number;
  /** Unix seconds; the build time in its os-release. */
  readonly builtAt?: number;
}

/** A file that looks like a unified kernel image of `version` to a boot loader. */
export function fakeImage({ version, sizeBytes = 20_000, machine = 0x8664, builtAt }: ImageOptions): Buffer {
  const image = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 1) image[at] = (at * 31 + (at >> 8) * 7 + version.length) & 0xff;
  const built = builtAt === undefined ? '' : `APPLIANCE_BUILT_AT=${builtAt}\n`;
  const osRelease = `ID=appliance\nVERSION_ID=${version}\nPRETTY_NAME="Appliance ${version}"\n${built}`;
  image.fill(0, 0, 1024);
  image.write('MZ', 0, 'latin1');
  image.writeUInt32LE(128, 60);
  image.write('PE\0\0', 128, 'latin1');
  image.writeUInt16LE(machine, 132);
  image.writeUInt16LE(1, 134);
  image.writeUInt16LE(240, 148);
  const section = 128 + 24 + 240;
  image.write('.osrel', section, 'latin1');
  image.writeUInt32LE(osRelease.length, section + 8);
  image.writeUInt32LE(512, section + 16);
  image.writeUInt32LE(1024, section + 20);
  image.fill(0, 1024, 1536);
  image.write(osRelease, 1024, 'latin1');
  return image;
}

/** The signed manifest of an image, with a test's changes. */
export function manifestOf(
  image: Buffer,
  version: string,
  privateKey: string,
  other: Partial<UpdateManifest> = {},
): string {
  const sha256 = createHash('sha256').update(image).digest('hex');
  return signManifest({ version, architecture: 'x86_64', size: image.length, sha256, ...other }, privateKey);
}
