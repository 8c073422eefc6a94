/**
 * How a command speaks to a running appliance: its Unix socket, or HTTP and HTTPS with --host.
 *
 * Invariants: nothing is sent over TLS, no password and no path, before the certificate that was presented is known to
 * be the right one; no password goes over plain HTTP, unless to this machine itself; a body is not sent before the
 * appliance asked for it, so that a refusal costs nothing.
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
/** A server that does not know `Expect: 100-continue` says nothing: after this the body is sent all the same. */
const CONTINUE_TIMEOUT_MS = 5_000;
/** Of a followed log, which says every 15 s that it is still there. */
const EVENTS_TIMEOUT_MS = 60_000;
const MAX_BYTES = 512 * 1024 * 1024;

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** What is sent; a stream needs `length`. */
  readonly body?: AsyncIterable<Uint8Array> | Uint8Array | string;
  /** Length of a streamed body, in bytes. */
  readonly length?: number;
}

/** Gets one path, with the body as text. Rejects in words: who was asked, and what came back. */
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
 * Gets one path in pieces, none of which is kept. Rejects as `get` does; ends early when iteration stops. Whoever reads
 * them may take his time.
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
    return new Error(`ask ${where} for ${path}: ${reason}${hint}`, { cause: error });
  };
  try {
    const url = target.host === undefined ? undefined : urlOf(target.host, path);
    const headers: Record<string, string> = { ...asked.headers };
    if (url !== undefined && asked.needsPassword) {
      if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
        throw new Error('this needs HTTPS: --host https://… is the address that the status page names');
      }
      headers.Authorization = await authorization(target, where);
    }
    const options: RequestOptions =
      url === undefined
        ? { socketPath: where, path, host: 'localhost' }
        : {
            host: url.hostname.replace(/^\[|\]$/g, ''),
            path: url.pathname + url.search,
            // TLS is spoken below HTTP: its port would not be left out of the Host header otherwise
            headers: { Host: url.host },
            ...(await openConnection(url, target)),
          };
    const length = lengthOf(asked);
    if (length !== undefined) headers['Content-Length'] = String(length);
    const streams = asked.body !== undefined && typeof asked.body !== 'string';
    if (streams) headers.Expect = '100-continue';
    const sent = request({
      // an agent would open a connection of its own
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
  // a refusal in the midst of a body breaks the connection as well: the answer that came before that counts
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
  // `sent` is not the pipeline's to destroy: when the answer stops the sending, it is still to be read
  const sink = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => void sent.write(chunk, done),
    final: (done) => void sent.end(done),
  });
  await pipeline(whole, sink, { signal: stopped.signal }).catch((error: unknown) => {
    // the answer came first, or the connection broke: the promise says which; what the source threw is ours to say
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

/** An answer that is none: its words, where it is JSON those in it. */
function refusal(where: string, path: string, response: IncomingMessage, text: string): Error {
  return new Refusal(`ask ${where} for ${path}: ${response.statusCode}: ${wordsOf(text)}`, text);
}

/** The appliance said no; `body` is all that it said. */
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
    // not JSON: plain words
  }
  return text.trim().slice(0, 500);
}

function urlOf(host: string, path: string): URL {
  const url = URL.parse(path, /^https?:\/\//.test(host) ? host : `http://${host}`);
  if (url === null) throw new Error(`"${host}" is no address: https://192.0.2.1:8443 would be one`);
  return url;
}
