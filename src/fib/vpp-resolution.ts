/**
 * Where VPP sends what goes to a next hop: VPP's own longest match, followed until something forwards or drops.
 *
 * VPP takes a route whose next hop leads nowhere, and drops its packets: the answer to ip_route_lookup has the paths as
 * they were configured, not what became of them (src/vnet/fib/fib_entry.c, fib_entry_encode). So the next hops are
 * followed here as VPP follows them (src/vnet/fib/fib_path.c, fib_path_resolve): through the table of the path, a path
 * without an interface being looked up again.
 *
 * Invariant: one `VppResolution` asks VPP at most once for each destination; make a new one for a new look.
 */
import { formatAddress, parseAddress } from '../config/mod.ts';
import type { Prefix } from '../config/types.ts';
import {
  type FibPath,
  FibPathProto,
  FibPathType,
  NO_INTERFACE,
  type VppSourcedRoute,
} from '../vpp/api/mod.ts';
import { maskKey, newRouteKey, keyAddress, setAddress } from './route-key.ts';

/** Why packets to a next hop are dropped; `prefix` is the last route that was followed. */
export type DropCause =
  /** No route leads there: the default route of VPP's table drops. */
  | { readonly code: 'no-route'; readonly nextHop: string }
  /** A route that drops: blackhole, unreachable, prohibit. */
  | { readonly code: 'drop-route'; readonly nextHop: string; readonly prefix: string }
  /** A route whose next hops lead back to it. */
  | { readonly code: 'loop'; readonly nextHop: string; readonly prefix: string }
  /** An address of VPP itself. */
  | { readonly code: 'own-address'; readonly nextHop: string; readonly prefix: string };

/** VPP's route to a prefix: its longest match, or undefined where the table has none. Rejects as the client does. */
export type RouteLookup = (table: number, prefix: Prefix) => Promise<VppSourcedRoute | undefined>;

/** Host routes that VPP makes for itself to follow a next hop: they are as the route that covers them. */
const FOLLOWED = 'recursive-resolution';
/** What VPP has where nobody put a route: 0.0.0.0/0 and ::/0, which drop. */
const DEFAULT_DROP = 'default-route';
/** VPP follows no further either (fib_entry.h: a chain of routes is resolved in one walk of its graph). */
const MAX_DEPTH = 16;

export class VppResolution {
  readonly #lookup: RouteLookup;
  readonly #sourceName: (id: number) => string | undefined;
  readonly #routes = new Map<string, Promise<VppSourcedRoute | undefined>>();

  constructor(lookup: RouteLookup, sourceName: (id: number) => string | undefined) {
    this.#lookup = lookup;
    this.#sourceName = sourceName;
  }

  /**
   * Why VPP drops what goes over these paths, by the first of them; undefined when one of them forwards, or when to drop
   * is what they are for. Rejects when VPP could not be asked.
   */
  async dropCause(paths: readonly FibPath[]): Promise<DropCause | undefined> {
    let first: DropCause | undefined;
    for (const path of paths) {
      if (!isRecursive(path)) return undefined;
      const cause = await this.#follow(path, new Set());
      if (cause === undefined) return undefined;
      first ??= cause;
    }
    return first;
  }

