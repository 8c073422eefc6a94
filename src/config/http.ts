/** [http]: where the page, the JSON and the metrics are served, and by which names. */

import { parseAddress } from './addresses.ts';
import { type Read, readListen } from './network-values.ts';
import { type Problems, quote } from './problems.ts';
import { readList } from './read-list.ts';
import { PATTERNS } from './schema.ts';
import type { Endpoint, HttpConfig } from './types.ts';
import type { Values } from './values.ts';

/** All of them are in the box's own certificate. */
const MAX_NAMES = 16;
const DNS_NAME = new RegExp(PATTERNS.dnsName);

export function readHttp(values: Values, problems: Problems): HttpConfig {
  return {
    listen: readAddress('http.listen', values, problems) ?? { host: '::', port: 0 },
    httpsListen: readAddress('http.https-listen', values, problems),
    names: readList('http.names', { what: 'names', max: MAX_NAMES }, values, problems, readName),
  };
}

function readName(item: string): Read<string> {
  if (DNS_NAME.test(item)) return { value: item.toLowerCase() };
  if (item === '') return { error: 'an empty name: one comma too many?' };
  if (parseAddress(item.replace(/^\[|\]$/g, '')) !== undefined)
    return {
      error: `${quote(item)} is an address: requests to addresses are taken anyway, names are right here`,
    };
  if (/^[a-z]+:\/\//i.test(item))
    return { error: `${quote(item)} is a URL: the name alone is right, like router.example.net` };
  if (/:\d+$/.test(item))
    return { error: `${quote(item)} has a port: the name alone is right, for every port` };
  if (item.includes('*'))
    return { error: `${quote(item)} has a wildcard: each name is given in full, like router.example.net` };
  return { error: `${quote(item)} is not a DNS name: one like router.example.net is right` };
}

function readAddress(
  leaf: 'http.listen' | 'http.https-listen',
  values: Values,
  problems: Problems,
): Endpoint | undefined {
  const text = values.get(leaf);
  if (text === undefined) return undefined;
  const read = readListen(text);
  if ('value' in read) return read.value;
  problems.error(values.line(leaf), leaf, read.error);
  return undefined;
}
