/**
 * Common parts of message handlers. A handler reads its request at fixed offsets and returns the body of the reply
 * after its context, so a reply's first field is at 0: this encoder is independent of the product's.
 *
 *   request: id u16@0, client_index u32@2, context u32@6, body@10      reply, details: id@0, context@2, body@6
 */

import { type Interface, Retval, type VppState } from './vpp-state.ts';

export interface Answer {
  readonly name: string;
  /** The bytes after the context. */
  readonly body: Buffer;
  /** It has the header of a request: a client index, which is 0, and then the context. */
  readonly isAddressed?: boolean;
}

export interface HandlerContext {
  readonly state: VppState;
  readonly vpePid: number;
  readonly version: string;
  readonly buildDate: string;
  /** As in the frame, for want_interface_events and control_ping. */
  readonly clientIndex: number;
  /** Subscribes or unsubscribes the client; false when nothing changed. */
  wantInterfaceEvents(enable: boolean, pid: number): boolean;
  /** Ends the connection after this reply. */
  closeClient(): void;
}

export type Handler = (request: Buffer, context: HandlerContext) => Iterable<Answer>;

/** A reply that is a retval and one u32; its handler overwrites it. */
export interface ShortReply {
  retval: number;
  value: number;
}

/** A handler of messages sent by the million: it makes no object. False: VPP drops the request. */
export type ShortHandler = (request: Buffer, state: VppState, reply: ShortReply) => boolean;

export const ALL_ONES = 0xffff_ffff;

export function i32(value: number, extra = 0): Buffer {
  const body = Buffer.alloc(4 + extra);
  body.writeInt32BE(value, 0);
  return body;
}

export function text(buffer: Buffer, at: number, size: number): string {
  const end = buffer.indexOf(0, at);
  return buffer.toString('utf8', at, end < 0 || end > at + size ? at + size : end);
}

/** A reply that is a retval. */
export function replyOf(name: string, retval: number): readonly Answer[] {
  return [{ name: `${name}_reply`, body: i32(retval) }];
}

/** A reply that is a retval and one u32. */
export function replyWith(name: string, retval: number, value: number): readonly Answer[] {
  const body = i32(retval, 4);
  body.writeUInt32BE(value >>> 0, 4);
  return [{ name: `${name}_reply`, body }];
}

/** A handler for the interface at `at`, which must exist. */
export function withInterface(
  name: string,
  at: number,
  act: (found: Interface, request: Buffer, context: HandlerContext) => number,
): Handler {
  return (request, context) => {
    const found = context.state.interfaces.get(request.readUInt32BE(at));
    return replyOf(name, found === undefined ? Retval.invalidSwIfIndex : act(found, request, context));
  };
}

/** An address and a length as on the wire. */
export function prefixOf(address: Buffer, length: number): Buffer {
  const prefix = Buffer.alloc(18);
  prefix.writeUInt8(address.length === 4 ? 0 : 1, 0);
  address.copy(prefix, 1);
  prefix.writeUInt8(length, 17);
  return prefix;
}

/** The address of a prefix on the wire, host bits as given. */
export function readPrefix(request: Buffer, at: number): { family: 4 | 6; address: Buffer; length: number } {
  const family = request.readUInt8(at) === 0 ? 4 : 6;
  const address = Buffer.from(request.subarray(at + 1, at + 1 + (family === 4 ? 4 : 16)));
  return { family, address, length: request.readUInt8(at + 17) };
}
