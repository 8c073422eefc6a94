/**
 * One connection to VPP's binary API: one epoch, from handshake to close.
 *
 * Invariants: the socket is always read; every request has a timeout; a request that timed out or was aborted
 * leaves a tombstone, so that its late reply is recognised, consumed and dropped; contexts are not reused within 2^31
 * requests; a close rejects all pending requests; a protocol violation closes the connection.
 */

import { createConnection, type Socket } from 'node:net';
import { isErrno, OwnPauses } from '../../linux/mod.ts';
import { BULK_CONTEXT, BulkChannel, type BulkOptions, BulkRing, NO_CLIENT } from './bulk.ts';
import type {
  CallOptions,
  ClientCounters,
  ConnectOptions,
  DisconnectReason,
  ManyOptions,
  ManyOutcome,
} from './client-types.ts';
import { abortedError, retvalError, VppApiError } from './errors.ts';
import { FrameReader } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import { createSession } from './handshake.ts';
import type { DumpDef, MessageDef, RequestDef, StreamDef, StreamReply } from './message.ts';
import { REQUEST_HEADER_BYTES } from './message.ts';
import type { MessageProblem, MessageTable } from './message-table.ts';
import { controlPing } from './messages/memclnt.ts';
import { type Collector, Pending } from './pending.ts';
import type { ReadCursor } from './schema.ts';
import { sendMany } from './send-many.ts';
import { showVersion, type VppVersionInfo } from './show-version.ts';
import { Retval } from './vpp-errors.ts';

const READ_BUFFER_BYTES = 64 * 1024;
const DEFAULT_TIMEOUT_MS = 5_000;
const SWEEP_MS = 25;
/** With this many bulk requests in flight the socket is not read for `REST_MS` after each read. */
const REST_ABOVE = 512;
const REST_MS = 2;
/** Spent on reading before the event loop has its turn. */
const SLICE_MS = 4;
/** For data still unsent at close. */
const LINGER_MS = 1_000;
/** Calls of one stream: a VPP that answers "again" without end is broken. */
const MAX_STREAM_CALLS = 1_000_000;

/** Gets the events of one definition; a method, so that its body may be narrower than unknown. */
interface Listener {
  call(body: unknown): void;
}

export class VppApiClient implements AsyncDisposable {
  readonly epoch: number;
  /** Resolves, never rejects, when the connection has ended. */
  readonly closed: Promise<DisconnectReason>;
  readonly counters: ClientCounters = { framesReceived: 0, lateReplies: 0, strayFrames: 0 };
  #resolveClosed: (reason: DisconnectReason) => void = () => {};
  readonly #socket: Socket;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #pending: Pending;
  readonly #bulk: BulkRing;
  readonly #events = new Map<number, { def: MessageDef<unknown>; listeners: Set<Listener> }>();
  readonly #ids = new Map<MessageDef<unknown>, number>();
  #onHandshakeFrame: ((cursor: ReadCursor) => void) | undefined;
  #table: MessageTable | undefined;
  #serverIndex = 0;
  #vpePid = 0;
  #version: Promise<VppVersionInfo> | undefined;
  readonly #onReceived: (() => void) | undefined;
  readonly #pauses = new OwnPauses();
  #sweeper: NodeJS.Timeout | undefined;
  /** Spent on what was read since the event loop had its turn. */
  #sliceMs = 0;
  #end: DisconnectReason | undefined;

