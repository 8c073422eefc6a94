/** Owns who is at the other end of a connection, and how many connections one of them may have. */
import type { Socket } from 'node:net';

/** How a request came in. */
export interface Connection {
  readonly kind: 'unix' | 'tls' | 'plain';
  /** The address at the other end; on a Unix socket none. */
  readonly peer: string;
  /** Whether the other end is this machine, by an address that nobody else can have. */
  readonly isLoopback: boolean;
}

/** One address may be several browsers; all of them together leave room for the others. */
const MAX_CONNECTIONS_PER_PEER = 16;

/** The facts of a connection; `kind` is that of the address it was accepted on. */
export function connectionOf(socket: Socket, kind: Connection['kind']): Connection {
  const peer = plainAddress(socket.remoteAddress ?? '');
  return { kind, peer, isLoopback: peer === '::1' || /^127(\.\d+){3}$/.test(peer) };
}

/**
 * What counts as one peer: an IPv4 address; the first 64 bits of an IPv6 address, since one machine has all of the
 * rest at its choice; a link-local address as a whole, since all neighbours share those 64 bits.
 */
export function peerKey(address: string): string {
  const plain = plainAddress(address);
  if (!plain.includes(':') || /^fe[89ab]/i.test(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(Math.max(zeros, 0)).fill('0'), ...right].slice(0, 4).join(':');
}

/** `::ffff:192.0.2.1` is how a socket of both families shows an IPv4 address. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

/** Counts connections by peer. */
export class PeerLimit {
  readonly #open = new Map<string, number>();

  /** Whether the peer may have one more; it is counted until it closes. */
  admit(socket: Socket): boolean {
    const key = peerKey(socket.remoteAddress ?? '');
    const count = this.#open.get(key) ?? 0;
    if (count >= MAX_CONNECTIONS_PER_PEER) return false;
    this.#open.set(key, count + 1);
    socket.once('close', () => {
      const left = (this.#open.get(key) ?? 1) - 1;
      if (left === 0) this.#open.delete(key);
      else this.#open.set(key, left);
    });
    return true;
  }
}
