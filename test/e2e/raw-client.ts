/**
 * Clients that no library would be: one that goes on sending whatever it is told, and crowds of those that send a byte
 * now and then to keep their connection.
 */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { DiskGuest } from './disk-harness.ts';

const PIECE = Buffer.alloc(64 * 1024);
const DRIP_MS = 400;
const SILENCE_MS = 60_000;

export interface RawAnswer {
  /** Status, headers and body; empty: the connection was cut without any. */
  readonly text: string;
  /** Bytes of the body that left before the box was done with it. */
  readonly sentBytes: number;
}

/**
 * Sends a request over TLS, and after it `bodyBytes` zeros for as long as the box takes them, even when it has
 * answered: with their length announced, or in chunks. Resolves when the connection has ended.
 */
export async function pour(
  box: DiskGuest,
  lines: readonly string[],
  bodyBytes: number,
  framing: 'length' | 'chunks' = 'length',
): Promise<RawAnswer> {
  const { host, port } = addressOf(box.guest.httpsUrl);
  const socket = connectTls({ host, port, rejectUnauthorized: false });
  // What the box does to such a client shows in what it got.
  socket.on('error', () => {});
  socket.setTimeout(SILENCE_MS, () => socket.destroy());
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const length = framing === 'length' ? `Content-Length: ${bodyBytes}` : 'Transfer-Encoding: chunked';
  socket.write([...lines, `Host: ${host}:${port}`, 'Connection: close', length, '', ''].join('\r\n'));
  let sentBytes = 0;
  while (sentBytes < bodyBytes && socket.writable) {
    const piece = PIECE.subarray(0, bodyBytes - sentBytes);
    if (framing === 'chunks') socket.write(`${piece.length.toString(16)}\r\n`);
    const goesOn = socket.write(piece);
    if (framing === 'chunks') socket.write('\r\n');
    sentBytes += piece.length;
    if (!goesOn) await Promise.race([once(socket, 'drain'), closed]);
  }
  if (framing === 'chunks' && socket.writable) socket.write('0\r\n\r\n');
  await closed;
  return { text, sentBytes };
}

/** What a slow client sends, a byte at a time, without an end. */
const DRIPS = {
  /** HTTP headers in the clear. */
  headers: 'GET /healthz HTTP/1.1\r\nHost: slow\r\nX: ',
  /** A ClientHello (RFC 8446, section 4.1.2) that announces 508 bytes. */
  handshake: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  /** HTTP headers after the whole handshake of TLS. */
  'headers over TLS': 'GET /healthz HTTP/1.1\r\nHost: slow\r\nX: ',
} as const;

export type SlowKind = keyof typeof DRIPS;

/** Many clients of one kind; they leave when the box cuts them off, and do not come back. */
export class SlowClients implements Disposable {
  readonly #sockets: readonly Socket[];
  readonly #drip: NodeJS.Timeout;

  constructor(box: DiskGuest, kind: SlowKind, count: number) {
    const address = addressOf(kind === 'headers' ? box.guest.url : box.guest.httpsUrl);
    const isSecure = kind === 'headers over TLS';
    this.#sockets = Array.from({ length: count }, () =>
      (isSecure ? connectTls({ ...address, rejectUnauthorized: false }) : connectTcp(address))
        // Being cut off is what they are for.
        .on('error', () => {})
        .resume(),
    );
    let at = 0;
    this.#drip = setInterval(() => {
      const byte = Buffer.from(DRIPS[kind][at] ?? 'x', 'latin1');
      at += 1;
      for (const socket of this.#sockets) if (socket.writable) socket.write(byte);
    }, DRIP_MS);
  }

  /** Those that the box has not cut off. */
  get left(): number {
    return this.#sockets.filter((socket) => !socket.closed).length;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#drip);
    for (const socket of this.#sockets) socket.destroy();
  }
}

function addressOf(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(address);
  return { host: hostname, port: Number(port) };
}
