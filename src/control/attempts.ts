/**
 * Owns the rate limit on password guessing: five wrong passwords from one peer, then one try after each of increasing
 * waits.
 *
 * Invariants: a try counts as wrong from its beginning, so that parallel tries gain nothing; memory is bounded, the
 * least recently seen peer is forgotten first.
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

  /** @param now a monotonic clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Returns 0 when the try may begin; it counts as wrong until `succeeded`. Else the wait in milliseconds. */
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

  /** Resets the peer's count after a correct password. */
  succeeded(key: string): void {
    this.#peers.delete(key);
  }
}
