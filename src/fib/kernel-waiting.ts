/**
 * Routes that wait for their next hop, by next-hop group: one of each group is tried when something changes, and all
 * others follow when it is taken. So a link that flaps under a full table costs one message a group.
 *
 * Invariant: while a group has unresolved routes in a table, one of them stands for the group, or all were queued.
 */
import type { BackendState } from './backend-state.ts';
import type { GroupId } from './next-hop-groups.ts';

interface Waiting {
  readonly state: BackendState;
  readonly slot: number;
  readonly group: GroupId;
}

export class KernelWaiting {
  /** By group, family and table. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #resolved = new Map<BackendState, Set<GroupId>>();

  add(state: BackendState, slot: number, group: GroupId): void {
    const key = keyOf(state, slot, group);
    if (!this.#waiting.has(key)) this.#waiting.set(key, { state, slot, group });
  }

  /** A route of a group was taken. Hot: called for each route. */
  programmed(state: BackendState, slot: number, group: GroupId): void {
    if (this.#waiting.size === 0) return;
    const key = keyOf(state, slot, group);
    if (this.#waiting.delete(key)) this.#follow(state, group);
  }

  /** Something changed: tries one route of each group. */
  wake(): void {
    for (const [key, { state, slot, group }] of this.#waiting) {
      const isWaiting = state.stateOf(slot).state === 'unresolved' && state.target(slot) === group;
      if (isWaiting) {
        state.retry(slot);
        continue;
      }
      // It is another route by now: the others are tried all.
      this.#waiting.delete(key);
      this.#follow(state, group);
    }
    this.release();
  }

  /** Queues all routes of groups of which one was taken. True when there were such. */
  release(): boolean {
    if (this.#resolved.size === 0) return false;
    for (const [state, groups] of this.#resolved) state.retryUnresolved(groups);
    this.#resolved.clear();
    return true;
  }

  clear(): void {
    this.#waiting.clear();
    this.#resolved.clear();
  }

  #follow(state: BackendState, group: GroupId): void {
    const groups = this.#resolved.get(state);
    if (groups === undefined) this.#resolved.set(state, new Set([group]));
    else groups.add(group);
  }
}

function keyOf({ store }: BackendState, slot: number, group: GroupId): string {
  return `${group} ${store.family} ${store.tableIdOf(slot)}`;
}
