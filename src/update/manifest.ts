/**
 * Owns the manifest of an update: the description of an image, signed by its builder.
 *
 *   image.efi.sig = {"manifest": "<JSON text>", "signature": "<base64>"} on one line
 *   signature     = ed25519 over the UTF-8 bytes of that JSON text (RFC 8032)
 *
 * Invariants: the inner text is not parsed before its signature is verified, and the text is verified as received,
 * never re-serialised. Input is bounded before it is read.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { isImageVersion } from '../config/mod.ts';
import { UpdateError } from './errors.ts';

/** The facts the builder vouches for. */
export interface UpdateManifest {
  /** Valid by `isImageVersion`: `0.2.0-rc.1`. */
  readonly version: string;
  /** As in image.json and uname(2): `x86_64`. */
  readonly architecture: string;
  /** Size of the image, in bytes. */
  readonly size: number;
  /** Hash of the image, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Build time, Unix seconds, as in its image.json; undefined in a manifest without one. */
  readonly builtAt?: number;
}

/** A manifest with its signature is about 300 bytes; longer ones are refused unread. */
export const MAX_MANIFEST_BYTES = 4096;
/** Most keys in a file of public keys: an old and a new one make two. */
const MAX_KEYS = 8;
const ED25519_SIGNATURE_BYTES = 64;
const FIELDS: readonly string[] = ['version', 'architecture', 'size', 'sha256', 'builtAt'];
/** The last second of the year 9999. */
const MAX_TIME_SECONDS = 253_402_300_799;

/** The content of an `image.efi.sig` file, one line with its newline. Throws UpdateError `bad-manifest`, or Error for an invalid key. */
export function signManifest(manifest: UpdateManifest, privateKeyPem: string): string {
  const text = JSON.stringify(checkFields({ ...manifest }));
  const key = createPrivateKey(privateKeyPem);
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new Error(
      `sign version ${manifest.version}: expected an ed25519 key, got type "${key.asymmetricKeyType}"`,
    );
  }
  const signature = sign(null, Buffer.from(text, 'utf8'), key).toString('base64');
  return `${JSON.stringify({ manifest: text, signature })}\n`;
}

/**
 * The manifest in `text` if one of the keys signed it; `publicKeyPems` are PEM files, each with one or more
 * SPKI keys. Throws UpdateError: `bad-manifest`, `bad-signature`.
 */
export function verifyManifest(text: string, publicKeyPems: readonly string[]): UpdateManifest {
  if (Buffer.byteLength(text, 'utf8') > MAX_MANIFEST_BYTES) {
    throw badManifest(`it is longer than ${MAX_MANIFEST_BYTES} bytes`);
  }
  const envelope = parseObject(text, 'it');
  const { manifest, signature, ...others } = envelope;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw badManifest(`unknown field "${unknown}": expected manifest and signature`);
  if (typeof manifest !== 'string') throw badManifest('"manifest" is not a string');
  if (typeof signature !== 'string') throw badManifest('"signature" is not a string');
  const bytes = Buffer.from(signature, 'base64');
  if (bytes.length !== ED25519_SIGNATURE_BYTES || bytes.toString('base64') !== signature) {
    throw badManifest(`the signature is not ${ED25519_SIGNATURE_BYTES} bytes in base64`);
  }
  const keys = publicKeys(publicKeyPems);
  const signed = Buffer.from(manifest, 'utf8');
  if (!keys.some((key) => verify(null, signed, key, bytes))) {
    const known = keys.length === 1 ? 'the key' : `any of the ${keys.length} keys`;
    throw new UpdateError(
      'bad-signature',
      `check the manifest: it was not signed by ${known} this machine trusts`,
    );
  }
  return checkFields(parseObject(manifest, 'the signed text'));
}

function publicKeys(pems: readonly string[]): KeyObject[] {
  const blocks = pems.flatMap(
    (pem) => pem.match(/-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]*-----END PUBLIC KEY-----/g) ?? [],
  );
  const keys = blocks.slice(0, MAX_KEYS).flatMap((block) => {
    try {
      const key = createPublicKey(block);
      return key.asymmetricKeyType === 'ed25519' ? [key] : [];
    } catch {
      return []; // not a key: reported below when no other one is left
    }
  });
  if (keys.length === 0) {
    const why = 'this machine has no ed25519 public key in PEM form (update.pub) to verify it';
    throw new UpdateError('bad-signature', `check the manifest: ${why}`);
  }
  return keys;
}

function checkFields(fields: Record<string, unknown>): UpdateManifest {
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw badManifest(`unknown field "${unknown}"`);
  const { version, architecture, size, sha256, builtAt } = fields;
  if (typeof version !== 'string' || !isImageVersion(version)) {
    throw badManifest(`invalid version ${quote(version)}: expected one such as 0.2.0 or 0.2.0-rc.1`);
  }
  if (typeof architecture !== 'string' || !/^[a-z0-9_]{1,32}$/.test(architecture)) {
    throw badManifest(`invalid architecture ${quote(architecture)}: expected one such as x86_64`);
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size <= 0) {
    throw badManifest(`size ${quote(size)} is not a positive number of bytes`);
  }
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw badManifest(`sha256 ${quote(sha256)} is not 64 lower-case hexadecimal digits`);
  }
  if (builtAt === undefined) return { version, architecture, size, sha256 };
  if (
    typeof builtAt !== 'number' ||
    !Number.isSafeInteger(builtAt) ||
    builtAt <= 0 ||
    builtAt > MAX_TIME_SECONDS
  ) {
    throw badManifest(`builtAt ${quote(builtAt)} is not a number of seconds since 1970`);
  }
  return { version, architecture, size, sha256, builtAt };
}

function parseObject(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badManifest(`${what} is not JSON`, error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badManifest(`${what} is not a JSON object`);
  }
  return value as Record<string, unknown>;
}

function quote(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 80);
}

function badManifest(reason: string, cause?: unknown): UpdateError {
  return new UpdateError('bad-manifest', `read the manifest: ${reason}`, { cause });
}
