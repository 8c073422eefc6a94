/** How a command speaks to a running appliance: its Unix socket, or HTTP with --host. */
import { request } from 'node:http';

export interface Target {
  /** `http://192.0.2.1:8080`; undefined: the socket of this machine. */
  readonly host: string | undefined;
  /** Directory of the socket. */
  readonly runDir: string;
}

const TIMEOUT_MS = 15_000;
const MAX_BYTES = 512 * 1024 * 1024;

/** Options that every command with a target takes. */
export const TARGET_OPTIONS = {
  host: { type: 'string' },
  'run-dir': { type: 'string', default: '/run/appliance' },
  json: { type: 'boolean', default: false },
} as const;

/** Gets one path, with the body as text. Rejects in words: who was asked, and what came back. */
export function get(target: Target, path: string): Promise<string> {
  const where = target.host ?? `${target.runDir}/appliance.sock`;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const fail = (reason: string, cause?: unknown): void => {
    reject(new Error(`ask ${where} for ${path}: ${reason}`, { cause }));
  };
  const options =
    target.host === undefined ? { socketPath: where, path, host: 'localhost' } : urlOf(target.host, path);
  if (typeof options === 'string') {
    fail(options);
    return promise;
  }
  const asked = request({ ...options, timeout: TIMEOUT_MS }, (response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) response.destroy(new Error(`the answer is longer than ${MAX_BYTES} bytes`));
      else chunks.push(chunk);
    });
    response.on('error', (error) => fail(error.message, error));
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      if (response.statusCode === 200) resolve(text);
      else fail(`${response.statusCode}: ${text.trim().slice(0, 500)}`);
    });
  });
  asked.on('timeout', () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
  asked.on('error', (error: NodeJS.ErrnoException) => {
    const hint =
      error.code === 'ENOENT' || error.code === 'ECONNREFUSED' ? ' (is the appliance running?)' : '';
    fail(`${error.message || String(error.code)}${hint}`, error);
  });
  asked.end();
  return promise;
}

function urlOf(host: string, path: string): { host: string; port: string; path: string } | string {
  const url = URL.parse(path, /^https?:\/\//.test(host) ? host : `http://${host}`);
  if (url === null) return `"${host}" is no address: http://192.0.2.1:8080 would be one`;
  if (url.protocol !== 'http:') return `${url.protocol}// is not served: use http://`;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || '80',
    path: url.pathname + url.search,
  };
}
