/**
 * Clients that no library would be: one that goes on sending whatever it is told, and crowds of those that send a byte
 * now and then to keep their connection.
 */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { DiskGuest } from './disk-harness.ts';

const PIECE = Buffer.alloc(64 * 1024);
const DRIP_MS = 400;
const BETWEEN_MS = 10;
const SILENCE_MS = 60_000;

export interface RawAnswer {
  /** Status, headers and body; empty: the connection was cut without any. */
  readonly text: string;
  /** Bytes of the body that left before the box was done with it. */
  readonly sentBytes: number;
}

/**
 * Sends a request's lines over TLS, and after them the body for as long as the box takes it, even when it has answered.
 * Resolves when the connection has ended.
 */
export async function send(
  box: DiskGuest,
  lines: readonly string[],
  body: Iterable<Uint8Array>,
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
  socket.write([...lines, `Host: ${host}:${port}`, 'Connection: close', '', ''].join('\r\n'));
  let sentBytes = 0;
  for (const piece of body) {
    if (!socket.writable) break;
    const goesOn = socket.write(piece);
    sentBytes += piece.length;
    if (!goesOn) await Promise.race([once(socket, 'drain').catch(() => {}), closed]);
  }
  await closed;
  return { text, sentBytes };
}

/** So many zeros, made as they are asked for. */
export function* zeros(bytes: number): Generator<Uint8Array> {
  for (let left = bytes; left > 0; left -= PIECE.length) yield PIECE.subarray(0, left);
}

/** A body in chunks (RFC 9112, section 7.1). */
export function* inChunks(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const piece of pieces) {
    yield Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);
  }
  yield Buffer.from('0\r\n\r\n');
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
  readonly #sockets: Socket[] = [];
  readonly #drip: NodeJS.Timeout;

  private constructor(drips: string) {
    let at = 0;
    this.#drip = setInterval(() => {
      const byte = Buffer.from(drips[at] ?? 'x', 'latin1');
      at += 1;
      for (const socket of this.#sockets) if (socket.writable) socket.write(byte);
    }, DRIP_MS);
  }

  /** Resolves when all are connected; the box may have cut off some of them by then. */
  static async open(box: DiskGuest, kind: SlowKind, count: number): Promise<SlowClients> {
    const address = addressOf(kind === 'headers' ? box.guest.url : box.guest.httpsUrl);
    const clients = new SlowClients(DRIPS[kind]);
    for (let opened = 0; opened < count; opened += 1) {
      const socket =
        kind === 'headers over TLS'
          ? connectTls({ ...address, rejectUnauthorized: false })
          : connectTcp(address);
      // Being cut off is what they are for.
      socket.on('error', () => {}).resume();
      clients.#sockets.push(socket);
      // QEMU's user network drops what comes while another waits: one by one.
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {});
      await sleep(BETWEEN_MS);
    }
    return clients;
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
