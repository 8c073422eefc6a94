/**
 * Owns access to the bytes of a stats segment: one descriptor, one scratch buffer.
 *
 * Invariants: every read is a pread (a segment that shrank gives a short read; with a mapping it would be SIGBUS, which
 * ends PID 1); every offset and length is checked against the file's size before; nothing here waits.
 *
 *   header   0 version u64 | 8 base u64 | 16 epoch u64 | 24 in_progress u64 | 32 directory_vector u64
 *   vector  -8 length u32 | -4 header size u8, in 8 bytes | -3 log2 of the alignment u8:7, default heap u8:1
 *           -2 grow u8 | -1 pad u8 | 0 data …
 *   pointer  VPP's address: file offset = pointer - base; 0 is the empty vector
 *
 * Source: src/vlib/stats/shared.h, src/vppinfra/vec_bootstrap.h, src/vppinfra/vec.c.
 */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { StatsError } from './errors.ts';

const HEADER_BYTES = 40;
const VECTOR_HEADER_BYTES = 8;
/** VEC_MIN_ALIGN, and the upper limit above VPP's cache line. */
const VECTOR_MIN_ALIGN = 8;
const MAX_ALIGN = 4096;
/** Index in `words` of a vector's first element after `readVector`. */
export const FIRST_WORD = VECTOR_HEADER_BYTES / 4;
/** Index in `bytes` of a vector's first element after `readVector`. */
export const FIRST_BYTE = VECTOR_HEADER_BYTES;
const SUPPORTED_VERSION = 2;
/** The scratch buffer shrinks back to this size after a larger one was needed. */
const SCRATCH_KEEP_BYTES = 8 << 20;
const TWO_32 = 4_294_967_296;

export interface SegmentHeader {
  readonly base: number;
  readonly epoch: number;
  readonly inProgress: boolean;
  /** Pointer to the directory vector. */
  readonly directory: number;
}

export class SegmentFile implements Disposable {
  /** The bytes of the last read; borrowed until the next one. */
  bytes: Buffer;
  words: Uint32Array;
  readonly #fd: number;
  #sizeBytes = 0;
  #base = 0;
  #closed = false;

  /** Takes ownership of `fd`. */
  constructor(fd: number) {
    this.#fd = fd;
    this.bytes = Buffer.alloc(0);
    this.words = new Uint32Array(0);
    this.#allocate(64 * 1024);
  }

