/**
 * Bulk requests: many requests of one message in flight, each answered by a reply with nothing but a retval; or sent
 * silently, without an answer, which costs VPP as much as a route.
 *
 * A silent request names a client that does not exist (`NO_CLIENT`): VPP executes it and finds nobody to answer
 * (vl_api_client_index_to_registration in VPP's src/vlibmemory/api.h). VPP handles the requests of one socket in their
 * order, so that an answer says that all silent ones before it were handled, with whatever result.
 *
 * Contexts of bulk requests have the top bit set; the rest is a sequence number whose low bits are a place in one ring
 * per connection. So a reply finds its caller's slot without a map, and a late reply finds a place that is free or
 * belongs to another sequence number, and is dropped.
 *
 * Invariants: at most `RING_SIZE` bulk requests per connection, and per channel `window` answered and `SILENT_WINDOW`
 * silent ones are in flight; `onReply` is called exactly once for every `send` that found room, and `onHandled` or
 * `onReply` with an error once for every `sendSilently` that did, unless the channel was closed before.
 */

import { retvalError, VppApiError } from './errors.ts';

/** Places for bulk requests in flight per connection; a power of two. */
export const RING_SIZE = 16_384;
/** About the best measured on VPP 25.02: a larger window only grows VPP's output vector. */
export const DEFAULT_WINDOW = 2_048;
/** Silent requests in flight per channel: what VPP works on while the event loop does something else. */
export const SILENT_WINDOW = 8_192;
/** The client index of no client: with the bit of socket clients, and beyond any pool of VPP's. */
export const NO_CLIENT = 0xffff_ffff;
export const BULK_CONTEXT = 0x8000_0000;
const SEQUENCE_MASK = 0x7fff_ffff;

export interface BulkOptions {
  /** Maximum of requests in flight, default 2,048. */
  readonly window?: number;
  /** Timeout of each reply, default 10,000. */
  readonly timeoutMs?: number;
  /** Called once per request: error undefined means that VPP returned 0. Must not throw. */
  readonly onReply: (slot: number, error: VppApiError | undefined) => void;
  /** Called once per silent request that VPP has handled: nobody knows whether it was refused. Must not throw. */
  readonly onHandled?: (slot: number) => void;
  /** Called when `send` would find room again after it found none. */
  readonly onRoom?: () => void;
  /** Called when nothing is in flight any more. */
  readonly onIdle?: () => void;
}

/** What a channel needs from its connection. */
export interface BulkTransport {
  isCongested(): boolean;
  /**
   * Writes one request: a template whose 10 bytes of header the transport fills in. Returns its offset in `bytes`, so
   * that more can be written into it before anything else is written. `isSilent`: it names no client.
   */
  writeTemplate(messageId: number, context: number, template: Uint8Array, isSilent: boolean): number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** The numbers that VPP has for the message of a channel, and for the ping. */
export interface BulkIds {
  readonly messageId: number;
  readonly replyId: number;
  readonly pingId: number;
  readonly pingReplyId: number;
  readonly name: string;
}

/** A ping is nothing but a header. */
const PING = new Uint8Array(10);

/** Requests of one message with a window; made by `VppApiClient.bulk`. */
export class BulkChannel implements Disposable {
  readonly #ring: BulkRing;
  readonly ids: BulkIds;
  readonly messageName: string;
  readonly window: number;
  readonly timeoutMs: number;
  readonly onReply: BulkOptions['onReply'];
  readonly onRoom: (() => void) | undefined;
  readonly onIdle: (() => void) | undefined;
  readonly #onHandled: ((slot: number) => void) | undefined;
  /** Slots of silent requests in flight, by the number of the request modulo its length. */
  #silent = new Uint32Array(0);
  /** Silent requests that were sent, and those of them that were handled, since the channel was made. */
  silentSent = 0;
  #silentHandled = 0;
  /** Silent requests before the last answered one. */
  #silentFenced = 0;
  /** Requests that an answer is awaited for. */
  inFlight = 0;
  isStarved = false;
  isClosed = false;

  constructor(ring: BulkRing, ids: BulkIds, options: BulkOptions) {
    this.#ring = ring;
    this.ids = ids;
    this.messageName = ids.name;
    this.window = Math.max(1, Math.min(options.window ?? DEFAULT_WINDOW, RING_SIZE));
    this.timeoutMs = options.timeoutMs ?? 10_000;
    this.onReply = options.onReply;
    this.onRoom = options.onRoom;
    this.onIdle = options.onIdle;
    this.#onHandled = options.onHandled;
  }

  /** Silent requests that nobody knows of yet whether they were handled. */
  get silentInFlight(): number {
    return this.silentSent - this.#silentHandled;
  }

