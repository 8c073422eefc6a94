/** Owns the answering of one HTTP request: status, headers, bodies whole or in slices that leave the event loop free. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';

/** Longest run of our own between two turns of the event loop. */
const MAX_SLICE_MS = 4;

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

export const ContentType = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  text: 'text/plain; charset=utf-8',
} as const;

export class Exchange {
  readonly url: URL;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #abort = new AbortController();

  constructor(request: IncomingMessage, response: ServerResponse, url: URL) {
    this.url = url;
    this.#request = request;
    this.#response = response;
    response.once('close', () => this.#abort.abort());
  }

  get isHead(): boolean {
    return this.#request.method === 'HEAD';
  }

  get method(): string {
    return this.#request.method ?? '';
  }

  /** Aborted when the response is over, sent or not. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get hasStarted(): boolean {
    return this.#response.headersSent;
  }

  /** Sends a whole body. */
  send(status: number, type: string, body: string, headers: Readonly<Record<string, string>> = {}): void {
    const bytes = Buffer.from(body, 'utf8');
    this.#response.writeHead(status, {
      ...HEADERS,
      'Content-Type': type,
      'Content-Length': bytes.length,
      ...headers,
    });
    this.#response.end(this.isHead ? undefined : bytes);
  }

  /** Sends a sentence, for errors. */
  sendText(status: number, text: string, headers?: Readonly<Record<string, string>>): void {
    this.send(status, ContentType.text, `${text}\n`, headers);
  }

  /**
   * Sends a body of chunks, each made when the one before was taken; stops making them when the client is gone. Rejects
   * with what the chunks threw.
   */
  async stream(type: string, chunks: Iterable<string> | AsyncIterable<string>): Promise<void> {
    const head = { ...HEADERS, 'Content-Type': type };
    if (this.isHead) {
      this.#response.writeHead(200, head).end();
      return;
    }
    let sliceBegan = performance.now();
    for await (const chunk of chunks) {
      if (this.signal.aborted) return;
      // not before the first chunk is there: until then a failure can still be answered as one
      if (!this.hasStarted) this.#response.writeHead(200, head);
      if (!this.#response.write(chunk)) await this.#drained();
      if (performance.now() - sliceBegan < MAX_SLICE_MS) continue;
      await setImmediate();
      sliceBegan = performance.now();
    }
    if (this.signal.aborted) return;
    if (!this.hasStarted) this.#response.writeHead(200, head);
    this.#response.end();
  }

  /** Cuts the connection: the client sees that what it got is not whole. */
  destroy(): void {
    this.#response.destroy();
  }

  #drained(): Promise<void> {
    const { signal } = this;
    return new Promise((resolve) => {
      const done = () => {
        this.#response.off('drain', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      if (signal.aborted) resolve();
      else {
        this.#response.once('drain', done);
        signal.addEventListener('abort', done, { once: true });
      }
    });
  }
}
