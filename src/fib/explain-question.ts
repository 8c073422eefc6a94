/** What a route is asked for: an address, a prefix, or an MPLS label. */
import { parseAddress, parsePrefix } from '../config/mod.ts';
import { DEFAULT_TABLE, maskKey, newRouteKey, type RouteKey, setAddress, setKey } from './route-key.ts';

const MAX_LABEL = 0xf_ffff;
const MAX_TABLE = 0xffff_ffff;

/**
 * `192.0.2.1`, `192.0.2.0/24` (host bits do not matter) or `mpls 100` as a key, `table` as a number or undefined for
 * the default one; an error says what would be right.
 */
export function readAskedDestination(
  text: string,
  table: string | undefined,
  defaultTableId: number,
): { readonly key: RouteKey } | { readonly error: string } {
  const key = newRouteKey();
  if (table !== undefined) {
    const tableId = /^[0-9]{1,10}$/.test(table) ? Number(table) : MAX_TABLE + 1;
    if (tableId > MAX_TABLE) return { error: `expected a table (0–${MAX_TABLE}), got ${shown(table)}` };
    key.tableId = tableId === defaultTableId ? DEFAULT_TABLE : tableId;
  }
  const label = /^mpls\s+([0-9]{1,10})$/.exec(text.trim())?.[1];
  if (label !== undefined) {
    if (Number(label) > MAX_LABEL) return { error: `expected a label (0–${MAX_LABEL}), got ${label}` };
    if (table !== undefined) return { error: 'labels are in one table: leave the table out' };
    return { key: setKey(key, { family: 'mpls', label: Number(label) }, undefined) };
  }
  const address = parseAddress(text);
  const prefix = address === undefined ? parsePrefix(text) : { ...address, length: address.bytes.length * 8 };
  if (prefix === undefined) {
    const expected = 'an address, a prefix or mpls LABEL, such as 192.0.2.1, 2001:db8::/32 or mpls 100';
    return { error: `expected ${expected}, got ${shown(text)}` };
  }
  setAddress(key, prefix.bytes);
  key.length = prefix.length;
  maskKey(key);
  return { key };
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
