/**
 * Owns receiving a message that carries one file descriptor (SCM_RIGHTS).
 *
 *   struct msghdr  { ptr name; u32 namelen; pad; ptr iov; u64 iovlen; ptr control; u64 controllen; i32 flags; pad; }
 *   struct iovec   { ptr base; u64 len; }
 *   struct cmsghdr { u64 len; i32 level; i32 type; }  then data
 *
 * Source: sys/socket.h on LP64, unix(7). Invariant: a received descriptor that is not returned is closed here.
 */
import { closeSync } from 'node:fs';
import { check } from './check.ts';
import { addressOf, keepAlive, libc, nativeBuffer } from './libc.ts';

const MSGHDR_BYTES = 56;
export const CMSG_HEADER_BYTES = 16;
/** Room for more descriptors than expected, so that surplus ones are received and closed instead of leaked. */
const CONTROL_BYTES = CMSG_HEADER_BYTES + 16 * 4;
const DATA_BYTES = 4096;
export const SOL_SOCKET = 1;
export const SCM_RIGHTS = 1;
const MSG_CMSG_CLOEXEC = 0x4000_0000;

/**
 * Receives one message and returns its first descriptor (close-on-exec), or undefined when it has none or the peer
 * has closed. Throws LinuxError: EAGAIN (no message yet), ECONNRESET …
 */
export function receiveWithFd(socket: number): number | undefined {
  const control = nativeBuffer(CONTROL_BYTES);
  const payload = nativeBuffer(DATA_BYTES);
  const message = messageHeader(payload, DATA_BYTES, control);
  check(libc.recvmsg(socket, message.header, MSG_CMSG_CLOEXEC), 'recvmsg', socket);
  keepAlive(payload, message.iovec, control);
  const [first, ...surplus] = descriptorsIn(control, Number(message.header.readBigUInt64LE(40)));
  for (const fd of surplus) closeSync(fd);
  return first;
}

export function messageHeader(
  payload: Buffer<ArrayBuffer>,
  payloadLength: number,
  control: Buffer<ArrayBuffer>,
): { header: Buffer; iovec: Buffer } {
  const iovec = nativeBuffer(16);
  iovec.writeBigUInt64LE(addressOf(payload), 0);
  iovec.writeBigUInt64LE(BigInt(payloadLength), 8);
  const header = nativeBuffer(MSGHDR_BYTES);
  header.writeBigUInt64LE(addressOf(iovec), 16);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(addressOf(control), 32);
  header.writeBigUInt64LE(BigInt(control.length), 40);
  return { header, iovec };
}

function descriptorsIn(control: Buffer, controlLength: number): number[] {
  const fds: number[] = [];
  let offset = 0;
  while (offset + CMSG_HEADER_BYTES <= controlLength) {
    const length = Number(control.readBigUInt64LE(offset));
    if (length < CMSG_HEADER_BYTES || offset + length > controlLength) break;
    if (control.readInt32LE(offset + 8) === SOL_SOCKET && control.readInt32LE(offset + 12) === SCM_RIGHTS) {
      const end = offset + length;
      for (let at = offset + CMSG_HEADER_BYTES; at + 4 <= end; at += 4) fds.push(control.readInt32LE(at));
    }
    offset += (length + 7) & ~7;
  }
  return fds;
}
