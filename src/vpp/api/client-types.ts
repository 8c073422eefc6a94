/** Options of a connection and its requests, and what they report. */

import type { BulkChannel, BulkOptions } from './bulk.ts';
import type { VppApiError } from './errors.ts';
import type { RequestDef } from './message.ts';
import type { TrafficCounter } from './traffic.ts';

export interface ConnectOptions {
  /** Name that VPP shows for this client, at most 63 bytes; default `appliance`. */
  readonly clientName?: string;
  /** Timeout for connecting, handshake and the first ping together; default 5,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Number of this connection, for owners of several. */
  readonly epoch?: number;
  /** Counts every answer and timeout; outlives the connection. */
  readonly traffic?: TrafficCounter | undefined;
  /** Called for all bytes from VPP, from the handshake on: each piece is a sign of life. Must not throw. */
  readonly onReceived?: () => void;
}

export interface CallOptions {
  /** Timeout of the reply, of a dump between two answers; default 5,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** VPP's main thread may do nothing else until it answers this: silence for `timeoutMs` is not a hang. */
  readonly blocksVpp?: boolean;
}

export interface ManyOptions extends CallOptions {
  /** Maximum of requests in flight; default 2,048. */
  readonly window?: number;
  /** Called once per body: error undefined means that VPP returned 0. */
  readonly onReply?: (index: number, error: VppApiError | undefined) => void;
}

export interface ManyOutcome {
  readonly succeeded: number;
  readonly failed: number;
}

/** Why a connection ended. */
export interface DisconnectReason {
  readonly kind: 'closed-by-us' | 'closed-by-vpp' | 'unresponsive' | 'protocol' | 'socket-error';
  /** As text for people. */
  readonly text: string;
}

export interface ClientCounters {
  framesReceived: number;
  /** Replies that came after their request had timed out or was aborted. */
  lateReplies: number;
  /** Frames that match no request, tombstone or event. */
  strayFrames: number;
}

/** What sends one request and resolves with its reply: a `VppApiClient`. */
export interface Requester {
  request<Body, Reply extends { readonly retval: number }>(
    def: RequestDef<Body, Reply>,
    body: Body,
    options?: CallOptions,
  ): Promise<Reply>;
}

/** What sends many: a `VppApiClient`. */
export interface BulkRequester {
  bulk(def: RequestDef<unknown, { readonly retval: number }>, options: BulkOptions): BulkChannel;
  refuseWhenClosed(name: string): void;
}
