/**
 * The typed schema of VPP's messages: codecs for the field types, and the definitions of requests, replies, details and
 * events built from them.
 *
 * Wire rules (VPP's vppapigen and vlibapi): packed, integers big-endian, f64 little-endian, bool a u8, fixed strings
 * NUL-padded, variable strings a u32 length and bytes, a variable array last with its count in an earlier field.
 *
 * Invariants: codecs are pure and own no buffer; a codec with a fixed `sizeBytes` reads and writes exactly that many
 * bytes; every read is inside the frame (checked once per fixed-size block). Names of fields and types in a schema are
 * VPP's own (the CRC is over them); values carry the fields in camelCase, without the counts of arrays.
 */

import { VppApiError } from './errors.ts';

/** A read position in a frame; `end` is the first byte after it. */
export interface ReadCursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  offset: number;
  end: number;
}

/** A write position in a buffer of the caller, which made room by `lengthOf`. */
export interface WriteCursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  offset: number;
}

export interface Codec<T> {
  /** Bytes on the wire if constant, else undefined. */
  readonly sizeBytes: number | undefined;
  /** As vppapigen has it: `u32`, or `vl_api_address_t`. */
  readonly typeName: string;
  /** Of an array or a string: the number of elements; 0 for a string of any length. */
  readonly count?: number | undefined;
  /** Of a block. */
  readonly fields?: Fields | undefined;
  lengthOf(value: T): number;
  read(cursor: ReadCursor): T;
  write(cursor: WriteCursor, value: T): void;
}

/** The count of a variable array: filled in from the array, and not part of the value. */
export interface CountCodec extends Codec<number> {
  readonly countOf: string;
}

/** A variable array, last in its block; its count is in the field `countField`. */
export interface VariableArrayCodec<T> {
  readonly element: Codec<T>;
  readonly countField: string;
}

export type Field = Codec<unknown> | CountCodec | VariableArrayCodec<unknown>;
export interface Fields {
  readonly [name: string]: Field;
}

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;
type ValueOf<F> = F extends VariableArrayCodec<infer T> ? readonly T[] : F extends Codec<infer T> ? T : never;

/** The value of a block of fields: camelCase names, counts left out. */
export type BodyOf<F extends Fields> = {
  readonly [K in keyof F as F[K] extends CountCodec ? never : Camel<K & string>]: ValueOf<F[K]>;
};

/** Checks that the frame has `count` more bytes; throws `protocol` when it is shorter than its layout. */
export function need(cursor: ReadCursor, count: number): void {
  if (cursor.offset + count > cursor.end) {
    throw new VppApiError(
      'protocol',
      `cannot read ${count} bytes at ${cursor.offset}: the frame ends at ${cursor.end}`,
    );
  }
}

function fixed<T>(
  typeName: string,
  sizeBytes: number,
  read: (cursor: ReadCursor) => T,
  write: (cursor: WriteCursor, value: T) => void,
  count?: number,
): Codec<T> {
  return { sizeBytes, typeName, count, lengthOf: () => sizeBytes, read, write };
}

function checkRange(value: number, low: number, high: number, typeName: string): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new VppApiError('encode', `${value} is out of range for ${typeName} (${low}–${high})`);
  }
}

function integer(typeName: string, sizeBytes: 1 | 2 | 4, signed: boolean): Codec<number> {
  const low = signed ? -(2 ** (8 * sizeBytes - 1)) : 0;
  const high = 2 ** (8 * sizeBytes - (signed ? 1 : 0)) - 1;
  return fixed(
    typeName,
    sizeBytes,
    (cursor) => {
      need(cursor, sizeBytes);
      const { view, offset } = cursor;
      cursor.offset += sizeBytes;
      if (sizeBytes === 4) return signed ? view.getInt32(offset) : view.getUint32(offset);
      if (sizeBytes === 2) return signed ? view.getInt16(offset) : view.getUint16(offset);
      return signed ? view.getInt8(offset) : view.getUint8(offset);
    },
    (cursor, value) => {
      checkRange(value, low, high, typeName);
      const { view, offset } = cursor;
      cursor.offset += sizeBytes;
      if (sizeBytes === 4) view.setUint32(offset, value);
      else if (sizeBytes === 2) view.setUint16(offset, value);
      else view.setUint8(offset, value);
    },
  );
}

export const u8 = integer('u8', 1, false);
export const u16 = integer('u16', 2, false);
export const u32 = integer('u32', 4, false);
export const i32 = integer('i32', 4, true);

export const u64: Codec<bigint> = fixed(
  'u64',
  8,
  (cursor) => {
    need(cursor, 8);
    cursor.offset += 8;
    return cursor.view.getBigUint64(cursor.offset - 8);
  },
  (cursor, value) => {
    cursor.view.setBigUint64(cursor.offset, value);
    cursor.offset += 8;
  },
);

/** Little-endian on the wire, unlike everything else (vppapigen leaves it in host order). */
export const f64: Codec<number> = fixed(
  'f64',
  8,
  (cursor) => {
    need(cursor, 8);
    cursor.offset += 8;
    return cursor.view.getFloat64(cursor.offset - 8, true);
  },
  (cursor, value) => {
    cursor.view.setFloat64(cursor.offset, value, true);
    cursor.offset += 8;
  },
);

