/**
 * What a FIB is told in place of a next-hop group of which it cannot have all next hops now: a group of those that are
 * there. So a route over two uplinks goes over one of them while the other is missing.
 *
 * Invariants: nothing is substituted by itself, or by nothing: of a group whose next hops are all missing it stays what
 * it was; of a group that is freed nothing is known; a substitute is held while it is one.
 */
import type { NextHop } from '../config/types.ts';
import type { FibLeftOutHop } from './status.ts';
import { formatGroup, type GroupId, NO_GROUP, type NextHopGroups } from './next-hop-groups.ts';

export interface LeftOutHop {
  readonly hop: NextHop;
  readonly reason: string;
}

interface Substitute {
  readonly group: GroupId;
  readonly leftOut: readonly LeftOutHop[];
}

/** Groups that are looked at for a report: more than an operator can have meant. */
const MAX_REPORTED_GROUPS = 4_096;

export class Substitutes implements Disposable {
  readonly #groups: NextHopGroups;
  readonly #byGroup = new Map<GroupId, Substitute>();
  readonly #subscription: Disposable;

  constructor(groups: NextHopGroups) {
    this.#groups = groups;
    this.#subscription = groups.onFreed((id) => this.#delete(id));
  }

  [Symbol.dispose](): void {
    this.clear();
    this.#subscription[Symbol.dispose]();
  }

  get isEmpty(): boolean {
    return this.#byGroup.size === 0;
  }

  /** What the FIB is to be told in place of a group: mostly the group itself. Hot. */
  of(group: GroupId): GroupId {
    return this.#byGroup.size === 0 ? group : (this.#byGroup.get(group)?.group ?? group);
  }

  /** Groups that have a substitute. */
  groups(): GroupId[] {
    return [...this.#byGroup.keys()];
  }

  /**
   * Leaves some next hops of a group out; none of them: the group needs no substitute. True when the FIB is to be told
   * something else of it than before.
   */
  leaveOut(group: GroupId, leftOut: readonly LeftOutHop[]): boolean {
    const action = this.#groups.action(group);
    if (action.kind !== 'forward' || leftOut.length === action.nextHops.length) return false;
    const before = this.#byGroup.get(group);
    if (leftOut.length === 0) {
      this.#delete(group);
      return before !== undefined;
    }
    const out = new Set(leftOut.map(({ hop }) => hop));
    const nextHops = action.nextHops.filter((hop) => !out.has(hop));
    const id = this.#groups.reserve(this.#groups.family(group), { ...action, nextHops });
    // Nothing can be held any more: the route waits for all of its next hops.
    if (id === NO_GROUP) return false;
    this.#byGroup.set(group, { group: id, leftOut });
    if (before !== undefined) this.#groups.unreserve(before.group);
    return before?.group !== id;
  }

  /** What `told` does without that `wanted` has. */
  leftOutOf(wanted: GroupId, told: GroupId): FibLeftOutHop[] {
    const substitute = this.#byGroup.get(wanted);
    if (substitute?.group !== told) return [];
    return substitute.leftOut.map(({ hop, reason }) => ({ 'next-hop': textOf(hop), reason }));
  }

  /** Distinct next hops that routes in the FIB do without: how many, and the first few. */
  report(limit: number): { readonly count: number; readonly first: FibLeftOutHop[] } {
    const reasons = new Map<string, string>();
    for (const { group, leftOut } of this.#byGroup.values().take(MAX_REPORTED_GROUPS)) {
      if (!this.#groups.isUsed(group)) continue;
      for (const { hop, reason } of leftOut) reasons.set(textOf(hop), reason);
    }
    const first = [...reasons].slice(0, limit).map(([text, reason]) => ({ 'next-hop': text, reason }));
    return { count: reasons.size, first };
  }

  clear(): void {
    for (const group of this.groups()) this.#delete(group);
  }

  #delete(group: GroupId): void {
    const substitute = this.#byGroup.get(group);
    if (substitute === undefined) return;
    this.#byGroup.delete(group);
    this.#groups.unreserve(substitute.group);
  }
}

/** Without its weight: the same next hop in two groups is one. */
function textOf(hop: NextHop): string {
  return formatGroup({ kind: 'forward', nextHops: [{ ...hop, weight: 1 }], labels: [] }, hop.family);
}
