/**
 * A feed of routes to the appliance on this machine: its socket, the lines that are sent and the answers (docs/routes.md).
 *
 * Invariants: input is read as fast as the appliance takes it; line numbers are the input's.
 */
import { connect, type Socket } from 'node:net';
import type { Target } from './transport.ts';

export interface FeedResult {
  /** `ok end …`, without `ok end`. */
  readonly summary: string;
  /** The last `ok synced …`, without `ok synced`. */
  readonly synced: string | undefined;
  /** From the first byte to the last answer to `sync`, in milliseconds. */
  readonly syncedMs: number | undefined;
  readonly errors: number;
}

export interface FeedOptions {
  readonly target: Target;
  /** `source NAME …` */
  readonly header: string;
  readonly input: AsyncIterable<Uint8Array>;
  /** Ask for an answer when the FIBs have everything. */
  readonly waits: boolean;
  /** A line of the input was refused; 0: the feed as a whole. */
  readonly onError: (line: number, message: string) => void;
}

/** Sends a feed to its end. Rejects when the appliance is not running, or closes the connection before the end. */
export async function sendFeed(options: FeedOptions): Promise<FeedResult> {
  const path = `${options.target.runDir}/routes.sock`;
  const socket = await open(path);
  const began = performance.now();
  const answers = readAnswers(socket, options.onError, began);
  try {
    // An input that fails is not ended: the appliance would withdraw what is missing.
    await writeFeed(socket, options).catch((error: unknown) => {
      socket.destroy();
      throw error;
    });
    const result = await answers;
    if (result.summary !== '') return result;
  } finally {
    socket.destroy();
  }
  throw new Error(
    `cannot send routes to ${path}: the appliance closed the connection before it had accepted all`,
  );
}

async function open(path: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ path, allowHalfOpen: true });
  socket.once('connect', resolve);
  socket.once('error', reject);
  try {
    await promise;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const hint = code === 'ENOENT' || code === 'ECONNREFUSED' ? ' (is the appliance running?)' : '';
    throw new Error(`cannot send routes to ${path}: ${code}${hint}`, { cause });
  }
  socket.off('error', reject);
  // The answers so far say more.
  socket.on('error', () => {});
  return socket;
}

async function writeFeed(socket: Socket, { header, input, waits }: FeedOptions): Promise<void> {
  await write(socket, `${header}\n`);
  let last = 10;
  for await (const piece of input) {
    if (piece.length === 0) continue;
    if (!socket.writable) return;
    last = piece.at(-1) ?? 10;
    await write(socket, piece);
  }
  // A file may end without a newline; a feed may not.
  await write(socket, `${last === 10 ? '' : '\n'}${waits ? 'sync\n' : ''}end\n`);
  socket.end();
}

async function write(socket: Socket, bytes: string | Uint8Array): Promise<void> {
  if (!socket.writable || socket.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}

async function readAnswers(
  socket: Socket,
  onError: FeedOptions['onError'],
  began: number,
): Promise<FeedResult> {
  let [summary, errors]: [string, number] = ['', 0];
  let synced: string | undefined;
  let syncedMs: number | undefined;
  const take = (line: string): void => {
    const error = /^error ([0-9]+): (.*)$/.exec(line);
    if (error !== null) {
      errors += 1;
      // The first line is the header.
      onError(Math.max(0, Number(error[1]) - 1), error[2] ?? '');
    } else if (line.startsWith('ok synced ')) {
      synced = line.slice('ok synced '.length);
      syncedMs = performance.now() - began;
    } else if (line.startsWith('ok end ')) summary = line.slice('ok end '.length);
  };
  socket.setEncoding('utf8');
  let rest = '';
  const closed = new Promise<void>((resolve) => {
    for (const event of ['end', 'close']) socket.once(event, () => resolve());
  });
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
  await closed;
  return { summary, synced, syncedMs, errors };
}
