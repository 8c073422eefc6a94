/**
 * What the kernel is told for each next-hop group: messages for rtnetlink, encoded once a group and table.
 *
 * Invariant: a message made of an interface's name holds the index that the interface had; `forgetAll` when interfaces
 * come or go.
 */
import { DEFAULT_VRF } from '../config/mod.ts';
import type { Gateway, NextHop } from '../config/types.ts';
import {
  encodeAddition,
  encodeRemoval,
  type KernelNextHop,
  LinuxError,
  ROUTE_PROTOCOL,
  type RouteTemplate,
} from '../linux/mod.ts';
import { kernelHop, type ProbedHop } from './kernel-probe.ts';
import type { GroupAction, GroupId, NextHopGroups } from './next-hop-groups.ts';

/** Messages of a group; or why it cannot be programmed: not now (`unresolved`), or not as it is (`refused`). */
export type KernelGroup =
  | { readonly kind: 'templates'; readonly add: RouteTemplate; readonly remove: RouteTemplate }
  | { readonly kind: 'unresolved' | 'refused'; readonly reason: string };

/**
 * How a route becomes another one. `behind`: the new one is added beside the old one, which is then removed, so that no
 * packet misses it. `anew`: the old one is removed first.
 */
export type KernelChange = 'behind' | 'anew';

export interface KernelTemplatesOptions {
  readonly groups: NextHopGroups;
  /** Index of an interface that a route names, in the namespace that is programmed. */
  readonly resolveInterface: (name: string) => number | undefined;
  /** Whether a name is that of a VRF device there. */
  readonly isVrf: (name: string) => boolean;
  readonly metric: () => number;
}

/** Tables and groups together, as one number: both are below 2^32 and 2^18. */
const TABLE_FACTOR = 2 ** 32;

export class KernelTemplates implements Disposable {
  readonly #options: KernelTemplatesOptions;
  readonly #made = new Map<number, KernelGroup>();
  /** Removals of whatever we have of a destination, by family and table. */
  readonly #removals = new Map<string, RouteTemplate>();
  readonly #changes = new Map<number, KernelChange>();
  readonly #subscription: Disposable;