export const bool: Codec<boolean> = fixed(
  'bool',
  1,
  (cursor) => {
    need(cursor, 1);
    return cursor.view.getUint8(cursor.offset++) !== 0;
  },
  (cursor, value) => cursor.view.setUint8(cursor.offset++, value ? 1 : 0),
);

// Stateless without `stream: true`; VPP's strings are UTF-8 by convention only, so an invalid byte must not throw.
const decoder = new TextDecoder('utf-8', { fatal: false });

/** `string x[size]`: UTF-8, padded with NUL; at least one NUL stays, as VPP's C code expects. */
export function fixedString(sizeBytes: number): Codec<string> {
  return fixed(
    'string',
    sizeBytes,
    (cursor) => {
      need(cursor, sizeBytes);
      const start = cursor.offset;
      cursor.offset += sizeBytes;
      let end = start;
      while (end < cursor.offset && cursor.bytes[end] !== 0) end++;
      return decoder.decode(cursor.bytes.subarray(start, end));
    },
    (cursor, value) => {
      const length = Buffer.byteLength(value);
      if (length >= sizeBytes || value.includes('\0')) {
        throw new VppApiError(
          'encode',
          `expected a string of at most ${sizeBytes - 1} bytes without NUL, got '${value}'`,
        );
      }
      cursor.bytes.fill(0, cursor.offset, cursor.offset + sizeBytes);
      new TextEncoder().encodeInto(value, cursor.bytes.subarray(cursor.offset));
      cursor.offset += sizeBytes;
    },
    sizeBytes,
  );
}

/** `string x[]`: a u32 length, then the bytes; last in its message. */
export const varString: Codec<string> = {
  sizeBytes: undefined,
  typeName: 'string',
  count: 0,
  lengthOf: (value) => 4 + Buffer.byteLength(value),
  read: (cursor) => {
    const length = u32.read(cursor);
    need(cursor, length);
    const start = cursor.offset;
    cursor.offset += length;
    return decoder.decode(cursor.bytes.subarray(start, cursor.offset)).replace(/\0+$/, '');
  },
  write: (cursor, value) => {
    u32.write(cursor, Buffer.byteLength(value));
    cursor.offset += new TextEncoder().encodeInto(value, cursor.bytes.subarray(cursor.offset)).written;
  },
};

/** `u8 x[size]`, copied out of the frame. */
export function bytes(sizeBytes: number): Codec<Uint8Array> {
  return fixed(
    'u8',
    sizeBytes,
    (cursor) => {
      need(cursor, sizeBytes);
      cursor.offset += sizeBytes;
      return cursor.bytes.slice(cursor.offset - sizeBytes, cursor.offset);
    },
    (cursor, value) => {
      if (value.length !== sizeBytes) {
        throw new VppApiError('encode', `expected ${sizeBytes} bytes, got ${value.length}`);
      }
      cursor.bytes.set(value, cursor.offset);
      cursor.offset += sizeBytes;
    },
    sizeBytes,
  );
}

/** `type x[count]` of a type of fixed size. */
export function fixedArray<T>(element: Codec<T>, count: number): Codec<readonly T[]> {
  const { typeName, fields } = element;
  const array = fixed<readonly T[]>(
    typeName,
    (element.sizeBytes ?? 0) * count,
    (cursor) => Array.from({ length: count }, () => element.read(cursor)),
    (cursor, values) => {
      if (values.length !== count) {
        throw new VppApiError('encode', `expected ${count} values of ${typeName}, got ${values.length}`);
      }
      for (const value of values) element.write(cursor, value);
    },
    count,
  );
  return { ...array, fields };
}

/** `type x[n]`, last in its block, counted by the field `countField`. */
export function variableArray<T>(element: Codec<T>, countField: string): VariableArrayCodec<T> {
  return { element, countField };
}

/** The field that counts the array `countOf`. */
export function count(countOf: string, number: Codec<number> = u8): CountCodec {
  return { ...number, countOf };
}

/** An enum or enumflag as a plain number. */
export function enumeration(name: string): Codec<number> {
  return alias(name, u32);
}

/** `enum name : u8`, of one byte. */
export function enumeration8(name: string): Codec<number> {
  return alias(name, u8);
}

/** `typedef <base> name`: the same bytes. */
export function alias<T>(name: string, base: Codec<T>): Codec<T> {
  return { ...base, typeName: `vl_api_${name}_t`, count: undefined, fields: undefined };
}

/** The same bytes as `base`, decoded to another type of value (addresses as text, for example). */
export function mapped<A, B>(base: Codec<A>, decode: (value: A) => B, encode: (value: B) => A): Codec<B> {
  return {
    ...base,
    lengthOf: (value) => base.lengthOf(encode(value)),
    read: (cursor) => decode(base.read(cursor)),
    write: (cursor, value) => base.write(cursor, encode(value)),
  };
}
