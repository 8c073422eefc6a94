/**
 * One TCP connection to a neighbour: reads messages in slices, runs the state machine and its timers.
 *
 * Invariants: at most one piece of input is held beside an unfinished message, and no more is read before it was worked
 * through, nor while the FIBs are behind; the hold timer does not run while input waits here, since the neighbour's
 * KEEPALIVE may be in it, nor while this process did not run.
 */
import type { Duplex } from 'node:stream';
import type { Turns } from '../fib/mod.ts';
import { OwnPauses, TimeSlice } from '../linux/mod.ts';
import { type BgpError, bgpError, Cease, ErrorCode } from './bgp-error.ts';
import { type AddressFamily, familyOf } from './families.ts';
import {
  type ConnectionAction,
  type ConnectionEnd,
  type ConnectionEvent,
  type ConnectionState,
  transition,
} from './fsm.ts';
import {
  encodeEndOfRib,
  encodeKeepalive,
  encodeNotification,
  encodeRefresh,
  HEADER_BYTES,
  MAX_BYTES,
  MAX_LONG_BYTES,
  MessageType,
  readHeader,
  readNotification,
  RefreshKind,
} from './message.ts';
import { encodeOpen, type Negotiated, negotiate, type Offer, readOpen } from './open.ts';
import type { UpdateReader } from './update.ts';

/** Until an OPEN came (RFC 4271, section 8.2.2, suggests four minutes). */
const OPEN_HOLD_MS = 240_000;
const CONNECT_MS = 30_000;
const TICK_MS = 250;
/** How soon it is asked again whether the FIBs have caught up. */
const BEHIND_MS = 20;
/** How long a last NOTIFICATION may take to leave. */
const LINGER_MS = 2_000;

/** A TCP socket, or what stands for one. */
export interface Connection extends Duplex {
  readonly connecting: boolean;
  setNoDelay(isOn: boolean): unknown;
}

export interface SessionHost {
  readonly offer: Offer;
  readonly peerAs: number;
  readonly turns: Turns;
  /** Whether the FIBs have so much to do that no more routes are wanted now. */
  isBehind(): boolean;
  /** An acceptable OPEN came; an error ends the connection. */
  agreed(session: Session, negotiated: Negotiated): BgpError | undefined;
  /** The session is up: who reads its UPDATEs. Throws, in words, when there can be no routes. */
  established(session: Session, negotiated: Negotiated): UpdateReader;
  /** The neighbour begins or ends to announce everything again (RFC 7313). */
  refreshed(session: Session, family: AddressFamily, isEnd: boolean): void;
  /** The state has changed. */
  changed(session: Session): void;
  /** It is over; called once. */
  ended(session: Session, end: ConnectionEnd): void;
}

export class Session {
  /** Which side has opened the connection. */
  readonly initiator: 'us' | 'neighbour';
  readonly #socket: Connection;
  readonly #host: SessionHost;
  readonly #pauses = new OwnPauses();
  readonly #tick: NodeJS.Timeout;
  #state: ConnectionState = 'connect';
  #negotiated: Negotiated | undefined;
  #reader: UpdateReader | undefined;
  #input: Buffer = Buffer.alloc(0);
  #at = 0;
  #isWaiting = false;
  /** Why there is no more input, once there is none. */
  #inputEnd: string | undefined;
  #heardAt = performance.now();
  #sentAt = performance.now();
  readonly counts = { messages: 0, updates: 0, bytes: 0, waits: 0 };

