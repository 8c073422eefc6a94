/**
 * The long-lived connection to VPP: connects, watches, and connects again for ever.
 *
 * Invariants: at most one client at a time; `connected` is emitted only for a client that speaks every required
 * message; each client has its own epoch; between two attempts at least `reconnectMs` pass, unless `retryNow` is called.
 */

import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno, reasonOf } from '../../linux/mod.ts';
import { VppApiClient } from './client.ts';
import type { DisconnectReason } from './client-types.ts';
import { VppApiError } from './errors.ts';
import type { MessageDef } from './message.ts';
import { describeProblems, type MessageProblem } from './message-table.ts';
import { type ApiTraffic, TrafficCounter } from './traffic.ts';
import { ping, showVersion, type VppVersionInfo } from './operations.ts';

export interface VppConnectionOptions {
  readonly socketPath: string;
  /** Default `appliance`. */
  readonly clientName?: string;
  /** What the product cannot do without; checked at every connect. */
  readonly requiredMessages?: readonly MessageDef<unknown>[];
  /** Between two attempts, default 1,000. */
  readonly reconnectMs?: number;
  /** For one attempt, default 5,000. */
  readonly connectTimeoutMs?: number;
  /** A ping after so much silence; three unanswered end the connection. Default 5,000. */
  readonly livenessMs?: number;
}

export type VppConnectionStatus =
  | { readonly state: 'idle' }
  | {
      readonly state: 'connecting';
      /** 1-based, since the last connection. */
      readonly attempt: number;
      /** Attempts that found the socket there. */
      readonly attemptsWithSocket: number;
      /** Date.now() of the first attempt. */
      readonly since: number;
      readonly lastError: string | undefined;
    }
  | {
      readonly state: 'connected';
      readonly since: number;
      readonly vpePid: number;
      readonly version: VppVersionInfo;
    }
  | {
      readonly state: 'incompatible';
      readonly since: number;
      readonly vpePid: number;
      readonly version: VppVersionInfo | undefined;
      readonly problems: readonly MessageProblem[];
      readonly reason: string;
    }
  | { readonly state: 'disconnected'; readonly since: number; readonly reason: string };

/** `restarted`: another VPP process, all its state is new. `reconnected`: the same one, its state is still there. */
export type ConnectKind = 'first' | 'restarted' | 'reconnected';

export interface ConnectedEvent {
  readonly client: VppApiClient;
  readonly vpePid: number;
  readonly kind: ConnectKind;
  readonly version: VppVersionInfo;
}

interface VppConnectionEvents {
  connected: [ConnectedEvent];
  disconnected: [{ readonly reason: DisconnectReason }];
  incompatible: [{ readonly problems: readonly MessageProblem[]; readonly reason: string }];
  /** Every change of `status`. */
  status: [VppConnectionStatus];
}

const MISSED_PINGS = 3;

export class VppConnection extends EventEmitter<VppConnectionEvents> implements AsyncDisposable {
  readonly #options: Required<VppConnectionOptions>;
  readonly #stop = new AbortController();
  readonly #traffic = new TrafficCounter();
  #status: VppConnectionStatus = { state: 'idle' };
  #client: VppApiClient | undefined;
  #lastPid: number | undefined;
  #epoch = 0;
  #running: Promise<void> | undefined;
  #wakeUp: (() => void) | undefined;

