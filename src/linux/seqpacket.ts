/**
 * Owns SOCK_SEQPACKET Unix sockets that pass one file descriptor: VPP's stats socket.
 *
 * Invariants: every socket is non-blocking and close-on-exec; a watch is disposed before its socket is closed.
 */
import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { check } from './check.ts';
import { asLinuxError, isErrno, LinuxError } from './errors.ts';
import { libc } from './libc.ts';
import { receiveWithFd } from './pass-fd.ts';
import { AF_UNIX, encodeUnixAddress } from './unix-address.ts';
import { watchReadable } from './watch-readable.ts';

/** How long to wait for the descriptor. */
export interface ReceiveFdOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

const SOCK_SEQPACKET = 5;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
/** A listener whose backlog is full answers a connect with EAGAIN: retried after this time. */
const CONNECT_RETRY_MS = 20;
const ETIMEDOUT = 110;
const ENOMSG = 42;

/**
 * Connects to a seqpacket socket, waits for its first message, takes the descriptor from it and closes the
 * connection. The caller closes the descriptor. Rejects with LinuxError: ENOENT, ECONNREFUSED, EPROTOTYPE (a
 * stream socket), ETIMEDOUT, ENOMSG (closed, or a message without a descriptor); or with the signal's reason.
 */
export async function receiveFdOverSeqpacket(path: string, options: ReceiveFdOptions): Promise<number> {
  options.signal?.throwIfAborted();
  const call = 'receiveFdOverSeqpacket';
  const socket = openSocket();
  const deadline = performance.now() + options.timeoutMs;
  try {
    const address = encodeUnixAddress(path, call);
    while (!connectNow(socket, address, path)) {
      const restMs = deadline - performance.now();
      if (restMs <= 0) throw new LinuxError(call, ETIMEDOUT, [path], { detail: 'the backlog is full' });
      await delay(
        Math.min(CONNECT_RETRY_MS, restMs),
        undefined,
        options.signal ? { signal: options.signal } : {},
      );
    }
    const restMs = Math.max(0, deadline - performance.now());
    if (!(await isReadable(socket, restMs, options.signal))) throw new LinuxError(call, ETIMEDOUT, [path]);
    const fd = receiveWithFd(socket);
    if (fd === undefined) {
      throw new LinuxError(call, ENOMSG, [path], { detail: 'the peer sent no file descriptor' });
    }
    return fd;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw asLinuxError(error, call, [path]);
  } finally {
    closeSync(socket);
  }
}

export function openSocket(): number {
  return check(
    libc.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
    'socket',
    'AF_UNIX',
    'SOCK_SEQPACKET',
  );
}

/** False when the listener's backlog is full. */
export function connectNow(socket: number, address: Buffer, path: string): boolean {
  try {
    check(libc.connect(socket, address, address.length), 'connect', path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EAGAIN')) return false;
    throw error;
  }
}

/** Resolves when `socket` is readable, after `timeoutMs`, or when the signal aborts: whether it is readable. */
async function isReadable(
  socket: number,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const arrived = new AbortController();
  using _watch = watchReadable(socket, () => arrived.abort());
  const ends = signal === undefined ? arrived.signal : AbortSignal.any([arrived.signal, signal]);
  await delay(timeoutMs, undefined, { signal: ends }).catch(() => {});
  return arrived.signal.aborted;
}
