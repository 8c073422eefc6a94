/**
 * The long-lived connection to VPP: connects, checks that VPP still answers, and reconnects without end.
 *
 * VPP's main thread gets a control_ping whenever nothing else came for a moment, on the same connection: VPP
 * handles the requests of all clients in one process of its main thread (src/vlibmemory/memory_api.c,
 * vl_api_clnt_process), so a second connection would wait as long, and the answers to requests before a ping are signs
 * of life themselves.
 *
 * Invariants: at most one client at a time; `connected` is emitted only for a client that supports every required
 * message; each client has its own epoch; between two attempts at least `reconnectMs` pass, unless `retryNow` is
 * called; the counters of a process (`ProcessLife`) start at zero with each process.
 */

import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { VppApiClient } from './client.ts';
import type { DisconnectReason } from './client-types.ts';
import type { MessageDef } from './message.ts';
import { describeProblems, type MessageProblem } from './message-table.ts';
import { ping } from './operations.ts';
import type { VppVersionInfo } from './show-version.ts';
import { ProcessLife } from './process-life.ts';
import { type ApiTraffic, TrafficCounter } from './traffic.ts';

export interface VppConnectionOptions {
  readonly socketPath: string;
  /** Default `appliance`. */
  readonly clientName?: string;
  /** The messages that the product cannot do without; checked at every connect. */
  readonly requiredMessages?: readonly MessageDef<unknown>[];
  /** Between two attempts, default 1,000. */
  readonly reconnectMs?: number;
  /** For one attempt, default 5,000. */
  readonly connectTimeoutMs?: number;
  /** Whether each `start` means a process without any of our state, where its pid alone does not show it. */
  readonly startsFresh?: boolean;
  /** See `VppConnection.answerTimeoutMs`; default 20,000. */
  readonly answerTimeoutMs?: number;
}

export type VppConnectionStatus =
  | { readonly state: 'idle' }
  | {
      readonly state: 'connecting';
      /** The current or next attempt; 1-based, since the last connection to this process. */
      readonly attempt: number;
      /** Attempts at this process that found the socket, and failed. */
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

/** `restarted`: another VPP process, without any state of ours. `reconnected`: the same one, with its state. */
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
  /**
   * Once for each silence of `answerTimeoutMs`, with its length as text. An open connection is then closed; without one
   * the process may have ended.
   */
  hung: [{ readonly reason: string; readonly wasConnected: boolean }];
  /** Every change of `status`. */
  status: [VppConnectionStatus];
}

/** Interval of the checks of VPP's silence. */
const TURN_MS = 250;
/** VPP is pinged after this much silence, or after a quarter of the timeout. */
const ASK_AFTER_MS = 1_000;

/** No process has this pid. */
const NOBODY = 0;

export class VppConnection extends EventEmitter<VppConnectionEvents> implements AsyncDisposable {
  readonly #options: Required<VppConnectionOptions>;
  readonly #stop = new AbortController();
  readonly #traffic = new TrafficCounter();
  /**
   * Milliseconds without any answer after which a VPP that was connected counts as hung, with or without a connection;
   * longer while a request that may take longer is pending (`CallOptions.blocksVpp`). Time in which this process did
   * not run does not count.
   */
  answerTimeoutMs: number;
  #status: VppConnectionStatus = { state: 'idle' };
  #client: VppApiClient | undefined;
  #life = new ProcessLife();
  #lastPid: number | undefined;
  #epoch = 0;
  #running: Promise<void> | undefined;
  #turns: NodeJS.Timeout | undefined;
  #wakeUp: (() => void) | undefined;

