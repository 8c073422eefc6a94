/**
 * Owns authorization: every request of this folder passes here before anything of it is read or done.
 *
 * Refused, in this order: plain HTTP from another machine; any request while no password is set; too many wrong
 * passwords; a wrong password. The Unix socket, which only its owner can open, is always admitted. Requests from a page
 * of another origin do not come here: the HTTP server refuses them before any route.
 */
import { type Exchange, peerKey, refusalOfPlainHttp } from '../telemetry/mod.ts';
import { Attempts } from './attempts.ts';
import { HashingBusyError } from './password-hash.ts';
import type { Password } from './password.ts';
import { isSameToken, type Session, Sessions } from './sessions.ts';

/** How the caller was admitted. */
export type Caller =
  | { readonly kind: 'socket' }
  | { readonly kind: 'password' }
  | { readonly kind: 'session'; readonly session: Session; readonly token: string };

export interface Refusal {
  readonly status: 401 | 403 | 429 | 503;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type Verdict =
  | { readonly admitted: true; readonly caller: Caller }
  | ({ readonly admitted: false } & Refusal);

/** Longer than any accepted header. */
const MAX_AUTHORIZATION_CHARACTERS = 2048;
const NO_PASSWORD =
  'no password is set, so requests over the network are refused: the console of a box shows one at its first boot, and `appliance password` on the machine itself sets one';

export const NOT_LOGGED_IN = 'not logged in, or the session has expired';

export interface GuardOptions {
  readonly password: Password;
  /** One line per wrong password. */
  readonly logger: (line: string) => void;
}

export class Guard {
  readonly sessions = new Sessions();
  readonly #options: GuardOptions;
  readonly #attempts = new Attempts();

  constructor(options: GuardOptions) {
    this.#options = options;
    options.password.onRenewed = () => this.sessions.endOthers(undefined);
  }

  /** The checks before authentication. */
  checkWay(exchange: Exchange): Refusal | undefined {
    const reason = refusalOfPlainHttp(exchange);
    if (reason !== undefined) return forbidden(reason);
    if (exchange.connection.kind !== 'unix' && !this.#options.password.isSet) return forbidden(NO_PASSWORD);
    return undefined;
  }

  /** Admits a changing request of a program: HTTP Basic (RFC 7617), the user name is ignored. */
  async admitChange(exchange: Exchange): Promise<Verdict> {
    const refusal = this.checkWay(exchange);
    if (refusal !== undefined) return { admitted: false, ...refusal };
    if (exchange.connection.kind === 'unix') return { admitted: true, caller: { kind: 'socket' } };
    const password = basicPassword(exchange.header('authorization'));
    return password === undefined
      ? unauthorized('this request needs the password')
      : this.checkPassword(exchange, password);
  }

  /** Admits a reading request that is not public: by password or by session. */
  async admitReading(exchange: Exchange): Promise<Verdict> {
    const refusal = this.checkWay(exchange);
    if (refusal !== undefined) return { admitted: false, ...refusal };
    const caller = this.sessionOf(exchange);
    return caller === undefined ? this.admitChange(exchange) : { admitted: true, caller };
  }

  /** Admits a form of the page: by session, and with the token that only a page of this session has. */
  admitForm(exchange: Exchange, formToken: string): Verdict {
    const refusal = this.checkWay(exchange);
    if (refusal !== undefined) return { admitted: false, ...refusal };
    const caller = this.sessionOf(exchange);
    if (caller === undefined) {
      return { admitted: false, status: 401, reason: NOT_LOGGED_IN, headers: {} };
    }
    return isSameToken(formToken, caller.session.formToken)
      ? { admitted: true, caller }
      : { admitted: false, ...forbidden('the form does not belong to this session: reload the page') };
  }

  /** Checks a password, within the rate limit. */
  async checkPassword(exchange: Exchange, password: string): Promise<Verdict> {
    const { peer } = exchange.connection;
    const key = peerKey(peer);
    const waitMs = this.#attempts.begin(key);
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      return {
        admitted: false,
        status: 429,
        reason: `too many wrong passwords from ${peer}: retry in ${seconds} s`,
        headers: { 'Retry-After': String(seconds) },
      };
    }
    try {
      if (await this.#options.password.verify(password)) {
        this.#attempts.succeeded(key);
        return { admitted: true, caller: { kind: 'password' } };
      }
    } catch (error) {
      if (!(error instanceof HashingBusyError)) throw error;
      return { admitted: false, status: 503, reason: error.message, headers: { 'Retry-After': '2' } };
    }
    this.#options.logger(`wrong password from ${peer}`);
    return unauthorized('the password is wrong');
  }

  /** The session of the cookie. */
  sessionOf(exchange: Exchange): Extract<Caller, { kind: 'session' }> | undefined {
    const wanted = `${cookieName(exchange)}=`;
    for (const cookie of (exchange.header('cookie') ?? '').split(/; */)) {
      if (!cookie.startsWith(wanted)) continue;
      const token = cookie.slice(wanted.length);
      const session = this.sessions.find(token);
      if (session !== undefined) return { kind: 'session', session, token };
    }
    return undefined;
  }
}

/** The Set-Cookie with a session's token; an empty token deletes the cookie. */
export function sessionCookie(exchange: Exchange, token: string): string {
  const age = token === '' ? '; Max-Age=0' : '';
  return `${cookieName(exchange)}=${token}; Path=/; HttpOnly; Secure; SameSite=Strict${age}`;
}

/** With TLS, a name that neither plain HTTP nor another host can set (RFC 6265bis, section 4.1.3.2). */
function cookieName({ connection }: Exchange): string {
  return connection.kind === 'tls' ? '__Host-appliance' : 'appliance';
}

function forbidden(reason: string): Refusal {
  return { status: 403, reason, headers: {} };
}

function unauthorized(reason: string): Verdict {
  const headers = { 'WWW-Authenticate': 'Basic realm="appliance", charset="UTF-8"' };
  return { admitted: false, status: 401, reason, headers };
}

function basicPassword(header: string | undefined): string | undefined {
  if (header === undefined || header.length > MAX_AUTHORIZATION_CHARACTERS) return undefined;
  const encoded = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : text.slice(colon + 1);
}
