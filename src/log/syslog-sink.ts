/**
 * Sends every line to one syslog server over UDP (RFC 5424 in RFC 5426).
 *
 * Invariants: `write` only queues; the queue is bounded, and new lines push out the oldest, which are counted; at most
 * `LINES_PER_TURN` lines are sent in `TURN_MS`, so that neither the network nor an unresolved neighbour is flooded;
 * lines that the kernel refuses to send (no route yet), or that an error answers before the next turn (no listener),
 * are retried, one first, so that the boot's lines arrive once there is a network and a server. Problems are reported
 * at most once a minute.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Endpoint } from '../config/types.ts';
import { isErrno } from '../linux/mod.ts';
import type { LogRecord, LogSink } from './log-hub.ts';
import { BoundedLines } from './log-ring.ts';
import { encodeSyslog } from './syslog-message.ts';

const QUEUE_BYTES = 1024 * 1024;
const LINES_PER_TURN = 100;
/** A thousand lines per second. */
const TURN_MS = 100;
const RETRY_MS = 1_000;
/** The network takes time to come up at boot: a problem younger than this is not reported. */
const PATIENCE_MS = 30_000;
const REPORT_MS = 60_000;

export interface SyslogSinkOptions {
  readonly hostname: string;
  /** The server; undefined: none, until `reconfigure` sets one. */
  readonly target: Endpoint | undefined;
  /** Receives reports of lost lines and of an unreachable server, at most once a minute. */
  readonly onProblem: (reason: string) => void;
  /** Receives why lines have not been sent for a while, and undefined once they are sent again. */
  readonly onTrouble?: (reason: string | undefined) => void;
  readonly queueBytes?: number;
  /** How long the network may take to come up; default 30 s. */
  readonly patienceMs?: number;
}

export type SyslogSinkStatus =
  | { readonly state: 'off' }
  | { readonly state: 'sending'; readonly target: string; readonly sent: number; readonly lost: number }
  | {
      readonly state: 'waiting';
      readonly target: string;
      readonly reason: string;
      readonly since: number;
      readonly sent: number;
      readonly lost: number;
    };

export class SyslogSink implements LogSink, AsyncDisposable {
  readonly #options: SyslogSinkOptions;
  #hostname: string;
  #target: Endpoint | undefined;
  #queue: BoundedLines<LogRecord>;
  /** Refused lines; older than everything in the queue. */
  #again: LogRecord[] = [];
  /** The last turn's lines: sent, unless an error still comes back. */
  #unconfirmed: LogRecord[] = [];
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> | undefined;
  #sent = 0;
  /** Lines pushed out of earlier queues, and lines too long for a datagram. */
  #lostBefore = 0;
  #lostReported = 0;
  #trouble: { readonly reason: string; readonly since: number } | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;
  /** The reason last passed to `onTrouble`. */
  #reportedTrouble: string | undefined;
  #closed = false;

  constructor(options: SyslogSinkOptions) {
    this.#options = options;
    this.#hostname = options.hostname;
    this.#target = options.target;
    this.#queue = this.#newQueue();
  }

