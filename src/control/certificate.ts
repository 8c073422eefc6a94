/**
 * Selects the certificate of HTTPS: the user's own from the boot partition, else a self-signed one that is kept on the
 * data partition and recreated when it has expired or lacks a name of the box.
 *
 * Invariant: a certificate always exists; faults of the user's are in `warnings`.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { BootPartition, DataPartition } from '../disk/mod.ts';
import { isErrno, reasonOf } from '../linux/mod.ts';
import type { TlsIdentity } from '../telemetry/mod.ts';
import { makeSelfSigned } from './self-signed.ts';
import type { HttpsStatus } from './status.ts';

const CERTIFICATE_FILE = 'https.crt';
const KEY_FILE = 'https.key';
/** Room for a chain. */
const MAX_FILE_BYTES = 64 * 1024;
const DAY_MS = 86_400_000;
const VALID_YEARS = 10;

export interface Certificate extends TlsIdentity, HttpsStatus {
  /** Why the user's own is not used, or is used although it has expired. */
  readonly warnings: readonly string[];
}

export interface CertificateOptions {
  /** Absent without a boot partition. */
  readonly boot?: Pick<BootPartition, 'root'>;
  readonly data: Pick<DataPartition, 'readFile' | 'writeFile'>;
  readonly hostname: string;
  /** `http.names`: further names of the box, for a self-signed certificate. */
  readonly names: readonly string[];
  /** Known addresses of the management interface, for a new certificate. */
  readonly addresses: readonly string[];
  /** Build time of the image, a lower bound of the clock, in Unix milliseconds. */
  readonly builtAt: number;
}

/** Reads or creates the certificate. Rejects when a new one cannot be saved. */
export async function openCertificate(options: CertificateOptions): Promise<Certificate> {
  const now = Math.max(Date.now(), options.builtAt);
  const own =
    options.boot === undefined ? { state: 'none' as const } : readUsers(options.boot.root, options, now);
  if (own.state === 'good') return own.certificate;
  const warnings = own.state === 'bad' ? [own.reason] : [];
  const kept = readKept(options, now);
  if (kept !== undefined) return describe(kept, 'self-signed', warnings);
  const made = await makeSelfSigned({
    commonName: options.hostname,
    dnsNames: dnsNamesOf(options),
    addresses: [
      ...new Set(['127.0.0.1', '::1', ...options.addresses.filter((one) => isIP(one) !== 0)]),
    ].filter((address) => !address.includes('%')),
    notBefore: options.builtAt - DAY_MS,
    notAfter: now + VALID_YEARS * 365 * DAY_MS,
  });
  // the key first: a power cut between the two leaves a pair that does not match, and is recreated
  await options.data.writeFile(KEY_FILE, made.key);
  await options.data.writeFile(CERTIFICATE_FILE, made.certificate);
  return describe(made, 'self-signed', warnings);
}

function dnsNamesOf({ hostname, names }: CertificateOptions): string[] {
  return [...new Set([hostname, `${hostname}.local`, 'localhost', ...names])];
}

type Users =
  | { readonly state: 'none' }
  | { readonly state: 'bad'; readonly reason: string }
  | { readonly state: 'good'; readonly certificate: Certificate };

function readUsers(root: string, options: CertificateOptions, now: number): Users {
  const bad = (reason: string): Users => ({
    state: 'bad',
    reason: `${reason}: a self-signed certificate is used instead`,
  });
  let certificate: string | undefined;
  let key: string | undefined;
  try {
    certificate = readBounded(`${root}/${CERTIFICATE_FILE}`);
    key = readBounded(`${root}/${KEY_FILE}`);
  } catch (error) {
    return bad(reasonOf(error));
  }
  if (certificate === undefined && key === undefined) return { state: 'none' };
  if (certificate === undefined) return bad(`the boot partition has ${KEY_FILE} but no ${CERTIFICATE_FILE}`);
  if (key === undefined) return bad(`the boot partition has ${CERTIFICATE_FILE} but no ${KEY_FILE}`);
  const identity = { certificate, key };
  const reason = unusable(identity);
  if (reason !== undefined)
    return bad(`cannot use ${CERTIFICATE_FILE} and ${KEY_FILE} on the boot partition: ${reason}`);
  const parsed = new X509Certificate(certificate);
  const what = `${CERTIFICATE_FILE} on the boot partition`;
  const warnings: string[] = [];
  if (parsed.validToDate.getTime() < now)
    warnings.push(`${what} expired at ${parsed.validToDate.toISOString()}`);
  // a request for a name that is not the box's is refused, even if the certificate has it
  const isForUs = dnsNamesOf(options).some((name) => parsed.checkHost(name) !== undefined);
  const names = parsed.subjectAltName?.match(/(?<=DNS:)[^,\s]+/g) ?? [];
  if (!isForUs && names.length > 0) {
    warnings.push(`${what} is for ${names.join(', ')}: expected these names in names of [http]`);
  }
  return { state: 'good', certificate: describe(identity, 'user', warnings) };
}

/** Why TLS cannot use it; undefined: it can. */
function unusable({ certificate, key }: TlsIdentity): string | undefined {
  try {
    const parsed = new X509Certificate(certificate);
    if (!parsed.checkPrivateKey(createPrivateKey(key))) return 'the key does not match the certificate';
    // what TLS itself refuses: a key that is too weak, an invalid chain
    createSecureContext({ cert: certificate, key });
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** The saved self-signed certificate; undefined when it has to be recreated. */
function readKept(options: CertificateOptions, now: number): TlsIdentity | undefined {
  const { data } = options;
  const certificate = data.readFile(CERTIFICATE_FILE);
  const key = data.readFile(KEY_FILE);
  if (certificate === undefined || key === undefined) return undefined;
  const identity = { certificate, key };
  if (unusable(identity) !== undefined) return undefined;
  const parsed = new X509Certificate(certificate);
  // one with more names than needed is kept: its fingerprint may be pinned
  const hasNames = dnsNamesOf(options).every((name) => parsed.checkHost(name) !== undefined);
  return hasNames && parsed.validToDate.getTime() > now ? identity : undefined;
}

function describe(
  identity: TlsIdentity,
  source: Certificate['source'],
  warnings: readonly string[],
): Certificate {
  const parsed = new X509Certificate(identity.certificate);
  return {
    ...identity,
    fingerprint: parsed.fingerprint256,
    source,
    expiresAt: parsed.validToDate.getTime(),
    warnings,
  };
}

/** Undefined: the file does not exist. */
function readBounded(path: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    const bytes = readSync(descriptor, buffer);
    if (bytes > MAX_FILE_BYTES)
      throw new Error(`cannot read ${path}: it is longer than ${MAX_FILE_BYTES} bytes`);
    return buffer.toString('utf8', 0, bytes);
  } finally {
    closeSync(descriptor);
  }
}
