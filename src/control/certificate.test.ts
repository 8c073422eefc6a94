import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CertificateOptions, openCertificate } from './certificate.ts';
import { MemoryFiles } from '../../test/fixtures/control.ts';
import { makeSelfSigned } from './self-signed.ts';

const DAY_MS = 86_400_000;
const BUILT_AT = Date.UTC(2026, 5, 1);

let dir: string;
let data: MemoryFiles;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'certificate-'));
  data = new MemoryFiles();
});
afterEach(() => rmSync(dir, { recursive: true }));

const open = (changes: Partial<CertificateOptions> = {}) =>
  openCertificate({
    boot: { root: dir },
    data,
    hostname: 'edge1',
    names: [],
    addresses: ['192.0.2.7', '2001:db8::7', 'fe80::1%eth0'],
    builtAt: BUILT_AT,
    ...changes,
  });

const openssl = (...args: readonly string[]): string =>
  execFileSync('openssl', args, { encoding: 'utf8', cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });

describe('the self-signed certificate', () => {
  test('is read and verified by OpenSSL', async () => {
    const { certificate, key, fingerprint } = await open();
    writeFileSync(join(dir, 'made.crt'), certificate);
    writeFileSync(join(dir, 'made.key'), key);
    const text = openssl('x509', '-in', 'made.crt', '-noout', '-text');
    expect(text).toContain('Version: 3 (0x2)');
    expect(text).toContain('Signature Algorithm: ecdsa-with-SHA256');
    expect(text).toMatch(/Issuer: CN = edge1\n/);
    expect(text).toMatch(/Subject: CN = edge1\n/);
    expect(text).toContain('NIST CURVE: P-256');
    expect(text).toMatch(/Not Before: May 31 00:00:00 2026 GMT/);
    expect(text).toMatch(/Basic Constraints: critical\n\s+CA:FALSE/);
    expect(text).toMatch(/Key Usage: critical\n\s+Digital Signature\n/);
    expect(text).toMatch(/Extended Key Usage: ?\n\s+TLS Web Server Authentication/);
    expect(text).toContain(
      'DNS:edge1, DNS:edge1.local, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7\n',
    );
    expect(openssl('x509', '-in', 'made.crt', '-noout', '-fingerprint', '-sha256')).toContain(fingerprint);
    const verify = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'made.crt'];
    const at = ['-attime', String(BUILT_AT / 1000)];
    expect(openssl(...verify, ...at, '-verify_hostname', 'edge1', 'made.crt')).toContain('OK');
    expect(openssl(...verify, ...at, '-verify_ip', '2001:db8::7', 'made.crt')).toContain('OK');
    expect(() => openssl(...verify, ...at, '-verify_hostname', 'other', 'made.crt')).toThrow();
    expect(openssl('pkey', '-in', 'made.key', '-noout', '-check')).toContain('valid');
  });

  test('has a unique serial number, and GeneralizedTime from 2050', async () => {
    const subject = {
      commonName: 'a',
      dnsNames: ['a'],
      addresses: [],
      notBefore: 0,
      notAfter: Date.UTC(2060, 0),
    };
    const made = await Promise.all(Array.from({ length: 20 }, () => makeSelfSigned(subject)));
    const parsed = made.map(({ certificate }) => new X509Certificate(certificate));
    expect(new Set(parsed.map(({ serialNumber }) => serialNumber)).size).toBe(20);
    for (const { serialNumber, validFromDate, validToDate } of parsed) {
      expect(serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
      expect([validFromDate.getTime(), validToDate.getTime()]).toEqual([0, Date.UTC(2060, 0)]);
    }
    writeFileSync(join(dir, 'late.crt'), made[0]?.certificate ?? '');
    expect(openssl('asn1parse', '-in', 'late.crt')).toMatch(/UTCTIME[\s\S]*GENERALIZEDTIME/);
    expect(openssl('x509', '-in', 'late.crt', '-noout', '-enddate')).toContain('2060 GMT');
  });

  test('is kept, and recreated for another hostname, or when it has expired or is damaged', async () => {
    const first = await open();
    expect((await open()).fingerprint).toBe(first.fingerprint);
    const renamed = await open({ hostname: 'edge2' });
    expect(renamed.fingerprint).not.toBe(first.fingerprint);
    const { subjectAltName } = new X509Certificate(renamed.certificate);
    expect(subjectAltName).toMatch(/DNS:edge2, DNS:edge2.local, DNS:localhost, IP/);
    const later = await open({ hostname: 'edge2', builtAt: renamed.expiresAt + DAY_MS });
    expect(later.fingerprint).not.toBe(renamed.fingerprint);
    expect(later.expiresAt).toBeGreaterThan(renamed.expiresAt + 9 * 365 * DAY_MS);
    data.files.set('https.key', 'damaged');
    expect((await open({ hostname: 'edge2' })).fingerprint).not.toBe(later.fingerprint);
  });
});