  constructor(options: VppConnectionOptions) {
    super();
    this.#options = {
      clientName: 'appliance',
      requiredMessages: [],
      reconnectMs: 1_000,
      connectTimeoutMs: 5_000,
      startsFresh: false,
      answerTimeoutMs: 20_000,
      ...options,
    };
    this.answerTimeoutMs = this.#options.answerTimeoutMs;
  }

  get status(): VppConnectionStatus {
    return this.#status;
  }

  /** The client while connected (and compatible). */
  get client(): VppApiClient | undefined {
    return this.#status.state === 'connected' ? this.#client : undefined;
  }

  /** Milliseconds since a VPP that was connected last answered; 0 before its first connection. */
  get silentMs(): number {
    return this.#life.hasAnswered ? this.#life.silence.waitedMs() : 0;
  }

  /** The request counters of all connections. */
  get traffic(): ApiTraffic {
    return this.#traffic.read(this.#client?.inFlight ?? 0);
  }

  /**
   * A process of VPP was started, or runs: connects to it, at once. A further call means another process: the counters
   * of the previous one are dropped, and a connection to it is closed.
   */
  start(): void {
    if (this.#stop.signal.aborted) return;
    this.processEnded();
    if (this.#options.startsFresh) this.#lastPid = NOBODY;
    this.#client?.close({ kind: 'closed-by-us', text: 'another process of VPP was started' });
    if (this.#client === undefined) this.#setStatus(connecting(this.#life));
    this.#running ??= this.#run();
    this.#turns ??= setInterval(() => this.#turn(), TURN_MS).unref();
    this.retryNow();
  }

  /**
   * The process has ended, and its silence means nothing. Attempts to connect go on: the next process may be running.
   */
  processEnded(): void {
    this.#life.over.abort();
    this.#life = new ProcessLife();
  }

  /** Makes the next attempt now. */
  retryNow(): void {
    this.#wakeUp?.();
  }

  /** Ends the connection for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#turns);
    this.#client?.close();
    await this.#running;
    this.#setStatus({ state: 'idle' });
    this.removeAllListeners();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const life = this.#life;
      this.#setStatus(connecting(life));
      try {
        const client = await this.#connect(life);
        life.connected();
        await this.#serve(client);
        life.since = Date.now();
      } catch (error) {
        if (!life.over.signal.aborted) life.failed(error);
        if (!signal.aborted) this.#setStatus(connecting(this.#life));
      }
      if (!life.over.signal.aborted) await this.#pause();
    }
  }

  #connect(life: ProcessLife): Promise<VppApiClient> {
    this.#epoch++;
    return VppApiClient.connect(this.#options.socketPath, {
      clientName: this.#options.clientName,
      timeoutMs: this.#options.connectTimeoutMs,
      signal: AbortSignal.any([this.#stop.signal, life.over.signal]),
      epoch: this.#epoch,
      traffic: this.#traffic,
      onReceived: () => life.heard(),
    });
  }

  /** Serves one connection from handshake to end; rejects only when it ends before it is usable. */
  async #serve(client: VppApiClient): Promise<void> {
    await using owned = client;
    this.#client = owned;
    let reason: DisconnectReason;
    try {
      await this.#greet(owned);
      reason = await owned.closed;
    } finally {
      this.#client = undefined;
    }
    if (this.#stop.signal.aborted) return;
    const wasUsable = this.#status.state === 'connected';
    this.#setStatus({ state: 'disconnected', since: Date.now(), reason: reason.text });
    if (wasUsable) this.emit('disconnected', { reason });
  }

  /** Determines the kind of the connection and emits `connected`. */
  async #greet(client: VppApiClient): Promise<void> {
    const { vpePid } = client;
    const problems = client.checkMessages(this.#options.requiredMessages);
    const timeoutMs = this.#options.connectTimeoutMs;
    const version = await client.version({ timeoutMs }).catch((error: unknown) => {
      if (problems.length > 0) return undefined;
      throw error;
    });
    if (problems.length > 0 || version === undefined) {
      const reason = describeProblems(problems);
      this.#setStatus({ state: 'incompatible', since: Date.now(), vpePid, version, problems, reason });
      this.emit('incompatible', { problems, reason });
      return;
    }
    const kind = this.#kindOf(vpePid);
    this.#lastPid = vpePid;
    this.#setStatus({ state: 'connected', since: Date.now(), vpePid, version });
    this.emit('connected', { client, vpePid, kind, version });
  }

  #kindOf(vpePid: number): ConnectKind {
    if (this.#lastPid === undefined) return 'first';
    return this.#lastPid === vpePid ? 'reconnected' : 'restarted';
  }

  /** Socket clients have no keepalive: pings when nothing came, and gives up when no answer comes. */
  #turn(): void {
    const life = this.#life;
    // Earlier pings may have been answered while this process was suspended: ping once more.
    if (life.silence.turn()) life.isAsked = false;
    if (!life.hasAnswered) return;
    const waitedMs = life.silence.waitedMs();
    if (waitedMs >= Math.min(ASK_AFTER_MS, this.answerTimeoutMs / 4)) this.#ask(life);
    const limitMs = Math.max(this.answerTimeoutMs, this.#client?.patienceMs ?? 0);
    if (waitedMs >= limitMs && !life.isHung) this.#giveUp(life);
  }

  #ask(life: ProcessLife): void {
    const client = this.#client;
    if (client === undefined || client.isClosed || life.isAsked) return;
    life.isAsked = true;
    ping(client, { timeoutMs: this.answerTimeoutMs })
      // The length of the silence counts, not the result of this ping.
      .catch(() => {})
      .finally(() => {
        life.isAsked = false;
      });
  }

  #giveUp(life: ProcessLife): void {
    life.isHung = true;
    const why = this.#client === undefined && life.lastError !== undefined ? `: ${life.lastError}` : '';
    const reason = `hung, last answer ${(life.silence.ageMs() / 1000).toFixed(1)} s ago${why}`;
    this.emit('hung', { reason, wasConnected: this.#client !== undefined });
    this.#client?.close({ kind: 'unresponsive', text: reason });
  }

  async #pause(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const early = new AbortController();
    this.#wakeUp = () => early.abort();
    const signal = AbortSignal.any([this.#stop.signal, early.signal]);
    // Rejects when woken or stopped: both mean "continue".
    await sleep(this.#options.reconnectMs, undefined, { signal }).catch(() => {});
    this.#wakeUp = undefined;
  }

  #setStatus(status: VppConnectionStatus): void {
    this.#status = status;
    this.emit('status', status);
  }
}

function connecting(life: ProcessLife): VppConnectionStatus {
  const { since, failures, failuresWithSocket, lastError } = life;
  return {
    state: 'connecting',
    attempt: failures + 1,
    attemptsWithSocket: failuresWithSocket,
    since,
    lastError,
  };
}
