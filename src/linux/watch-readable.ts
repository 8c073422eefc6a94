/**
 * Owns watching the readiness of descriptors that node's streams refuse (netlink, seqpacket), by libuv's uv_poll on
 * node's event loop. The symbols are dynamic ones of the executable, so a stripped one has them as well.
 *
 * Invariants: a handle's memory is freed only in its close callback; one native callback serves all handles, so no
 * pointer that libuv holds is ever unregistered; user code runs from setImmediate, in an ordinary callback scope,
 * so that its exceptions are uncaught exceptions and its promises and ticks run.
 */
import { getCurrentEventLoop } from 'node:ffi';
import { LinuxError } from './errors.ts';
import { libc, openSelf } from './libc.ts';

/** uv_handle_type UV_POLL. Source: uv.h's UV_HANDLE_TYPE_MAP. */
const UV_POLL = 8;
const UV_READABLE = 1;
const UV_DISCONNECT = 4;

interface Watch {
  readonly callback: () => void;
  scheduled: boolean;
}

let libuv: Libuv | undefined;
type Libuv = ReturnType<typeof loadLibuv>;

/** By handle address, without handles that are closing. */
const watches = new Map<bigint, Watch>();

function loadLibuv() {
  const self = openSelf();
  const functions = self.getFunctions({
    uv_handle_size: { arguments: ['i32'], return: 'u64' },
    uv_poll_init: { arguments: ['pointer', 'pointer', 'i32'], return: 'i32' },
    uv_poll_start: { arguments: ['pointer', 'i32', 'pointer'], return: 'i32' },
    uv_close: { arguments: ['pointer', 'pointer'], return: 'void' },
  });
  return {
    ...functions,
    // Keeps the library open: closing it would invalidate the callbacks.
    self,
    onPoll: self.registerCallback({ arguments: ['pointer', 'i32', 'i32'], return: 'void' }, onPoll),
    onClosed: self.registerCallback({ arguments: ['pointer'], return: 'void' }, (handle) =>
      libc.free(handle),
    ),
  };
}

/**
 * Calls `callback` each time `fd` is readable or has hung up, until disposed; level-triggered: the callback reads until
 * EAGAIN or is called again. Makes `fd` non-blocking. Dispose before closing `fd`. Keeps the event loop alive.
 * Throws LinuxError: EEXIST (already watched), EPERM (an ordinary file), EBADF.
 */
export function watchReadable(fd: number, callback: () => void): Disposable {
  libuv ??= loadLibuv();
  const { uv_handle_size, uv_poll_init, uv_poll_start, uv_close, onPoll, onClosed } = libuv;
  const handle = libc.calloc(1n, uv_handle_size(UV_POLL));
  const initError = uv_poll_init(getCurrentEventLoop(), handle, fd);
  if (initError < 0) {
    libc.free(handle); // never became a handle: nothing to close
    throw new LinuxError('uv_poll_init', -initError, [fd]);
  }
  watches.set(handle, { callback, scheduled: false });
  const dispose = (): void => {
    if (watches.delete(handle)) uv_close(handle, onClosed);
  };
  const startError = uv_poll_start(handle, UV_READABLE | UV_DISCONNECT, onPoll);
  if (startError < 0) {
    dispose();
    throw new LinuxError('uv_poll_start', -startError, [fd]);
  }
  return { [Symbol.dispose]: dispose };
}

// libuv always passes the handle's address; the declared type allows every kind of pointer.
function onPoll(handle: unknown): void {
  if (typeof handle !== 'bigint') return;
  const watch = watches.get(handle);
  if (watch === undefined || watch.scheduled) return;
  watch.scheduled = true;
  setImmediate(() => {
    watch.scheduled = false;
    if (watches.get(handle) === watch) watch.callback();
  });
}
