/**
 * Owns whether a request comes from this box's own page, or from no page at all: what a browser was made to send by a
 * page of somebody else is refused, whatever credentials it carries.
 *
 * Sec-Fetch-Site is the W3C's Fetch Metadata, Origin is RFC 6454; programs send neither. Against DNS rebinding, where a
 * foreign name points here and the page counts as the same origin, the name in Host has to be one of the box.
 */
import { isIP } from 'node:net';
import type { Exchange } from '../telemetry/mod.ts';

export interface OwnNames {
  readonly hostname: string;
  /** Names beside the hostname, as in the certificate. */
  isOwn(name: string): boolean;
}

/** `name`, `name:port`, `192.0.2.1:port`, `[2001:db8::1]:port`: nothing else that a URL parser would take. */
const HOST = /^(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/** Why a changing request is not taken from where it comes; undefined: it is. */
export function originRefusal(exchange: Exchange, names: OwnNames): string | undefined {
  // no browser, no name: whoever opens the socket owns the box
  if (exchange.connection.kind === 'unix') return undefined;
  const site = exchange.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return `a page of another origin asked for this (Sec-Fetch-Site: ${site}): only the box's own page may`;
  }
  const host = exchange.header('host') ?? '';
  const scheme = exchange.connection.kind === 'tls' ? 'https' : 'http';
  const own = HOST.test(host) ? URL.parse(`${scheme}://${host}`) : null;
  if (own === null) return `the request's Host "${host}" is none`;
  const origin = exchange.header('origin');
  if (origin !== undefined && URL.parse(origin)?.origin !== own.origin) {
    return `a page of another origin asked for this (Origin: ${origin}): only the box's own page may`;
  }
  const name = own.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const { hostname } = names;
  const known = ['localhost', hostname.toLowerCase(), `${hostname.toLowerCase()}.local`];
  if (isIP(name) !== 0 || known.includes(name) || names.isOwn(name)) return undefined;
  return `the box is not called "${name}": ask by its address, or as ${hostname} or ${hostname}.local`;
}
