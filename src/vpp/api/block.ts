/**
 * Blocks of fields: the content of a `typedef`, a `union` or the body of a message.
 *
 * Invariant: the steps are in wire order, which is the order of the keys of the schema.
 */

import type { BodyOf, Codec, Field, Fields, ReadCursor } from './schema.ts';
import { VppApiError } from './errors.ts';
import { need } from './schema.ts';

type Step =
  | { readonly kind: 'value'; readonly key: string; readonly codec: Codec<unknown> }
  | {
      readonly kind: 'count';
      readonly name: string;
      readonly arrayKey: string;
      readonly codec: Codec<number>;
    }
  | {
      readonly kind: 'array';
      readonly key: string;
      readonly countField: string;
      readonly codec: Codec<unknown>;
    };

function camelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function toStep(name: string, field: Field): Step {
  if ('countOf' in field) {
    return { kind: 'count', name, arrayKey: camelCase(field.countOf), codec: field };
  }
  if ('element' in field) {
    return { kind: 'array', key: camelCase(name), countField: field.countField, codec: field.element };
  }
  return { kind: 'value', key: camelCase(name), codec: field };
}

/** Bytes of a field on the wire if constant, else undefined. */
export function sizeOf(field: Field): number | undefined {
  return 'element' in field ? undefined : field.sizeBytes;
}

function listIn(value: Readonly<Record<string, unknown>>, key: string): readonly unknown[] {
  const list = value[key];
  if (!Array.isArray(list)) throw new VppApiError('encode', `expected a list as '${key}'`);
  return list;
}

/** The codec of a block of fields, without a name of its own (the body of a message). */
export function block<F extends Fields>(fields: F): Codec<BodyOf<F>> {
  const steps = Object.entries(fields).map(([name, field]) => toStep(name, field));
  const sizes = Object.values(fields).map(sizeOf);
  const sizeBytes = sizes.includes(undefined)
    ? undefined
    : sizes.reduce<number>((sum, size = 0) => sum + size, 0);
  type Value = Record<string, unknown>;
  const codec: Codec<Value> = {
    sizeBytes,
    typeName: '',
    fields,
    lengthOf: (value) => {
      if (sizeBytes !== undefined) return sizeBytes;
      let length = 0;
      for (const step of steps) {
        if (step.kind === 'array') {
          for (const item of listIn(value, step.key)) length += step.codec.lengthOf(item);
        } else if (step.kind === 'count') length += step.codec.sizeBytes ?? 0;
        else length += step.codec.lengthOf(value[step.key]);
      }
      return length;
    },
    read: (cursor) => {
      if (sizeBytes !== undefined) need(cursor, sizeBytes);
      const value: Value = {};
      const counts: Record<string, number> = {};
      for (const step of steps) {
        if (step.kind === 'value') value[step.key] = step.codec.read(cursor);
        else if (step.kind === 'count') counts[step.name] = step.codec.read(cursor);
        else {
          value[step.key] = readArray(cursor, step.codec, counts[step.countField] ?? 0);
        }
      }
      return value;
    },
    write: (cursor, value) => {
      for (const step of steps) {
        if (step.kind === 'value') step.codec.write(cursor, value[step.key]);
        else if (step.kind === 'count') step.codec.write(cursor, listIn(value, step.arrayKey).length);
        else for (const item of listIn(value, step.key)) step.codec.write(cursor, item);
      }
    },
  };
  // The one place where the run-time steps meet the type computed from the same fields: TypeScript cannot follow.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return codec as unknown as Codec<BodyOf<F>>;
}

/** Longer arrays of one size are read once while their bytes stay the same: the rules of a filter come with each dump. */
const REMEMBERED_BYTES = 4096;
const MAX_REMEMBERED = 256;
const remembered = new WeakMap<Codec<unknown>, Map<string, readonly unknown[]>>();

function readArray(cursor: ReadCursor, codec: Codec<unknown>, length: number): readonly unknown[] {
  const bytes = length * (codec.sizeBytes ?? 1);
  need(cursor, bytes);
  const read = (): unknown[] => Array.from({ length }, () => codec.read(cursor));
  if (codec.sizeBytes === undefined || bytes < REMEMBERED_BYTES) return read();
  const known = remembered.get(codec) ?? new Map<string, readonly unknown[]>();
  remembered.set(codec, known);
  const { buffer, byteOffset } = cursor.bytes;
  const text = Buffer.from(buffer, byteOffset + cursor.offset, bytes).toString('latin1');
  const list = known.get(text);
  if (list === undefined) {
    const [oldest] = known.size < MAX_REMEMBERED ? [] : known.keys();
    if (oldest !== undefined) known.delete(oldest);
    const all = Object.freeze(read());
    known.set(text, all);
    return all;
  }
  cursor.offset += bytes;
  return list;
}

/** `typedef name { … }` */
export function struct<F extends Fields>(name: string, fields: F): Codec<BodyOf<F>> {
  return { ...block(fields), typeName: `vl_api_${name}_t` };
}
