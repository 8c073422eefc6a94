/** Tunnels whose packets would enter a tunnel again that they have left: VPP drops them. */
import { type ParsedPrefix, parseAddress, parsePrefix, prefixContains } from './addresses.ts';
import { formatDestination } from './route-difference.ts';
import type { Tunnel } from './tunnels.ts';
import type { Config, NextHop } from './types.ts';

/** A network and the interfaces that packets to it leave through. */
interface Way {
  readonly prefix: ParsedPrefix;
  /** Where it stands: `the network 192.0.2.0/24 of gre0`, `the route 0.0.0.0/0 on line 9`. */
  readonly words: string;
  readonly through: readonly string[];
}

export interface TunnelLoop {
  readonly tunnel: Tunnel;
  readonly message: string;
  /** By a default route alone: a routing daemon may know a way besides. */
  readonly isDefault: boolean;
}

/** The tunnels whose destination is reached through themselves, by addresses and routes of the file. */
export function tunnelLoops(config: Config, tunnels: readonly Tunnel[]): TunnelLoop[] {
  if (tunnels.length === 0) return [];
  const ways = waysOf(config);
  const byName = new Map(tunnels.map((one) => [one.name, one]));
  return tunnels.flatMap((tunnel): TunnelLoop[] => {
    const seen = new Set<string>();
    const follow = (one: Tunnel, first: Way | undefined): Way | undefined => {
      const way = wayTo(one.destination, ways);
      for (const name of way?.through ?? []) {
        if (name === tunnel.name) return first ?? way;
        const next = byName.get(name);
        if (next === undefined || seen.has(name)) continue;
        seen.add(name);
        const found = follow(next, first ?? way);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    const way = follow(tunnel, undefined);
    if (way === undefined) return [];
    const through = way.through.includes(tunnel.name)
      ? 'the tunnel itself'
      : `${way.through[0]} and so through the tunnel itself`;
    const message = `"${tunnel.destination}" is reached by ${way.words} through ${through}: expected a destination, or a route to it, through another interface`;
    return [{ tunnel, message, isDefault: way.prefix.length === 0 }];
  });
}

/** The longest match. */
function wayTo(address: string, ways: readonly Way[]): Way | undefined {
  const parsed = parseAddress(address);
  if (parsed === undefined) return undefined;
  const matching = ways.filter(({ prefix }) => prefixContains(prefix, parsed));
  return matching.reduce<Way | undefined>(
    (best, one) => (best === undefined || one.prefix.length > best.prefix.length ? one : best),
    undefined,
  );
}

function waysOf({ interfaces, routes }: Config): Way[] {
  const connected = interfaces.flatMap(({ name, addresses }): Way[] =>
    addresses.map((prefix) => {
      const words = `the network ${prefix.address}/${prefix.length} of ${name}`;
      return { prefix, words, through: [name] };
    }),
  );
  const through = ({ address, interface: name }: NextHop): string[] =>
    name === undefined ? [...(wayTo(address ?? '', connected)?.through ?? [])] : [name];
  const routed = routes.flatMap(({ destination, action, tableId, line }): Way[] => {
    if (destination.family === 'mpls' || tableId !== undefined || action.kind !== 'forward') return [];
    const text = formatDestination(destination);
    const prefix = parsePrefix(text);
    if (prefix === undefined) return [];
    const words = `the route ${text} on line ${line}`;
    return [{ prefix, words, through: action.nextHops.flatMap(through) }];
  });
  return [...connected, ...routed];
}
