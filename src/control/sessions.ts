/**
 * Owns the sessions of browsers: a random token in a cookie, and another in each form of the page.
 *
 * Invariants: the number of sessions is bounded, the least recently used is removed first; a session ends after an hour
 * without use; tokens are stored as hashes only, so that the time of a lookup reveals nothing.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const MAX_SESSIONS = 16;
const IDLE_MS = 3_600_000;
const TOKEN_BYTES = 32;

export interface Session {
  /** The token in every form of this session. */
  readonly formToken: string;
}

interface Kept extends Session {
  usedAt: number;
}

export class Sessions {
  readonly #sessions = new Map<string, Kept>();
  readonly #now: () => number;

  /** @param now a monotonic clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Begins a session; the token is for the cookie. */
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

  /** Ends all sessions but one, after a change of the password. */
  endOthers(kept: Session | undefined): void {
    for (const [key, session] of this.#sessions) if (session !== kept) this.#sessions.delete(key);
  }
}

/** Compares two tokens in constant time. */
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
