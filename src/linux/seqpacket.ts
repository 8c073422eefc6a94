/**
 * Owns SOCK_SEQPACKET Unix sockets that pass one file descriptor: VPP's stats socket, and its emulation.
 *
 * Invariants: every socket is non-blocking and close-on-exec; a watch is disposed before its socket is closed.
 */
import { closeSync, rmSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { check } from './check.ts';
import { asLinuxError, isErrno, LinuxError } from './errors.ts';
import { libc } from './libc.ts';
import { receiveWithFd, sendWithFd } from './pass-fd.ts';
import { AF_UNIX, encodeUnixAddress } from './unix-address.ts';
import { watchReadable } from './watch-readable.ts';

/** One accepted connection. Disposing closes it and is idempotent. */
export interface SeqpacketClient extends Disposable {
  /** Sends one message with `data` (may be empty) and `fd` attached. Throws LinuxError: EPIPE, EAGAIN … */
  sendFd(fd: number, data?: Uint8Array): void;
}

/** How a server handles its connections. */
export interface SeqpacketServerOptions {
  /** Called for each connection; the callee disposes the client. */
  readonly onClient: (client: SeqpacketClient) => void;
}

/** How long to wait for the descriptor. */
export interface ReceiveFdOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const BACKLOG = 16;
/** Connections accepted in one turn of the event loop. */
const MAX_ACCEPTS_PER_TURN = 16;
/** A listener whose backlog is full answers a connect with EAGAIN: retried after this time. */
const CONNECT_RETRY_MS = 20;
const ETIMEDOUT = 110;
const ENOMSG = 42;
const EBADF = 9;

/**
 * Listens on `path` until disposed, which also removes the path. A socket file without a listener is
 * replaced. Throws LinuxError: EADDRINUSE (it has a listener, or is not a socket), ENAMETOOLONG, EACCES …
 */
export class SeqpacketServer implements Disposable {
  readonly path: string;
  readonly #onClient: (client: SeqpacketClient) => void;
  readonly #socket: number;
  readonly #watch: Disposable;
  #disposed = false;

  constructor(path: string, options: SeqpacketServerOptions) {
    this.path = path;
    this.#onClient = options.onClient;
    this.#socket = openSocket();
    try {
      bindReplacingStale(this.#socket, path);
      check(libc.listen(this.#socket, BACKLOG), 'listen', path);
      this.#watch = watchReadable(this.#socket, () => this.#accept());
    } catch (error) {
      closeSync(this.#socket);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#watch[Symbol.dispose]();
    closeSync(this.#socket);
    rmSync(this.path, { force: true });
  }

  #accept(): void {
    for (let i = 0; i < MAX_ACCEPTS_PER_TURN && !this.#disposed; i++) {
      let connection: number;
      try {
        connection = check(
          libc.accept4(this.#socket, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC),
          'accept4',
          this.path,
        );
      } catch (error) {
        // No connection left, one closed again, or no descriptor free: the next turn tries again.
        if (isErrno(error, 'EAGAIN', 'ECONNABORTED', 'EMFILE', 'ENFILE', 'ENOMEM')) return;
        throw error;
      }
      this.#onClient(makeClient(connection));
    }
  }
}

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
    await readable(socket, path, Math.max(0, deadline - performance.now()), options.signal);
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

function openSocket(): number {
  return check(
    libc.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
    'socket',
    'AF_UNIX',
    'SOCK_SEQPACKET',
  );
}

/** False when the listener's backlog is full. */
function connectNow(socket: number, address: Buffer, path: string): boolean {
  try {
    check(libc.connect(socket, address, address.length), 'connect', path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EAGAIN')) return false;
    throw error;
  }
}

function bindReplacingStale(socket: number, path: string): void {
  const address = encodeUnixAddress(path, 'bind');
  const bind = (): void => void check(libc.bind(socket, address, address.length), 'bind', path);
  try {
    bind();
  } catch (error) {
    if (!isErrno(error, 'EADDRINUSE') || !isStale(address, path)) throw error;
    rmSync(path, { force: true });
    bind();
  }
}

/** Whether the path is a socket file without a listener. */
function isStale(address: Buffer, path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false;
  const probe = openSocket();
  try {
    connectNow(probe, address, path);
    return false;
  } catch (error) {
    return isErrno(error, 'ECONNREFUSED');
  } finally {
    closeSync(probe);
  }
}

function makeClient(connection: number): SeqpacketClient {
  let open = true;
  return {
    sendFd(fd, data = new Uint8Array(0)) {
      if (!open) throw new LinuxError('sendmsg', EBADF, [fd], { detail: 'the connection was closed' });
      sendWithFd(connection, fd, data);
    },
    [Symbol.dispose]() {
      if (open) closeSync(connection);
      open = false;
    },
  };
}

/** Resolves when `socket` is readable; rejects with ETIMEDOUT or the signal's reason. */
function readable(
  socket: number,
  path: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (done: () => void): void => {
      watch[Symbol.dispose]();
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      done();
    };
    const onAbort = (): void => settle(() => reject(toError(signal?.reason)));
    const watch = watchReadable(socket, () => settle(resolve));
    const timer = setTimeout(
      () => settle(() => reject(new LinuxError('receiveFdOverSeqpacket', ETIMEDOUT, [path]))),
      timeoutMs,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
  });
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
