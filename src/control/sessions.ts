/**
 * Owns who is logged in by a browser: a random token in a cookie, and one more in each form of the page.
 *
 * Invariants: the number of sessions is bounded, the one unused longest goes first; one that is not used for an hour is
 * over; tokens are kept as hashes only, so that looking one up tells nothing by its time.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const MAX_SESSIONS = 16;
const IDLE_MS = 3_600_000;
const TOKEN_BYTES = 32;

export interface Session {
  /** What every form of this session carries. */
  readonly formToken: string;
}

interface Kept extends Session {
  usedAt: number;
}

export class Sessions {
  readonly #sessions = new Map<string, Kept>();
  readonly #now: () => number;

  /** @param now a clock in milliseconds that does not go back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Begins one; the token is for the cookie. */
  begin(): { readonly token: string; readonly session: Session } {
    const token = randomToken();
    const session = { formToken: randomToken(), usedAt: this.#now() };
    this.#sessions.set(keyOf(token), session);
    if (this.#sessions.size > MAX_SESSIONS) {
      const [oldest] = [...this.#sessions].sort(([, a], [, b]) => a.usedAt - b.usedAt);
      if (oldest) this.#sessions.delete(oldest[0]);
    }
    return { token, session };
  }

  /** The session of a token, which counts as used now. */
  find(token: string): Session | undefined {
    const key = keyOf(token);
    const session = this.#sessions.get(key);
    if (session === undefined) return undefined;
    const now = this.#now();
    if (now - session.usedAt > IDLE_MS) {
      this.#sessions.delete(key);
      return undefined;
    }
    session.usedAt = now;
    return session;
  }

  end(token: string): void {
    this.#sessions.delete(keyOf(token));
  }

  /** Ends all but one: whoever knew the old password is out. */
  endOthers(kept: Session | undefined): void {
    for (const [key, session] of this.#sessions) if (session !== kept) this.#sessions.delete(key);
  }
}

/** Compares what was sent with what was expected, in a time that tells nothing about either. */
export function isSameToken(sent: string, expected: string): boolean {
  return timingSafeEqual(digest(sent), digest(expected));
}

function randomToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

function keyOf(token: string): string {
  return digest(token).toString('base64');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
