/**
 * Messages of BGP-4 but UPDATE: their frame, and those that this speaker writes (RFC 4271, section 4; RFC 2918, 7313).
 */
import { type BgpError, bgpError, ErrorCode, HeaderError } from './bgp-error.ts';
import type { AddressFamily } from './families.ts';

export const HEADER_BYTES = 19;
const MARKER_BYTES = 16;
/** Without and with the capability of long messages (RFC 8654). */
export const MAX_BYTES = 4096;
export const MAX_LONG_BYTES = 65_535;

export const MessageType = { open: 1, update: 2, notification: 3, keepalive: 4, refresh: 5 } as const;

/** Least lengths, and whether a longer one is an error. */
const LENGTHS: Readonly<Record<number, { readonly least: number; readonly isExact?: true }>> = {
  [MessageType.open]: { least: 29 },
  [MessageType.update]: { least: 23 },
  [MessageType.notification]: { least: 21 },
  [MessageType.keepalive]: { least: 19, isExact: true },
  // Its length has an error of its own (RFC 7313, section 5).
  [MessageType.refresh]: { least: HEADER_BYTES },
};

/** The length of the message that begins at `at` of at least `HEADER_BYTES` bytes, or what is wrong with its header. */
export function readHeader(bytes: Buffer, at: number, maxBytes: number): number | BgpError {
  for (let i = 0; i < MARKER_BYTES; i++)
    if (bytes[at + i] !== 0xff) return bgpError(ErrorCode.header, HeaderError.notSynchronized);
  const length = bytes.readUInt16BE(at + 16);
  const type = bytes[at + 18]!;
  const lengths = LENGTHS[type];
  // OPEN and KEEPALIVE never are long ones (RFC 8654, section 4).
  const isShort = type === MessageType.open || type === MessageType.keepalive;
  const most = isShort ? Math.min(MAX_BYTES, maxBytes) : maxBytes;
  const tooShort = length < (lengths?.least ?? HEADER_BYTES);
  if (tooShort || length > most || (lengths?.isExact === true && length !== lengths.least)) {
    const data = bytes.subarray(at + 16, at + 18);
    return bgpError(ErrorCode.header, HeaderError.badLength, `${length} bytes`, Uint8Array.from(data));
  }
  if (lengths === undefined)
    return bgpError(ErrorCode.header, HeaderError.badType, `type ${type}`, Uint8Array.of(type));
  return length;
}

/** A message with this body. */
export function frame(type: number, body: Uint8Array = new Uint8Array(0)): Buffer {
  const message = Buffer.alloc(HEADER_BYTES + body.length, 0xff);
  message.writeUInt16BE(message.length, 16);
  message[18] = type;
  message.set(body, HEADER_BYTES);
  return message;
}

export function encodeKeepalive(): Buffer {
  return frame(MessageType.keepalive);
}

export function encodeNotification({ code, subcode, data }: BgpError): Buffer {
  const most = MAX_BYTES - HEADER_BYTES - 2;
  return frame(MessageType.notification, Buffer.from([code, subcode, ...data.subarray(0, most)]));
}

/** `body` of a NOTIFICATION, after its header. */
export function readNotification(body: Uint8Array): BgpError {
  return { code: body[0] ?? 0, subcode: body[1] ?? 0, data: Uint8Array.from(body.subarray(2)) };
}

/** An UPDATE that says that a family has no routes to come (RFC 4724, section 2). */
export function encodeEndOfRib({ name, afi, safi }: AddressFamily): Buffer {
  if (name === 'ipv4') return frame(MessageType.update, Buffer.alloc(4));
  return frame(MessageType.update, Buffer.from([0, 0, 0, 6, 0x80, 15, 3, afi >> 8, afi & 0xff, safi]));
}

/** The middle byte of a ROUTE-REFRESH (RFC 7313, section 3.2). */
export const RefreshKind = { request: 0, begin: 1, end: 2 } as const;

export function encodeRefresh({ afi, safi }: AddressFamily, kind: number): Buffer {
  return frame(MessageType.refresh, Buffer.from([afi >> 8, afi & 0xff, kind, safi]));
}
