/**
 * Compares what the kernel has of ours with what the states say: after a start, to adopt what an earlier run left; and
 * when the kernel may have dropped routes without a word, as it does with IPv4 when a link goes down.
 *
 * Invariants: what was with the kernel when the reading was asked for is answered before it begins; slots that are sent
 * or told of while the kernel is read are left alone: the reading may have been too early for them. (The kernel makes
 * each datagram of a dump when the one before is taken, so it may be older by a turn of the event loop.)
 */
import type { NextHop } from '../config/types.ts';
import { dumpRoutes, type KernelNextHop, ROUTE_PROTOCOL, type RouteNotice, TimeSlice } from '../linux/mod.ts';
import type { BackendState } from './backend-state.ts';
import type { FibBackend } from './fib-backend.ts';
import type { KernelProgrammer } from './kernel-programmer.ts';
import { isSameForwarding } from './kernel-templates.ts';
import { type GroupAction, type GroupId, type NextHopGroups, NO_GROUP } from './next-hop-groups.ts';
import { newRouteKey, type RouteKey } from './route-key.ts';
import type { LeftOutHop } from './substitutes.ts';

/** Slots between two looks at the clock. */
const CLOCK_EVERY = 1_024;

export interface ReconcileOptions {
  readonly netns: string | undefined;
  readonly fib: FibBackend;
  readonly programmer: KernelProgrammer;
  readonly resolveInterface: (name: string) => number | undefined;
  /** Makes `key` the one of a kernel route. */
  readonly readKey: (notice: RouteNotice, key: RouteKey) => void;
  readonly metric: () => number;
  readonly signal: AbortSignal;
}

/** Reads one family and tells its state. Rejects with LinuxError, and with the signal's reason. */
export async function reconcile(state: BackendState, options: ReconcileOptions): Promise<void> {
  const { store } = state;
  const { family } = store;
  if (family === 'mpls') return;
  const { fib, programmer, netns, signal, resolveInterface } = options;
  await programmer.answered;
  signal.throwIfAborted();
  const key = newRouteKey();
  let seen = new Uint8Array(store.capacity);
  const mark = (slot: number): boolean => {
    if (slot >= seen.length) {
      const more = new Uint8Array(store.capacity);
      more.set(seen);
      seen = more;
    }
    const was = seen[slot] === 1;
    seen[slot] = 1;
    return was;
  };
  using _watch = programmer.watch((of, slot) => {
    if (of === state) mark(slot);
  });
  const same = new SameAction(fib.table.groups, resolveInterface);
  const top = store.top;
  let isSubstituted = false;
  const dump = { netns, family, protocol: ROUTE_PROTOCOL, signal, pause: () => programmer.removed() };
  const take = (notice: RouteNotice): void => {
    if (notice.kind === undefined) return;
    options.readKey(notice, key);
    const isOurs = notice.metric === options.metric();
    const slot = isOurs ? store.find(key) : -1;
    if (slot < 0) {
      // Of another metric, or of no destination that we know: from an earlier run.
      programmer.removeStray(key, notice.table, notice.metric);
      return;
    }
    if (mark(slot)) return;
    if (state.programmed(slot) !== NO_GROUP) return;
    const target = state.target(slot);
    if (target === NO_GROUP) programmer.removeStray(key, notice.table, notice.metric);
    else if (same.is(notice, target)) state.adopted(slot, target);
    else if (same.is(notice, store.group[slot]!)) {
      // All of it, some next hops of which are gone: the kernel keeps it.
      state.adopted(slot, store.group[slot]!);
    } else {
      // Over those of its next hops that were there: whether the others are by now is looked at later.
      const missing = target === store.group[slot] ? same.missing(notice, target) : [];
      if (missing.length > 0 && fib.substitutes.leaveOut(target, missing)) {
        isSubstituted = true;
        state.adopted(slot, state.target(slot));
      } else state.found(slot);
    }
  };
  try {
    await dumpRoutes(dump, take);
  } finally {
    if (isSubstituted) state.wantedChanged();
  }
  await programmer.removed();
  signal.throwIfAborted();
  const slice = new TimeSlice({ clockEvery: CLOCK_EVERY });
  for (let slot = 0; slot < top; slot++) {
    if (seen[slot] === 0 && state.programmed(slot) !== NO_GROUP) state.happened(slot, 'vanished');
    if (slice.isOver()) {
      await slice.next();
      signal.throwIfAborted();
    }
  }
}

/** Whether what the kernel has is what a group does: decided once for each pair that is met. */
class SameAction {
  readonly #groups: NextHopGroups;
  readonly #resolveInterface: (name: string) => number | undefined;
  readonly #known = new Map<string, boolean>();

  constructor(groups: NextHopGroups, resolveInterface: (name: string) => number | undefined) {
    this.#groups = groups;
    this.#resolveInterface = resolveInterface;
  }

  is(notice: RouteNotice, group: GroupId): boolean {
    const key = `${group} ${notice.pathKey}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      known = this.#compare(this.#groups.action(group), notice.kind, notice.nextHops());
      this.#known.set(key, known);
    }
    return known;
  }

  /** Of a group's next hops those that the kernel's route lacks; none when it does something else besides. */
  missing(notice: RouteNotice, group: GroupId): LeftOutHop[] {
    const action = this.#groups.action(group);
    if (action.kind !== 'forward') return [];
    const found = notice.nextHops();
    const isThere = (hop: NextHop): boolean =>
      found.some((one) => isSameForwarding([hop], [one], this.#resolveInterface));
    const rest = { ...action, nextHops: action.nextHops.filter(isThere) };
    if (rest.nextHops.length === 0 || !this.#compare(rest, notice.kind, found)) return [];
    return action.nextHops
      .filter((hop) => !isThere(hop))
      .map((hop) => ({ hop, reason: 'an earlier run had left it out' }));
  }

  #compare(action: GroupAction, kind: RouteNotice['kind'], hops: readonly KernelNextHop[]): boolean {
    if (action.kind !== 'forward') return action.kind === kind;
    if (kind !== 'unicast') return false;
    const labels = action.labels.join();
    const areLabelled = hops.every((hop) => hop.tunnel === undefined && (hop.labels ?? []).join() === labels);
    return areLabelled && isSameForwarding(action.nextHops, hops, this.#resolveInterface);
  }
}
