/**
 * What an imported route does, in our words: next hops by the interfaces of VPP whose TAPs they are on; and what VPP
 * cannot have of it.
 *
 * Invariant: each cached group holds a reference; `forget` gives them back.
 */
import type { NextHop, RouteAction } from '../config/types.ts';
import type { KernelNextHop, NexthopObjects, RouteNotice } from '../linux/mod.ts';
import type { ImportRefusalCode } from './status.ts';
import { type GroupId, type NextHopGroups, NO_GROUP } from './next-hop-groups.ts';

/** Next hops of a route that are taken: a daemon may spread a route wider than [route] does. */
export const MAX_IMPORTED_NEXT_HOPS = 64;
const MAX_WEIGHT = 255;
/** Distinct next hops that are remembered; a full table has a few hundred. */
const MAX_CACHED = 1 << 16;

const MAIN_TABLE = 254;
const RTN_THROW = 9;
/** rtm_type of what is no route to elsewhere. Source: linux/rtnetlink.h. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  2: 'local',
  3: 'broadcast',
  4: 'anycast',
  5: 'multicast',
  10: 'nat',
  11: 'xresolve',
};

/** A route that is not taken, or what it is taken without. */
export interface Refusal {
  readonly reason: ImportRefusalCode;
  readonly detail?: string;
  /** Of a route that is taken: the next hop that it does without, `192.0.2.1 dev wg0`. */
  readonly 'next-hop'?: string;
}

export interface Imported {
  /** Held by the cache; `NO_GROUP`: not taken. */
  readonly group: GroupId;
  /** Of one that is not taken one, why not; of one that is, what it is without. */
  readonly refusals: readonly Refusal[];
  /** Gateways that are neighbours on their interface whatever networks that has. */
  readonly onlink: readonly OnlinkGateway[];
}

export interface OnlinkGateway {
  readonly family: 4 | 6;
  readonly address: string;
  readonly interface: string;
}

export interface ImportGroupsOptions {
  readonly groups: NextHopGroups;
  readonly objects: NexthopObjects;
  /** The name of a link in the namespace. */
  readonly linkName: (ifIndex: number) => string | undefined;
  /** Whether a link is a VRF device: packets to it are looked up in its table. */
  readonly isVrf: (ifIndex: number) => boolean;
  /** VPP's interface of a TAP; undefined for a link that is none. */
  readonly interfaceOfTap: (name: string) => string | undefined;
}

type Action = Pick<Imported, 'refusals' | 'onlink'> & { readonly action: RouteAction | undefined };

export class ImportGroups {
  readonly #options: ImportGroupsOptions;
  readonly #known = new Map<string, Imported>();

  constructor(options: ImportGroupsOptions) {
    this.#options = options;
  }

