/**
 * Errors of the binary API: one class with a `code`; `isRetryable(error)` tells whether a retry makes sense.
 */

import { vppErrorName } from './vpp-errors.ts';

export type VppApiErrorCode =
  /** VPP answered with a nonzero retval: an ordinary refusal. */
  | 'retval'
  /** No answer within the timeout; a late one is consumed and dropped. */
  | 'timeout'
  /** The connection has ended, before or during the request. */
  | 'disconnected'
  /** The connection could not be made. */
  | 'connect'
  /** VPP has another version of the message: both CRCs are in the text. */
  | 'crc-mismatch'
  /** VPP does not know the message at all: the plugin that owns it is not loaded. */
  | 'message-missing'
  /** The caller's AbortSignal fired. */
  | 'aborted'
  /** The peer broke the framing or a layout; the connection is closed. */
  | 'protocol'
  /** `MAX_OUTSTANDING` requests are pending. */
  | 'busy'
  /** A value does not fit the layout (a string that is too long, a number out of range). */
  | 'encode';

export interface VppApiErrorDetail {
  /** Name of the message the error is about, `ip_route_add_del`. */
  readonly message?: string;
  /** VPP's return value, negative, for code `retval`. */
  readonly retval?: number;
  readonly cause?: unknown;
}

/** A failure between us and VPP's binary API. */
export class VppApiError extends Error {
  readonly code: VppApiErrorCode;
  /** Name of the message concerned, if any. */
  readonly messageName: string | undefined;
  /** VPP's return value (negative) for code `retval`. */
  readonly retval: number | undefined;

  constructor(code: VppApiErrorCode, text: string, detail: VppApiErrorDetail = {}) {
    super(text, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'VppApiError';
    this.code = code;
    this.messageName = detail.message;
    this.retval = detail.retval;
  }
}

/** The error for a nonzero retval: `ip_table_add_del: No such FIB / VRF (NO_SUCH_FIB, -3)`. */
export function retvalError(message: string, retval: number): VppApiError {
  return new VppApiError('retval', `${message}: ${vppErrorName(retval)}`, { message, retval });
}

/** The error of a wait that the caller's signal aborted. */
export function abortedError(what: string, signal: AbortSignal | undefined): VppApiError {
  return new VppApiError('aborted', `${what}: aborted by the caller`, {
    message: what,
    cause: signal?.reason,
  });
}
