/**
 * Owns requests to rtnetlink: one short-lived socket per call, request and answer synchronously.
 *
 * Why synchronous: the kernel processes a request inside send(2), so the answer is ready when send returns, and
 * recv(2) continues a dump. Nothing is ever waited for: a missing answer is an error.
 * Invariant: every received message belongs to the one request in flight (checked by sequence).
 */
import { closeSync } from 'node:fs';
import { check } from './check.ts';
import { LinuxError } from './errors.ts';
import { libc, nativeBuffer } from './libc.ts';
import {
  type Attribute,
  attributeText,
  decodeAttributes,
  decodeMessages,
  encodeMessage,
  HEADER_BYTES,
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

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 0o2000003;
const MSG_DONTWAIT = 0x40;
const SOL_NETLINK = 270;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const NLMSGERR_ATTR_MSG = 1;
const EPROTO = 71;

/** The kernel's default limit of a dump datagram. */
const RECEIVE_BYTES = 64 * 1024;
/** How often a dump is attempted when the table changes meanwhile. */
const MAX_DUMP_ATTEMPTS = 5;

/** Sends one request and returns once the kernel has acknowledged it. Throws LinuxError with the kernel's errno. */
export function requestAck(request: RouteRequest): void {
  using socket = openSocket();
  send(socket.fd, request, NetlinkFlag.ack);
  for (const message of receive(socket.fd, request)) {
    if (message.type === NetlinkType.error) {
      throwIfError(message, request);
      return;
    }
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
    const { items, interrupted } = dumpOnce(request, answerType, decode);
    if (!interrupted || attempt === MAX_DUMP_ATTEMPTS) return items;
  }
}

function dumpOnce<T>(
  request: RouteRequest,
  answerType: number,
  decode: (payload: Buffer) => T | undefined,
): { items: T[]; interrupted: boolean } {
  using socket = openSocket();
  send(socket.fd, request, NetlinkFlag.dump);
  const items: T[] = [];
  let interrupted = false;
  for (;;) {
    for (const message of receive(socket.fd, request)) {
      if ((message.flags & NetlinkFlag.dumpInterrupted) !== 0) interrupted = true;
      if (message.type === NetlinkType.error || message.type === NetlinkType.done) {
        throwIfError(message, request);
        return { items, interrupted };
      }
      if (message.type !== answerType) continue;
      const item = decode(message.payload);
      if (item !== undefined) items.push(item);
    }
  }
}

function openSocket(): Disposable & { readonly fd: number } {
  const fd = check(libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, 0), 'socket', 'AF_NETLINK');
  const on = nativeBuffer(4);
  on.writeUInt32LE(1, 0);
  // Both only improve the answers (reasons as text, dumps filtered by the kernel): a refusal is no error.
  libc.setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, on, 4);
  libc.setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, on, 4);
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}

/** The socket is new for each request, so one sequence number does for all. */
const SEQUENCE = 1;

function send(fd: number, request: RouteRequest, mode: number): void {
  const flags = NetlinkFlag.request | mode | (request.flags ?? 0);
  const message = encodeMessage(request.type, flags, SEQUENCE, request.body, request.attributes ?? []);
  const bytes = nativeBuffer(message.length);
  bytes.set(message);
  check(libc.send(fd, bytes, BigInt(bytes.length), 0), request.call, ...request.args);
}

function receive(fd: number, request: RouteRequest): NetlinkMessage[] {
  const buffer = nativeBuffer(RECEIVE_BYTES);
  const length = check(
    libc.recv(fd, buffer, BigInt(RECEIVE_BYTES), MSG_DONTWAIT),
    request.call,
    ...request.args,
  );
  return decodeMessages(buffer.subarray(0, length)).filter((message) => message.sequence === SEQUENCE);
}

/** struct nlmsgerr { i32 error; nlmsghdr request; … }, then attributes; DONE begins with the same i32. */
function throwIfError(message: NetlinkMessage, request: RouteRequest): void {
  const error = message.payload.length >= 4 ? message.payload.readInt32LE(0) : 0;
  if (error === 0) return;
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