  #follow(path: FibPath, followed: ReadonlySet<string>): Promise<DropCause | undefined> {
    return this.#followAddress(path.tableId, formatAddress(path.nextHop), followed);
  }

  async #followAddress(
    table: number,
    nextHop: string,
    followed: ReadonlySet<string>,
  ): Promise<DropCause | undefined> {
    const route = await this.#covering(table, nextHop);
    if (route === undefined || this.#isDefaultDrop(route)) return { code: 'no-route', nextHop };
    const prefix = `${route.prefix.address}/${route.prefix.length}`;
    const key = `${table} ${prefix}`;
    if (followed.has(key) || followed.size >= MAX_DEPTH) return { code: 'loop', nextHop, prefix };
    let first: DropCause | undefined;
    // Of a lower preference than others, a path takes no packets.
    const preferred = Math.min(...route.paths.map(({ preference }) => preference));
    for (const next of route.paths.filter(({ preference }) => preference === preferred)) {
      const cause = await this.#end(next, { nextHop, prefix }, new Set([...followed, key]));
      if (cause === undefined) return undefined;
      first ??= cause;
    }
    return first ?? { code: 'drop-route', nextHop, prefix };
  }

  /** What becomes of packets on one path of the route that was found. */
  async #end(
    path: FibPath,
    at: { readonly nextHop: string; readonly prefix: string },
    followed: ReadonlySet<string>,
  ): Promise<DropCause | undefined> {
    switch (path.type) {
      case FibPathType.drop:
      case FibPathType.icmpUnreachable:
      case FibPathType.icmpProhibit:
        return { code: 'drop-route', ...at };
      case FibPathType.local:
        return { code: 'own-address', ...at };
      default:
        // Handed to another table: the next hop is looked up there.
        if (isHandedOn(path)) return this.#followAddress(path.tableId, at.nextHop, followed);
        return isRecursive(path) ? this.#follow(path, followed) : undefined;
    }
  }

  /** The longest match that somebody added. */
  async #covering(table: number, address: string): Promise<VppSourcedRoute | undefined> {
    const bytes = parseAddress(address)?.bytes;
    if (bytes === undefined) return undefined;
    const key = newRouteKey();
    const family = bytes.length === 16 ? 6 : 4;
    for (let length = bytes.length * 8; length >= 0; ) {
      setAddress(key, bytes);
      key.length = length;
      maskKey(key);
      const prefix = { family, address: formatAddress(keyAddress(key)), length } as const;
      const route = await this.#ask(table, prefix);
      if (route === undefined || this.#sourceName(route.source) !== FOLLOWED) return route;
      length = route.prefix.length - 1;
    }
    return undefined;
  }

  #ask(table: number, prefix: Prefix): Promise<VppSourcedRoute | undefined> {
    const key = `${table} ${prefix.address}/${prefix.length}`;
    const known = this.#routes.get(key);
    if (known !== undefined) return known;
    const asked = this.#lookup(table, prefix);
    this.#routes.set(key, asked);
    return asked;
  }

  #isDefaultDrop({ prefix, source }: VppSourcedRoute): boolean {
    return prefix.length === 0 && this.#sourceName(source) === DEFAULT_DROP;
  }
}

/** Whether VPP looks the next hop up in its FIB. */
function isRecursive(path: FibPath): boolean {
  return isLookedUp(path) && hasNextHop(path);
}

/** Whether VPP looks each destination up again, in the table of the path. */
function isHandedOn(path: FibPath): boolean {
  return isLookedUp(path) && !hasNextHop(path);
}

function isLookedUp({ type, swIfIndex, proto }: FibPath): boolean {
  const isIp = proto === FibPathProto.ip4 || proto === FibPathProto.ip6;
  return type === FibPathType.normal && swIfIndex === NO_INTERFACE && isIp;
}

function hasNextHop({ nextHop }: FibPath): boolean {
  return nextHop.some((byte) => byte !== 0);
}

/** The cause for people, as the reason of a route that is not programmed to any effect. */
export function dropWords(cause: DropCause): string {
  switch (cause.code) {
    case 'no-route':
      return `VPP drops its packets: no route leads to the next hop ${cause.nextHop}`;
    case 'drop-route':
      return `VPP drops its packets: the next hop ${cause.nextHop} is in ${cause.prefix}, which is dropped`;
    case 'loop':
      return `VPP drops its packets: the next hop ${cause.nextHop} is reached through ${cause.prefix}, which leads back to itself`;
    case 'own-address':
      return `VPP keeps its packets: the next hop ${cause.nextHop} is an address of VPP (${cause.prefix})`;
  }
}
