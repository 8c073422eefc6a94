/**
 * Owns fast programming of routes into the kernel: many messages per send, on one socket that stays open.
 *
 * Why the send is a write(2) in libuv's thread pool: the kernel processes all messages inside it. That takes 1–2 ms per
 * batch, but a single message may take 200 ms, when it makes the kernel double the root of its trie (fib_table_insert
 * and resize in net/ipv4/fib_trie.c). The socket stays in its namespace whichever thread writes.
 *
 * Why answers are never waited for: they are ready when the write returns. Only the last message of a send requests an
 * acknowledgement: errors are reported without one, and once the last message is answered, all messages without an
 * error were done (netlink_rcv_skb in net/netlink/af_netlink.c). That takes a third less time than acknowledging each
 * message (`npm run bench:kernel`).
 *
 * Invariants: a batch fits `sendBytes`; at most one batch is in flight and it does not change meanwhile; the descriptor
 * is not closed before the kernel is done with it; every message of a batch has one outcome after `send`;
 * when the receive buffer overran, messages without an answer are `UNKNOWN`, never done.
 */
import { write } from 'node:fs';
import { asLinuxError, LinuxError } from './errors.ts';
import { nativeBuffer } from './libc.ts';
import { decodeMessage, HEADER_BYTES, messagesIn, NetlinkFlag, NetlinkType } from './netlink-message.ts';
import { type NetlinkSocket, openNetlinkSocket, receiveDatagram } from './netlink-socket.ts';
import {
  ADDRESS_OFFSET,
  FLAGS_OFFSET,
  LENGTH_OFFSET,
  type RouteTemplate,
  SEQUENCE_OFFSET,
} from './route-template.ts';
import { extendedAckText } from './rtnetlink.ts';

/** An outcome: done. Others are errno numbers, or `UNKNOWN`. */
export const DONE = 0;
/** An outcome: the kernel's answer was lost. */
export const UNKNOWN = -1;

/** How an addition treats a route of the same destination, table and metric. Source: rtnetlink(7). */
export const AddMode = {
  /** EEXIST when one exists, of any protocol. */
  exclusive: NetlinkFlag.request | NetlinkFlag.create | NetlinkFlag.exclusive,
  /** Beside it: IPv4 appends it, IPv6 merges gateways into one multipath route. EEXIST when it is identical. */
  beside: NetlinkFlag.request | NetlinkFlag.create | NetlinkFlag.append,
} as const;
export type AddMode = (typeof AddMode)[keyof typeof AddMode];

/** Mode of a removal. */
export const REMOVE = NetlinkFlag.request;

/** About 270 IPv4 routes, which the kernel processes in about 1.5 ms: larger sends are not faster. */
const SEND_BYTES = 16 * 1024;
/** Room for the refusals of a whole send, each in a kernel buffer of its own. */
const RECEIVE_BYTES = 8 * 2 ** 20;
/** Largest single answer. */
const ANSWER_BYTES = 32 * 1024;
const SMALLEST_MESSAGE = 40;

export interface RouteBulkOptions {
  /** Name of the network namespace; the thread's current one when absent. */
  readonly netns?: string | undefined;
  readonly sendBytes?: number;
  /** For tests: small enough that answers are lost. */
  readonly receiveBytes?: number;
}

export class RouteBulk implements Disposable {
  readonly #socket: NetlinkSocket;
  readonly #out: Buffer<ArrayBuffer>;
  readonly #in = nativeBuffer(ANSWER_BYTES);
  /** By message of the batch: the caller's tag, and the outcome. */
  readonly #tags: Uint32Array;
  readonly #outcomes: Int32Array;
  readonly #words = new Map<number, string>();
  #used = 0;
  #count = 0;
  #lastAt = 0;
  /** Sequence number of the batch's first message. */
  #first = 1;
  #isSending = false;
  #isDisposed = false;

  /** Throws LinuxError: ENOENT (no such namespace), EPERM … */
  constructor(options: RouteBulkOptions = {}) {
    const { netns, sendBytes = SEND_BYTES, receiveBytes = RECEIVE_BYTES } = options;
    this.#socket = openNetlinkSocket({ netns, receiveBytes });
    this.#out = nativeBuffer(sendBytes);
    const most = Math.ceil(sendBytes / SMALLEST_MESSAGE);
    this.#tags = new Uint32Array(most);
    this.#outcomes = new Int32Array(most);
  }

  /** The origin that notifications of these changes carry. */
  get portId(): number {
    return this.#socket.portId;
  }

  /** Messages in the batch: not sent yet, or sent with outcomes to read. */
  get count(): number {
    return this.#count;
  }

