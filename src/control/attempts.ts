/**
 * Owns the brake on guessing: five wrong passwords from one peer, then one try after each of ever longer waits.
 *
 * Invariants: a try counts as wrong from its beginning, so that many at once gain nothing; memory is bounded, the peer
 * that was heard of longest ago is forgotten first.
 */
const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 5000;
const MAX_WAIT_MS = 300_000;
const FORGET_MS = 3_600_000;
const MAX_PEERS = 1024;

interface Peer {
  readonly failures: number;
  /** As of `now`. */
  readonly at: number;
  readonly blockedUntil: number;
}

export class Attempts {
  readonly #peers = new Map<string, Peer>();
  readonly #now: () => number;

  /** @param now a clock in milliseconds that does not go back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** 0: the try may begin, and counts as wrong until `succeeded`. Else the milliseconds to wait for the next one. */
  begin(key: string): number {
    const now = this.#now();
    const known = this.#peers.get(key);
    const peer = known !== undefined && now - known.at < FORGET_MS ? known : undefined;
    if (peer !== undefined && peer.blockedUntil > now) return peer.blockedUntil - now;
    const failures = (peer?.failures ?? 0) + 1;
    const wait = Math.min(FIRST_WAIT_MS * 2 ** (failures - FREE_FAILURES), MAX_WAIT_MS);
    this.#peers.delete(key);
    this.#peers.set(key, { failures, at: now, blockedUntil: failures < FREE_FAILURES ? 0 : now + wait });
    if (this.#peers.size > MAX_PEERS) {
      for (const oldest of this.#peers.keys()) {
        this.#peers.delete(oldest);
        break;
      }
    }
    return 0;
  }

  /** The try was right: the peer starts anew. */
  succeeded(key: string): void {
    this.#peers.delete(key);
  }
}
