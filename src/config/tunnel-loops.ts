/** Tunnels whose packets would enter a tunnel again that they have left: VPP drops them. */
import { type ParsedPrefix, parseAddress, parsePrefix, prefixContains } from './addresses.ts';
import { formatDestination } from './route-difference.ts';
import type { Tunnel } from './tunnels.ts';
import type { Config, NextHop } from './types.ts';
import { DEFAULT_VRF } from './vrf-checks.ts';

/** A network and the interfaces that packets to it leave through. */
interface Way {
  readonly prefix: ParsedPrefix;
  /** Its VRF; undefined: the default one. */
  readonly vrf: string | undefined;
  /** Where it stands: `the network 192.0.2.0/24 of gre0`, `the route 0.0.0.0/0 on line 9`. */
  readonly words: string;
  readonly through: readonly string[];
  /** The VRFs in which they are looked up again. */
  readonly intoVrfs: readonly (string | undefined)[];
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
    const follow = (one: Tunnel, vrf: string | undefined, first: Way | undefined): Way | undefined => {
      const way = wayTo(one.destination, vrf, ways);
      for (const name of way?.through ?? []) {
        if (name === tunnel.name) return first ?? way;
        const next = byName.get(name);
        if (next === undefined || seen.has(name)) continue;
        seen.add(name);
        const found = follow(next, next.underlayVrf, first ?? way);
        if (found !== undefined) return found;
      }
      for (const other of way?.intoVrfs ?? []) {
        const key = `${one.name} in ${other ?? DEFAULT_VRF}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const found = follow(one, other, first);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    const way = follow(tunnel, tunnel.underlayVrf, undefined);
    if (way === undefined) return [];
    const through = way.through.includes(tunnel.name)
      ? 'the tunnel itself'
      : `${way.through[0]} and so through the tunnel itself`;
    const message = `"${tunnel.destination}" is reached by ${way.words} through ${through}: expected a destination, or a route to it, through another interface`;
    return [{ tunnel, message, isDefault: way.prefix.length === 0 }];
  });
}

/** The longest match of a VRF. */
function wayTo(address: string, vrf: string | undefined, ways: readonly Way[]): Way | undefined {
  const parsed = parseAddress(address);
  if (parsed === undefined) return undefined;
  const matching = ways.filter((one) => one.vrf === vrf && prefixContains(one.prefix, parsed));
  return matching.reduce<Way | undefined>(
    (best, one) => (best === undefined || one.prefix.length > best.prefix.length ? one : best),
    undefined,
  );
}

function waysOf({ interfaces, routes, vrfs }: Config): Way[] {
  const connected = interfaces.flatMap(({ name, vrf, addresses }): Way[] =>
    addresses.map((prefix) => {
      const words = `the network ${prefix.address}/${prefix.length} of ${name}`;
      return { prefix, vrf, words, through: [name], intoVrfs: [] };
    }),
  );
  const isVrf = (name: string): boolean => name === DEFAULT_VRF || vrfs.some((vrf) => vrf.name === name);
  const asVrf = (name: string): string | undefined => (name === DEFAULT_VRF ? undefined : name);
  const through = ({ address, interface: name }: NextHop, vrf: string | undefined): readonly string[] => {
    if (name !== undefined && !isVrf(name)) return [name];
    if (address === undefined) return [];
    return wayTo(address, name === undefined ? vrf : asVrf(name), connected)?.through ?? [];
  };
  const routed = routes.flatMap(({ destination, action, tableId, line }): Way[] => {
    const vrf = vrfs.find(({ table }) => table === tableId)?.name;
    const isOfVrf = tableId === undefined || vrf !== undefined;
    if (destination.family === 'mpls' || !isOfVrf || action.kind !== 'forward') return [];
    const text = formatDestination(destination);
    const prefix = parsePrefix(text);
    if (prefix === undefined) return [];
    const words = `the route ${text} on line ${line}`;
    const { nextHops } = action;
    const intoVrfs = nextHops.flatMap(({ address, interface: name }) =>
      address === undefined && isVrf(name) ? [asVrf(name)] : [],
    );
    return [{ prefix, vrf, words, through: nextHops.flatMap((hop) => through(hop, vrf)), intoVrfs }];
  });
  return [...connected, ...routed];
}
