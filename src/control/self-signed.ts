/**
 * Creates self-signed certificates: X.509 version 3 for a TLS server, ECDSA on P-256 (RFC 5280, RFC 5758). Libraries
 * that can do this add more than half a megabyte to the executable.
 */
import { createHash, generateKeyPair, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { parseAddress } from '../config/mod.ts';
import type { TlsIdentity } from '../telemetry/mod.ts';
import {
  bitString,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  trueValue,
  utf8String,
} from './der.ts';

const Oid = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const;

/** `ub-common-name` of RFC 5280, appendix A.1. */
const MAX_COMMON_NAME = 64;
/** RFC 5280, section 4.1.2.2, allows 20 bytes and requires 64 random bits. */
const SERIAL_BYTES = 16;
const VERSION_3 = 2;

export interface CertificateSubject {
  readonly commonName: string;
  readonly dnsNames: readonly string[];
  /** Without zone. */
  readonly addresses: readonly string[];
  /** Unix milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Creates a key and its certificate. */
export async function makeSelfSigned(subject: CertificateSubject): Promise<TlsIdentity> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = sequence(objectIdentifier(Oid.ecdsaWithSha256));
  const name = sequence(
    set(sequence(objectIdentifier(Oid.commonName), utf8String(subject.commonName.slice(0, MAX_COMMON_NAME)))),
  );
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([VERSION_3]))),
    integer(serialNumber()),
    algorithm,
    name,
    sequence(time(subject.notBefore), time(subject.notAfter)),
    name,
    spki,
    explicit(3, extensions(subject, spki)),
  );
  const signature = sign('sha256', toBeSigned, { key: privateKey, dsaEncoding: 'der' });
  const der = sequence(toBeSigned, algorithm, bitString(signature));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    certificate: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
}

function serialNumber(): Buffer {
  const bytes = randomBytes(SERIAL_BYTES);
  // positive, and of constant length
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function extensions({ dnsNames, addresses }: CertificateSubject, spki: Buffer): Buffer {
  const names = [
    ...dnsNames.map((name) => implicit(2, Buffer.from(name, 'ascii'))),
    ...addresses.map((address) => implicit(7, addressBytes(address))),
  ];
  return sequence(
    // not an authority: browsers refuse one as a server
    extension(Oid.basicConstraints, true, sequence()),
    // digitalSignature is bit 0
    extension(Oid.keyUsage, true, bitString(Buffer.from([0x80]), 7)),
    extension(Oid.extendedKeyUsage, false, sequence(objectIdentifier(Oid.serverAuth))),
    extension(Oid.subjectAltName, false, sequence(...names)),
    // any unique value is valid; RFC 5280, section 4.2.1.2, proposes a hash of the key
    extension(Oid.subjectKeyIdentifier, false, octetString(createHash('sha1').update(spki).digest())),
  );
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  return sequence(objectIdentifier(id), ...(isCritical ? [trueValue()] : []), octetString(value));
}

/** In network order: 4 or 16 bytes. */
function addressBytes(address: string): Uint8Array {
  const parsed = parseAddress(address);
  if (parsed === undefined)
    throw new Error(`cannot create a certificate: expected an IP address, got "${address}"`);
  return parsed.bytes;
}
