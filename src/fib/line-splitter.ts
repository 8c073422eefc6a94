/**
 * Cuts what comes in pieces into lines, without copying those that lie within one piece.
 *
 * Invariants: of an unfinished line at most `MAX_LINE_BYTES` are kept; a longer one is skipped up to its newline and
 * counts as one line; nothing of the next piece is looked at before the lines of this one were taken.
 */

export const MAX_LINE_BYTES = 64 * 1024;
const FIRST_CAPACITY = 1_024;
const NEWLINE = 10;
const RETURN = 13;
const NOTHING = new Uint8Array(0);

/** `none`: the piece is used up. */
type Cut = 'line' | 'too-long' | 'none';

export class LineSplitter {
  #piece: Uint8Array = NOTHING;
  #at = 0;
  #rest = new Uint8Array(FIRST_CAPACITY);
  #restLength = 0;
  #isSkipping = false;
  /** Where the line is that `next` found: `bytes` from `start` to `end`; borrowed until the next call. */
  bytes: Uint8Array = NOTHING;
  start = 0;
  end = 0;
  /** Its number, from 1. */
  number = 0;

  /** The next piece; all lines of the one before were taken. */
  push(piece: Uint8Array): void {
    this.#piece = piece;
    this.#at = 0;
  }

  /** Whether a line has begun that did not end. */
  get isUnfinished(): boolean {
    return this.#restLength > 0 || this.#isSkipping;
  }

  /** Finds the next line, without its LF or CRLF. */
  next(): Cut {
    const piece = this.#piece;
    const begin = this.#at;
    const newline = piece.indexOf(NEWLINE, begin);
    if (newline < 0) {
      this.#keep(piece.subarray(begin));
      this.#piece = NOTHING;
      this.#at = 0;
      return 'none';
    }
    this.#at = newline + 1;
    this.number += 1;
    this.bytes = piece;
    this.start = begin;
    this.end = newline;
    if (this.#isSkipping || this.#restLength + newline - begin > MAX_LINE_BYTES) {
      this.#isSkipping = false;
      this.#restLength = 0;
      return 'too-long';
    }
    if (this.#restLength > 0) {
      this.#append(piece.subarray(begin, newline));
      this.bytes = this.#rest;
      this.start = 0;
      this.end = this.#restLength;
      this.#restLength = 0;
    }
    if (this.end > this.start && this.bytes[this.end - 1] === RETURN) this.end -= 1;
    return 'line';
  }

  #keep(begun: Uint8Array): void {
    if (this.#isSkipping || begun.length === 0) return;
    if (this.#restLength + begun.length <= MAX_LINE_BYTES) {
      this.#append(begun);
      return;
    }
    this.#isSkipping = true;
    this.#restLength = 0;
    this.#rest = new Uint8Array(FIRST_CAPACITY);
  }

  #append(begun: Uint8Array): void {
    const length = this.#restLength + begun.length;
    if (length > this.#rest.length) {
      const grown = new Uint8Array(2 ** Math.ceil(Math.log2(length)));
      grown.set(this.#rest.subarray(0, this.#restLength));
      this.#rest = grown;
    }
    this.#rest.set(begun, this.#restLength);
    this.#restLength = length;
  }
}