  get status(): SyslogSinkStatus {
    if (this.#target === undefined) return { state: 'off' };
    const common = { target: describe(this.#target), sent: this.#sent, lost: this.#lost };
    return this.#trouble === undefined
      ? { state: 'sending', ...common }
      : { state: 'waiting', ...common, ...this.#trouble };
  }

  write(record: LogRecord): void {
    if (this.#target === undefined || this.#closed) return;
    this.#queue.add(record);
    this.#schedule(0);
  }

  /** Sets another server (or none) and host name. Queued lines go to the new server. */
  reconfigure(target: Endpoint | undefined, hostname = this.#hostname): void {
    this.#hostname = hostname;
    if (target?.host === this.#target?.host && target?.port === this.#target?.port) return;
    this.#target = target;
    this.#confirm();
    this.#reportTrouble(undefined);
    this.#closeSocket();
    if (target === undefined) {
      this.#lostBefore = this.#lost;
      this.#again = [];
      this.#queue = this.#newQueue();
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#schedule(0);
  }

  /** Sends queued lines, at most one turn's, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#turn;
    if (this.#target !== undefined) await this.#sendTurn(this.#target);
    this.#confirm();
    this.#closeSocket();
  }

  get #lost(): number {
    return this.#lostBefore + this.#queue.dropped;
  }

  #newQueue(): BoundedLines<LogRecord> {
    return new BoundedLines(this.#options.queueBytes ?? QUEUE_BYTES);
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== undefined || this.#turn !== undefined || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#target === undefined) return;
      this.#turn = this.#sendTurn(this.#target).finally(() => {
        this.#turn = undefined;
        if (this.#unconfirmed.length > 0) this.#schedule(TURN_MS);
        else if (this.#again.length > 0 || this.#queue.length > 0) this.#schedule(RETRY_MS);
        this.#logProblem();
      });
    }, delayMs).unref();
  }

  /** The last turn had no error: its lines count as sent, and any problem is over. */
  #confirm(): void {
    this.#confirmAccepted();
    this.#endTrouble();
  }

  #endTrouble(): void {
    this.#trouble = undefined;
    this.#reportTrouble(undefined);
  }

  #reportTrouble(reason: string | undefined): void {
    if (reason === this.#reportedTrouble) return;
    this.#reportedTrouble = reason;
    this.#options.onTrouble?.(reason);
  }

  /** The network's answer to the last turn, such as "port unreachable". */
  #refuse(error: Error): void {
    this.#again = this.#unconfirmed.concat(this.#again);
    this.#unconfirmed = [];
    this.#setTrouble(error.message);
    if (this.#turn !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#schedule(RETRY_MS);
  }

  #setTrouble(reason: string): void {
    this.#trouble = { reason, since: this.#trouble?.since ?? Date.now() };
    const isOld = Date.now() - this.#trouble.since >= (this.#options.patienceMs ?? PATIENCE_MS);
    if (isOld && this.#target !== undefined)
      this.#reportTrouble(`sending to ${describe(this.#target)}: ${reason}`);
    // A new socket selects its source address again: the machine may have another one now.
    this.#closeSocket();
  }

  /** Sends one turn's lines, each answered by the kernel before the next turn starts. Never rejects. */
  async #sendTurn(target: Endpoint): Promise<void> {
    if (this.#unconfirmed.length > 0) this.#confirm();
    const limit = this.#trouble === undefined ? LINES_PER_TURN : 1;
    const records = this.#again.splice(0, limit);
    while (records.length < limit) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      records.push(next);
    }
    if (records.length === 0) {
      this.#endTrouble();
      return;
    }
    const accepted: LogRecord[] = [];
    const refused: LogRecord[] = [];
    let failure: unknown;
    try {
      const socket = await this.#connected(target);
      const sender = { hostname: this.#hostname, pid: process.pid };
      const send = async (record: LogRecord): Promise<void> => {
        try {
          await sendOne(socket, encodeSyslog(record, sender));
          accepted.push(record);
        } catch (error) {
          if (isErrno(error, 'EMSGSIZE')) {
            this.#lostBefore += 1;
            return;
          }
          failure = error;
          refused.push(record);
        }
      };
      await Promise.all(records.map(send));
    } catch (error) {
      failure = error;
      refused.push(...records);
    }
    this.#unconfirmed = accepted;
    if (failure === undefined) return;
    // This error answers an earlier line: none of them was received.
    if (isErrno(failure, 'ECONNREFUSED')) refused.push(...accepted);
    else this.#confirmAccepted();
    this.#unconfirmed = [];
    this.#again = refused.sort((a, b) => a.number - b.number).concat(this.#again);
    this.#setTrouble(failure instanceof Error ? failure.message : 'the message was not sent');
  }

  /** The lines sent in a turn that failed in part: their socket is closed, so no error will arrive for them. */
  #confirmAccepted(): void {
    this.#sent += this.#unconfirmed.length;
    this.#unconfirmed = [];
  }

  /** A connected socket receives the network's errors, and looks up its route once. */
  async #connected({ host, port }: Endpoint): Promise<Socket> {
    if (this.#socket !== undefined) return this.#socket;
    const address = host === 'localhost' ? '127.0.0.1' : host;
    const family = isIP(address.replace(/%.*$/, ''));
    if (family === 0) throw new Error(`syslog server "${host}": expected an IP address`);
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    socket.unref();
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.once('connect', () => resolve());
        socket.connect(port, address);
      });
    } catch (error) {
      socket.close();
      throw error;
    }
    socket.removeAllListeners('error');
    socket.on('error', (error) => {
      if (this.#socket === socket) this.#refuse(error);
    });
    this.#socket = socket;
    return socket;
  }

  #closeSocket(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #logProblem(): void {
    const now = performance.now();
    if (now - this.#reportedAt < REPORT_MS || this.#target === undefined) return;
    const lost = this.#lost - this.#lostReported;
    const trouble = this.#trouble;
    const isOld =
      trouble !== undefined && Date.now() - trouble.since >= (this.#options.patienceMs ?? PATIENCE_MS);
    if (lost === 0 && !isOld) return;
    this.#reportedAt = now;
    this.#lostReported = this.#lost;
    const reasons = [
      trouble === undefined ? [] : [trouble.reason],
      lost === 0 ? [] : [lost === 1 ? '1 line was lost' : `${lost} lines were lost`],
    ].flat();
    this.#options.onProblem(`sending to ${describe(this.#target)}: ${reasons.join('; ')}`);
  }
}

function sendOne(socket: Socket, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(message, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

function describe({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