  constructor(options: KernelTemplatesOptions) {
    this.#options = options;
    // An id that is given anew means something else.
    this.#subscription = options.groups.onFreed(() => this.forgetAll());
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  forgetAll(): void {
    this.#made.clear();
    this.#removals.clear();
    this.#changes.clear();
  }

  group(family: 4 | 6, table: number, id: GroupId): KernelGroup {
    const key = id * TABLE_FACTOR + table;
    let made = this.#made.get(key);
    if (made === undefined) {
      made = this.#make(family, table, this.#options.groups.action(id));
      this.#made.set(key, made);
    }
    return made;
  }

  /** Removes what we have of a destination, whatever it does. */
  removal(family: 4 | 6, table: number, metric = this.#options.metric()): RouteTemplate {
    const key = `${family} ${table} ${metric}`;
    let made = this.#removals.get(key);
    if (made === undefined) {
      made = encodeRemoval({ family, table, metric, protocol: ROUTE_PROTOCOL });
      this.#removals.set(key, made);
    }
    return made;
  }

  /**
   * IPv4 puts the new route behind the old one, and a removal takes the first of ours. IPv6 makes one route of
   * gateways, and a removal names them: that goes where none is in both, and all are gateways.
   */
  change(family: 4 | 6, before: GroupId, after: GroupId): KernelChange {
    if (family === 4) return 'behind';
    const key = before * TABLE_FACTOR + after;
    let made = this.#changes.get(key);
    if (made === undefined) {
      const [old, next] = [this.#gateways(before), this.#gateways(after)];
      const areApart = old !== undefined && next !== undefined && old.isDisjointFrom(next);
      made = areApart ? 'behind' : 'anew';
      this.#changes.set(key, made);
    }
    return made;
  }

  /** The gateways of a group; undefined when it has other next hops, or none. */
  #gateways(id: GroupId): Set<string> | undefined {
    const action = this.#options.groups.action(id);
    if (action.kind !== 'forward' || !hasGatewaysOnly(action.nextHops)) return undefined;
    return new Set(action.nextHops.map(({ address }) => address));
  }

  /**
   * The next hops of a group of routes of a family as the kernel is asked for them; a reason for those that it has no
   * interface for.
   */
  probes(
    family: 4 | 6,
    action: GroupAction,
  ): { readonly hop: NextHop; readonly probe: ProbedHop | string }[] {
    if (action.kind !== 'forward') return [];
    return action.nextHops.map((hop) => {
      const { address, interface: name } = hop;
      if (name === undefined) return { hop, probe: { family, address, ifIndex: undefined } };
      const ifIndex = this.#options.resolveInterface(name);
      // A route to a VRF device looks up the destination there, whatever its gateway.
      if (address !== undefined && (name === DEFAULT_VRF || this.#options.isVrf(name)))
        return { hop, probe: `the kernel cannot look up ${address} in the VRF ${name}: name its interface` };
      if (ifIndex !== undefined) return { hop, probe: { family, address, ifIndex } };
      const lacks = name === DEFAULT_VRF ? 'device for the default VRF' : `interface for ${name}`;
      return { hop, probe: `the kernel has no ${lacks}` };
    });
  }

  #make(family: 4 | 6, table: number, action: GroupAction): KernelGroup {
    if (action.kind === 'attached') {
      return { kind: 'refused', reason: 'the kernel makes the routes of its own interfaces' };
    }
    const { metric } = this.#options;
    const base = { family, table, metric: metric(), protocol: ROUTE_PROTOCOL } as const;
    const hops: KernelNextHop[] = [];
    for (const { hop, probe } of this.probes(family, action)) {
      if (typeof probe === 'string') return { kind: 'unresolved', reason: probe };
      hops.push(kernelHop(probe, hop.weight));
    }
    const isOfGateways = action.kind === 'forward' && hasGatewaysOnly(action.nextHops);
    const labels = action.kind === 'forward' ? action.labels : [];
    const kind = action.kind === 'forward' ? 'unicast' : action.kind;
    try {
      return {
        kind: 'templates',
        add: encodeAddition({ ...base, kind, nextHops: hops, labels }),
        remove:
          family === 6 && isOfGateways ? encodeRemoval(base, removed(hops)) : this.removal(family, table),
      };
    } catch (error) {
      if (error instanceof LinuxError) return { kind: 'refused', reason: error.detail ?? error.message };
      throw error;
    }
  }
}

function hasGatewaysOnly(hops: readonly NextHop[]): hops is readonly Gateway[] {
  return hops.every(({ address }) => address !== undefined);
}

/** Next hops of IPv6 as a removal names them: by gateway alone, so that it finds them whatever the interface is now. */
function removed(hops: readonly KernelNextHop[]): KernelNextHop[] {
  return hops.map(({ gateway = '' }) => ({ gateway, weight: 1 }));
}

/** Whether next hops that the kernel has are those of an action. The kernel resolves interfaces that are not named. */
export function isSameForwarding(
  wanted: readonly NextHop[],
  found: readonly KernelNextHop[],
  resolveInterface: (name: string) => number | undefined,
): boolean {
  if (wanted.length !== found.length) return false;
  const rest = [...found];
  return wanted.every((hop) => {
    const ifIndex = hop.interface === undefined ? undefined : resolveInterface(hop.interface);
    const at = rest.findIndex(
      (one) =>
        one.gateway === hop.address &&
        (wanted.length === 1 || one.weight === hop.weight) &&
        (hop.interface === undefined || one.ifIndex === ifIndex),
    );
    if (at < 0) return false;
    rest.splice(at, 1);
    return true;
  });
}
