/**
 * Framing: bytes of the socket in, whole frames out.
 *
 *   frame header, 16 bytes: queue pointer u64@0 (ignored), payload length u32 big-endian@8, timestamp u32@12 (ignored)
 *
 * Invariants: one accumulator with a cursor; it is compacted, never concatenated; `onFrame` borrows its argument and
 * may use it only during the call. A frame longer than `MAX_FRAME_BYTES` is a protocol violation.
 */

import { VppApiError } from './errors.ts';
import type { ReadCursor } from './schema.ts';

export const FRAME_HEADER_BYTES = 16;
const LENGTH_OFFSET = 8;
/** VPP's longest frames are its message table and CLI output, well under one megabyte. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;
const FIRST_CAPACITY = 256 * 1024;

interface MutableCursor extends ReadCursor {
  bytes: Uint8Array;
  view: DataView;
}

/** Called with a cursor over one payload, at its message id. */
export type FrameHandler = (cursor: ReadCursor) => void;

export class FrameReader {
  #buffer: Uint8Array;
  #start = 0;
  #end = 0;
  readonly #cursor: MutableCursor;
  readonly #onFrame: FrameHandler;

  constructor(onFrame: FrameHandler) {
    this.#onFrame = onFrame;
    this.#buffer = new Uint8Array(FIRST_CAPACITY);
    this.#cursor = { bytes: this.#buffer, view: new DataView(this.#buffer.buffer), offset: 0, end: 0 };
  }

  /** Bytes of an incomplete frame. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /** Copies `chunk` and calls the handler for every complete frame; throws VppApiError `protocol`. */
  push(chunk: Uint8Array): void {
    this.#makeRoom(chunk.length);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
    while (this.#end - this.#start >= FRAME_HEADER_BYTES) {
      const length = this.#cursor.view.getUint32(this.#start + LENGTH_OFFSET);
      if (length > MAX_FRAME_BYTES || length < 2) {
        throw new VppApiError(
          'protocol',
          `a frame length of ${length} bytes is out of range (2–${MAX_FRAME_BYTES})`,
        );
      }
      const next = this.#start + FRAME_HEADER_BYTES + length;
      if (next > this.#end) break;
      this.#cursor.offset = this.#start + FRAME_HEADER_BYTES;
      this.#cursor.end = next;
      this.#start = next;
      this.#onFrame(this.#cursor);
    }
    if (this.#start === this.#end) this.#start = this.#end = 0;
  }

  #makeRoom(count: number): void {
    if (this.#end + count <= this.#buffer.length) return;
    const pending = this.#end - this.#start;
    let capacity = this.#buffer.length;
    while (capacity < pending + count) capacity *= 2;
    if (capacity === this.#buffer.length) this.#buffer.copyWithin(0, this.#start, this.#end);
    else {
      const grown = new Uint8Array(capacity);
      grown.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = grown;
      this.#cursor.bytes = grown;
      this.#cursor.view = new DataView(grown.buffer);
    }
    this.#start = 0;
    this.#end = pending;
  }
}
