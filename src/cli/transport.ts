/**
 * How a command speaks to a running appliance: its Unix socket, or HTTP and HTTPS with --host.
 *
 * Invariants: nothing is sent over TLS, neither password nor path, before the certificate is trusted; no password is
 * sent over plain HTTP, except to this machine; no body is sent before the appliance asks for it, so that a refusal
 * costs nothing.
 */
import { type ClientRequest, type IncomingMessage, request, type RequestOptions } from 'node:http';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { authorization, type Credentials } from './credentials.ts';
import { isLoopbackHost, openConnection, type TlsTrust } from './connection.ts';

export interface Target extends TlsTrust, Credentials {
  /** `https://192.0.2.1:8443`; undefined: the socket of this machine. */
  readonly host: string | undefined;
  /** Directory of the socket. */
  readonly runDir: string;
}

const TIMEOUT_MS = 15_000;
/** An answer to a change may wait for a disk. */
const CHANGE_TIMEOUT_MS = 600_000;
/** A server that does not know `Expect: 100-continue` does not answer: the body is sent after this. */
const CONTINUE_TIMEOUT_MS = 5_000;
/** Of a followed log, which sends a sign of life every 15 s. */
const EVENTS_TIMEOUT_MS = 60_000;
const MAX_BYTES = 512 * 1024 * 1024;

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** What is sent; a stream needs `length`. */
  readonly body?: AsyncIterable<Uint8Array> | Uint8Array | string;
  /** Length of a streamed body, in bytes. */
  readonly length?: number;
}

/** Gets one path, with the body as text. Rejects with who was asked, and the answer. */
export function get(
  target: Target,
  path: string,
  options: { readonly authenticated?: boolean } = {},
): Promise<string> {
  return ask(target, path, { method: 'GET', needsPassword: options.authenticated ?? false });
}

/** Puts a body to one path, with the password; the answer as text. Rejects as `get` does. */
export function put(target: Target, path: string, options: SendOptions): Promise<string> {
  return ask(target, path, { ...options, method: 'PUT', needsPassword: true });
}

/** Posts to one path, with the password; the answer as text. Rejects as `get` does. */
export function post(target: Target, path: string, options: SendOptions = {}): Promise<string> {
  return ask(target, path, { ...options, method: 'POST', needsPassword: true });
}

/**
 * The lines of a path's server-sent events as they come. Ends when the appliance does, when iteration stops, or when
 * the signal is aborted.
 */
export async function* events(target: Target, path: string, signal?: AbortSignal): AsyncGenerator<string> {
  const where = placeOf(target);
  const asked = { method: 'GET', needsPassword: false, timeoutMs: EVENTS_TIMEOUT_MS } as const;
  const response = await answerOf(target, path, asked);
  if (response.statusCode !== 200) throw refusal(where, path, response, await textOf(response));
  response.setEncoding('utf8');
  if (signal?.aborted === true) response.destroy();
  signal?.addEventListener('abort', () => response.destroy(), { once: true });
  let rest = '';
  for await (const chunk of response as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data: ')) yield line.slice('data: '.length);
  }
}

/**
 * Gets one path in pieces, none of which is kept. Rejects as `get` does; ends early when iteration stops. A slow reader
 * slows the appliance down.
 */
export async function* pieces(target: Target, path: string): AsyncGenerator<Buffer> {
  const asked = { method: 'GET', needsPassword: false, timeoutMs: CHANGE_TIMEOUT_MS } as const;
  const response = await answerOf(target, path, asked);
  if (response.statusCode !== 200) throw refusal(placeOf(target), path, response, await textOf(response));
  try {
    yield* response as AsyncIterable<Buffer>;
  } finally {
    response.destroy();
  }
}

interface Asked extends SendOptions {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly needsPassword: boolean;
  readonly timeoutMs?: number;
}

async function ask(target: Target, path: string, asked: Asked): Promise<string> {
  const where = placeOf(target);
  const response = await answerOf(target, path, asked);
  try {
    const text = await textOf(response);
    if (response.statusCode === 200) return text;
    throw refusal(where, path, response, text);
  } finally {
    response.destroy();
  }
}

function placeOf(target: Target): string {
  return target.host ?? `${target.runDir}/appliance.sock`;
}

