/**
 * Owns the bytes of netlink messages: headers and attributes. Pure; all numbers in the machine's order
 * (little-endian), addresses in network order as given.
 *
 *   struct nlmsghdr { u32 len; u16 type; u16 flags; u32 seq; u32 pid; }   payload and each attribute aligned to 4
 *   struct nlattr   { u16 len; u16 type; }                                len includes these 4 bytes
 *
 * Sources: linux/netlink.h, RFC 3549.
 */
export const HEADER_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;

/** Flag bits in an attribute's type, not part of its number. */
const ATTRIBUTE_TYPE_MASK = 0x3fff;

/** Message types of netlink itself. */
export const NetlinkType = { noop: 1, error: 2, done: 3, overrun: 4 } as const;

export const NetlinkFlag = {
  request: 0x001,
  ack: 0x004,
  dumpInterrupted: 0x010,
  dump: 0x300,
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
  append: 0x800,
  /** In an error reply: the request is not quoted. */
  capped: 0x100,
  /** In an error reply: attributes follow. */
  extendedAck: 0x200,
} as const;

/** One attribute to be sent: bytes, a u32, or nested attributes. */
export type Attribute = readonly [type: number, value: Uint8Array | number | readonly Attribute[]];

/** A message as received; `payload` is borrowed from the receive buffer. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Buffer;
}

/** One whole message, padded to 4 bytes. */
export function encodeMessage(
  type: number,
  flags: number,
  sequence: number,
  body: Uint8Array,
  attributes: readonly Attribute[],
): Buffer {
  const tail = encodeAttributes(attributes);
  const message = Buffer.alloc(HEADER_BYTES + align(body.length) + tail.length);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(type, 4);
  message.writeUInt16LE(flags, 6);
  message.writeUInt32LE(sequence, 8);
  message.set(body, HEADER_BYTES);
  message.set(tail, HEADER_BYTES + align(body.length));
  return message;
}

/** Attributes one after the other, each padded. */
export function encodeAttributes(attributes: readonly Attribute[]): Buffer {
  return Buffer.concat(attributes.map(encodeAttribute));
}

/** Where the messages of a datagram of `length` bytes begin. Throws RangeError when a length is out of bounds. */
export function* messagesIn(datagram: Buffer, length: number): Generator<number, void> {
  for (let offset = 0; offset + HEADER_BYTES <= length; ) {
    const bytes = datagram.readUInt32LE(offset);
    if (bytes < HEADER_BYTES || offset + bytes > length) {
      throw new RangeError(`netlink message of ${bytes} bytes at ${offset} of ${length}`);
    }
    yield offset;
    offset += align(bytes);
  }
}

/** One of the messages in a datagram. */
export function decodeMessage(datagram: Buffer, offset: number): NetlinkMessage {
  return {
    type: datagram.readUInt16LE(offset + 4),
    flags: datagram.readUInt16LE(offset + 6),
    sequence: datagram.readUInt32LE(offset + 8),
    payload: datagram.subarray(offset + HEADER_BYTES, offset + datagram.readUInt32LE(offset)),
  };
}

/** The attributes in `bytes` from `offset`, by number; the last of a repeated one. Throws RangeError. */
export function decodeAttributes(bytes: Buffer, offset = 0): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  let at = offset;
  while (at + ATTRIBUTE_HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt16LE(at);
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > bytes.length) {
      throw new RangeError(`netlink attribute of ${length} bytes at ${at} of ${bytes.length}`);
    }
    const type = bytes.readUInt16LE(at + 2) & ATTRIBUTE_TYPE_MASK;
    attributes.set(type, bytes.subarray(at + ATTRIBUTE_HEADER_BYTES, at + length));
    at += align(length);
  }
  return attributes;
}

/** Text of an attribute that ends with a NUL. */
export function attributeText(value: Buffer | undefined): string {
  if (value === undefined) return '';
  const end = value.indexOf(0);
  return value.toString('utf8', 0, end < 0 ? value.length : end);
}

/** Bytes of a NUL-terminated string attribute. */
export function textBytes(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf8');
}

export function align(length: number): number {
  return (length + 3) & ~3;
}

function encodeAttribute([type, value]: Attribute): Buffer {
  const payload = encodeValue(value);
  const attribute = Buffer.alloc(align(ATTRIBUTE_HEADER_BYTES + payload.length));
  attribute.writeUInt16LE(ATTRIBUTE_HEADER_BYTES + payload.length, 0);
  attribute.writeUInt16LE(type, 2);
  attribute.set(payload, ATTRIBUTE_HEADER_BYTES);
  return attribute;
}

function encodeValue(value: Attribute[1]): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== 'number') return encodeAttributes(value);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}
