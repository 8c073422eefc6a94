/**
 * The C library through node:ffi: the only file that declares its functions' types.
 *
 * Invariants: all calls run on the calling JavaScript thread; errno is read before anything else runs;
 * nothing here interprets a result. LP64 little-endian Linux with glibc is assumed (x86-64, aarch64).
 */
import { DynamicLibrary, dlopen, getInt32, getRawPointer, toString } from 'node:ffi';
import { getSystemErrorMap } from 'node:util';

const { lib, functions } = dlopen('libc.so.6', {
  __errno_location: { return: 'pointer' },
  strerror: { arguments: ['i32'], return: 'pointer' },
  syscall: { arguments: ['i64', 'u64', 'u64', 'u64'], return: 'i64' },
  ioctl: { arguments: ['i32', 'u64', 'u64'], return: 'i32' },

  mount: { arguments: ['string', 'string', 'string', 'u64', 'string'], return: 'i32' },
  umount2: { arguments: ['string', 'i32'], return: 'i32' },
  reboot: { arguments: ['i32'], return: 'i32' },
  sync: { return: 'void' },
  clock_settime: { arguments: ['i32', 'buffer'], return: 'i32' },
  sethostname: { arguments: ['buffer', 'u64'], return: 'i32' },

  waitpid: { arguments: ['i32', 'buffer', 'i32'], return: 'i32' },
  prctl: { arguments: ['i32', 'u64', 'u64', 'u64', 'u64'], return: 'i32' },
  setrlimit: { arguments: ['i32', 'buffer'], return: 'i32' },
  getrlimit: { arguments: ['i32', 'buffer'], return: 'i32' },
  sched_setaffinity: { arguments: ['i32', 'u64', 'buffer'], return: 'i32' },
  sched_getaffinity: { arguments: ['i32', 'u64', 'buffer'], return: 'i32' },
  adjtimex: { arguments: ['buffer'], return: 'i32' },
  unshare: { arguments: ['i32'], return: 'i32' },
  setns: { arguments: ['i32', 'i32'], return: 'i32' },

  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  bind: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' },
  connect: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' },
  getsockname: { arguments: ['i32', 'buffer', 'buffer'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'buffer', 'u32'], return: 'i32' },
  send: { arguments: ['i32', 'buffer', 'u64', 'i32'], return: 'i64' },
  recv: { arguments: ['i32', 'buffer', 'u64', 'i32'], return: 'i64' },
  recvmsg: { arguments: ['i32', 'buffer', 'i32'], return: 'i64' },

  calloc: { arguments: ['u64', 'u64'], return: 'pointer' },
  free: { arguments: ['pointer'], return: 'void' },
  inet_pton: { arguments: ['i32', 'string', 'buffer'], return: 'i32' },
  inet_ntop: { arguments: ['i32', 'buffer', 'buffer', 'u32'], return: 'pointer' },
});

/** The C library's functions, typed as declared above. Strings must not hold NUL: see `cString`. */
export const libc = functions;

const errnoLocation = functions['__errno_location']();

/** errno of the call that just failed on this thread. Call it before anything else. */
export function lastErrno(): number {
  return getInt32(errnoLocation);
}

/** Numbers of system calls without a glibc wrapper. Source: the kernel's unistd tables. */
export const SystemCall = {
  finitModule: process.arch === 'arm64' ? 273 : 313,
  initModule: process.arch === 'arm64' ? 105 : 175,
} as const;

/** Zeroed memory that never moves, so that its address may be stored in another structure. */
export function nativeBuffer(lengthBytes: number): Buffer<ArrayBuffer> {
  // A small Buffer lives in V8's heap and may move; one over its own ArrayBuffer does not.
  return Buffer.from(new ArrayBuffer(lengthBytes));
}

/** Address of a buffer made by `nativeBuffer`; valid while the buffer is reachable. */
export function addressOf(buffer: Buffer<ArrayBuffer>): bigint {
  return getRawPointer(buffer);
}

let kept: readonly unknown[] = [];

/** Keeps buffers reachable up to here: C holds only their addresses, which the collector does not know. */
export function keepAlive(...buffers: readonly Buffer[]): void {
  kept = buffers;
  if (kept.length > 0) kept = [];
}

/** Returns `text` if C can represent it; throws a RangeError that names `what` when it contains a NUL character. */
export function cString(text: string, what: string): string {
  if (text.includes('\0')) throw new RangeError(`${what} ${JSON.stringify(text)}: contains a NUL character`);
  return text;
}

/** Name of an errno, such as `ENOENT`; `E<number>` for an unknown one. */
export function errnoName(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[0] ?? glibcErrnoName(errno) ?? `E${errno}`;
}

/** The C library's text for an errno. */
export function errnoText(errno: number): string {
  return toString(functions.strerror(errno)) ?? 'Unknown error';
}

// Only in glibc 2.32 and later, so it is not among the functions that must resolve.
function glibcErrnoName(errno: number): string | undefined {
  try {
    const name = lib.getFunction('strerrorname_np', { arguments: ['i32'], return: 'pointer' })(errno);
    return toString(name) ?? undefined;
  } catch {
    return undefined; // older C library: use the number
  }
}

/** The symbols of this executable: libuv's, which Node exports. */
export function openSelf(): DynamicLibrary {
  return new DynamicLibrary(null);
}
