/** Owns the conversion between address text and address bytes, by the C library's rules. */
import { toString } from 'node:ffi';
import { LinuxError } from './errors.ts';
import { cString, libc, nativeBuffer } from './libc.ts';

export const AF_INET = 2;
export const AF_INET6 = 10;

const EINVAL = 22;
const TEXT_BYTES = 46;

/** An address in network byte order: 4 bytes, or 16. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly bytes: Buffer;
}

/** Number of the address family of IP version `family`. */
export function addressFamily(family: 4 | 6): number {
  return family === 4 ? AF_INET : AF_INET6;
}

/** Bits in an address of the family. */
export function addressBits(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

/** Reads address text (no zone, no prefix length). Throws LinuxError EINVAL when it is not an address. */
export function encodeIp(text: string): IpAddress {
  const family = text.includes(':') ? 6 : 4;
  const bytes = nativeBuffer(addressBits(family) / 8);
  if (libc.inet_pton(addressFamily(family), cString(text, 'address'), bytes) !== 1) {
    throw new LinuxError('inet_pton', EINVAL, [text]);
  }
  return { family, bytes };
}

/** Canonical text of 4 or 16 bytes. */
export function decodeIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw new LinuxError('inet_ntop', EINVAL, [bytes]);
  const source = nativeBuffer(16);
  source.set(bytes);
  const text = nativeBuffer(TEXT_BYTES);
  return toString(libc.inet_ntop(AF_INET6, source, text, TEXT_BYTES)) ?? '';
}

/** Address of the network: `bytes` with everything after `length` bits zeroed. */
export function maskBytes(bytes: Uint8Array, length: number): Buffer {
  const masked = Buffer.from(bytes);
  for (let i = 0; i < masked.length; i++) {
    const keep = Math.min(8, Math.max(0, length - i * 8));
    masked[i] = (masked[i] ?? 0) & (0xff00 >> keep) & 0xff;
  }
  return masked;
}
