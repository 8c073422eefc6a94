/**
 * The lines of [route]: `PREFIX = NEXT-HOP[@WEIGHT][%INTERFACE][, …]`, `blackhole` or `unreachable`.
 */

import { formatPrefix, isIpv6LinkLocal, type ParsedPrefix } from './addresses.ts';
import { type Read, readHostAddress, readRoutePrefix, splitList } from './network-values.ts';
import { type Problems, quote } from './problems.ts';
import { unknownInterface } from './resolve.ts';
import type { ScannedEntry } from './scan.ts';
import type { NextHop, RouteAction, StaticRoute } from './types.ts';

/** Paths of one route. VPP takes more; nobody spreads a static route wider. */
const MAX_NEXT_HOPS = 16;

const GRAMMAR = 'NEXT-HOP[@WEIGHT][%INTERFACE], blackhole or unreachable is right';

export interface InterfaceNames {
  /** Names that the configuration gives: NICs for VPP and [interface.NAME]. */
  readonly known: ReadonlySet<string>;
  /** Names in lines that were refused already: no second problem for them. */
  readonly tolerated: ReadonlySet<string>;
}

/** Reads all routes; a route with a problem is left out. */
export function readRoutes(
  entries: readonly ScannedEntry[],
  names: InterfaceNames,
  problems: Problems,
): StaticRoute[] {
  const routes: StaticRoute[] = [];
  const lines = new Map<string, number>();
  for (const { key, value, line } of entries) {
    const leaf = `route.${key}`;
    const prefix = readRoutePrefix(key);
    // A line that was reported may have lost its key with the rest.
    if (value === undefined && 'error' in prefix) continue;
    if ('error' in prefix) problems.error(line, leaf, prefix.error);
    const canonical = 'error' in prefix ? key : formatPrefix(prefix.value);
    const firstLine = lines.get(canonical);
    if (firstLine !== undefined) {
      const also = canonical === key ? '' : ` (as ${canonical})`;
      problems.error(
        line,
        leaf,
        `${key} is on line ${firstLine} already${also}: one line per prefix, next hops with commas`,
      );
    } else {
      lines.set(canonical, line);
    }
    if (value === undefined) continue;
    const family = 'error' in prefix ? undefined : prefix.value;
    const action = readAction(value, family, names, (message) => problems.error(line, leaf, message));
    if (action !== undefined && !('error' in prefix) && firstLine === undefined) {
      const { family, address, length } = prefix.value;
      const destination = { family, address, length };
      routes.push({ destination, action, metric: 0, tableId: undefined, line });
    }
  }
  return routes;
}

function readAction(
  text: string,
  prefix: ParsedPrefix | undefined,
  names: InterfaceNames,
  report: (message: string) => void,
): RouteAction | undefined {
  if (text === 'blackhole' || text === 'unreachable') return { kind: text };
  if (text === '') {
    report(`no value: ${GRAMMAR}`);
    return undefined;
  }
  const items = splitList(text);
  if (items.length > MAX_NEXT_HOPS) {
    report(`${items.length} next hops: at most ${MAX_NEXT_HOPS} are right`);
    return undefined;
  }
  const nextHops: NextHop[] = [];
  for (const item of items) {
    const read = readNextHop(item, prefix, names);
    if ('error' in read) report(read.error);
    else if (nextHops.some((known) => isSameHop(known, read.value))) {
      report(`${quote(item)} is there twice: give it once, with a weight if it shall carry more`);
    } else nextHops.push(read.value);
  }
  return nextHops.length === items.length ? { kind: 'forward', nextHops, labels: [] } : undefined;
}

function isSameHop(a: NextHop, b: NextHop): boolean {
  return a.address === b.address && a.interface === b.interface;
}

function readNextHop(item: string, prefix: ParsedPrefix | undefined, names: InterfaceNames): Read<NextHop> {
  if (item === '') return { error: 'an empty next hop: one comma too many' };
  if (/^(blackhole|unreachable)$/i.test(item)) {
    return { error: `${quote(item)}: ${item.toLowerCase()} stands alone and in small letters` };
  }
  const match = /^([^@%]*)(?:@([^@%]*))?(?:%([^@%]*))?$/.exec(item);
  if (!match) {
    const swapped = /^([^@%]+)%([^@%]+)@([^@%]+)$/.exec(item);
    if (swapped)
      return {
        error: `${quote(item)}: the weight is first, write ${swapped[1]}@${swapped[3]}%${swapped[2]}`,
      };
    return { error: `${quote(item)} is not a next hop: ${GRAMMAR}` };
  }
  const [, addressText = '', weightText, name] = match.map((part) => part?.trim());
  if (addressText === '') return { error: `${quote(item)} has no address before its @ or %: ${GRAMMAR}` };
  const address = readHostAddress(addressText);
  if ('error' in address) return address;
  if (prefix !== undefined && prefix.family !== address.value.family) {
    const { family } = prefix;
    return {
      error: `${quote(addressText)} is IPv${address.value.family}: ${formatPrefix(prefix)} needs an IPv${family} next hop`,
    };
  }
  if (weightText !== undefined && !(/^[1-9][0-9]{0,2}$/.test(weightText) && Number(weightText) <= 255)) {
    return { error: `${quote(item)} has the weight ${quote(weightText)}: 1..255 is right` };
  }
  if (name === undefined && isIpv6LinkLocal(address.value)) {
    return { error: `${quote(item)} is link-local: name its interface, like ${address.value.address}%xe0` };
  }
  if (name !== undefined && !names.known.has(name) && !names.tolerated.has(name)) {
    return { error: unknownInterface(name, names.known) };
  }
  return {
    value: {
      family: address.value.family,
      address: address.value.address,
      weight: weightText === undefined ? 1 : Number(weightText),
      interface: name,
    },
  };
}
