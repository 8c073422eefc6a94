/**
 * Bulk requests: many requests of one message in flight, each answered by a reply with nothing but a retval.
 *
 * Contexts of bulk requests have the top bit set; the rest is a sequence number whose low bits are a place in one ring
 * per connection. So a reply finds its caller's slot without a map, and a late reply finds a place that is free or
 * belongs to another sequence number, and is dropped.
 *
 * Invariants: at most `RING_SIZE` bulk requests per connection and `window` per channel are in flight; `onReply` is
 * called exactly once for every `send` that found room, unless the channel was closed before.
 */

import { retvalError, VppApiError } from './errors.ts';

/** Places for bulk requests in flight per connection; a power of two. */
export const RING_SIZE = 16_384;
/** About the best measured on VPP 25.02: a larger window only grows VPP's output vector. */
export const DEFAULT_WINDOW = 2_048;
export const BULK_CONTEXT = 0x8000_0000;
const SEQUENCE_MASK = 0x7fff_ffff;

export interface BulkOptions {
  /** Maximum of requests in flight, default 2,048. */
  readonly window?: number;
  /** Timeout of each reply, default 10,000. */
  readonly timeoutMs?: number;
  /** Called once per request: error undefined means that VPP returned 0. Must not throw. */
  readonly onReply: (slot: number, error: VppApiError | undefined) => void;
  /** Called when `send` would find room again after it found none. */
  readonly onRoom?: () => void;
}

/** What a channel needs from its connection. */
export interface BulkTransport {
  isCongested(): boolean;
  /**
   * Writes one request: a template whose 10 bytes of header the transport fills in. Returns its offset in `bytes`, so
   * that more can be written into it before anything else is written.
   */
  writeTemplate(messageId: number, context: number, template: Uint8Array): number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Requests of one message with a window; made by `VppApiClient.bulk`. */
export class BulkChannel implements Disposable {
  readonly #ring: BulkRing;
  readonly messageId: number;
  readonly replyId: number;
  readonly messageName: string;
  readonly window: number;
  readonly timeoutMs: number;
  readonly onReply: BulkOptions['onReply'];
  readonly onRoom: (() => void) | undefined;
  inFlight = 0;
  isStarved = false;
  isClosed = false;

  constructor(
    ring: BulkRing,
    ids: { messageId: number; replyId: number; name: string },
    options: BulkOptions,
  ) {
    this.#ring = ring;
    this.messageId = ids.messageId;
    this.replyId = ids.replyId;
    this.messageName = ids.name;
    this.window = Math.max(1, Math.min(options.window ?? DEFAULT_WINDOW, RING_SIZE));
    this.timeoutMs = options.timeoutMs ?? 10_000;
    this.onReply = options.onReply;
    this.onRoom = options.onRoom;
  }

  /**
   * Sends one request, copied from `template` (10 bytes of header, which are ignored, then the body; see
   * `encodeRequest`). `onReply` gets `slot` (a u32) back. Returns the copy's offset in `bytes`; the caller writes what
   * differs between requests there at once; -1 when the window or the socket is full: `onRoom` follows. Throws
   * VppApiError `disconnected` when the connection has ended.
   */
  send(slot: number, template: Uint8Array): number {
    return this.#ring.send(this, slot, template);
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
    if (this.#failure !== undefined) throw this.#failure;
    if (channel.isClosed) throw new VppApiError('aborted', `${channel.messageName}: the channel is closed`);
    if (!this.hasRoom(channel)) return -1;
    if (this.#inFlight === 0) this.#now = performance.now();
    // A request that VPP dropped keeps its place until its timeout: skip it.
    while (this.#owners[this.#sequence % RING_SIZE] !== undefined) this.#advance();
    const place = this.#sequence % RING_SIZE;
    this.#owners[place] = channel;
    this.#slots[place] = slot;
    this.#sequences[place] = this.#sequence;
    this.#deadlines[place] = this.#now + channel.timeoutMs;
    this.#inFlight++;
    channel.inFlight++;
    const context = (BULK_CONTEXT | this.#sequence) >>> 0;
    this.#advance();
    return this.transport.writeTemplate(channel.messageId, context, template);
  }

  hasRoom(channel: BulkChannel): boolean {
    const isFull = channel.inFlight >= channel.window || this.#inFlight >= RING_SIZE;
    if (!isFull && !this.transport.isCongested()) return true;
    channel.isStarved = true;
    return false;
  }

  /** Takes a reply with a bulk context; false when no request waits for it (late). Throws VppApiError `protocol`. */
  receive(context: number, messageId: number, retval: number): boolean {
    const sequence = context & SEQUENCE_MASK;
    const place = sequence % RING_SIZE;
    const channel = this.#owners[place];
    if (channel === undefined || this.#sequences[place] !== sequence) return false;
    if (channel.replyId !== messageId) {
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
    channel.onReply(slot, error);
    this.#offerRoom(channel);
    // Other channels may have starved on the ring, not on their own window.
    if (wasFull) this.wake();
  }

  // Half a window of room before the sender is notified: otherwise every reply would send one request.
  #offerRoom(channel: BulkChannel): void {
    if (!channel.isStarved || channel.isClosed) return;
    if (this.#failure === undefined && channel.inFlight > channel.window / 2) return;
    channel.isStarved = false;
    channel.onRoom?.();
  }
}
