/**
 * What an imported route does, in our words: next hops by the interfaces of VPP whose TAPs they are on.
 *
 * Invariant: each cached group holds a reference; `forget` gives them back.
 */
import type { NextHop } from '../config/types.ts';
import type { KernelNextHop, NexthopObjects, RouteNotice } from '../linux/mod.ts';
import { type GroupAction, type GroupId, type NextHopGroups, NO_GROUP } from './next-hop-groups.ts';

/** Next hops of a route that are taken (the route table's bound). */
const MAX_NEXT_HOPS = 16;
const MAX_WEIGHT = 255;
/** Distinct next hops that are remembered; a full table has a few hundred. */
const MAX_CACHED = 1 << 16;

export interface ImportGroupsOptions {
  readonly groups: NextHopGroups;
  readonly objects: NexthopObjects;
  /** The name of a link in the namespace. */
  readonly linkName: (ifIndex: number) => string | undefined;
  /** VPP's interface of a TAP; undefined for a link that is none. */
  readonly interfaceOfTap: (name: string) => string | undefined;
}

export class ImportGroups {
  readonly #options: ImportGroupsOptions;
  readonly #known = new Map<string, GroupId>();

  constructor(options: ImportGroupsOptions) {
    this.#options = options;
  }

  /** The group of a route, held by the cache; `NO_GROUP` for what cannot be programmed elsewhere. */
  of(notice: RouteNotice): GroupId {
    const key = notice.pathKey;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_CACHED) this.forget();
    const action = this.#actionOf(notice);
    const group = action === undefined ? NO_GROUP : this.#options.groups.intern(notice.family, action);
    this.#known.set(key, group);
    return group;
  }

  /** Links, TAPs or nexthop objects are others by now. */
  forget(): void {
    for (const group of this.#known.values()) this.#options.groups.release(group);
    this.#known.clear();
  }

  #actionOf(notice: RouteNotice): GroupAction | undefined {
    if (notice.kind === undefined || notice.isEncapsulated) return undefined;
    let hops: readonly KernelNextHop[] = notice.nextHops();
    if (notice.nextHopId !== 0) {
      const resolved = this.#options.objects.resolve(notice.nextHopId);
      if (resolved.kind === 'blackhole') return { kind: 'blackhole' };
      // The kernel writes the next hops out too, unless told otherwise (net.ipv4.nexthop_compat_mode).
      if (resolved.kind === 'unicast') hops = resolved.nextHops;
    }
    if (notice.kind !== 'unicast') return { kind: notice.kind };
    const nextHops = hops.slice(0, MAX_NEXT_HOPS).map((hop) => this.#nextHopOf(hop));
    const usable = nextHops.filter((hop) => hop !== undefined);
    return usable.length === 0 ? undefined : { kind: 'forward', nextHops: usable, labels: [] };
  }

  /** Undefined for a network on a link, and for a link-local gateway on a link that VPP has not. */
  #nextHopOf({ gateway, ifIndex, weight }: KernelNextHop): NextHop | undefined {
    if (gateway === undefined) return undefined;
    const link = ifIndex === undefined ? undefined : this.#options.linkName(ifIndex);
    const name = link === undefined ? undefined : this.#options.interfaceOfTap(link);
    if (name === undefined && /^fe[89ab]/i.test(gateway)) return undefined;
    const family = gateway.includes(':') ? 6 : 4;
    return { family, address: gateway, weight: Math.min(MAX_WEIGHT, weight), interface: name };
  }
}
