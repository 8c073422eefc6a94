/** Addresses and prefixes of the emulator, as bytes; as text for people and as keys. Independent of the product's. */

export type Family = 4 | 6;

/** `10.1.0.1` or uncompressed-but-readable IPv6, in RFC 5952's form. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  const text = groups.join(':');
  const longest = text.match(/\b0(:0)+\b/g)?.sort((a, b) => b.length - a.length)[0];
  if (longest === undefined) return text;
  const at = text.search(new RegExp(`(^|:)${longest}(:|$)`));
  const start = text[at] === ':' ? at + 1 : at;
  const head = text.slice(0, start).replace(/:$/, '');
  return `${head}::${text.slice(start + longest.length).replace(/^:/, '')}`;
}

/** `10.1.0.1`, or IPv6 with or without `::`; undefined: not an address. */
export function addressBytes(text: string): Buffer | undefined {
  if (/^\d+(\.\d+){3}$/.test(text)) return Buffer.from(text.split('.').map(Number));
  const [head = '', tail, more] = text.split('::');
  const groups = (part: string | undefined): string[] =>
    part === undefined || part === '' ? [] : part.split(':');
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(Math.max(zeros, 0)).fill('0'), ...groups(tail)];
  if (more !== undefined || all.length !== 8 || !all.every((group) => /^[0-9a-f]{1,4}$/.test(group)))
    return undefined;
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** The bytes with all bits after `length` zero. */
export function masked(bytes: Uint8Array, length: number): Uint8Array {
  const out = Uint8Array.from(bytes);
  for (let i = 0; i < out.length; i++) {
    const bits = Math.min(8, Math.max(0, length - 8 * i));
    out[i] = (out[i] ?? 0) & (0xff00 >> bits);
  }
  return out;
}

/** A key for the masked prefix: a number for IPv4 (a million of them stay small), text for IPv6. */
export function prefixKey(bytes: Uint8Array, length: number): number | string {
  const clean = masked(bytes, length);
  if (clean.length !== 4) return `${Buffer.from(clean).toString('latin1')}/${length}`;
  const value =
    (clean[0] ?? 0) * 2 ** 24 + (((clean[1] ?? 0) << 16) | ((clean[2] ?? 0) << 8) | (clean[3] ?? 0));
  return value * 64 + length;
}

/** Whether one prefix of `length` bits holds both. */
export function isCovered(a: Uint8Array, b: Uint8Array, length: number): boolean {
  return Buffer.compare(masked(a, length), masked(b, length)) === 0;
}

/** Six bytes in hex with colons. */
export function macText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
