/**
 * Another computer that speaks to a box: the command line as a user types it, and plain requests where a test wants to
 * send what no command line would.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { DIST } from '../../image/root-tree.ts';
import type { DiskGuest } from './disk-harness.ts';

const APPLIANCE = join(DIST, 'appliance');
const BEFORE_NEXT_TRY_MS = 200;
const PASSWORD = /the password of this box is (\S+)/;

export interface CommandResult {
  readonly code: number;
  readonly text: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** `NAME=VALUE` of each that it sets. */
  readonly cookies: readonly string[];
}

export interface Question {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
  /** Over TLS; default true. */
  readonly secure?: boolean;
}

/** Runs `appliance …` against a box, with its password. Resolves with the exit code, whatever it is. */
export function runCommandLine(
  box: DiskGuest,
  password: string,
  args: readonly string[],
): Promise<CommandResult> {
  const { promise, resolve } = Promise.withResolvers<CommandResult>();
  const all = [...args, '--host', box.guest.httpsUrl, '--insecure'];
  const env = { ...process.env, APPLIANCE_PASSWORD: password };
  execFile(APPLIANCE, all, { env, timeout: 900_000 }, (error, stdout, stderr) => {
    const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
    resolve({ code, text: `${stdout}${stderr}` });
  });
  return promise;
}

/** The header that says who asks. */
export function basic(password: string): Readonly<Record<string, string>> {
  return { Authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` };
}

/** The connection ended before anything of the request left: to ask again changes nothing twice. */
class NothingSent extends Error {}

/**
 * Sends one request. Rejects when the connection ends without an answer; one that ends within TLS's handshake is tried
 * twice more, after a moment: connections of this address that were just cut off count that much longer, and a machine
 * that runs two guests may stall one of them for longer than a box gives a handshake.
 */
export async function ask(box: DiskGuest, question: Question): Promise<Answer> {
  for (let triesLeft = 2; ; triesLeft -= 1) {
    try {
      return await askOnce(box, question);
    } catch (error) {
      if (!(error instanceof NothingSent) || triesLeft === 0) throw error;
      process.stdout.write(`${question.path} is asked for again: ${error.message}\n`);
      await sleep(BEFORE_NEXT_TRY_MS);
    }
  }
}

async function askOnce(box: DiskGuest, question: Question): Promise<Answer> {
  const { method = 'GET', path, headers = {}, body, secure = true } = question;
  const url = new URL(path, secure ? box.guest.httpsUrl : box.guest.url);
  const options: RequestOptions & { rejectUnauthorized: boolean } = {
    method,
    headers,
    rejectUnauthorized: false,
    timeout: 120_000,
    agent: false,
  };
  const sent = secure ? httpsRequest(url, options) : httpRequest(url, options);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  sent.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () => {
      const cookies = (response.headers['set-cookie'] ?? []).map((one) => one.replace(/;.*$/s, ''));
      resolve({ status: response.statusCode ?? 0, text, cookies });
    });
    response.on('error', reject);
  });
  let isConnected = !secure;
  sent.on('socket', (socket) => socket.once('secureConnect', () => (isConnected = true)));
  sent.on('error', (error) => reject(isConnected ? error : new NothingSent(error.message, { cause: error })));
  sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer`)));
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) sent.end(body);
  else {
    // A box that refuses a body does so before it is sent, and cuts the connection.
    if (headers['Expect'] === undefined) body.pipe(sent);
    else {
      sent.once('continue', () => body.pipe(sent));
      sent.flushHeaders();
    }
    const end = (): void => {
      body.destroy();
      sent.destroy();
    };
    promise.finally(end).catch(() => {});
  }
  return promise;
}

/** The password that the box shows at its first boot. */
export async function firstPassword(box: DiskGuest): Promise<string> {
  const find = (text: string): string | undefined => PASSWORD.exec(text)?.[1];
  const known = box.guest.console.lines.map(({ text }) => find(text)).find((one) => one !== undefined);
  if (known !== undefined) return known;
  const { promise, resolve } = Promise.withResolvers<string>();
  box.guest.console.onLine(({ text }) => {
    const password = find(text);
    if (password !== undefined) resolve(password);
  });
  return Promise.race([
    promise,
    once(AbortSignal.timeout(120_000), 'abort').then(() =>
      Promise.reject(new Error('no password was shown')),
    ),
  ]);
}
