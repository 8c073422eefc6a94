import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signManifest, type UpdateManifest, verifyManifest } from './manifest.ts';

const pem = (type: 'ed25519' | 'x25519' = 'ed25519') =>
  generateKeyPairSync(type as 'ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
const builder = pem();
const other = pem();
const manifest: UpdateManifest = {
  version: '0.2.0',
  architecture: 'x86_64',
  size: 1234,
  sha256: 'ab'.repeat(32),
};

/** Signs any text, even one that `signManifest` refuses. */
function envelope(text: string, key = builder.privateKey): string {
  return JSON.stringify({ manifest: text, signature: sign(null, Buffer.from(text), key).toString('base64') });
}

function codeOf(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'nothing thrown';
}

describe('a manifest', () => {
  it('survives signing and verifying, as one line', () => {
    const text = signManifest(manifest, builder.privateKey);
    expect(text).toMatch(/^\{"manifest":".*","signature":"[A-Za-z0-9+/]{86}=="\}\n$/);
    expect(verifyManifest(text, [builder.publicKey])).toEqual(manifest);
  });

  it('may contain the build time, and is unchanged without one', () => {
    const built = { ...manifest, builtAt: 1_795_000_000 };
    const text = signManifest(built, builder.privateKey);
    expect(verifyManifest(text, [builder.publicKey])).toEqual(built);
    const before = JSON.parse(signManifest(manifest, builder.privateKey)) as { manifest: string };
    expect(before.manifest).toBe(
      `{"version":"0.2.0","architecture":"x86_64","size":1234,"sha256":"${'ab'.repeat(32)}"}`,
    );
  });

  it('is trusted when signed by any key, even one of several in a file', () => {
    const text = signManifest(manifest, builder.privateKey);
    expect(verifyManifest(text, [other.publicKey, builder.publicKey])).toEqual(manifest);
    expect(verifyManifest(text, [`# old\n${other.publicKey}\n# new\n${builder.publicKey}`])).toEqual(
      manifest,
    );
  });

  it('signed by another key, or without a valid key, is refused', () => {
    const text = signManifest(manifest, builder.privateKey);
    expect(codeOf(() => verifyManifest(text, [other.publicKey]))).toBe('bad-signature');
    expect(codeOf(() => verifyManifest(text, []))).toBe('bad-signature');
    expect(codeOf(() => verifyManifest(text, ['garbage', pem('x25519').publicKey]))).toBe('bad-signature');
  });

  it('with one changed character is refused', () => {
    const text = signManifest(manifest, builder.privateKey).trimEnd();
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('0', 'z', '"', ' '), (at, character) => {
        fc.pre(text[at] !== character);
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        expect(codeOf(() => verifyManifest(changed, [builder.publicKey]))).toMatch(/^bad-/);
      }),
    );
  });

  it.each([
    ['a version with a path', { ...manifest, version: '../0.2.0' }],
    ['a version of two numbers', { ...manifest, version: '0.2' }],
    ['a version with a counter', { ...manifest, version: '0.2.0+3' }],
    ['a version with a capital suffix', { ...manifest, version: '0.2.0-RC' }],
    ['a size of zero', { ...manifest, size: 0 }],
    ['a size with a fraction', { ...manifest, size: 1.5 }],
    ['a size in text', { ...manifest, size: '1234' }],
    ['a hash in capitals', { ...manifest, sha256: 'AB'.repeat(32) }],
    ['a short hash', { ...manifest, sha256: 'ab' }],
    ['an architecture with a slash', { ...manifest, architecture: 'x86/64' }],
    ['a build time in text', { ...manifest, builtAt: '1795000000' }],
    ['a build time with a fraction', { ...manifest, builtAt: 1.5 }],
    ['a build time of zero', { ...manifest, builtAt: 0 }],
    ['a build time out of range', { ...manifest, builtAt: 9e15 }],
    ['a null build time', { ...manifest, builtAt: null }],
    ['an extra field', { ...manifest, url: 'x' }],
    ['a list', [manifest]],
    ['no fields', {}],
  ])('with %s is refused although it is signed', (_what, fields) => {
    expect(codeOf(() => verifyManifest(envelope(JSON.stringify(fields)), [builder.publicKey]))).toBe(
      'bad-manifest',
    );
  });

  it('that is not an envelope is refused', () => {
    for (const text of ['', 'null', '[]', '{}', '{"manifest":1}', 'x'.repeat(5000)]) {
      expect(codeOf(() => verifyManifest(text, [builder.publicKey]))).toBe('bad-manifest');
    }
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(codeOf(() => verifyManifest(text, [builder.publicKey]))).toBe('bad-manifest');
      }),
    );
  });

  it('longer than 4 KiB is refused unread', () => {
    const long = envelope(JSON.stringify({ ...manifest, padding: 'x'.repeat(4096) }));
    expect(() => verifyManifest(long, [builder.publicKey])).toThrow(/longer than 4096 bytes/);
  });

  it('is signed only by a key of the right type', () => {
    expect(() => signManifest(manifest, pem('x25519').privateKey)).toThrow(
      /expected an ed25519 key, got type "x25519"/,
    );
    expect(codeOf(() => signManifest({ ...manifest, size: -1 }, builder.privateKey))).toBe('bad-manifest');
  });
});