  /** What a route becomes. */
  of(notice: RouteNotice): Imported {
    // A throw means something else in another table than main.
    const key = notice.type === RTN_THROW ? `${notice.table} ${notice.pathKey}` : notice.pathKey;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_CACHED) this.forget();
    const { action, refusals, onlink } = this.#actionOf(notice);
    const group = action === undefined ? NO_GROUP : this.#options.groups.intern(notice.family, action);
    const imported: Imported =
      action !== undefined && group === NO_GROUP
        ? { group, refusals: [{ reason: 'table-full' }], onlink: [] }
        : { group, refusals, onlink };
    this.#known.set(key, imported);
    return imported;
  }

  /** Links, TAPs or nexthop objects are others by now. */
  forget(): void {
    for (const { group } of this.#known.values()) this.#options.groups.release(group);
    this.#known.clear();
  }

  #actionOf(notice: RouteNotice): Action {
    const { kind, type, table } = notice;
    if (type === RTN_THROW) {
      // The table says that it has no route. After main comes nothing; elsewhere Linux goes on with the next rule.
      const refusals: Refusal[] = table === MAIN_TABLE ? [] : [{ reason: 'throw-in-table' }];
      return { action: { kind: 'unreachable' }, refusals, onlink: [] };
    }
    if (kind === undefined) return refused('route-type', TYPE_NAMES[type] ?? String(type));
    if (kind !== 'unicast') return { action: { kind }, refusals: [], onlink: [] };
    if (notice.nextHopId === 0) return this.#forward(notice.family, notice.nextHops());
    const resolved = this.#options.objects.resolve(notice.nextHopId);
    if (resolved.kind === 'blackhole') return { action: { kind: 'blackhole' }, refusals: [], onlink: [] };
    if (resolved.kind === 'unicast') return this.#forward(notice.family, resolved.nextHops);
    // The kernel writes the next hops out too, unless told otherwise (net.ipv4.nexthop_compat_mode).
    const written = notice.nextHops().filter(({ gateway, ifIndex }) => (gateway ?? ifIndex) !== undefined);
    if (written.length === 0) return refused('nexthop-object', String(notice.nextHopId));
    return this.#forward(notice.family, written);
  }

  #forward(family: 4 | 6, hops: readonly KernelNextHop[]): Action {
    const refusals: Refusal[] = [];
    const onlink: OnlinkGateway[] = [];
    const nextHops = new Map<string, NextHop>();
    const stacks = new Set<string>();
    let labels: readonly number[] = [];
    const heaviest = Math.max(...hops.map(({ weight }) => weight));
    for (const hop of hops.slice(0, MAX_IMPORTED_NEXT_HOPS)) {
      const read = this.#nextHopOf(family, hop);
      if ('reason' in read) {
        refusals.push({ ...read, 'next-hop': this.#textOf(hop) });
        continue;
      }
      labels = hop.labels ?? [];
      stacks.add(labels.join());
      // Shares are kept where a weight is more than VPP can have; one that is there twice carries both shares.
      const share = heaviest <= MAX_WEIGHT ? hop.weight : Math.round((hop.weight * MAX_WEIGHT) / heaviest);
      const key = `${read.address ?? ''}%${read.interface ?? ''}`;
      const weight = Math.min(MAX_WEIGHT, Math.max(1, share) + (nextHops.get(key)?.weight ?? 0));
      nextHops.set(key, { ...read, weight });
      if (hop.isOnlink === true && read.address !== undefined && read.interface !== undefined) {
        onlink.push({ family: read.family, address: read.address, interface: read.interface });
      }
    }
    if (hops.length > MAX_IMPORTED_NEXT_HOPS)
      refusals.push({ reason: 'too-many-next-hops', detail: String(hops.length) });
    if (nextHops.size === 0) {
      const { reason, detail } = refusals[0] ?? { reason: 'route-type' };
      return refused(reason, detail);
    }
    if (stacks.size > 1) return refused('labels-differ');
    const taken = [...nextHops.values()];
    // One alone has no share.
    const all = taken.length === 1 ? taken.map((hop) => ({ ...hop, weight: 1 })) : taken;
    return { action: { kind: 'forward', nextHops: all, labels }, refusals, onlink };
  }

  /** Without its share; or why VPP cannot have it. */
  #nextHopOf(family: 4 | 6, { gateway, ifIndex, labels, tunnel }: KernelNextHop): NextHop | Refusal {
    if (tunnel !== undefined) return { reason: 'encapsulated', detail: tunnel };
    const link = ifIndex === undefined ? undefined : this.#nameOf(ifIndex);
    const isVrf = ifIndex !== undefined && gateway === undefined && this.#options.isVrf(ifIndex);
    const name = link === undefined || isVrf ? link : this.#options.interfaceOfTap(link);
    if (link !== undefined && name === undefined) return { reason: 'link-not-in-vpp', detail: link };
    if (gateway !== undefined) {
      return { family: gateway.includes(':') ? 6 : 4, address: gateway, weight: 1, interface: name };
    }
    if (labels !== undefined) return { reason: 'label-without-gateway' };
    if (name === undefined) return { reason: 'link-not-in-vpp' };
    return { family, address: undefined, weight: 1, interface: name };
  }

  #nameOf(ifIndex: number): string {
    return this.#options.linkName(ifIndex) ?? `link ${ifIndex}`;
  }

  /** As iproute2 says it. */
  #textOf({ gateway, ifIndex }: KernelNextHop): string {
    const link = ifIndex === undefined ? '' : `dev ${this.#nameOf(ifIndex)}`;
    return [gateway ?? '', link].filter((word) => word !== '').join(' ');
  }
}

function refused(reason: ImportRefusalCode, detail?: string): Action {
  const refusal = detail === undefined ? { reason } : { reason, detail };
  return { action: undefined, refusals: [refusal], onlink: [] };
}
