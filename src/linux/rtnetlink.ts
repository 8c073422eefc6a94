/**
 * Owns requests to rtnetlink: one short-lived socket per call, request and answer synchronously.
 *
 * Why synchronous: the kernel processes a request inside send(2), so the answer is ready when send returns, and
 * recv(2) continues a dump. Nothing is ever waited for: a missing answer is an error.
 * Invariant: every received message belongs to the one request of its socket.
 */
import { check } from './check.ts';
import { LinuxError } from './errors.ts';
import { libc, nativeBuffer } from './libc.ts';
import { openNetlinkSocket, receiveDatagram } from './netlink-socket.ts';
import {
  type Attribute,
  attributeText,
  decodeAttributes,
  decodeMessage,
  encodeMessage,
  HEADER_BYTES,
  messagesIn,
  NetlinkFlag,
  type NetlinkMessage,
  NetlinkType,
} from './netlink-message.ts';

/** Types of rtnetlink messages. Source: linux/rtnetlink.h. */
export const RouteMessage = {
  newLink: 16,
  deleteLink: 17,
  getLink: 18,
  setLink: 19,
  newAddress: 20,
  deleteAddress: 21,
  getAddress: 22,
  newRoute: 24,
  deleteRoute: 25,
  getRoute: 26,
  newNeighbor: 28,
  deleteNeighbor: 29,
  newNetconf: 80,
  getNetconf: 82,
  newNexthop: 104,
  deleteNexthop: 105,
  getNexthop: 106,
} as const;

/** A request, and how an error names it. */
export interface RouteRequest {
  readonly type: number;
  /** In addition to request and ack (or dump). */
  readonly flags?: number;
  readonly body: Uint8Array;
  readonly attributes?: readonly Attribute[];
  readonly call: string;
  readonly args: readonly unknown[];
}

const NLMSGERR_ATTR_MSG = 1;
const EPROTO = 71;
const ENOENT = 2;

/** The kernel's default limit of a dump datagram. */
const RECEIVE_BYTES = 64 * 1024;
/** How often a dump is attempted when the table changes meanwhile. */
export const MAX_DUMP_ATTEMPTS = 5;
/** The socket is new for each request, so one sequence number does for all. */
const SEQUENCE = 1;

/** Sends one request and returns once the kernel has acknowledged it. Throws LinuxError with the kernel's errno. */
export function requestAck(request: RouteRequest): void {
  using socket = openNetlinkSocket();
  send(socket.fd, request, NetlinkFlag.ack);
  const buffer = nativeBuffer(RECEIVE_BYTES);
  for (const offset of messagesIn(buffer, receive(socket.fd, buffer, request))) {
    const message = decodeMessage(buffer, offset);
    if (message.type !== NetlinkType.error) continue;
    throwIfError(message, request);
    return;
  }
  throw new LinuxError(request.call, EPROTO, request.args, { detail: 'no acknowledgement' });
}

/**
 * Sends one dump request and passes each answer of type `answerType` to `decode`; undefined results are left out.
 * A dump that the kernel marks as interrupted is repeated, at most MAX_DUMP_ATTEMPTS times.
 */
export function requestDump<T>(
  request: RouteRequest,
  answerType: number,
  decode: (payload: Buffer) => T | undefined,
): T[] {
  for (let attempt = 1; ; attempt++) {
    const items: T[] = [];
    let isInterrupted = false;
    const take = (buffer: Buffer, offset: number): void => {
      const { type, payload } = decodeMessage(buffer, offset);
      const item = type === answerType ? decode(payload) : undefined;
      if (item !== undefined) items.push(item);
    };
    for (const step of readDump(request, undefined, take)) isInterrupted = step;
    if (!isInterrupted || attempt === MAX_DUMP_ATTEMPTS) return items;
  }
}

/**
 * Sends one dump request in a namespace (undefined: that of this thread) and passes on each answer, borrowed from the
 * receive buffer. A table without any route so far (ENOENT) has no answers. Yields after each datagram, the last one included: recv(2) continues the dump, so the rest waits in the
 * kernel meanwhile. What it yields is whether the kernel has reported the dump as interrupted.
 */
export function* readDump(
  request: RouteRequest,
  netns: string | undefined,
  onMessage: (buffer: Buffer, offset: number) => void,
): Generator<boolean, void> {
  using socket = openNetlinkSocket({ netns });
  send(socket.fd, request, NetlinkFlag.dump);
  const buffer = nativeBuffer(RECEIVE_BYTES);
  let isInterrupted = false;
  for (let isDone = false; !isDone; ) {
    for (const offset of messagesIn(buffer, receive(socket.fd, buffer, request))) {
      if ((buffer.readUInt16LE(offset + 6) & NetlinkFlag.dumpInterrupted) !== 0) isInterrupted = true;
      const type = buffer.readUInt16LE(offset + 4);
      isDone = type === NetlinkType.error || type === NetlinkType.done;
      if (isDone) throwIfError(decodeMessage(buffer, offset), request, ENOENT);
      else onMessage(buffer, offset);
    }
    yield isInterrupted;
  }
}

function send(fd: number, request: RouteRequest, mode: number): void {
  const flags = NetlinkFlag.request | mode | (request.flags ?? 0);
  const message = encodeMessage(request.type, flags, SEQUENCE, request.body, request.attributes ?? []);
  const bytes = nativeBuffer(message.length);
  bytes.set(message);
  check(libc.send(fd, bytes, BigInt(bytes.length), 0), request.call, ...request.args);
}

function receive(fd: number, buffer: Buffer, request: RouteRequest): number {
  const length = receiveDatagram(fd, buffer);
  if (typeof length === 'number') return length;
  throw new LinuxError(request.call, EPROTO, request.args, { detail: length });
}

/** struct nlmsgerr { i32 error; nlmsghdr request; … }, then attributes; DONE begins with the same i32. */
function throwIfError(message: NetlinkMessage, request: RouteRequest, ignored = 0): void {
  const error = message.payload.length >= 4 ? message.payload.readInt32LE(0) : 0;
  if (error === 0 || error === -ignored) return;
  const detail = extendedAckText(message);
  throw new LinuxError(request.call, -error, request.args, detail === '' ? {} : { detail });
}

/** The kernel's text beside the errno of an error or the end of a dump; empty when there is none. */
export function extendedAckText(message: NetlinkMessage): string {
  if ((message.flags & NetlinkFlag.extendedAck) === 0) return '';
  let offset = 4;
  if (message.type === NetlinkType.error) {
    const quoted =
      (message.flags & NetlinkFlag.capped) !== 0 ? HEADER_BYTES : message.payload.readUInt32LE(offset);
    offset += (quoted + 3) & ~3;
  }
  return attributeText(decodeAttributes(message.payload, offset).get(NLMSGERR_ATTR_MSG));
}