  /** Whether messages of this total length fit into the batch. */
  hasRoom(lengthBytes: number): boolean {
    return this.#used + lengthBytes <= this.#out.length;
  }

  /** Adds a message to the batch. `w0` to `w3`: the destination as big-endian words, IPv4 in `w0` alone. */
  push(
    tag: number,
    template: RouteTemplate,
    mode: number,
    length: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
  ): void {
    const { bytes, family } = template;
    if (this.#isSending) throw new RangeError('the batch is in flight: wait for its answer');
    if (this.#used + bytes.length > this.#out.length)
      throw new RangeError('the batch is full: send it first');
    const at = this.#used;
    const out = this.#out;
    out.set(bytes, at);
    out.writeUInt16LE(mode, at + FLAGS_OFFSET);
    out.writeUInt32LE((this.#first + this.#count) >>> 0, at + SEQUENCE_OFFSET);
    out[at + LENGTH_OFFSET] = length;
    out.writeUInt32BE(w0, at + ADDRESS_OFFSET);
    if (family === 6) {
      out.writeUInt32BE(w1, at + ADDRESS_OFFSET + 4);
      out.writeUInt32BE(w2, at + ADDRESS_OFFSET + 8);
      out.writeUInt32BE(w3, at + ADDRESS_OFFSET + 12);
    }
    this.#tags[this.#count] = tag;
    this.#outcomes[this.#count] = UNKNOWN;
    this.#lastAt = at;
    this.#used += bytes.length;
    this.#count += 1;
  }

  /**
   * Sends the batch and takes all answers. Then `tagAt` and `outcomeAt` describe each message, until `clear`. Rejects
   * with LinuxError when nothing was sent (ENOBUFS, ENOMEM): the batch is unchanged. Once disposed it reads no answers.
   */
  async send(): Promise<void> {
    if (this.#count === 0) return;
    this.#out.writeUInt16LE(
      this.#out.readUInt16LE(this.#lastAt + FLAGS_OFFSET) | NetlinkFlag.ack,
      this.#lastAt + FLAGS_OFFSET,
    );
    this.#isSending = true;
    try {
      await this.#write();
    } finally {
      this.#isSending = false;
      if (this.#isDisposed) this.#socket[Symbol.dispose]();
    }
    if (!this.#isDisposed) this.#takeAnswers();
  }

  tagAt(index: number): number {
    return this.#tags[index] ?? 0;
  }

  /** `DONE`, `UNKNOWN`, or the errno with which the kernel refused it. */
  outcomeAt(index: number): number {
    return this.#outcomes[index] ?? UNKNOWN;
  }

  /** A refusal as an error: the errno and the kernel's extended acknowledgement. */
  errorAt(index: number, call: string, ...args: readonly unknown[]): LinuxError {
    const detail = this.#words.get(index);
    return new LinuxError(call, this.outcomeAt(index), args, detail === undefined ? {} : { detail });
  }

  /** Starts another batch. */
  clear(): void {
    this.#first = (this.#first + this.#count) >>> 0;
    this.#used = 0;
    this.#count = 0;
    this.#words.clear();
  }

  /** A batch in flight is still done. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    // A freed descriptor number may be another file's by the time of the write.
    if (!this.#isSending) this.#socket[Symbol.dispose]();
  }

  #write(): Promise<void> {
    return new Promise((resolve, reject) => {
      write(this.#socket.fd, this.#out, 0, this.#used, null, (error) => {
        if (error === null) resolve();
        else reject(asLinuxError(error, 'write', [`${this.#count} routes`]));
      });
    });
  }

  #takeAnswers(): void {
    let overran = false;
    for (;;) {
      const length = receiveDatagram(this.#socket.fd, this.#in);
      if (length === 'empty') break;
      if (length === 'overrun') overran = true;
      else this.#take(length);
    }
    if (overran || this.#outcomes[this.#count - 1] === UNKNOWN) return;
    for (let index = 0; index < this.#count; index++) {
      if (this.#outcomes[index] === UNKNOWN) this.#outcomes[index] = DONE;
    }
  }

  #take(length: number): void {
    for (const offset of messagesIn(this.#in, length)) {
      const message = decodeMessage(this.#in, offset);
      if (message.type !== NetlinkType.error || message.payload.length < 4) continue;
      const index = (message.sequence - this.#first) >>> 0;
      if (index >= this.#count) continue;
      this.#outcomes[index] = -message.payload.readInt32LE(0);
      const words = message.payload.length > 4 + HEADER_BYTES ? extendedAckText(message) : '';
      if (words !== '') this.#words.set(index, words);
    }
  }
}
