/**
 * Owns a guest's serial console output: whole lines with the time since power-on, kept and passed to listeners. A line
 * is final when its newline has arrived.
 */

/** Lines kept in memory. */
const MAX_LINES = 20_000;
/** A longer line is cut: a console that sends no newline must not fill memory. */
const MAX_LINE_CHARACTERS = 8192;

// Terminal control sequences: CSI, OSC and two-byte escapes. SeaBIOS and the kernel's console send them.
// oxlint-disable-next-line no-control-regex
const CONTROL_SEQUENCES = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007]*\u0007|[@-Z\\^_c])|\r/g;

export interface ConsoleLine {
  /** Since the guest was started. */
  readonly ms: number;
  readonly text: string;
}

export class ConsoleLog implements Disposable {
  readonly #startedAt = performance.now();
  readonly #lines: ConsoleLine[] = [];
  readonly #listeners = new Set<(line: ConsoleLine) => void>();
  #partial = '';

  /** Lines so far, oldest first. */
  get lines(): readonly ConsoleLine[] {
    return this.#lines;
  }

  text(): string {
    return this.#lines.map((line) => `${formatMs(line.ms)} ${line.text}`).join('\n');
  }

  /** Takes console output, in any pieces. */
  append(chunk: string): void {
    const parts = (this.#partial + chunk).split('\n');
    this.#partial = (parts.pop() ?? '').slice(0, MAX_LINE_CHARACTERS);
    for (const part of parts) this.#add(part);
  }

  onLine(listener: (line: ConsoleLine) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    if (this.#partial !== '') this.#add(this.#partial);
    this.#partial = '';
    this.#listeners.clear();
  }

  #add(raw: string): void {
    const text = raw.replaceAll(CONTROL_SEQUENCES, '').slice(0, MAX_LINE_CHARACTERS);
    const line = { ms: performance.now() - this.#startedAt, text };
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
    for (const listener of this.#listeners) listener(line);
  }
}

/** `  12.345` seconds. */
export function formatMs(ms: number): string {
  return (ms / 1000).toFixed(3).padStart(8);
}
