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

  it('makes a key once, for its owner alone, and says so', () => {
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

  it('does not make one that was asked for by name', () => {
    expect(() => readSigningKey(path, { create: false })).toThrow(`${path}: no such key`);
    expect(existsSync(path)).toBe(false);
  });

  it('refuses another kind of key, and leaves it alone', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const pem = rsa.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(path, pem);
    expect(() => readSigningKey(path, { create: true })).toThrow(`${path} is not an ed25519 private key`);
    expect(readFileSync(path, 'utf8')).toBe(pem);
  });

  it('refuses what is no key', () => {
    writeFileSync(path, 'hello\n');
    expect(() => readSigningKey(path, { create: true })).toThrow('not an ed25519 private key');
  });
});
