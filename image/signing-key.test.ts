import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSigningKey } from './signing-key.ts';

describe('readSigningKey', () => {
  let scratch: string;
  let path: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'appliance-key-'));
    path = join(scratch, 'update.key');
  });
  afterEach(() => rmSync(scratch, { recursive: true, force: true }));

  it('creates a key once, for its owner alone, and reports it', () => {
    const made: string[] = [];
    const options = { create: true, made: (publicPath: string) => void made.push(publicPath) };
    const first = readSigningKey(path, options);
    const second = readSigningKey(path, options);
    expect(made).toEqual([join(scratch, 'update.pub')]);
    expect(second).toEqual(first);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(scratch, 'update.pub'), 'utf8')).toBe(first.publicKey);
    const data = Buffer.from('manifest');
    expect(verify(null, data, createPublicKey(first.publicKey), sign(null, data, first.privateKey))).toBe(
      true,
    );
  });

  it('does not create a key that was named explicitly', () => {
    expect(() => readSigningKey(path, { create: false })).toThrow(
      `cannot read the key ${path}: no such file`,
    );
    expect(existsSync(path)).toBe(false);
  });

  it('refuses another kind of key, and leaves it alone', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const pem = rsa.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(path, pem);
    expect(() => readSigningKey(path, { create: true })).toThrow(`${path} is not an ed25519 private key`);
    expect(readFileSync(path, 'utf8')).toBe(pem);
  });

  it('refuses a file that is not a key', () => {
    writeFileSync(path, 'hello\n');
    expect(() => readSigningKey(path, { create: true })).toThrow('not an ed25519 private key');
  });
});
