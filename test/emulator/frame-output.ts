/**
 * Outgoing frames of one client, joined into chunks.
 *
 *   frame: u64 ignored, payload length u32 big-endian@8, u32 ignored; payload@16
 *
 * Invariant: bytes that were handed to the socket are not touched again.
 */

import type { Socket } from 'node:net';

export const FRAME_HEADER = 16;
const CHUNK_BYTES = 256 * 1024;

export class FrameOutput {
  readonly #socket: Socket;
  /** The buffer for a frame's payload, at the offset from `begin`. */
  bytes: Buffer = Buffer.alloc(CHUNK_BYTES);
  #start = 0;
  #end = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Makes room for a frame of `length` zero bytes; the payload must be written at the returned offset at once. */
  begin(length: number): number {
    const total = FRAME_HEADER + length;
    if (this.#end + total > this.bytes.length) {
      this.flush();
      this.bytes = Buffer.alloc(Math.max(CHUNK_BYTES, total));
      this.#start = this.#end = 0;
    }
    const at = this.#end + FRAME_HEADER;
    this.bytes.writeUInt32BE(length, this.#end + 8);
    this.#end += total;
    return at;
  }

  /** A whole payload. */
  add(payload: Uint8Array): void {
    this.bytes.set(payload, this.begin(payload.length));
  }

  flush(): void {
    if (this.#end === this.#start || this.#socket.destroyed) return;
    this.#socket.write(this.bytes.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}