  /**
   * Sends one request, copied from `template` (10 bytes of header, which are ignored, then the body; see
   * `encodeRequest`). `onReply` gets `slot` (a u32) back. Returns the copy's offset in `bytes`; the caller writes what
   * differs between requests there at once; -1 when the window or the socket is full: `onRoom` follows. Throws
   * VppApiError `disconnected` when the connection has ended.
   */
  send(slot: number, template: Uint8Array): number {
    const offset = this.#ring.send(this, slot, template);
    if (offset >= 0) this.#silentFenced = this.silentSent;
    return offset;
  }

  /**
   * The same without an answer. `onHandled` gets `slot` when a later request, or `fence`, is answered; `onReply` gets it
   * with an error when that answer does not come.
   */
  sendSilently(slot: number, template: Uint8Array): number {
    const offset = this.#ring.sendSilently(this, template);
    if (offset < 0) return offset;
    if (this.#silent.length === 0) this.#silent = new Uint32Array(SILENT_WINDOW);
    this.#silent[this.silentSent % SILENT_WINDOW] = slot;
    this.silentSent += 1;
    return offset;
  }

  /**
   * Has VPP say when the silent requests are handled, by a ping, when no request after them is answered. Throws as
   * `send`.
   */
  fence(): void {
    if (this.#silentFenced === this.silentSent) return;
    if (this.#ring.ping(this)) this.#silentFenced = this.silentSent;
  }

  /** For the ring: the silent requests up to this one were handled, or nobody knows. */
  silentUpTo(count: number, error: VppApiError | undefined): void {
    while (this.#silentHandled < count && !this.isClosed) {
      const slot = this.#silent[this.#silentHandled % SILENT_WINDOW]!;
      this.#silentHandled += 1;
      if (error === undefined) this.#onHandled?.(slot);
      else this.onReply(slot, error);
    }
  }

  /** Whether `send` would find room; if not, `onRoom` follows. */
  hasRoom(): boolean {
    return this.#ring.hasRoom(this);
  }

  /** The buffer that the last request was written to. */
  get bytes(): Uint8Array {
    return this.#ring.transport.bytes;
  }

  get view(): DataView {
    return this.#ring.transport.view;
  }

  /** Stops `onReply`: replies to requests in flight are consumed and dropped. */
  close(): void {
    this.#ring.forget(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** The ring of one connection. */
export class BulkRing {
  readonly transport: BulkTransport;
  readonly #owners: (BulkChannel | undefined)[] = Array.from({ length: RING_SIZE }, () => undefined);
  readonly #slots = new Uint32Array(RING_SIZE);
  readonly #sequences = new Uint32Array(RING_SIZE);
  /** What the channel had sent silently before each. */
  readonly #silentBefore = new Float64Array(RING_SIZE);
  readonly #isPing = new Uint8Array(RING_SIZE);
  readonly #deadlines = new Float64Array(RING_SIZE);
  readonly #channels = new Set<BulkChannel>();
  #sequence = 0;
  #inFlight = 0;
  /** A recent `performance.now()`: the clock is not read for each request. */
  #now = 0;
  #failure: VppApiError | undefined;

  constructor(transport: BulkTransport) {
    this.transport = transport;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  add(channel: BulkChannel): void {
    this.#channels.add(channel);
  }

  send(channel: BulkChannel, slot: number, template: Uint8Array): number {
    this.#refuseWhenOver(channel);
    if (!this.hasRoom(channel)) return -1;
    const context = this.#take(channel, slot, false);
    return this.transport.writeTemplate(channel.ids.messageId, context, template, false);
  }

  sendSilently(channel: BulkChannel, template: Uint8Array): number {
    this.#refuseWhenOver(channel);
    if (!this.hasRoom(channel)) return -1;
    return this.transport.writeTemplate(channel.ids.messageId, 0, template, true);
  }

  /** False: there is no place in the ring, and `onRoom` follows. The window does not count: this makes room. */
  ping(channel: BulkChannel): boolean {
    this.#refuseWhenOver(channel);
    if (this.#inFlight >= RING_SIZE) {
      channel.isStarved = true;
      return false;
    }
    this.transport.writeTemplate(channel.ids.pingId, this.#take(channel, 0, true), PING, false);
    return true;
  }

  hasRoom(channel: BulkChannel): boolean {
    const isFull = channel.inFlight >= channel.window || this.#inFlight >= RING_SIZE;
    const isSilentFull = channel.silentInFlight >= SILENT_WINDOW;
    if (!isFull && !isSilentFull && !this.transport.isCongested()) return true;
    channel.isStarved = true;
    return false;
  }

  /** Takes a reply with a bulk context; false when no request waits for it (late). Throws VppApiError `protocol`. */
  receive(context: number, messageId: number, retval: number): boolean {
    const sequence = context & SEQUENCE_MASK;
    const place = sequence % RING_SIZE;
    const channel = this.#owners[place];
    if (channel === undefined || this.#sequences[place] !== sequence) return false;
    const { replyId, pingReplyId } = channel.ids;
    if (messageId !== (this.#isPing[place] === 1 ? pingReplyId : replyId)) {
      throw new VppApiError(
        'protocol',
        `unexpected message id ${messageId} in reply to ${channel.messageName}`,
      );
    }
    this.#finish(place, channel, retval === 0 ? undefined : retvalError(channel.messageName, retval));
    return true;
  }

  /** Fails overdue requests with `timeout`. */
  sweep(now: number): void {
    this.#now = now;
    if (this.#inFlight === 0) return;
    for (let place = 0; place < RING_SIZE; place++) {
      const channel = this.#owners[place];
      if (channel === undefined || (this.#deadlines[place] ?? 0) > now) continue;
      const text = `${channel.messageName}: no reply within ${channel.timeoutMs} ms`;
      this.#finish(place, channel, new VppApiError('timeout', text, { message: channel.messageName }));
    }
  }

  /** Notifies channels that wait for room that the socket has drained. */
  wake(): void {
    for (const channel of this.#channels) this.#offerRoom(channel);
  }

  /** Fails all requests in flight with `error`; later sends throw it. */
  fail(error: VppApiError): void {
    this.#failure = error;
    for (let place = 0; place < RING_SIZE && this.#inFlight > 0; place++) {
      const channel = this.#owners[place];
      if (channel !== undefined) this.#finish(place, channel, error);
    }
    for (const channel of this.#channels) channel.silentUpTo(channel.silentSent, error);
    this.wake();
    this.#channels.clear();
  }

  forget(channel: BulkChannel): void {
    channel.isClosed = true;
    this.#channels.delete(channel);
    for (let place = 0; place < RING_SIZE && channel.inFlight > 0; place++) {
      if (this.#owners[place] === channel) this.#release(place, channel);
    }
  }

  #refuseWhenOver(channel: BulkChannel): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (channel.isClosed) throw new VppApiError('aborted', `${channel.messageName}: the channel is closed`);
  }

  /** A place for a request; returns its context. */
  #take(channel: BulkChannel, slot: number, isPing: boolean): number {
    if (this.#inFlight === 0) this.#now = performance.now();
    // A request that VPP dropped keeps its place until its timeout: skip it.
    while (this.#owners[this.#sequence % RING_SIZE] !== undefined) this.#advance();
    const place = this.#sequence % RING_SIZE;
    this.#owners[place] = channel;
    this.#slots[place] = slot;
    this.#sequences[place] = this.#sequence;
    this.#silentBefore[place] = channel.silentSent;
    this.#isPing[place] = isPing ? 1 : 0;
    this.#deadlines[place] = this.#now + channel.timeoutMs;
    this.#inFlight++;
    channel.inFlight++;
    const context = (BULK_CONTEXT | this.#sequence) >>> 0;
    this.#advance();
    return context;
  }

  #advance(): void {
    this.#sequence = (this.#sequence + 1) & SEQUENCE_MASK;
  }

  #release(place: number, channel: BulkChannel): void {
    this.#owners[place] = undefined;
    this.#inFlight--;
    channel.inFlight--;
  }

  #finish(place: number, channel: BulkChannel, error: VppApiError | undefined): void {
    const slot = this.#slots[place] ?? 0;
    const wasFull = this.#inFlight === RING_SIZE;
    this.#release(place, channel);
    // A refusal is an answer too.
    channel.silentUpTo(this.#silentBefore[place]!, error?.code === 'retval' ? undefined : error);
    if (this.#isPing[place] === 0) channel.onReply(slot, error);
    if (channel.inFlight === 0 && channel.silentInFlight === 0) channel.onIdle?.();
    this.#offerRoom(channel);
    // Other channels may have starved on the ring, not on their own window.
    if (wasFull) this.wake();
  }

  // Half a window of room before the sender is notified: otherwise every reply would send one request.
  #offerRoom(channel: BulkChannel): void {
    if (!channel.isStarved || channel.isClosed) return;
    const isFull = channel.inFlight > channel.window / 2 || channel.silentInFlight > SILENT_WINDOW / 2;
    if (this.#failure === undefined && isFull) return;
    channel.isStarved = false;
    channel.onRoom?.();
  }
}
