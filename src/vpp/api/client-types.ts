/** What one connection is asked with, and what it tells. */

import type { VppApiError } from './errors.ts';
import type { TrafficCounter } from './traffic.ts';

export interface ConnectOptions {
  /** Name that VPP shows for this client, at most 63 bytes; default `appliance`. */
  readonly clientName?: string;
  /** For connecting, handshake and the first ping together; default 5,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Number of this connection, for those who make several. */
  readonly epoch?: number;
  /** Told of every answer and timeout; outlives the connection. */
  readonly traffic?: TrafficCounter | undefined;
  /** Called for whatever comes from VPP, from the handshake on: each piece is a sign of life. Must not throw. */
  readonly onReceived?: () => void;
}

export interface CallOptions {
  /** Time for the reply, for a dump the time without any answer; default 5,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** VPP's main thread may do nothing else until it answers this: its silence for `timeoutMs` is no hang. */
  readonly blocksVpp?: boolean;
}

export interface ManyOptions extends CallOptions {
  /** Requests in flight at most; default 2,048. */
  readonly window?: number;
  /** Called once per body: error undefined means that VPP answered 0. */
  readonly onReply?: (index: number, error: VppApiError | undefined) => void;
}

export interface ManyOutcome {
  readonly succeeded: number;
  readonly failed: number;
}

/** Why a connection ended. */
export interface DisconnectReason {
  readonly kind: 'closed-by-us' | 'closed-by-vpp' | 'unresponsive' | 'protocol' | 'socket-error';
  /** In words, for people. */
  readonly text: string;
}

export interface ClientCounters {
  framesReceived: number;
  /** Replies that came after their request had timed out or was aborted. */
  lateReplies: number;
  /** Frames that belong to nothing we know. */
  strayFrames: number;
}