  private constructor(socketPath: string, { epoch = 1, traffic, onReceived }: ConnectOptions) {
    this.epoch = epoch;
    this.#onReceived = onReceived;
    this.#pending = new Pending(traffic);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#reader = new FrameReader((cursor) => this.#receive(cursor));
    this.#socket = createConnection({
      path: socketPath,
      onread: {
        buffer: new Uint8Array(READ_BUFFER_BYTES),
        callback: (count: number, buffer: Uint8Array): boolean => {
          const began = performance.now();
          this.#take(buffer.subarray(0, count));
          return this.#keepsReading(performance.now() - began);
        },
      },
    });
    this.#writer = new FrameWriter(this.#socket);
    const writer = this.#writer;
    this.#bulk = new BulkRing({
      isCongested: () => writer.isCongested,
      writeTemplate: (id, context, template, isSilent) =>
        this.#writeTemplate(id, isSilent ? NO_CLIENT : this.#serverIndex, context, template),
      get bytes() {
        return writer.bytes;
      },
      get view() {
        return writer.view;
      },
    });
    this.#socket.on('drain', () => this.#bulk.wake());
  }

  /**
   * Connects, fetches the message table and asks for VPP's process id. Rejects with VppApiError `connect` (cause: the
   * socket's error), `timeout`, `aborted`, `disconnected`, `protocol`, `message-missing` or `crc-mismatch`.
   */
  static async connect(socketPath: string, options: ConnectOptions = {}): Promise<VppApiClient> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const client = new VppApiClient(socketPath, options);
    try {
      const session = await createSession({
        socket: client.#socket,
        socketPath,
        clientName: options.clientName ?? 'appliance',
        timeoutMs,
        signal: options.signal,
        writer: client.#writer,
        onFrame: (handler) => {
          client.#onHandshakeFrame = handler;
        },
      });
      client.#onHandshakeFrame = undefined;
      client.#table = session.table;
      client.#serverIndex = session.index;
      client.#watchSocket();
      const ping = await client.request(controlPing, {}, { timeoutMs, ...signalOption(options.signal) });
      client.#vpePid = ping.vpePid;
      return client;
    } catch (error) {
      client.#finish({ kind: 'closed-by-us', text: 'the connection was not established' });
      throw error;
    }
  }

  /** VPP's process id: another one after a restart. */
  get vpePid(): number {
    return this.#vpePid;
  }

  /** VPP's version. VPP is asked once a connection; rejects as that `request` does, also later. */
  version(options?: CallOptions): Promise<VppVersionInfo> {
    this.#version ??= showVersion(this, options);
    return this.#version;
  }

  /** Our client index at VPP, sent in every request. */
  get serverIndex(): number {
    return this.#serverIndex;
  }

  /** Requests that wait for their answer, including those of bulk channels. */
  get inFlight(): number {
    return this.#pending.size + this.#bulk.inFlight;
  }

  /** How long VPP may at least be silent because of pending requests (`CallOptions.blocksVpp`), in ms. */
  get patienceMs(): number {
    return this.#pending.longestBlockMs;
  }

  get isClosed(): boolean {
    return this.#end !== undefined;
  }

  /** Messages in VPP's table. */
  get messageCount(): number {
    return this.#table?.size ?? 0;
  }

  /** Which of these messages, or of their replies, this VPP does not support. */
  checkMessages(defs: Iterable<MessageDef<unknown>>): MessageProblem[] {
    const problems = new Map<string, MessageProblem>();
    for (const def of defs) {
      for (const each of withAnswers(def)) {
        const problem = this.#table?.problem(each);
        if (problem !== undefined) problems.set(problem.message, problem);
      }
    }
    return [...problems.values()];
  }

  /**
   * One request, one reply. Rejects with VppApiError: `retval` when VPP refuses (its name and number in the text),
   * `timeout`, `aborted`, `disconnected`, `message-missing`, `crc-mismatch`, `busy`, `encode`.
   */
  async request<Body, Reply extends { readonly retval: number }>(
    def: RequestDef<Body, Reply>,
    body: Body,
    options: CallOptions = {},
  ): Promise<Reply> {
    const replyId = this.#id(def.reply);
    const reply = await this.#call<Body, Reply>(def, body, options, (id, cursor, finish) => {
      if (id !== replyId)
        throw new VppApiError('protocol', `unexpected message id ${id} in reply to ${def.name}`);
      finish(def.reply.codec.read(cursor));
      return true;
    });
    if (reply.retval !== 0) throw retvalError(def.name, reply.retval);
    return reply;
  }

  /**
   * A dump: all details, terminated by a control_ping sent after the dump. Errors as `request`, without `retval`; VPP
   * sends nothing for a dump of a table that it does not have: the result is an empty array.
   */
  async dump<Body, Details>(
    def: DumpDef<Body, Details>,
    body: Body,
    options: CallOptions = {},
  ): Promise<Details[]> {
    const detailsId = this.#id(def.details);
    const endId = this.#id(controlPing.reply);
    const pingId = this.#id(controlPing);
    const all: Details[] = [];
    const collect: Collector<Details[]> = (id, cursor, finish) => {
      if (id === detailsId) {
        all.push(def.details.codec.read(cursor));
        return false;
      }
      if (id !== endId)
        throw new VppApiError('protocol', `unexpected message id ${id} in reply to ${def.name}`);
      finish(all);
      return true;
    };
    return this.#call(def, body, options, collect, (context) => {
      this.#write(pingId, context, controlPing, {});
    });
  }

  /** A stream call (`x_get`), repeated with VPP's cursor until it reports the end. */
  async stream<Details, Asked extends object>(
    def: StreamDef<Details, Asked>,
    asked: Asked,
    options: CallOptions = {},
  ): Promise<Details[]> {
    const detailsId = this.#id(def.details);
    const replyId = this.#id(def.reply);
    const all: Details[] = [];
    let cursorAtVpp = 0;
    for (let calls = 0; calls < MAX_STREAM_CALLS; calls++) {
      const body = { cursor: cursorAtVpp, ...asked };
      const reply = await this.#call<typeof body, StreamReply>(def, body, options, (id, cursor, finish) => {
        if (id === detailsId) {
          all.push(def.details.codec.read(cursor));
          return false;
        }
        if (id !== replyId)
          throw new VppApiError('protocol', `unexpected message id ${id} in reply to ${def.name}`);
        finish(def.reply.codec.read(cursor));
        return true;
      });
      if (reply.retval === 0) return all;
      if (reply.retval !== Retval.streamAgain) throw retvalError(def.name, reply.retval);
      cursorAtVpp = reply.cursor;
    }
    throw new VppApiError('protocol', `${def.name}: VPP answers "again" without end`, { message: def.name });
  }

  /**
   * Many requests of one message, pipelined in a window; replies are counted, and given to `onReply` by index. Rejects
   * with `aborted`, `disconnected`, `message-missing`, `crc-mismatch` or `encode`; a refusal or timeout of one request
   * only counts as failed. After an abort, VPP still handles the requests in flight.
   */
  requestMany<Body>(
    def: RequestDef<Body, { readonly retval: number }>,
    bodies: Iterable<Body>,
    options: ManyOptions = {},
  ): Promise<ManyOutcome> {
    return sendMany(this, def, bodies, options);
  }

  /** A channel for bulk requests from templates; see `BulkChannel`. Throws as `request` rejects. */
  bulk(def: RequestDef<unknown, { readonly retval: number }>, options: BulkOptions): BulkChannel {
    this.refuseWhenClosed(def.name);
    const ids = {
      messageId: this.#id(def),
      replyId: this.#id(def.reply),
      pingId: this.#id(controlPing),
      pingReplyId: this.#id(controlPing.reply),
      name: def.name,
    };
    const channel = new BulkChannel(this.#bulk, ids, options);
    this.#bulk.add(channel);
    return channel;
  }

  /** Calls `listener` for every such event until disposed; throws `message-missing` or `crc-mismatch`. */
  on<Body>(def: MessageDef<Body>, listener: (body: Body) => void): Disposable {
    const id = this.#id(def);
    let entry = this.#events.get(id);
    if (entry === undefined) {
      entry = { def, listeners: new Set() };
      this.#events.set(id, entry);
    }
    const { listeners } = entry;
    const mine: Listener = { call: listener };
    listeners.add(mine);
    return { [Symbol.dispose]: () => void listeners.delete(mine) };
  }

  /** Ends the connection with a reason; all pending requests are rejected with `disconnected`. Idempotent. */
  close(reason: DisconnectReason = { kind: 'closed-by-us', text: 'closed by us' }): void {
    this.#finish(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  #id(def: MessageDef<unknown>): number {
    const known = this.#ids.get(def);
    if (known !== undefined) return known;
    if (this.#table === undefined) throw new VppApiError('disconnected', `${def.name}: not connected`);
    const id = this.#table.id(def);
    this.#ids.set(def, id);
    return id;
  }

  /** Throws VppApiError `disconnected` once the connection has ended. */
  refuseWhenClosed(name: string): void {
    if (this.#end === undefined) return;
    throw new VppApiError('disconnected', `${name}: ${this.#end.text}`, { message: name });
  }

  #call<Body, Result>(
    def: MessageDef<Body>,
    body: Body,
    options: CallOptions,
    collect: Collector<Result>,
    andThen?: (context: number) => void,
  ): Promise<Result> {
    this.refuseWhenClosed(def.name);
    const id = this.#id(def);
    if (options.signal?.aborted) throw abortedError(def.name, options.signal);
    this.#sweeper ??= this.#startSweeper();
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const { context, result } = this.#pending.add(def.name, { ...options, timeoutMs }, collect);
    try {
      this.#write(id, context, def, body);
      andThen?.(context);
    } catch (error) {
      this.#pending.reject(context, error);
    }
    return result;
  }

  #write<Body>(id: number, context: number, def: MessageDef<Body>, body: Body): void {
    const length = REQUEST_HEADER_BYTES + def.codec.lengthOf(body);
    const cursor = this.#writer.frame(length);
    cursor.view.setUint16(cursor.offset, id);
    cursor.view.setUint32(cursor.offset + 2, this.#serverIndex);
    cursor.view.setUint32(cursor.offset + 6, context);
    cursor.offset += REQUEST_HEADER_BYTES;
    try {
      def.codec.write(cursor, body);
    } catch (error) {
      this.#writer.drop(length);
      throw error;
    }
  }

  #writeTemplate(id: number, clientIndex: number, context: number, template: Uint8Array): number {
    this.#sweeper ??= this.#startSweeper();
    const writer = this.#writer;
    const offset = writer.reserve(template.length);
    writer.bytes.set(template, offset);
    const { view } = writer;
    view.setUint16(offset, id);
    view.setUint32(offset + 2, clientIndex);
    view.setUint32(offset + 6, context);
    return offset;
  }

  #startSweeper(): NodeJS.Timeout {
    this.#pauses.wasPaused();
    return setInterval(() => {
      const now = performance.now();
      // Data that arrived while this process was suspended is read first.
      if (this.#pauses.wasPaused(now)) return;
      this.#pending.sweep(now);
      this.#bulk.sweep(now);
      if (this.#pending.size + this.#bulk.inFlight > 0) return;
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
    }, SWEEP_MS).unref();
  }

  /**
   * VPP sends each answer separately, and waking for each costs more than handling it: during a bulk load the socket is
   * not read for a moment, so that answers accumulate. The window is far from empty by then. A long dump is read in
   * slices: the event loop would read on for as long as there is something (32 times, `uv__read`).
   */
  #keepsReading(tookMs: number): boolean {
    if (this.#end !== undefined) return true;
    const isRest = this.#bulk.inFlight >= REST_ABOVE;
    this.#sliceMs += tookMs;
    if (!isRest && this.#sliceMs < SLICE_MS) return true;
    this.#sliceMs = 0;
    if (isRest) setTimeout(() => this.#socket.resume(), REST_MS);
    else setImmediate(() => this.#socket.resume());
    return false;
  }

  #take(chunk: Uint8Array): void {
    if (this.#end !== undefined) return;
    this.#onReceived?.();
    try {
      this.#reader.push(chunk);
    } catch (error) {
      // A listener that throws is our own bug and must not be blamed on VPP: only decoder errors end here.
      if (!(error instanceof VppApiError && error.code === 'protocol')) throw error;
      this.#finish({ kind: 'protocol', text: `VPP violated the protocol: ${error.message}` }, error);
    }
  }

  #receive(cursor: ReadCursor): void {
    this.counters.framesReceived++;
    if (this.#onHandshakeFrame !== undefined) {
      this.#onHandshakeFrame(cursor);
      return;
    }
    const { view, offset } = cursor;
    if (cursor.end - offset < 6) {
      throw new VppApiError(
        'protocol',
        `expected at least the 6 bytes of a header, got ${cursor.end - offset}`,
      );
    }
    const id = view.getUint16(offset);
    const event = this.#events.get(id);
    if (event !== undefined) {
      cursor.offset = offset + REQUEST_HEADER_BYTES;
      const body = event.def.codec.read(cursor);
      for (const listener of event.listeners) listener.call(body);
      return;
    }
    const context = view.getUint32(offset + 2);
    cursor.offset = offset + 6;
    if (context >= BULK_CONTEXT) {
      if (cursor.end - cursor.offset < 4) throw new VppApiError('protocol', `the bulk reply has no retval`);
      if (!this.#bulk.receive(context, id, view.getInt32(cursor.offset))) this.counters.lateReplies++;
      return;
    }
    const outcome = this.#pending.receive(context, id, cursor);
    if (outcome === 'late') this.counters.lateReplies++;
    else if (outcome === 'stray') this.counters.strayFrames++;
  }

  #watchSocket(): void {
    this.#socket.on('error', (error) => {
      const reason: DisconnectReason = isErrno(error, 'ECONNRESET', 'EPIPE')
        ? { kind: 'closed-by-vpp', text: 'VPP closed the connection with requests unanswered' }
        : { kind: 'socket-error', text: `the socket to VPP failed: ${error.message}` };
      this.#finish(reason, error);
    });
    this.#socket.on('close', () => {
      this.#finish({ kind: 'closed-by-vpp', text: 'VPP closed the connection' });
    });
  }

  #finish(reason: DisconnectReason, cause?: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    clearInterval(this.#sweeper);
    // An error may still arrive between destroy and close; it has no news by then.
    this.#socket.on('error', () => {});
    if (reason.kind === 'closed-by-us') {
      this.#writer.flush();
      this.#socket.destroySoon();
      setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
    } else this.#socket.destroy();
    const error = new VppApiError('disconnected', reason.text, { cause });
    this.#pending.rejectAll(error);
    this.#bulk.fail(error);
    this.#events.clear();
    this.#resolveClosed(reason);
  }
}

function signalOption(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** A definition with the definitions of its answers. */
function withAnswers(def: MessageDef<unknown>): MessageDef<unknown>[] {
  return [
    def,
    ...(def.reply === undefined ? [] : [def.reply]),
    ...(def.details === undefined ? [] : [def.details]),
  ];
}