  /** @param socket connecting (`us`), or connected (`neighbour`) */
  constructor(socket: Connection, initiator: 'us' | 'neighbour', host: SessionHost) {
    this.#socket = socket;
    this.initiator = initiator;
    this.#host = host;
    socket.setNoDelay(true);
    socket.on('connect', () => this.#handle({ kind: 'connected' }));
    socket.on('data', (piece: Buffer) => this.#take(piece));
    socket.on('end', () => this.#inputEnds('the neighbour has closed the connection'));
    socket.on('error', (error) => this.#inputEnds(error.message));
    socket.on('close', () => this.#inputEnds('the connection was closed'));
    this.#tick = setInterval(() => this.#onTick(), TICK_MS);
    this.#tick.unref();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get negotiated(): Negotiated | undefined {
    return this.#negotiated;
  }

  get reader(): UpdateReader | undefined {
    return this.#reader;
  }

  /** The connection is open, and was not opened here. */
  accept(): void {
    this.#handle({ kind: 'connected' });
  }

  /** Ends it with a NOTIFICATION. */
  end(error: BgpError): void {
    this.#handle({ kind: 'error', error });
  }

  /** Ends it without one: the neighbour has restarted (RFC 4724, section 5). */
  abandon(reason: string): void {
    this.#handle({ kind: 'lost', reason });
  }

  #handle(event: ConnectionEvent): void {
    const before = this.#state;
    const { state, actions } = transition(before, event);
    this.#state = state;
    for (const action of actions) this.#do(action);
    if (this.#state !== before) this.#host.changed(this);
  }

  #do(action: ConnectionAction): void {
    switch (action.do) {
      case 'send-open':
        this.#heardAt = performance.now();
        return this.#send(encodeOpen(this.#host.offer));
      case 'send-keepalive':
        return this.#send(encodeKeepalive());
      case 'send-notification':
        return this.#send(encodeNotification(action.error));
      case 'agree':
        this.#negotiated = action.session;
        return undefined;
      case 'establish':
        return this.#establish();
      case 'deliver':
        return undefined;
      case 'close':
        return this.#close(action.end);
    }
  }

  #establish(): void {
    const negotiated = this.#negotiated;
    if (negotiated === undefined) throw new Error('a session without an OPEN is up');
    try {
      this.#reader = this.#host.established(this, negotiated);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.end(bgpError(ErrorCode.cease, Cease.outOfResources, detail));
      return;
    }
    // There are no routes to wait for.
    if (negotiated.open.gracefulRestart === undefined) return;
    for (const family of negotiated.families) this.#send(encodeEndOfRib(family));
  }

  #close(end: ConnectionEnd): void {
    clearInterval(this.#tick);
    this.#input = Buffer.alloc(0);
    this.#at = 0;
    this.#host.ended(this, end);
    const socket = this.#socket;
    if (end.by !== 'us' || socket.connecting) {
      socket.destroy();
      return;
    }
    socket.resume();
    socket.end();
    const linger = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(linger));
  }

  #send(bytes: Buffer): void {
    if (!this.#socket.writable) return;
    this.#sentAt = performance.now();
    this.#socket.write(bytes);
  }

  #take(piece: Buffer): void {
    if (this.#state === 'closed') return;
    this.#socket.pause();
    this.#isWaiting = true;
    const rest = this.#input.subarray(this.#at);
    this.#input = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    this.#at = 0;
    this.counts.bytes += piece.length;
    this.#heardAt = performance.now();
    this.#host.turns.add(this.#work);
  }

  #inputEnds(reason: string): void {
    if (this.#inputEnd !== undefined || this.#state === 'closed') return;
    this.#inputEnd = reason;
    // What came before it counts: a NOTIFICATION says why.
    this.#host.turns.add(this.#work);
  }

  /** One slice of the messages that are here. */
  readonly #work = (): boolean => {
    const slice = new TimeSlice();
    while (!this.#isClosed()) {
      if (this.#state === 'established' && this.#inputEnd === undefined && this.#host.isBehind()) {
        this.counts.waits += 1;
        setTimeout(() => this.#host.turns.add(this.#work), BEHIND_MS).unref();
        return false;
      }
      if (!this.#readMessage()) {
        this.#isWaiting = false;
        if (this.#inputEnd === undefined) this.#socket.resume();
        else this.#handle({ kind: 'lost', reason: this.#inputEnd });
        return false;
      }
      if (slice.isOver()) return true;
    }
    return false;
  };

  // The type of a getter would be narrowed.
  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** Handles the next message; false when none is complete. */
  #readMessage(): boolean {
    const [input, at] = [this.#input, this.#at];
    if (input.length - at < HEADER_BYTES) return false;
    const isLong = this.#negotiated?.open.hasExtendedMessages === true;
    const length = readHeader(input, at, isLong ? MAX_LONG_BYTES : MAX_BYTES);
    if (typeof length !== 'number') {
      this.end(length);
      return true;
    }
    if (input.length - at < length) return false;
    this.#at = at + length;
    this.counts.messages += 1;
    this.#dispatch(input, input[at + 18]!, at + HEADER_BYTES, at + length);
    return true;
  }

  #dispatch(input: Buffer, type: number, start: number, end: number): void {
    switch (type) {
      case MessageType.open:
        return this.#onOpen(input.subarray(start, end));
      case MessageType.update:
        return this.#onUpdate(input, start, end);
      case MessageType.notification:
        return this.#handle({ kind: 'notification', error: readNotification(input.subarray(start, end)) });
      case MessageType.keepalive:
        return this.#handle({ kind: 'keepalive' });
      default:
        return this.#onRefresh(input.subarray(start - HEADER_BYTES, end));
    }
  }

  #onOpen(body: Buffer): void {
    const open = readOpen(body);
    const agreed = 'code' in open ? open : negotiate(this.#host.offer, this.#host.peerAs, open);
    if ('code' in agreed) return this.end(agreed);
    if (this.#state === 'open-sent') {
      const error = this.#host.agreed(this, agreed);
      if (error !== undefined) return this.end(error);
    }
    return this.#handle({ kind: 'open', session: agreed });
  }

  #onUpdate(input: Buffer, start: number, end: number): void {
    this.#handle({ kind: 'update' });
    if (this.#isClosed() || this.#reader === undefined) return;
    this.counts.updates += 1;
    const error = this.#reader.apply(input, start, end);
    if (error !== undefined) this.end(error);
  }

  #onRefresh(message: Buffer): void {
    this.#handle({ kind: 'refresh' });
    const negotiated = this.#negotiated;
    if (this.#isClosed() || negotiated === undefined) return;
    const body = message.subarray(HEADER_BYTES);
    if (body.length !== 4) {
      // The whole message is the data (RFC 7313, section 5).
      const detail = `${message.length} bytes`;
      return this.end(bgpError(ErrorCode.routeRefresh, 1, detail, Uint8Array.from(message)));
    }
    const family = familyOf(body.readUInt16BE(0), body[3]!);
    if (family === undefined || !negotiated.families.includes(family)) return;
    const { hasEnhancedRefresh } = negotiated.open;
    const kind = hasEnhancedRefresh ? body[2]! : RefreshKind.request;
    if (kind === RefreshKind.begin || kind === RefreshKind.end)
      return this.#host.refreshed(this, family, kind === RefreshKind.end);
    if (kind !== RefreshKind.request || !hasEnhancedRefresh) return;
    // All that is announced here, which is nothing, between its borders.
    this.#send(encodeRefresh(family, RefreshKind.begin));
    this.#send(encodeRefresh(family, RefreshKind.end));
  }

  #onTick(): void {
    const now = performance.now();
    if (this.#pauses.wasPaused(now)) return;
    if (this.#isWaiting) this.#heardAt = now;
    const holdMs = this.#holdMs();
    if (holdMs === 0) return;
    if (now - this.#heardAt >= holdMs) {
      if (this.#state === 'connect') this.#handle({ kind: 'lost', reason: 'connection timed out' });
      else this.#handle({ kind: 'hold-expired' });
      return;
    }
    const isKept = this.#state === 'established' || this.#state === 'open-confirm';
    if (isKept && now - this.#sentAt >= holdMs / 3) this.#send(encodeKeepalive());
  }

  /** 0: there is no hold timer. */
  #holdMs(): number {
    if (this.#state === 'connect') return CONNECT_MS;
    return this.#negotiated === undefined ? OPEN_HOLD_MS : this.#negotiated.holdTimeSeconds * 1000;
  }
}