/** The answer with its body unread. */
async function answerOf(target: Target, path: string, asked: Asked): Promise<IncomingMessage> {
  const where = placeOf(target);
  const fail = (error: unknown): Error => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const hint = code === 'ENOENT' || code === 'ECONNREFUSED' ? ' (is the appliance running?)' : '';
    const reason = error instanceof Error ? error.message || code : String(error);
    return new Error(`cannot ask ${where} for ${path}: ${reason}${hint}`, { cause: error });
  };
  try {
    const url = target.host === undefined ? undefined : urlOf(target.host, path);
    const headers: Record<string, string> = { ...asked.headers };
    if (url !== undefined && asked.needsPassword) {
      if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
        throw new Error('it needs HTTPS (--host https://…, the address on the status page)');
      }
      headers.Authorization = await authorization(target, where);
    }
    const options: RequestOptions =
      url === undefined
        ? { socketPath: where, path, host: 'localhost' }
        : {
            host: url.hostname.replace(/^\[|\]$/g, ''),
            path: url.pathname + url.search,
            // Node would leave out the port, as it does not know of TLS below.
            headers: { Host: url.host },
            ...(await openConnection(url, target)),
          };
    const length = lengthOf(asked);
    if (length !== undefined) headers['Content-Length'] = String(length);
    const streams = asked.body !== undefined && typeof asked.body !== 'string';
    if (streams) headers.Expect = '100-continue';
    const sent = request({
      // An agent would open another connection.
      ...(options.createConnection === undefined ? { agent: false } : {}),
      ...options,
      method: asked.method,
      headers: { ...(options.headers as Record<string, string> | undefined), ...headers },
      timeout: asked.timeoutMs ?? (asked.needsPassword ? CHANGE_TIMEOUT_MS : TIMEOUT_MS),
    });
    return await send(sent, asked);
  } catch (error) {
    throw fail(error);
  }
}

function lengthOf({ body, length, method }: Asked): number | undefined {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof Uint8Array) return body.length;
  if (body !== undefined) return length;
  return method === 'GET' ? undefined : 0;
}

/** Sends the body when it is asked for, and gives the answer, whichever comes first. */
async function send(sent: ClientRequest, { body }: Asked): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  sent.once('response', resolve);
  // A refusal during a body breaks the connection as well; the answer came before that.
  sent.on('error', reject);
  sent.once('timeout', () => sent.destroy(new Error('no answer in time')));
  if (body === undefined || typeof body === 'string') {
    sent.end(body);
    return promise;
  }
  const asked = Promise.withResolvers<void>();
  sent.once('continue', asked.resolve);
  const patience = setTimeout(asked.resolve, CONTINUE_TIMEOUT_MS);
  sent.flushHeaders();
  try {
    const answered = await Promise.race([promise, asked.promise]);
    if (answered !== undefined) return answered;
  } finally {
    clearTimeout(patience);
  }
  const stopped = new AbortController();
  void promise.then(
    () => stopped.abort(),
    () => stopped.abort(),
  );
  const whole = body instanceof Uint8Array ? [body] : body;
  // The pipeline must not destroy `sent`: when the answer stops the sending, it has still to be read.
  const sink = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => void sent.write(chunk, done),
    final: (done) => void sent.end(done),
  });
  await pipeline(whole, sink, { signal: stopped.signal }).catch((error: unknown) => {
    // When the answer came first or the connection broke, the promise says so; what the source threw is said here.
    if (!stopped.signal.aborted) reject(error);
  });
  return promise;
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`the answer is longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The message of an answer other than 200; of JSON its `error`. */
function refusal(where: string, path: string, response: IncomingMessage, text: string): Error {
  return new Refusal(`${where} refused ${path}: ${response.statusCode}: ${wordsOf(text)}`, text);
}

/** The appliance refused; `body` is its whole answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly body: string;

  constructor(message: string, body: string) {
    super(message);
    this.body = body;
  }
}

function wordsOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'error' in value) return String(value.error);
  } catch {
    // Plain text.
  }
  return text.trim().slice(0, 500);
}

function urlOf(host: string, path: string): URL {
  const url = URL.parse(path, /^https?:\/\//.test(host) ? host : `http://${host}`);
  if (url === null) throw new Error(`expected an address such as https://192.0.2.1:8443, got "${host}"`);
  return url;
}
