/**
 * Routes that wait for their next hop, by next-hop group: one of each group is tried when something changes, and all
 * others follow when it is taken. So a link that flaps under a full table costs one message a group.
 *
 * Invariants: while a group has unresolved routes in a table, one of them stands for the group, or all were queued; one
 * that is to be tried and becomes another route before it is answered has told nothing of its group: all are tried.
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
  /** Of these, which one was told to be tried and is not answered yet. */
  readonly #tried = new Set<string>();
  readonly #resolved = new Map<BackendState, Set<GroupId>>();

  add(state: BackendState, slot: number, group: GroupId): void {
    const key = keyOf(state, slot, group);
    const known = this.#waiting.get(key);
    if (known === undefined) this.#waiting.set(key, { state, slot, group });
    else if (known.slot === slot) this.#tried.delete(key);
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Groups that wait. */
  groups(): Set<GroupId> {
    return new Set([...this.#waiting.values()].map(({ group }) => group));
  }

  /** A route of a group was taken. Hot: called for each route. */
  programmed(state: BackendState, slot: number, group: GroupId): void {
    if (this.#waiting.size === 0) return;
    const key = keyOf(state, slot, group);
    if (this.#waiting.has(key)) this.#follow(key, state, group);
  }

  /** Something changed: tries one route of each group. */
  wake(): void {
    for (const [key, waiting] of this.#waiting) {
      if (!isStanding(waiting)) {
        this.#follow(key, waiting.state, waiting.group);
        continue;
      }
      this.#tried.add(key);
      waiting.state.happened(waiting.slot, 'retried');
    }
    this.release();
  }

  /** Answers came: queues all routes of groups of which one was taken, or is another by now. */
  release(): void {
    for (const key of this.#tried) {
      const waiting = this.#waiting.get(key);
      if (waiting !== undefined && !isStanding(waiting)) this.#follow(key, waiting.state, waiting.group);
    }
    if (this.#resolved.size === 0) return;
    for (const [state, groups] of this.#resolved) state.retryUnresolved(groups);
    this.#resolved.clear();
  }

  clear(): void {
    this.#waiting.clear();
    this.#tried.clear();
    this.#resolved.clear();
  }

  #follow(key: string, state: BackendState, group: GroupId): void {
    this.#waiting.delete(key);
    this.#tried.delete(key);
    const groups = this.#resolved.get(state);
    if (groups === undefined) this.#resolved.set(state, new Set([group]));
    else groups.add(group);
  }
}

/** Whether a route may still tell of its group. Pending: it is being tried. */
function isStanding({ state, slot, group }: Waiting): boolean {
  const { state: now } = state.stateOf(slot);
  return (now === 'unresolved' || now === 'pending') && state.target(slot) === group;
}

function keyOf({ store }: BackendState, slot: number, group: GroupId): string {
  return `${group} ${store.family} ${store.tableIdOf(slot)}`;
}
