/**
 * Message definitions: header layouts, and which reply or details belong to which request.
 *
 *   request         id u16@0, client_index u32@2, context u32@6, body@10
 *   reply, details  id u16@0, context u32@2, body@6
 *   event           id u16@0, client_index u32@2, pid u32@6, body@10
 *
 * A few details have the header of a request (`addressed`): client_index, which VPP leaves 0, then the context. They
 * are received as events are, by `VppApiClient.on`.
 */

import { block, sizeOf } from './block.ts';
import type { BodyOf, Codec, Fields } from './schema.ts';
import { i32, u32 } from './schema.ts';

export type MessageKind = 'request' | 'reply' | 'details' | 'addressed' | 'event';

export interface MessageDef<Body> {
  readonly kind: MessageKind;
  /** VPP's name, `ip_route_add_del`. */
  readonly name: string;
  /** The CRC of VPP 25.02, as in the message table; a test computes it from the fields. */
  readonly crc: number;
  readonly codec: Codec<Body>;
  /** The definition of the answers; `RequestDef`, `DumpDef` and `StreamDef` say which. */
  readonly reply?: MessageDef<unknown>;
  readonly details?: MessageDef<unknown>;
}

/** A request that is answered by one reply. */
export interface RequestDef<Body, Reply> extends MessageDef<Body> {
  readonly reply: MessageDef<Reply>;
}

/** A request that is answered by any number of details, without an end marker. */
export interface DumpDef<Body, Details> extends MessageDef<Body> {
  readonly details: MessageDef<Details>;
}

/** A request that is answered by details and a reply with a cursor; `Asked`: its other fields. */
export interface StreamDef<Details, Asked = object>
  extends RequestDef<{ readonly cursor: number } & Asked, StreamReply> {
  readonly details: MessageDef<Details>;
}
export interface StreamReply {
  readonly retval: number;
  readonly cursor: number;
}

/** Bytes before the body. */
export const REQUEST_HEADER_BYTES = 10;

/**
 * Where a field begins in a request, in bytes; throws RangeError when it has no such field at a fixed place.
 *
 * @example
 * requestOffset(ipRouteAddDel, 'route', 'prefix', 'len'); // 37
 */
export function requestOffset(def: MessageDef<unknown>, ...path: readonly string[]): number {
  let offset = REQUEST_HEADER_BYTES;
  let { fields = {} } = def.codec;
  for (const name of path) {
    const field = fields[name];
    const before = Object.values(fields).slice(0, Object.keys(fields).indexOf(name)).map(sizeOf);
    if (field === undefined || before.includes(undefined))
      throw new RangeError(`${def.name} has no field ${path.join('.')} at a fixed place`);
    offset += before.reduce<number>((sum, size = 0) => sum + size, 0);
    fields = ('fields' in field ? field.fields : undefined) ?? {};
  }
  return offset;
}

function define<F extends Fields>(
  kind: MessageKind,
  name: string,
  crc: number,
  fields: F,
): MessageDef<BodyOf<F>> {
  return { kind, name, crc, codec: block(fields) };
}

export function reply<F extends Fields>(name: string, crc: number, fields: F) {
  return define('reply', name, crc, { retval: i32, ...fields });
}

/** A reply whose retval is not its first field: `fields` has it at its place. */
export function replyOfFields<F extends Fields & { readonly retval: typeof i32 }>(
  name: string,
  crc: number,
  fields: F,
): MessageDef<BodyOf<F>> {
  return define('reply', name, crc, fields);
}

/** A reply with nothing but the retval; all of them share one CRC. */
export function autoreply(request: string): MessageDef<{ readonly retval: number }> {
  return define('reply', `${request}_reply`, 0xe8d4e804, { retval: i32 });
}

export function details<F extends Fields>(name: string, crc: number, fields: F): MessageDef<BodyOf<F>> {
  return define('details', name, crc, fields);
}

/** Details with the header of a request. */
export function addressed<F extends Fields>(name: string, crc: number, fields: F): MessageDef<BodyOf<F>> {
  return define('addressed', name, crc, fields);
}

export function event<F extends Fields>(name: string, crc: number, fields: F): MessageDef<BodyOf<F>> {
  return define('event', name, crc, fields);
}

/** Without a definition its reply is the retval alone. */
export function request<F extends Fields>(
  name: string,
  crc: number,
  fields: F,
): RequestDef<BodyOf<F>, { readonly retval: number }>;
export function request<F extends Fields, Reply>(
  name: string,
  crc: number,
  fields: F,
  replyDef: MessageDef<Reply>,
): RequestDef<BodyOf<F>, Reply>;
export function request(
  name: string,
  crc: number,
  fields: Fields,
  replyDef: MessageDef<unknown> = autoreply(name),
): RequestDef<unknown, unknown> {
  return { ...define('request', name, crc, fields), reply: replyDef };
}

export function dump<F extends Fields, Details>(
  name: string,
  crc: number,
  fields: F,
  detailsDef: MessageDef<Details>,
): DumpDef<BodyOf<F>, Details> {
  return { ...define('request', name, crc, fields), details: detailsDef };
}

export function stream<Details, F extends Fields>(
  name: string,
  crc: number,
  replyDef: MessageDef<StreamReply>,
  detailsDef: MessageDef<Details>,
  asked: F,
): StreamDef<Details, BodyOf<F>> {
  const fields = { cursor: u32, ...asked };
  // The compiler cannot infer that the body of both is the intersection of their bodies.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const def = define('request', name, crc, fields) as MessageDef<{ readonly cursor: number } & BodyOf<F>>;
  return { ...def, reply: replyDef, details: detailsDef };
}

/** Eight hex digits, as in the message table. */
export function formatCrc(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
