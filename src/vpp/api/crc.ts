/**
 * The CRC of a message, computed as VPP's vppapigen does (src/tools/vppapigen): over the Python text of the field list,
 * then, depth first and in order, over the definition of every field whose type is not built in.
 */

import { crc32 } from 'node:zlib';
import { crcDefinitionOf } from './block.ts';
import type { MessageDef } from './message.ts';
import type { CrcDefinition, Fields } from './schema.ts';
import { u32 } from './schema.ts';

function overTypes(definition: CrcDefinition, start: number): number {
  let crc = start;
  for (const { definition: inner } of definition.fields) {
    if (inner !== undefined) crc = overTypes(inner, crc32(inner.text, crc));
  }
  return crc;
}

function headerFields(def: MessageDef<unknown>): Fields {
  if (def.kind === 'request' || def.kind === 'addressed') return { client_index: u32, context: u32 };
  if (def.kind === 'event') return { client_index: u32, pid: u32 };
  return { context: u32 };
}

/** The CRC of a definition with its header; equals `def.crc` when the definition is VPP's. */
export function computeCrc(def: MessageDef<unknown>): number {
  const definition = crcDefinitionOf({ ...headerFields(def), ...def.fields });
  return overTypes(definition, crc32(definition.text));
}
