/**
 * The server's side of VPP's stats socket: a SOCK_SEQPACKET Unix socket that passes a file descriptor, and the memory file
 * behind such a descriptor.
 *
 * Invariants: every socket is non-blocking and close-on-exec; a watch is disposed before its socket is closed.
 */
import { dlopen } from 'node:ffi';
import { closeSync, rmSync, statSync } from 'node:fs';
import { check } from '../../src/linux/check.ts';
import { keepAlive, libc, nativeBuffer } from '../../src/linux/libc.ts';
import { isErrno, LinuxError } from '../../src/linux/mod.ts';
import { CMSG_HEADER_BYTES, messageHeader, SCM_RIGHTS, SOL_SOCKET } from '../../src/linux/pass-fd.ts';
import { connectNow, openSocket, SOCK_CLOEXEC, SOCK_NONBLOCK } from '../../src/linux/seqpacket.ts';
import { encodeUnixAddress } from '../../src/linux/unix-address.ts';
import { watchReadable } from '../../src/linux/watch-readable.ts';

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

/** What the product does not call of the C library. */
const { functions } = dlopen('libc.so.6', {
  memfd_create: { arguments: ['string', 'u32'], return: 'i32' },
  listen: { arguments: ['i32', 'i32'], return: 'i32' },
  accept4: { arguments: ['i32', 'pointer', 'pointer', 'i32'], return: 'i32' },
  sendmsg: { arguments: ['i32', 'buffer', 'i32'], return: 'i64' },
});
const MFD_CLOEXEC = 1;
const MSG_NOSIGNAL = 0x4000;
const BACKLOG = 16;
/** Connections accepted in one turn of the event loop. */
const MAX_ACCEPTS_PER_TURN = 16;
const EBADF = 9;

/** memfd_create(2): an empty memory file, closed on exec. Throws LinuxError: EINVAL, EMFILE. */
export function createMemfd(name: string): number {
  return check(functions.memfd_create(name, MFD_CLOEXEC), 'memfd_create', name);
}

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
      check(functions.listen(this.#socket, BACKLOG), 'listen', path);
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
          functions.accept4(this.#socket, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC),
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

/** Sends one message holding `data`, which may be empty, with `fd` attached. Throws LinuxError: EPIPE, EAGAIN … */
function sendWithFd(socket: number, fd: number, data: Uint8Array): void {
  const control = nativeBuffer(CMSG_HEADER_BYTES + 8);
  control.writeBigUInt64LE(BigInt(CMSG_HEADER_BYTES + 4), 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  control.writeInt32LE(fd, CMSG_HEADER_BYTES);
  const payload = nativeBuffer(Math.max(1, data.length));
  payload.set(data);
  const message = messageHeader(payload, data.length, control);
  check(functions.sendmsg(socket, message.header, MSG_NOSIGNAL), 'sendmsg', socket, fd);
  keepAlive(payload, message.iovec, control);
}
