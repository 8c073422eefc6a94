/**
 * Owns dumping whole rtnetlink tables in slices of the event loop.
 *
 * Why that works: recv(2) continues a dump, some 32 kB at a time, so it waits in the kernel until the next slice.
 * Invariant: the socket is closed when the dump ends, however it ends.
 */
import { check } from './check.ts';
import { LinuxError } from './errors.ts';
import { AF_INET, AF_INET6 } from './ip-address.ts';
import { libc, nativeBuffer } from './libc.ts';
import {
  type Attribute,
  align,
  encodeMessage,
  HEADER_BYTES,
  NetlinkFlag,
  NetlinkType,
} from './netlink-message.ts';
import { openNetlinkSocket, receiveDatagram } from './netlink-socket.ts';
import { RouteNotice } from './route-notice.ts';
import { RTA_TABLE, RTMSG_BYTES } from './routes.ts';
import { RouteMessage } from './rtnetlink.ts';
import { TimeSlice } from './time-slice.ts';

const RECEIVE_BYTES = 64 * 1024;
/** How often a dump is restarted when the kernel reports that the table changed meanwhile. */
const MAX_ATTEMPTS = 5;
const EPROTO = 71;
const ENOENT = 2;

export interface RouteDumpOptions {
  readonly netns?: string | undefined;
  readonly family: 4 | 6;
  /** Only routes of this protocol. */
  readonly protocol?: number;
  readonly table?: number;
  /** Aborts the dump, which rejects with the reason. */
  readonly signal?: AbortSignal;
  /** Called every few hundred routes: the dump waits for the promise it returns. */
  readonly pause?: () => Promise<void> | undefined;
}

/**
 * Calls `onRoute` with each route of a family; the notice is borrowed. A route may come more than once: the dump is
 * restarted when the kernel reports it as inconsistent; `consistent` is false when that did not help. Rejects
 * with LinuxError, and with what `onRoute` throws.
 */
export async function dumpRoutes(
  options: RouteDumpOptions,
  onRoute: (notice: RouteNotice) => void,
): Promise<{ readonly consistent: boolean }> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    if (!(await dumpOnce(options, onRoute))) return { consistent: true };
  }
  return { consistent: false };
}

/** True when it was interrupted. */
async function dumpOnce(options: RouteDumpOptions, onRoute: (notice: RouteNotice) => void): Promise<boolean> {
  const { family, protocol, table, netns } = options;
  const body = Buffer.alloc(RTMSG_BYTES);
  body.writeUInt8(family === 4 ? AF_INET : AF_INET6, 0);
  body.writeUInt8(protocol ?? 0, 5);
  const attributes: Attribute[] = table === undefined ? [] : [[RTA_TABLE, table]];
  const notice = new RouteNotice();
  const request = { type: RouteMessage.getRoute, body, attributes, call: 'dumpRoutes' };
  return dumpMessages(request, { ...options, netns }, (buffer, offset) => {
    if (!notice.read(buffer, offset)) return;
    // For kernels that do not filter themselves.
    if (protocol !== undefined && notice.protocol !== protocol) return;
    if (table !== undefined && notice.table !== table) return;
    onRoute(notice);
  });
}

interface DumpRequest {
  readonly type: number;
  readonly body: Uint8Array;
  readonly attributes: readonly Attribute[];
  readonly call: string;
}

/** Reads the answers to one dump request, in slices; true when the kernel reports it as interrupted. */
export async function dumpMessages(
  request: DumpRequest,
  { netns, signal, pause }: Pick<RouteDumpOptions, 'netns' | 'signal' | 'pause'>,
  onMessage: (buffer: Buffer, offset: number) => void,
): Promise<boolean> {
  using socket = openNetlinkSocket({ netns });
  const flags = NetlinkFlag.request | NetlinkFlag.dump;
  const message = encodeMessage(request.type, flags, SEQUENCE, request.body, request.attributes);
  const bytes = nativeBuffer(message.length);
  bytes.set(message);
  check(libc.send(socket.fd, bytes, BigInt(bytes.length), 0), request.call);
  const buffer = nativeBuffer(RECEIVE_BYTES);
  let interrupted = false;
  const slice = new TimeSlice();
  for (;;) {
    const length = receiveDatagram(socket.fd, buffer);
    if (typeof length !== 'number') throw new LinuxError(request.call, EPROTO, [], { detail: length });
    for (let offset = 0; offset + HEADER_BYTES <= length; ) {
      const messageLength = buffer.readUInt32LE(offset);
      if (messageLength < HEADER_BYTES || offset + messageLength > length) {
        throw new RangeError(`netlink message of ${messageLength} bytes at ${offset} of ${length}`);
      }
      const type = buffer.readUInt16LE(offset + 4);
      if ((buffer.readUInt16LE(offset + 6) & NetlinkFlag.dumpInterrupted) !== 0) interrupted = true;
      if (type === NetlinkType.done || type === NetlinkType.error) {
        // Both begin with an errno. ENOENT: a table without any route so far.
        const errno = messageLength >= HEADER_BYTES + 4 ? -buffer.readInt32LE(offset + HEADER_BYTES) : 0;
        if (errno > 0 && errno !== ENOENT) throw new LinuxError(request.call, errno, []);
        return interrupted;
      }
      onMessage(buffer, offset);
      offset += align(messageLength);
    }
    const pausing = pause?.();
    if (pausing === undefined && !slice.isOver()) continue;
    await pausing;
    await slice.next();
    signal?.throwIfAborted();
  }
}

/** Each request has a new socket, so one sequence number suffices. */
const SEQUENCE = 1;
