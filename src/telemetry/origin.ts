/**
 * Owns whether a request comes from this box's own page, or from no page at all: what a browser was made to send by a
 * page of somebody else is refused, reads as well, whatever credentials it carries.
 *
 * Sec-Fetch-Site is the W3C's Fetch Metadata, Origin is RFC 6454; programs send neither. Against DNS rebinding, where a
 * foreign name points here and the page counts as the same origin, the name that was asked has to be one of the box.
 *
 * A link on another page that leads to a page of ours is followed: what a browser opens as a document of its own, the
 * other page can neither read nor frame, and opening it does nothing. This goes for routes that say so, no others.
 */
import { isIP } from 'node:net';
import type { Exchange } from './exchange.ts';

/** What the box is called, beside its addresses, `localhost` and HOSTNAME.local. */
export interface OwnNames {
  readonly hostname: string;
  /** `http.names`, in lower case. */
  readonly names: readonly string[];
}

/**
 * Who may ask for a route. `own`: programs and our own pages, by a name of the box. `links`: besides, whoever follows a
 * link. `everybody`: by whatever name, such as a monitoring that knows the box by one of its own.
 */
export type Visitors = 'own' | 'links' | 'everybody';

/** `name`, `name:port`, `192.0.2.1:port`, `[2001:db8::1]:port`: nothing else that a URL parser would take. */
const HOST = /^(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/** Why a request is not taken from where it comes; undefined: it is. */
export function originRefusal(
  exchange: Exchange,
  { hostname, names }: OwnNames,
  visitors: Visitors,
): string | undefined {
  // no browser, no name: whoever opens the socket owns the box
  if (exchange.connection.kind === 'unix' || visitors === 'everybody') return undefined;
  const site = exchange.header('sec-fetch-site');
  const isOthers = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (isOthers && !(visitors === 'links' && isNavigation(exchange))) {
    return `a page of another origin asked for this (Sec-Fetch-Site: ${site}): only the box's own page may`;
  }
  const scheme = exchange.connection.kind === 'tls' ? 'https' : 'http';
  const own = HOST.test(exchange.host) ? URL.parse(`${scheme}://${exchange.host}`) : null;
  if (own === null) return `expected a name or an address as Host, got "${exchange.host}"`;
  const origin = exchange.header('origin');
  if (origin !== undefined && URL.parse(origin)?.origin !== own.origin) {
    return `a page of another origin asked for this (Origin: ${origin}): only the box's own page may`;
  }
  const name = own.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const known = ['localhost', hostname.toLowerCase(), `${hostname.toLowerCase()}.local`, ...names];
  if (isIP(name) !== 0 || known.includes(name)) return undefined;
  const how = `ask by its address, or as ${hostname} or ${hostname}.local`;
  return `the box is not called "${name}": ${how}; names in [http] of its configuration says further names`;
}

/** Whether a browser opens this as a document of its own, in no frame. */
function isNavigation(exchange: Exchange): boolean {
  return exchange.header('sec-fetch-mode') === 'navigate' && exchange.header('sec-fetch-dest') === 'document';
}
