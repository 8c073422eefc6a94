/**
 * The CRC of a message, computed as VPP's vppapigen does (src/tools/vppapigen): over the Python text of the field list,
 * then, depth first and in order, over the definition of every field whose type is not built in.
 */

import { crc32 } from 'node:zlib';
import { ENUMERATIONS } from './enumerations.fixture.ts';
import type { MessageDef } from './message.ts';
import { alias, bytes, type Codec, type Field, type Fields, u32 } from './schema.ts';

/** union address_union of ip_types.api, which has the codec of its bytes. */
const ADDRESS_UNION: Fields = { ip4: alias('ip4_address', bytes(4)), ip6: alias('ip6_address', bytes(16)) };

/** Python's `str()` of a field. */
function textOf(name: string, field: Field): string {
  if ('element' in field) return `['${field.element.typeName}', '${name}', 0, '${field.countField}']`;
  const { typeName, count } = field;
  return `['${typeName}', '${name}'${count === undefined ? '' : `, ${count}, None`}]`;
}

function overFields(fields: Fields, start: number): number {
  const text = Object.entries(fields).map(([name, field]) => textOf(name, field));
  let crc = crc32(`[${text.join(', ')}]`, start);
  for (const field of Object.values(fields)) crc = overType('element' in field ? field.element : field, crc);
  return crc;
}

/** The definition behind a `vl_api_` name: a block, an enumeration, or another name of a type. */
function overType({ typeName, fields }: Codec<unknown>, start: number): number {
  const name = /^vl_api_(\w+)_t$/.exec(typeName)?.[1];
  if (name === undefined) return start;
  const members = ENUMERATIONS[name];
  if (members !== undefined) {
    const text = Object.entries(members).map(([member, value]) => `['${member}', ${value}]`);
    return crc32(`[${text.join(', ')}]`, start);
  }
  return overFields(name === 'address_union' ? ADDRESS_UNION : (fields ?? {}), start);
}

function headerFields(def: MessageDef<unknown>): Fields {
  if (def.kind === 'request' || def.kind === 'addressed') return { client_index: u32, context: u32 };
  if (def.kind === 'event') return { client_index: u32, pid: u32 };
  return { context: u32 };
}

/** The CRC of a definition with its header; equals `def.crc` when the definition is VPP's. */
export function computeCrc(def: MessageDef<unknown>): number {
  return overFields({ ...headerFields(def), ...def.codec.fields }, 0);
}
