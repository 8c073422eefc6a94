/**
 * Outgoing frames, joined into large writes: everything written in one turn of the event loop leaves in chunks
 * of `CHUNK_BYTES`.
 *
 * Invariants: a chunk that was handed to the socket is not touched until its write has completed; unsent data is
 * bounded by callers, which check `isCongested` before writing more.
 */

import type { Socket } from 'node:net';
import { FRAME_HEADER_BYTES } from './frame-reader.ts';
import type { WriteCursor } from './schema.ts';

const CHUNK_BYTES = 128 * 1024;
const MAX_SPARE_CHUNKS = 16;
/** With more unsent bytes, bulk senders wait for the socket to drain. */
export const MAX_UNSENT_BYTES = 4 * 1024 * 1024;

export class FrameWriter {
  readonly #socket: Socket;
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  #chunk: Uint8Array<ArrayBuffer> = new Uint8Array(CHUNK_BYTES);
  #view = new DataView(this.#chunk.buffer);
  #used = 0;
  #flushScheduled = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Whether the peer reads more slowly than we write. */
  get isCongested(): boolean {
    return this.#socket.writableLength > MAX_UNSENT_BYTES;
  }

  /** The buffer in which `reserve` made room; another one after the next call. */
  get bytes(): Uint8Array {
    return this.#chunk;
  }

  get view(): DataView {
    return this.#view;
  }

  /** Like `reserve`, with a cursor at the room. */
  frame(length: number): WriteCursor {
    const offset = this.reserve(length);
    return { bytes: this.#chunk, view: this.#view, offset };
  }

  /**
   * Makes room for one frame of `length` payload bytes and writes its header: returns the payload's offset in `bytes`,
   * to be used at once. No cursor is made: this is called for each route.
   */
  reserve(length: number): number {
    const total = FRAME_HEADER_BYTES + length;
    if (this.#used + total > this.#chunk.length) {
      this.flush();
      if (total > this.#chunk.length) this.#use(new Uint8Array(total));
    }
    const start = this.#used;
    this.#used += total;
    const view = this.#view;
    view.setUint32(start, 0);
    view.setUint32(start + 4, 0);
    view.setUint32(start + 8, length);
    view.setUint32(start + 12, 0);
    if (!this.#flushScheduled) {
      this.#flushScheduled = true;
      process.nextTick(() => this.flush());
    }
    return start + FRAME_HEADER_BYTES;
  }

  /** Takes back the frame begun last (its encoding failed). */
  drop(length: number): void {
    this.#used -= FRAME_HEADER_BYTES + length;
  }

  /** Hands the pending bytes to the socket. */
  flush(): void {
    this.#flushScheduled = false;
    if (this.#used === 0) return;
    const chunk = this.#chunk;
    const filled = chunk.subarray(0, this.#used);
    this.#use(this.#spare.pop() ?? new Uint8Array(CHUNK_BYTES));
    if (this.#socket.destroyed) return;
    this.#socket.write(filled, () => {
      if (chunk.length === CHUNK_BYTES && this.#spare.length < MAX_SPARE_CHUNKS) this.#spare.push(chunk);
    });
  }

  #use(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunk = chunk;
    this.#view = new DataView(chunk.buffer);
    this.#used = 0;
  }
}
