/** `appliance sign`: writes FILE.sig, the signed manifest of an image; with --new-key it makes a key pair. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { builtAtOf, checkHeader, findSection, HEADER_BYTES, signManifest, versionOf } from '../update/mod.ts';
import { UsageError } from './usage-error.ts';

/** An os-release is a few lines. */
const MAX_OS_RELEASE_BYTES = 64 * 1024;

interface SignOptions {
  readonly key: string | undefined;
  readonly newKey: string | undefined;
  readonly version: string | undefined;
  readonly architecture: string;
  /** For boxes with a version that knows no build time, and refuses a manifest with a field that it does not know. */
  readonly noBuildTime: boolean;
}

export async function sign(file: string | undefined, options: SignOptions): Promise<number> {
  const { key, newKey, architecture } = options;
  if (newKey !== undefined) {
    if (file !== undefined || key !== undefined) {
      throw new UsageError('expected neither an image nor --key with --new-key');
    }
    return makeKey(newKey);
  }
  if (file === undefined) throw new UsageError('expected <file> after "sign"');
  if (key === undefined) throw new UsageError('expected --key FILE after "sign"');
  const head = await readBytes(file, 0, HEADER_BYTES);
  checkHeader(head, architecture);
  const osRelease = await osReleaseInside(file, head);
  const version = versionOf(osRelease);
  if (version !== undefined && options.version !== undefined && version !== options.version) {
    throw new Error(`cannot sign ${file} as version "${options.version}": its os-release says "${version}"`);
  }
  const signed = version ?? options.version;
  if (signed === undefined)
    throw new Error(`cannot sign ${file}: its os-release has no version (give --version)`);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  const builtAt = options.noBuildTime ? undefined : builtAtOf(osRelease);
  const manifest = {
    version: signed,
    architecture,
    size,
    sha256: hash.digest('hex'),
    ...(builtAt === undefined ? {} : { builtAt }),
  };
  writeFileSync(`${file}.sig`, signManifest(manifest, readFileSync(key, 'utf8')));
  process.stdout.write(`${file}.sig: version ${signed}, ${size} bytes, SHA-256 ${manifest.sha256}\n`);
  return 0;
}

/** Never overwrites a file: boxes that trust a lost key could not be updated any more. */
function makeKey(file: string): number {
  const publicFile = `${file.replace(/\.(key|pem)$/, '')}.pub`;
  const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  writeFileSync(file, privateKey, { flag: 'wx', mode: 0o600 });
  writeFileSync(publicFile, publicKey, { flag: 'wx' });
  process.stdout.write(`${file}: keep it secret; ${publicFile}: for the image, or the boot partition\n`);
  return 0;
}

/** What the image says of itself; empty when it says nothing. */
async function osReleaseInside(file: string, head: Buffer): Promise<string> {
  const section = findSection(head, '.osrel');
  if (section === undefined || section.length > MAX_OS_RELEASE_BYTES) return '';
  return (await readBytes(file, section.offset, section.length)).toString('utf8');
}

async function readBytes(file: string, offset: number, length: number): Promise<Buffer> {
  await using handle = await open(file, 'r');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
