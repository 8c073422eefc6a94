/**
 * The subset of DER that one certificate needs (ITU-T X.690, section 8 and 10): tag, length in the fewest bytes,
 * content. Values are whole elements; composing is concatenation.
 */

const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(body.length)]), body]);
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => element(Tag.sequence, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => element(Tag.set, ...items);
export const octetString = (bytes: Uint8Array): Buffer => element(Tag.octetString, bytes);
export const utf8String = (text: string): Buffer => element(Tag.utf8String, Buffer.from(text, 'utf8'));
export const trueValue = (): Buffer => element(Tag.boolean, Buffer.from([0xff]));

/** A non-negative integer from its bytes, most significant first. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  // the highest bit is the sign
  const isNegative = ((digits[0] ?? 0) & 0x80) !== 0;
  return element(Tag.integer, ...(isNegative ? [Buffer.from([0]), digits] : [digits]));
}

/** Whole bytes, or without the `unusedBits` low bits of the last one. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return element(Tag.bitString, Buffer.from([unusedBits]), bytes);
}

/** `1.2.840.10045.4.3.2` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const septets = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      septets.unshift(0x80 | (left % 128));
    }
    bytes.push(...septets);
  }
  return element(Tag.objectIdentifier, Buffer.from(bytes));
}

/** A time in seconds, in the form that RFC 5280, section 4.1.2.5, requires for its year. */
export function time(at: number): Buffer {
  const digits = new Date(at)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:T]/g, '');
  return Number(digits.slice(0, 4)) < 2050
    ? element(Tag.utcTime, Buffer.from(digits.slice(2), 'ascii'))
    : element(Tag.generalizedTime, Buffer.from(digits, 'ascii'));
}

/** `[number] EXPLICIT`: wraps another element. */
export function explicit(number: number, item: Uint8Array): Buffer {
  return element(CONTEXT | CONSTRUCTED | number, item);
}

/** `[number] IMPLICIT` of a primitive type: its content under another tag. */
export function implicit(number: number, content: Uint8Array): Buffer {
  return element(CONTEXT | number, content);
}
