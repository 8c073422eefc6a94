/**
 * The long-lived connection to VPP: connects, asks whether it still answers, and connects again for ever.
 *
 * Its main thread is asked by control_ping whenever nothing else was heard for a moment, on the same connection: VPP
 * works off all clients' requests in one process of its main thread (src/vlibmemory/memory_api.c, vl_api_clnt_process),
 * so a second connection would wait as long, and the answers to what is before a ping are signs of life themselves.
 *
 * Invariants: at most one client at a time; `connected` is emitted only for a client that speaks every required
 * message; each client has its own epoch; between two attempts at least `reconnectMs` pass, unless `retryNow` is called;
 * what is counted of a process (`ProcessLife`) is made anew with each.
 */

import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { VppApiClient } from './client.ts';
import type { DisconnectReason } from './client-types.ts';
import type { MessageDef } from './message.ts';
import { describeProblems, type MessageProblem } from './message-table.ts';
import { ping, type VppVersionInfo } from './operations.ts';
import { ProcessLife } from './process-life.ts';
import { type ApiTraffic, TrafficCounter } from './traffic.ts';

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
  /** Whether each `start` is that of a process that has nothing of ours, where its pid alone does not tell. */
  readonly startsFresh?: boolean;
  /** See `VppConnection.answerTimeoutMs`; default 20,000. */
  readonly answerTimeoutMs?: number;
}

export type VppConnectionStatus =
  | { readonly state: 'idle' }
  | {
      readonly state: 'connecting';
      /** The one that is under way or comes next; 1-based, since the last connection to this process. */
      readonly attempt: number;
      /** Attempts at this process that found the socket there, and failed. */
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
  /**
   * Once for each silence of `answerTimeoutMs`, with that in words. A connection is then cut; without one perhaps nobody
   * is there any more.
   */
  hung: [{ readonly reason: string; readonly wasConnected: boolean }];
  /** Every change of `status`. */
  status: [VppConnectionStatus];
}

/** Between two looks at how long VPP has been silent. */
const TURN_MS = 250;
/** VPP is asked after so much silence, or after a quarter of the timeout. */
const ASK_AFTER_MS = 1_000;

/** No process has this pid. */
const NOBODY = 0;

export class VppConnection extends EventEmitter<VppConnectionEvents> implements AsyncDisposable {
  readonly #options: Required<VppConnectionOptions>;
  readonly #stop = new AbortController();
  readonly #traffic = new TrafficCounter();
  /**
   * Milliseconds without any answer after which a VPP that was connected counts as hung, whether or not there is a
   * connection then; more while a request waits that may take more (`CallOptions.blocksVpp`). Time in which this process
   * did not run does not count.
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

  /** Milliseconds for which a VPP that was connected has not answered; 0 before its first connection. */
  get silentMs(): number {
    return this.#life.hasAnswered ? this.#life.silence.waitedMs() : 0;
  }

  /** What was counted of the requests of all connections. */
  get traffic(): ApiTraffic {
    return this.#traffic.read(this.#client?.inFlight ?? 0);
  }

  /**
   * A process of VPP was started, or runs: connects to it, at once. Called again it is another process: what was counted
   * of the one before is forgotten, and what is left of the connection to it is cut.
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

  /** The process has ended, and its silence means nothing more. Attempts to connect go on: the next one may be there. */
  processEnded(): void {
    this.#life.over.abort();
    this.#life = new ProcessLife();
  }

  /** Cuts the wait before the next attempt short. */
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

  /** From the handshake to the end of one connection; rejects only when it ends before it is usable. */
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

  /** Tells what kind of VPP it is. */
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

  /** There is no keepalive for socket clients: asks when nothing was heard, and gives up when nothing comes. */
  #turn(): void {
    const life = this.#life;
    // What was asked before may have been answered while this process stood still: it is asked once more.
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
      // How long nothing came counts, not what became of this one.
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
    // Rejects when woken or stopped: both mean "go on".
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
