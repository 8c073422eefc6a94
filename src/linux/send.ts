/** Owns writing to a socket whose mode others share. */
import { check } from './check.ts';
import { libc } from './libc.ts';

/** MSG_DONTWAIT | MSG_NOSIGNAL (linux/socket.h). */
const DONT_WAIT_NO_SIGNAL = 0x40 | 0x4000;

/**
 * Sends what fits without blocking, whatever the descriptor's own mode; returns the number of bytes sent. Throws
 * LinuxError: EAGAIN when nothing fits, EPIPE (without a signal) when the peer has closed. Source: send(2).
 */
export function sendWithoutWaiting(fd: number, bytes: Uint8Array): number {
  return check(libc.send(fd, bytes, BigInt(bytes.length), DONT_WAIT_NO_SIGNAL), 'send', fd, bytes.length);
}
