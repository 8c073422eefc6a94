/**
 * Owns the reading of a request's body: in pieces, no longer than announced as the bound, and not from a client that
 * only keeps the connection busy.
 *
 * Invariants: nothing is read before the first piece is asked for; only the time that is spent waiting for the client
 * counts, not the time that the consumer takes; a body that was given up is not read to its end.
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { RequestError } from './errors.ts';

export interface BodyPace {
  /** A client that sends nothing for this long is given up. */
  readonly idleMs: number;
  /** Waiting time over which the rate is taken. */
  readonly windowMs: number;
  readonly minBytesPerSecond: number;
}

/** An image of 150 MB may take two and a half hours, a configuration of a megabyte a minute. */
export const DEFAULT_PACE: BodyPace = { idleMs: 10_000, windowMs: 10_000, minBytesPerSecond: 16 * 1024 };

/** What is taken of a body that nobody wants, so that the client can read why. */
const MAX_DISCARDED_BYTES = 1 << 20;
const MAX_DISCARD_MS = 2000;

/** Length as announced in bytes; undefined for a body sent in chunks; 0: there is none. */
export function announcedLength(request: IncomingMessage): number | undefined {
  if (request.headers['transfer-encoding'] !== undefined) return undefined;
  // Node's parser has refused what is no number
  return Number(request.headers['content-length'] ?? 0);
}

/** The body in pieces. Throws a RequestError (408, 413), or what broke the connection. */
export async function* readPieces(
  request: IncomingMessage,
  maxBytes: number,
  pace: BodyPace,
): AsyncGenerator<Buffer> {
  const announced = announcedLength(request);
  if (announced !== undefined && announced > maxBytes) throw tooLong(maxBytes);
  const pieces: AsyncIterator<Buffer> = request.iterator({ destroyOnReturn: false });
  let total = 0;
  let window = { bytes: 0, waitedMs: 0 };
  let isWaiting = false;
  try {
    for (;;) {
      const began = performance.now();
      isWaiting = true;
      const piece = await within(pieces.next(), pace.idleMs);
      isWaiting = false;
      if (piece.done === true) return;
      total += piece.value.length;
      if (total > maxBytes) throw tooLong(maxBytes);
      window.bytes += piece.value.length;
      window.waitedMs += performance.now() - began;
      if (window.waitedMs >= pace.windowMs) {
        if (window.bytes < (pace.minBytesPerSecond * window.waitedMs) / 1000) throw tooSlow();
        window = { bytes: 0, waitedMs: 0 };
      }
      yield piece.value;
    }
  } finally {
    // an iterator that still waits would not return before the client sends again
    if (!isWaiting) await pieces.return?.();
  }
}

/**
 * Takes and forgets the rest of a body for a moment: a connection closed with bytes unread is reset, and the reset
 * overtakes the answer. Resolves with whether the client was done.
 */
export async function discardRest(request: IncomingMessage): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let bytes = 0;
  const onData = (piece: Buffer): void => {
    bytes += piece.length;
    if (bytes > MAX_DISCARDED_BYTES) resolve(false);
  };
  const onEnd = (): void => resolve(true);
  request.on('data', onData);
  for (const event of ['end', 'close', 'error']) request.once(event, onEnd);
  request.resume();
  const timer = setTimeout(() => resolve(false), MAX_DISCARD_MS);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    request.off('data', onData);
  }
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  const over = new AbortController();
  const limit = sleep(ms, undefined, { signal: over.signal }).then(() => {
    throw tooSlow();
  });
  // whoever loses the race is not heard of again
  for (const promise of [work, limit]) promise.catch(() => {});
  try {
    return await Promise.race([work, limit]);
  } finally {
    over.abort();
  }
}

function tooLong(maxBytes: number): RequestError {
  return new RequestError(413, `the body is too long: expected at most ${maxBytes} bytes`);
}

function tooSlow(): RequestError {
  return new RequestError(408, 'the body comes too slowly');
}
