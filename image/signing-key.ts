/**
 * Owns the builder's ed25519 key: its private half signs updates, its public half goes into the image, which accepts no
 * others.
 *
 * Invariant: an existing private key is never overwritten; its file is readable by its owner only.
 */

import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isErrno } from '../src/linux/mod.ts';
import { ImageError } from './errors.ts';

/** Both halves, as PEM. */
export interface SigningKey {
  readonly privateKey: string;
  readonly publicKey: string;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The public half of a private key in PEM. @throws ImageError `bad-argument` */
function publicHalf(privateKey: string, path: string): string {
  try {
    const key = createPrivateKey(privateKey);
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`its type is "${key.asymmetricKeyType}"`);
    return createPublicKey(key).export({ type: 'spki', format: 'pem' });
  } catch (cause) {
    throw new ImageError('bad-argument', `${path} is not an ed25519 private key in PEM form`, { cause });
  }
}

/**
 * The key in `path`, its public half written beside it (`update.key`, `update.pub`).
 *
 * @param options.create creates a key when there is none; `made` reports it
 * @throws ImageError `missing-artefact`, `bad-argument`
 */
export function readSigningKey(
  path: string,
  options: { readonly create: boolean; readonly made?: (publicPath: string) => void },
): SigningKey {
  const publicPath = path.replace(/(\.(key|pem))?$/, '.pub');
  let privateKey = readIfThere(path);
  if (privateKey === undefined) {
    if (!options.create) {
      throw new ImageError(
        'missing-artefact',
        `cannot read the key ${path}: no such file (without --key, the first build creates one)`,
      );
    }
    privateKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, privateKey, { mode: 0o600, flag: 'wx' });
    options.made?.(publicPath);
  }
  const publicKey = publicHalf(privateKey, path);
  if (options.create && readIfThere(publicPath) !== publicKey) writeFileSync(publicPath, publicKey);
  return { privateKey, publicKey };
}
