/**
 * Owns one HTTP request and its answer: how it came in, its body in bounds, status, headers, bodies whole or in slices
 * that leave the event loop free.
 *
 * Invariant: a body is not read, nor asked for with `100 Continue`, before somebody wants it; a request that is
 * answered with its body unread ends its connection.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { announcedLength, type BodyPace, DEFAULT_PACE, discardRest, readPieces } from './body.ts';
import type { Connection } from './peers.ts';

/** Longest run of our own between two turns of the event loop. */
const MAX_SLICE_MS = 4;

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  // with no-referrer a browser would send our own forms with "Origin: null" (Fetch, section 3.1)
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

export const ContentType = {
  html: 'text/html; charset=utf-8',
  script: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  events: 'text/event-stream; charset=utf-8',
} as const;

export interface ExchangeOptions {
  readonly url: URL;
  /** Name and port that was asked, when the request line says it: then Host does not count (RFC 9112, section 3.2.2). */
  readonly authority: string | undefined;
  readonly connection: Connection;
  /** Port of the TLS address, if there is one. */
  readonly httpsPort: number | undefined;
  /** Whether the client waits for `100 Continue`. */
  readonly expectsContinue: boolean;
  readonly pace?: BodyPace | undefined;
  /** Called when the answer may take as long as it takes. */
  readonly onKeepOpen: () => void;
}

export class Exchange {
  readonly url: URL;
  readonly connection: Connection;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: ExchangeOptions;
  readonly #abort = new AbortController();
  #awaitsContinue: boolean;

  constructor(request: IncomingMessage, response: ServerResponse, options: ExchangeOptions) {
    this.url = options.url;
    this.connection = options.connection;
    this.#request = request;
    this.#response = response;
    this.#options = options;
    this.#awaitsContinue = options.expectsContinue;
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

  /** Bytes that the client has not taken yet. */
  get pendingBytes(): number {
    return this.#response.writableLength;
  }

  /** A header's value by its lower-case name; of one that came twice the first. */
  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /** The name and port that was asked, as it was sent; empty: none was. */
  get host(): string {
    return this.#options.authority ?? this.header('host') ?? '';
  }

  /** Where this client finds the same path with TLS; undefined: nowhere. */
  get httpsUrl(): string | undefined {
    const { httpsPort } = this.#options;
    if (httpsPort === undefined) return undefined;
    // the name that the client used; without one that can be, the address it came to
    const named = URL.parse(`https://${this.host}`)?.hostname;
    const address = this.#request.socket.localAddress?.replace(/^::ffff:(?=.*\.)/, '') ?? '';
    const host = named || (address.includes(':') ? `[${address}]` : address);
    return `https://${host}:${httpsPort}${this.url.pathname}`;
  }

  /** Lifts the bounds on the time of this exchange: from here on its handler ends it. */
  keepOpen(): void {
    this.#options.onKeepOpen();
  }

  /** The body in pieces, from the first time one is asked for. Throws RequestError (408, 413). */
  async *body(maxBytes: number): AsyncGenerator<Buffer> {
    if (announcedLength(this.#request) === 0) return;
    const pieces = readPieces(this.#request, maxBytes, this.#options.pace ?? DEFAULT_PACE);
    if (this.#awaitsContinue && (announcedLength(this.#request) ?? 0) <= maxBytes) {
      this.#awaitsContinue = false;
      this.#response.writeContinue();
    }
    yield* pieces;
  }

  /** The whole body as text. Rejects with RequestError (408, 413). */
  async text(maxBytes: number): Promise<string> {
    const pieces: Buffer[] = [];
    for await (const piece of this.body(maxBytes)) pieces.push(piece);
    return Buffer.concat(pieces).toString('utf8');
  }

  /** Sends a whole body. */
  send(status: number, type: string, body: string, headers: Readonly<Record<string, string>> = {}): void {
    const bytes = Buffer.from(body, 'utf8');
    const hasRest = !this.#request.complete && announcedLength(this.#request) !== 0;
    this.#response.writeHead(status, {
      ...HEADERS,
      'Content-Type': type,
      'Content-Length': bytes.length,
      ...headers,
      ...(hasRest ? { Connection: 'close' } : {}),
    });
    if (!hasRest || this.isHead) {
      this.#response.end(this.isHead ? undefined : bytes);
      return;
    }
    // the answer is whole for the client; the connection stays for a moment for what it still sends
    this.#response.write(bytes);
    void discardRest(this.#request).then((isDone) => {
      if (isDone) this.#response.end();
      else this.#response.destroy();
    });
  }

  /** Sends JSON, with a newline at its end. */
  sendJson(status: number, value: unknown, headers?: Readonly<Record<string, string>>): void {
    this.send(status, ContentType.json, `${JSON.stringify(value)}\n`, headers);
  }

  /** Sends a sentence, for errors. */
  sendText(status: number, text: string, headers?: Readonly<Record<string, string>>): void {
    this.send(status, ContentType.text, `${text}\n`, headers);
  }

  /** Resolves when the answer was handed to the kernel or the client is gone. */
  sent(): Promise<void> {
    const response = this.#response;
    if (response.writableFinished || response.destroyed) return Promise.resolve();
    return new Promise((resolve) => response.once('finish', resolve).once('close', resolve));
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

  /** Begins a body whose pieces come by `push`, when they come. */
  begin(type: string): void {
    this.#response.writeHead(200, { ...HEADERS, 'Content-Type': type });
    this.#response.flushHeaders();
  }

  /** Adds to a body that was begun; what the client does not take waits, see `pendingBytes`. */
  push(chunk: string): void {
    if (!this.signal.aborted) this.#response.write(chunk);
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
