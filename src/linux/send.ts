/** Owns writing to a socket that is not ours to change. */
import { check } from './check.ts';
import { libc } from './libc.ts';

/** MSG_DONTWAIT | MSG_NOSIGNAL (linux/socket.h). */
const DONT_WAIT_NO_SIGNAL = 0x40 | 0x4000;

/**
 * Sends what fits without waiting, whatever the descriptor's own mode, which others may share; returns the bytes
 * taken. Throws LinuxError, EAGAIN when nothing fits, EPIPE (without a signal) when nobody listens. Source: send(2).
 */
export function sendWithoutWaiting(fd: number, bytes: Uint8Array): number {
  return check(libc.send(fd, bytes, BigInt(bytes.length), DONT_WAIT_NO_SIGNAL), 'send', fd, bytes.length);
}