describe('further names', () => {
  test('are in the self-signed certificate, and one that lacks them is recreated', async () => {
    const first = await open();
    const named = await open({ names: ['router.example.net', 'edge1'] });
    expect(named.fingerprint).not.toBe(first.fingerprint);
    expect(new X509Certificate(named.certificate).subjectAltName).toMatch(
      /^DNS:edge1, DNS:edge1.local, DNS:localhost, DNS:router.example.net, IP/,
    );
    // fewer names: a pinned fingerprint stays valid
    expect((await open({ names: ['router.example.net'] })).fingerprint).toBe(named.fingerprint);
    expect((await open()).fingerprint).toBe(named.fingerprint);
    expect((await open({ names: ['other.example'] })).fingerprint).not.toBe(named.fingerprint);
  });
});

describe("the user's certificate", () => {
  const put = async (hostname = 'router.example.com', notAfter = Date.now() + 365 * DAY_MS) => {
    const made = await makeSelfSigned({
      commonName: hostname,
      dnsNames: [hostname],
      addresses: [],
      notBefore: 0,
      notAfter,
    });
    writeFileSync(join(dir, 'https.crt'), made.certificate);
    writeFileSync(join(dir, 'https.key'), made.key);
    return made;
  };

  test('is used when it and its key exist', async () => {
    const made = await put();
    const opened = await open({ names: ['router.example.com'], builtAt: Date.now() - DAY_MS });
    expect(opened).toMatchObject({ ...made, source: 'user', warnings: [] });
    expect(data.files.size).toBe(0);
  });

  test('is used with a warning when none of its names is the box’s', async () => {
    await put();
    const opened = await open();
    expect(opened.source).toBe('user');
    expect(opened.warnings).toEqual([
      expect.stringContaining('is for router.example.com: expected these names in names'),
    ]);
    expect((await open({ hostname: 'router.example.com' })).warnings).toEqual([]);
  });

  test('is used with a warning when it has expired', async () => {
    await put('edge1', Date.UTC(2025, 0));
    const opened = await open();
    expect(opened.source).toBe('user');
    expect(opened.warnings).toEqual([expect.stringContaining('expired at 2025-01-01')]);
  });

  test.each([
    ['no key', () => rmSync(join(dir, 'https.key')), 'no https.key'],
    ['no certificate', () => rmSync(join(dir, 'https.crt')), 'no https.crt'],
    ['text', () => writeFileSync(join(dir, 'https.crt'), 'hello'), 'https.crt'],
    ['a huge file', () => writeFileSync(join(dir, 'https.crt'), 'x'.repeat(100_000)), 'longer than'],
    [
      'another key',
      async () => {
        const other = await makeSelfSigned({
          commonName: 'x',
          dnsNames: ['x'],
          addresses: [],
          notBefore: 0,
          notAfter: 9e11,
        });
        writeFileSync(join(dir, 'https.key'), other.key);
      },
      'does not match the certificate',
    ],
  ] as readonly [string, () => void | Promise<void>, string][])(
    'with %s is not used, with a warning',
    async (_, spoil, words) => {
      await put();
      await spoil();
      const opened = await open();
      expect(opened.source).toBe('self-signed');
      expect(opened.warnings).toEqual([expect.stringContaining(words)]);
      expect(opened.warnings[0]).toContain('self-signed');
    },
  );
});
