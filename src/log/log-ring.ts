/**
 * The last lines of a service: with timestamps, bounded in bytes, oldest dropped first.
 *
 * Invariant: the bytes held never exceed `maxBytes`, as long as one line fits; a line longer than
 * `MAX_LINE_LENGTH` is cut and marked, so that one line cannot push out all others.
 */
import { cutLine, MAX_LINE_LENGTH } from './text.ts';

export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly line: string;
}

/** Bytes counted per line in addition to its text. */
const LINE_OVERHEAD_BYTES = 16;

/** Whole lines of any kind, within a limit; the caller has cut them. */
export class BoundedLines<T extends { readonly line: string }> {
  readonly maxBytes: number;
  #lines: T[] = [];
  #head = 0;
  #bytes = 0;
  #dropped = 0;

  /** @param maxBytes limit of the text held, plus 16 bytes counted per line */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  add(entry: T): void {
    this.#lines.push(entry);
    this.#bytes += entry.line.length + LINE_OVERHEAD_BYTES;
    while (this.#bytes > this.maxBytes && this.#head < this.#lines.length - 1) {
      this.shift();
      this.#dropped += 1;
    }
  }

  /** Removes and returns the oldest line; undefined when there is none. */
  shift(): T | undefined {
    const entry = this.#lines[this.#head];
    if (entry === undefined) return undefined;
    this.#bytes -= entry.line.length + LINE_OVERHEAD_BYTES;
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** The newest `count` lines, oldest first. */
  tail(count = Number.POSITIVE_INFINITY): T[] {
    return this.#lines.slice(Math.max(this.#head, this.#lines.length - count));
  }

  get length(): number {
    return this.#lines.length - this.#head;
  }

  /** Number of lines pushed out by newer ones. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes;
  }
}

/** Output of a process, split into lines. */
export class LogRing {
  readonly #lines: BoundedLines<LogLine>;
  #partial = '';

  constructor(maxBytes = 256 * 1024) {
    this.#lines = new BoundedLines(maxBytes);
  }

  /** Adds a chunk of output, which need not end at the end of a line. Returns the lines it completed. */
  write(chunk: string, at = Date.now()): string[] {
    const pieces = (this.#partial + chunk).split(/\r?\n/);
    this.#partial = pieces.pop() ?? '';
    if (this.#partial.length > MAX_LINE_LENGTH) {
      pieces.push(this.#partial);
      this.#partial = '';
    }
    for (const piece of pieces) this.push(piece, at);
    return pieces;
  }

  /** Completes a line without a newline, as a crashed process leaves it. Returns it, if any. */
  flush(at = Date.now()): string | undefined {
    const rest = this.#partial;
    this.#partial = '';
    if (rest === '') return undefined;
    this.push(rest, at);
    return rest;
  }

  /** Adds one whole line. */
  push(line: string, at = Date.now()): void {
    this.#lines.add({ at, line: cutLine(line) });
  }

  /** The newest `count` lines, oldest first. */
  tail(count = Number.POSITIVE_INFINITY): LogLine[] {
    return this.#lines.tail(count);
  }
}