  constructor(options: VppConnectionOptions) {
    super();
    this.#options = {
      clientName: 'appliance',
      requiredMessages: [],
      reconnectMs: 1_000,
      connectTimeoutMs: 5_000,
      livenessMs: 5_000,
      ...options,
    };
  }

  get status(): VppConnectionStatus {
    return this.#status;
  }

  /** The client while connected (and compatible). */
  get client(): VppApiClient | undefined {
    return this.#status.state === 'connected' ? this.#client : undefined;
  }

  /** What was counted of the requests of all connections. */
  get traffic(): ApiTraffic {
    return this.#traffic.read(this.#client?.inFlight ?? 0);
  }

  /** Begins to connect; a second call does nothing. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Cuts the wait before the next attempt short (VPP was just started). */
  retryNow(): void {
    this.#wakeUp?.();
  }

  /** Ends the connection for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#client?.close();
    await this.#running;
    this.#setStatus({ state: 'idle' });
    this.removeAllListeners();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let attempt = 0;
    let attemptsWithSocket = 0;
    let since = Date.now();
    let lastError: string | undefined;
    while (!signal.aborted) {
      attempt++;
      this.#setStatus({ state: 'connecting', attempt, attemptsWithSocket, since, lastError });
      try {
        const client = await this.#connect();
        attempt = attemptsWithSocket = 0;
        lastError = undefined;
        await this.#serve(client);
        since = Date.now();
      } catch (error) {
        lastError = reasonOf(error);
        if (!isSocketMissing(error)) attemptsWithSocket++;
        if (!signal.aborted) {
          this.#setStatus({ state: 'connecting', attempt, attemptsWithSocket, since, lastError });
        }
      }
      await this.#pause();
    }
  }

  #connect(): Promise<VppApiClient> {
    this.#epoch++;
    return VppApiClient.connect(this.#options.socketPath, {
      clientName: this.#options.clientName,
      timeoutMs: this.#options.connectTimeoutMs,
      signal: this.#stop.signal,
      epoch: this.#epoch,
      traffic: this.#traffic,
    });
  }

  /** From the handshake to the end of one connection; rejects only when it ends before it is usable. */
  async #serve(client: VppApiClient): Promise<void> {
    await using owned = client;
    this.#client = owned;
    const { vpePid } = owned;
    const problems = owned.checkMessages(this.#options.requiredMessages);
    const version = await showVersion(owned).catch((error: unknown) => {
      if (problems.length > 0) return undefined;
      throw error;
    });
    if (problems.length > 0 || version === undefined) {
      const reason = describeProblems(problems);
      this.#setStatus({ state: 'incompatible', since: Date.now(), vpePid, version, problems, reason });
      this.emit('incompatible', { problems, reason });
    } else {
      this.#setStatus({ state: 'connected', since: Date.now(), vpePid, version });
      this.emit('connected', { client: owned, vpePid, kind: this.#kindOf(vpePid), version });
    }
    const wasUsable = this.#status.state === 'connected';
    this.#lastPid = wasUsable ? vpePid : this.#lastPid;
    const watch = this.#watch(owned);
    const reason = await owned.closed;
    await watch;
    this.#client = undefined;
    if (this.#stop.signal.aborted) return;
    this.#setStatus({ state: 'disconnected', since: Date.now(), reason: reason.text });
    if (wasUsable) this.emit('disconnected', { reason });
  }

  #kindOf(vpePid: number): ConnectKind {
    if (this.#lastPid === undefined) return 'first';
    return this.#lastPid === vpePid ? 'reconnected' : 'restarted';
  }

  /** There is no keepalive for socket clients: ping when nothing was heard; any frame counts as life. */
  async #watch(client: VppApiClient): Promise<void> {
    const { livenessMs } = this.#options;
    const ended = new AbortController();
    void client.closed.then(() => ended.abort());
    const { signal } = ended;
    let missed = 0;
    while (!client.isClosed) {
      const quietMs = performance.now() - client.lastReceivedAt;
      if (quietMs < livenessMs) {
        missed = 0;
        // Rejects when the connection ends: the loop's condition sees that.
        await sleep(livenessMs - quietMs, undefined, { signal, ref: false }).catch(() => {});
        continue;
      }
      try {
        await ping(client, { timeoutMs: livenessMs });
      } catch {
        // Whatever kept the ping from being answered: only frames that arrived since count as life.
        if (performance.now() - client.lastReceivedAt < livenessMs) missed = 0;
        else missed++;
        if (missed >= MISSED_PINGS) {
          const text = `VPP does not answer: ${MISSED_PINGS} pings of ${livenessMs} ms in a row were lost`;
          client.close({ kind: 'unresponsive', text });
        }
      }
    }
  }

  async #pause(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const early = new AbortController();
    this.#wakeUp = () => early.abort();
    const signal = AbortSignal.any([this.#stop.signal, early.signal]);
    // Rejects when woken or stopped: both mean "go on".
    await sleep(this.#options.reconnectMs, undefined, { signal }).catch(() => {});
    this.#wakeUp = undefined;
  }

  #setStatus(status: VppConnectionStatus): void {
    this.#status = status;
    this.emit('status', status);
  }
}

function isSocketMissing(error: unknown): boolean {
  if (!(error instanceof VppApiError)) return false;
  return isErrno(error.cause, 'ENOENT');
}
