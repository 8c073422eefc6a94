/**
 * Owns the hashing of passwords: scrypt (RFC 7914) in the thread pool, with bounded memory.
 *
 * Invariant: at most two computations run, at most eight wait; further ones are refused.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** 2^15 blocks of 8: 32 MiB and about 0.1 s each. */
const PARAMETERS = { N: 32_768, r: 8, p: 1 } as const;
const MAX_MEMORY_BYTES = 64 * 1024 * 1024;
const HASH_BYTES = 32;
const SALT_BYTES = 16;
const MAX_AT_ONCE = 2;
const MAX_WAITING = 8;

/** The stored form: scrypt's parameters, bytes in base64. */
export interface PasswordHash {
  readonly algorithm: 'scrypt';
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: string;
  readonly hash: string;
}

/** The queue of passwords to check is full. */
export class HashingBusyError extends Error {
  override readonly name = 'HashingBusyError';
}

let running = 0;
const waiting: (() => void)[] = [];

/** Hashes a new password with a new salt. Rejects with HashingBusyError. */
export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt);
  return { algorithm: 'scrypt', ...PARAMETERS, salt: salt.toString('base64'), hash: hash.toString('base64') };
}

/** Whether the password matches the hash. Rejects with HashingBusyError. */
export async function verifyPassword(password: string, kept: PasswordHash): Promise<boolean> {
  const derived = await derive(password, Buffer.from(kept.salt, 'base64'));
  return timingSafeEqual(derived, Buffer.from(kept.hash, 'base64'));
}

/** Parses the JSON of a `hashPassword` result; undefined when it is not one. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  let value: Partial<Record<keyof PasswordHash, unknown>> | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return undefined; // not JSON
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { algorithm, N, r, p, salt, hash } = value;
  const isOurs = algorithm === 'scrypt' && N === PARAMETERS.N && r === PARAMETERS.r && p === PARAMETERS.p;
  if (!isOurs || typeof salt !== 'string' || typeof hash !== 'string') return undefined;
  if (Buffer.from(hash, 'base64').length !== HASH_BYTES || salt === '') return undefined;
  return { algorithm, ...PARAMETERS, salt, hash };
}

async function derive(password: string, salt: Buffer): Promise<Buffer> {
  await enter();
  try {
    return await new Promise((resolve, reject) => {
      scrypt(
        // one encoding of what looks the same (required by RFC 8265)
        password.normalize('NFC'),
        salt,
        HASH_BYTES,
        { ...PARAMETERS, maxmem: MAX_MEMORY_BYTES },
        (error, key) => (error ? reject(error) : resolve(key)),
      );
    });
  } finally {
    leave();
  }
}

async function enter(): Promise<void> {
  if (running < MAX_AT_ONCE) {
    running++;
    return;
  }
  if (waiting.length >= MAX_WAITING)
    throw new HashingBusyError('cannot check the password: too many checks are in progress');
  // a finished computation passes its place on
  await new Promise<void>((resolve) => waiting.push(resolve));
}

function leave(): void {
  const next = waiting.shift();
  if (next) next();
  else running--;
}
