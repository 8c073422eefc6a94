/**
 * How each configured next hop is reached: by a connected network, through another route, or not at all. Pure;
 * computed once per configuration.
 */
import {
  DEFAULT_VRF,
  formatDestination,
  parseAddress,
  type ParsedAddress,
  type ParsedPrefix,
  parsePrefix,
  prefixContains,
} from '../config/mod.ts';
import type { Config, StaticRoute } from '../config/types.ts';
import type { NextHopStatus } from './status.ts';

/** Maximum number of reported next hops; the routes of a full table share few. */
const MAX_NEXT_HOPS = 256;

interface Count {
  routes: number;
  readonly address: string;
  readonly example: string;
  readonly named: string | undefined;
  /** The table of its routes; undefined: that of routes without one. */
  readonly tableId: number | undefined;
}

export function nextHopStatus({
  interfaces,
  routes,
  vrfs,
}: Pick<Config, 'interfaces' | 'routes' | 'vrfs'>): NextHopStatus[] {
  const counts = countNextHops(routes);
  const connected = interfaces.flatMap((one) =>
    one.addresses.map((network) => ({
      network,
      name: one.name,
      tableId: vrfs.find(({ name }) => name === one.vrf)?.table,
    })),
  );
  const destinations = routes.flatMap(({ destination, tableId }) => {
    if (!('address' in destination)) return [];
    const text = formatDestination(destination);
    const prefix = parsePrefix(text);
    return prefix === undefined ? [] : [{ network: prefix, text, tableId }];
  });
  return [...counts.values()].map(({ routes: count, address, example, named, tableId }) => {
    const isOfVrf = named === DEFAULT_VRF || vrfs.some(({ name }) => name === named);
    const lookedUpIn = isOfVrf ? vrfs.find(({ name }) => name === named)?.table : tableId;
    const isInTable = (one: { readonly tableId: number | undefined }): boolean => one.tableId === lookedUpIn;
    const on = isOfVrf ? undefined : named;
    const reach = reachOf(address, on, connected.filter(isInTable), destinations.filter(isInTable));
    return { address, routes: count, example, reach };
  });
}

function countNextHops(routes: readonly StaticRoute[]): Map<string, Count> {
  const counts = new Map<string, Count>();
  for (const { destination, action, tableId } of routes) {
    if (action.kind !== 'forward') continue;
    for (const { address, interface: named } of action.nextHops) {
      // A route to an interface without a next hop has no neighbour to reach.
      if (address === undefined) continue;
      const key = `${address}%${named ?? ''} ${tableId ?? ''}`;
      const known = counts.get(key);
      if (known !== undefined) known.routes += 1;
      else if (counts.size < MAX_NEXT_HOPS) {
        counts.set(key, { routes: 1, address, example: formatDestination(destination), named, tableId });
      }
    }
  }
  return counts;
}

function reachOf(
  address: string,
  named: string | undefined,
  connected: readonly { readonly network: ParsedPrefix; readonly name: string }[],
  destinations: readonly { readonly network: ParsedPrefix; readonly text: string }[],
): NextHopStatus['reach'] {
  if (named !== undefined) return { kind: 'interface', interface: named };
  const parsed = parseAddress(address);
  if (parsed === undefined) return { kind: 'none' };
  const on = longest(connected, parsed);
  if (on !== undefined) return { kind: 'interface', interface: on.name };
  const through = longest(destinations, parsed);
  return through === undefined ? { kind: 'none' } : { kind: 'route', destination: through.text };
}

function longest<Entry extends { readonly network: ParsedPrefix }>(
  entries: readonly Entry[],
  address: ParsedAddress,
): Entry | undefined {
  let best: Entry | undefined;
  for (const entry of entries) {
    if (entry.network.length <= (best?.network.length ?? -1)) continue;
    if (prefixContains(entry.network, address)) best = entry;
  }
  return best;
}