  /** Reads the size of the file and its header. Errors: `version`, `corrupt`, `read`. */
  readHeader(): SegmentHeader {
    if (this.#closed) throw new StatsError('disposed', 'cannot read the stats segment: it was disposed');
    try {
      this.#sizeBytes = fstatSync(this.#fd).size;
    } catch (cause) {
      throw new StatsError('read', 'cannot read the size of the stats segment: fstat failed', { cause });
    }
    this.#read(0, HEADER_BYTES, 'header');
    const version = this.u64(0);
    if (version !== SUPPORTED_VERSION) {
      throw new StatsError(
        'version',
        `cannot read the stats segment: its version is ${version}, expected ${SUPPORTED_VERSION}`,
      );
    }
    const base = this.u64(2);
    if (base === 0 || base % 4096 !== 0 || !Number.isSafeInteger(base)) {
      throw new StatsError(
        'corrupt',
        `cannot read the stats segment: its base 0x${base.toString(16)} is not a page address`,
      );
    }
    this.#base = base;
    return { base, epoch: this.u64(4), inProgress: this.u64(6) !== 0, directory: this.u64(8) };
  }

  /**
   * Reads the first `wanted` elements of the vector at `pointer` into `bytes` and `words`, from FIRST_BYTE and
   * FIRST_WORD on; returns how many exist, at most `wanted`. A null pointer is an empty vector.
   */
  readVector(pointer: number, elementBytes: number, wanted: number, what: string): number {
    if (pointer === 0) return 0;
    const offset = this.#offsetOf(pointer, what);
    const room = Math.floor((this.#sizeBytes - offset) / elementBytes);
    const reach = Math.min(wanted, room);
    this.#read(offset - VECTOR_HEADER_BYTES, VECTOR_HEADER_BYTES + reach * elementBytes, what);
    const length = this.words[0] ?? 0;
    if (length > room) {
      throw new StatsError('corrupt', `cannot read ${what}: its ${length} elements exceed the segment`);
    }
    // the header size derived from the vector's alignment must match, or this is not a vector
    const headerBytes = (this.bytes[4] ?? 0) * VECTOR_MIN_ALIGN;
    const alignment = 2 ** ((this.bytes[5] ?? 0) & 0x7f);
    const isVector =
      alignment >= VECTOR_MIN_ALIGN &&
      alignment <= MAX_ALIGN &&
      pointer % alignment === 0 &&
      headerBytes >= VECTOR_HEADER_BYTES &&
      headerBytes % alignment === 0;
    if (!isVector) {
      throw new StatsError('corrupt', `cannot read ${what}: no vector at 0x${pointer.toString(16)}`);
    }
    return Math.min(length, wanted);
  }

  /** The number of elements of a vector. */
  readVectorLength(pointer: number, elementBytes: number, what: string): number {
    if (pointer === 0) return 0;
    this.readVector(pointer, elementBytes, 0, what);
    return this.words[0] ?? 0;
  }

  /** Reads `length` bytes at an offset inside the data of the vector at `pointer`, to the start of `bytes`. */
  readWithin(pointer: number, offsetBytes: number, length: number, what: string): void {
    this.#read(this.#offsetOf(pointer, what) + offsetBytes, length, what);
  }

  /** The u64 at `index` words into the bytes of the last read; exact up to 2^53. */
  u64(index: number): number {
    return (this.words[index] ?? 0) + (this.words[index + 1] ?? 0) * TWO_32;
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#fd);
  }

  /** All of VPP's vectors are aligned to 8 bytes (VEC_MIN_ALIGN). */
  #offsetOf(pointer: number, what: string): number {
    const offset = pointer - this.#base;
    if (!(offset >= HEADER_BYTES + VECTOR_HEADER_BYTES && offset <= this.#sizeBytes) || offset % 8 !== 0) {
      throw new StatsError(
        'corrupt',
        `cannot read ${what}: pointer 0x${pointer.toString(16)} is outside the segment`,
      );
    }
    return offset;
  }

  #read(offset: number, length: number, what: string): void {
    // by now the descriptor's number may belong to another file
    if (this.#closed) throw new StatsError('disposed', `cannot read ${what}: the stats segment was disposed`);
    if (offset < 0 || offset + length > this.#sizeBytes) {
      throw new StatsError(
        'corrupt',
        `cannot read ${what}: bytes ${offset}–${offset + length} are outside the segment of ${this.#sizeBytes} bytes`,
      );
    }
    if (length > this.bytes.length) this.#allocate(length);
    let count: number;
    try {
      count = readSync(this.#fd, this.bytes, 0, length, offset);
    } catch (cause) {
      throw new StatsError('read', `cannot read ${what}: pread of ${length} bytes at ${offset} failed`, {
        cause,
      });
    }
    if (count !== length) {
      throw new StatsError(
        'corrupt',
        `cannot read ${what}: the segment shrank, got ${count} of ${length} bytes`,
      );
    }
  }

  /** Frees a large scratch buffer. */
  trim(): void {
    if (this.bytes.length > SCRATCH_KEEP_BYTES) this.#allocate(SCRATCH_KEEP_BYTES);
  }

  #allocate(bytes: number): void {
    // twice the requested size, so that a growing segment does not allocate at every step
    const buffer = new ArrayBuffer((Math.min(bytes * 2, Math.max(bytes, SCRATCH_KEEP_BYTES)) + 7) & ~7);
    this.bytes = Buffer.from(buffer);
    this.words = new Uint32Array(buffer);
  }
}
