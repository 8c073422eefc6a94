/**
 * The last words of a service: lines with timestamps, bounded in bytes, oldest dropped first.
 *
 * Invariant: the bytes held never exceed `maxBytes`; a single line longer than `MAX_LINE_BYTES` is cut and
 * marked, so that one line cannot push out all others.
 */

export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly line: string;
}

/** Longest line kept, in UTF-16 units; the rest is cut off and marked. */
export const MAX_LINE_LENGTH = 4096;
/** What one line costs beside its text. */
const LINE_OVERHEAD_BYTES = 16;

export class LogRing {
  readonly maxBytes: number;
  #lines: LogLine[] = [];
  #head = 0;
  #bytes = 0;
  #dropped = 0;
  #partial = '';

  /** @param maxBytes bound on the text held, with 16 bytes counted for each line */
  constructor(maxBytes = 256 * 1024) {
    this.maxBytes = maxBytes;
  }

  /** Adds output as it came, in pieces that need not end at a line's end. Returns the lines completed by it. */
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

  /** Ends a line left without its newline, as a crashed process leaves one. Returns it, if there was one. */
  flush(at = Date.now()): string | undefined {
    const rest = this.#partial;
    this.#partial = '';
    if (rest === '') return undefined;
    this.push(rest, at);
    return rest;
  }

  /** Adds one whole line. */
  push(line: string, at = Date.now()): void {
    const text = line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)} [cut]` : line;
    this.#lines.push({ at, line: text });
    this.#bytes += text.length + LINE_OVERHEAD_BYTES;
    while (this.#bytes > this.maxBytes && this.#head < this.#lines.length - 1) {
      const gone = this.#lines[this.#head];
      if (gone !== undefined) this.#bytes -= gone.line.length + LINE_OVERHEAD_BYTES;
      this.#head += 1;
      this.#dropped += 1;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#head);
      this.#head = 0;
    }
  }

  /** The newest `count` lines, oldest first. */
  tail(count = Number.POSITIVE_INFINITY): LogLine[] {
    return this.#lines.slice(Math.max(this.#head, this.#lines.length - count));
  }

  /** How many lines were pushed out by newer ones. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes;
  }
}
