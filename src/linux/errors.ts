/**
 * Errors of the kernel interface: every failed system call becomes one `LinuxError` that names the call, its
 * arguments and the errno, so that a log line alone shows what was attempted.
 *
 * Invariant: `code` is the symbolic errno (`ENOENT`), never empty; an errno without a name is `E<number>`.
 */
import { errnoName, errnoText } from './libc.ts';

/** Longer arguments are truncated in the message (never in `args`). */
const MAX_ARGUMENT_CHARACTERS = 120;

interface LinuxErrorOptions {
  /** Text that the kernel (netlink's extended acknowledgement) or this module adds to the errno. */
  readonly detail?: string;
  readonly cause?: unknown;
}

/** An error of a room: `code` says what kind it is, the message what was attempted and why it failed. */
export class CodedError<Code extends string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A system call that failed. The message reads `mount("none", "/x", "tmpfs"): ENOENT (No such file or directory)`. */
export class LinuxError extends Error {
  override readonly name = 'LinuxError';
  /** Symbolic errno, such as `ENOENT`. */
  readonly code: string;
  /** Positive errno number. */
  readonly errno: number;
  /** The system call, or the operation on the kernel that was attempted. */
  readonly call: string;
  readonly args: readonly unknown[];
  /** The kernel's own text beside the errno, if any. */
  readonly detail: string | undefined;

  constructor(call: string, errno: number, args: readonly unknown[], options: LinuxErrorOptions = {}) {
    const code = errnoName(errno);
    const reason = `${call}(${args.map(formatArgument).join(', ')}): ${code} (${errnoText(errno)})`;
    super(options.detail === undefined ? reason : `${reason}: ${options.detail}`, { cause: options.cause });
    this.code = code;
    this.errno = errno;
    this.call = call;
    this.args = args;
    this.detail = options.detail;
  }
}

/**
 * Whether `error` carries the symbolic errno `code`: true for `LinuxError` and for node's own system errors.
 * With several codes: whether it carries any of them.
 */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  return typeof error.code === 'string' && codes.includes(error.code);
}

/** Turns node's own system error (or anything else thrown) into a `LinuxError` that names `call` and `args`. */
export function asLinuxError(error: unknown, call: string, args: readonly unknown[]): LinuxError {
  if (error instanceof LinuxError) return error;
  const errno =
    typeof error === 'object' && error !== null && 'errno' in error && typeof error.errno === 'number'
      ? Math.abs(error.errno)
      : 0;
  if (errno !== 0) return new LinuxError(call, errno, args, { cause: error });
  return new LinuxError(call, EIO, args, {
    detail: reasonOf(error),
    cause: error,
  });
}

/** For failures without an errno. */
const EIO = 5;

function formatArgument(argument: unknown): string {
  if (typeof argument === 'string') {
    const text =
      argument.length > MAX_ARGUMENT_CHARACTERS ? `${argument.slice(0, MAX_ARGUMENT_CHARACTERS)}…` : argument;
    return JSON.stringify(text);
  }
  if (argument instanceof Uint8Array) return `<${argument.length} bytes>`;
  return String(argument);
}

/** The text of whatever was thrown, as the reason of a failure. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
