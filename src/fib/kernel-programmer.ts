/**
 * Programs routes into the kernel: takes what is due, puts messages into batches, and tells the states what became of
 * each. The kernel answers inside the send, so nothing is in flight between two runs.
 *
 * How our routes keep clear of others' with the same prefix, table and metric: NLM_F_REPLACE is never used, since it
 * replaces whatever comes first. A new route is added only where there is none (NLM_F_EXCL); removals name our
 * protocol; a change adds and removes (`KernelTemplates.change`). "There is one already" is answered by removing ours
 * and adding again: if that is refused too, it is another's.
 *
 * Invariants: a run ends after `SLICE_MS`; after a failed change nothing of the old route is left.
 */
import { AddMode, DONE, REMOVE, RouteBulk, type RouteTemplate, UNKNOWN } from '../linux/mod.ts';
import type { BackendState } from './backend-state.ts';
import type { KernelTemplates } from './kernel-templates.ts';
import { type GroupId, NO_GROUP } from './next-hop-groups.ts';
import { DEFAULT_TABLE, type RouteKey } from './route-key.ts';
import { isUnresolved, refusalWords } from './kernel-refusals.ts';

/** A run ends after this, in ms. */
const SLICE_MS = 4;
const EEXIST = 17;
const ESRCH = 3;

/** What the outcome of a message means; in a tag above the slot, with the index of the state. */
const Role = { ignored: 0, addition: 1, removal: 2, secondAddition: 3 } as const;
const SLOT_BITS = 22;
const SLOT_MASK = 2 ** SLOT_BITS - 1;
const STATE_BITS = 2;

export interface KernelProgrammerOptions {
  /** IPv4 and IPv6. */
  readonly states: readonly BackendState[];
  readonly bulk: RouteBulk;
  readonly templates: KernelTemplates;
  readonly defaultTable: () => number;
  readonly metric: () => number;
  /** A slot could not be resolved now. */
  readonly onUnresolved: (state: BackendState, slot: number, group: GroupId) => void;
  /** A slot was programmed. */
  readonly onProgrammed: (state: BackendState, slot: number, group: GroupId) => void;
  readonly onBatch: () => void;
}

export class KernelProgrammer {
  readonly #options: KernelProgrammerOptions;
  /** Tags of slots where a route was in the way. */
  #clashes: number[] = [];
  /** Slots that were sent while somebody asked for them (`watchSent`). */
  readonly #sentWatchers = new Set<(state: BackendState, slot: number) => void>();

  constructor(options: KernelProgrammerOptions) {
    this.#options = options;
  }

  /** Tells which slots are sent, until disposed. */
  watchSent(watcher: (state: BackendState, slot: number) => void): Disposable {
    this.#sentWatchers.add(watcher);
    return { [Symbol.dispose]: () => void this.#sentWatchers.delete(watcher) };
  }

  /** Programs what is due, for a slice of time. False: there is more. Throws LinuxError when the kernel takes nothing. */
  run(): boolean {
    const until = performance.now() + SLICE_MS;
    const { states } = this.#options;
    for (const [index, state] of states.entries()) {
      for (;;) {
        const slot = state.take();
        if (slot < 0) {
          this.#flush();
          // A sweep looks at a bounded number of slots; answers may have made more work.
          if (state.queued === 0) break;
          if (performance.now() > until) return false;
          continue;
        }
        if (this.#send(index, state, slot) && performance.now() > until) {
          this.#flush();
          return false;
        }
      }
    }
    this.#flush();
    return states.every(({ queued }) => queued === 0);
  }

  /** Removes what we have of a destination that no slot stands for. */
  removeStray(key: Readonly<RouteKey>, table: number, metric: number): void {
    if (key.family === 'mpls') return;
    const template = this.#options.templates.removal(key.family, table, metric);
    if (!this.#options.bulk.hasRoom(template)) this.#flush();
    this.#options.bulk.push(0, template, REMOVE, key.length, key.w0, key.w1, key.w2, key.w3);
  }

  /** Sends what `removeStray` has put into the batch. */
  flush(): void {
    this.#flush();
  }

  /** True when a batch was sent on the way. */
  #send(index: number, state: BackendState, slot: number): boolean {
    const { templates } = this.#options;
    const { store } = state;
    const target = state.target(slot);
    const before = state.programmed(slot);
    const isUnsure = state.isUnsure(slot);
    const family = store.family === 6 ? 6 : 4;
    const tableId = store.tableIdOf(slot);
    const table = tableId === DEFAULT_TABLE ? this.#options.defaultTable() : tableId;
    for (const watcher of this.#sentWatchers) watcher(state, slot);
    const old = before === NO_GROUP ? undefined : templates.group(family, table, before);
    const remove = old?.kind === 'templates' ? old.remove : templates.removal(family, table);
    if (target === NO_GROUP) {
      const wasFull = this.#makeRoom(remove);
      state.sent(slot, NO_GROUP);
      this.#push(tagOf(Role.removal, index, slot), remove, REMOVE, state, slot);
      return wasFull;
    }
    const made = this.#refusalOf(tableId, table) ?? templates.group(family, table, target);
    if (made.kind !== 'templates') {
      if (before !== NO_GROUP || isUnsure) {
        // What it was must not stay.
        this.#makeRoom(remove);
        this.#push(0, remove, REMOVE, state, slot);
      }
      state.sent(slot, target);
      if (made.kind === 'refused') state.refused(slot, made.reason);
      else {
        state.unresolved(slot, made.reason);
        this.#options.onUnresolved(state, slot, target);
      }
      return false;
    }
    const wasFull =
      before === NO_GROUP && !isUnsure ? this.#makeRoom(made.add) : this.#makeRoom(made.add, remove);
    // Asked first: sending lets go of the group before.
    const change = before === NO_GROUP ? undefined : templates.change(family, before, target);
    state.sent(slot, target);
    const tag = tagOf(Role.addition, index, slot);
    if (isUnsure) {
      // Removed first: an addition that is refused for another reason than what is there would leave it.
      this.#push(0, remove, REMOVE, state, slot);
      this.#push(tagOf(Role.secondAddition, index, slot), made.add, AddMode.exclusive, state, slot);
    } else if (change === undefined) {
      this.#push(tag, made.add, AddMode.exclusive, state, slot);
    } else if (change === 'behind') {
      this.#push(tag, made.add, AddMode.beside, state, slot);
      this.#push(0, remove, REMOVE, state, slot);
    } else {
      this.#push(0, remove, REMOVE, state, slot);
      this.#push(tag, made.add, AddMode.exclusive, state, slot);
    }
    return wasFull;
  }

  /** Two names of one table: their routes would take each other's place. */
  #refusalOf(
    tableId: number,
    table: number,
  ): { readonly kind: 'refused'; readonly reason: string } | undefined {
    if (tableId === DEFAULT_TABLE || table !== this.#options.defaultTable()) return undefined;
    const reason = `table ${table} is the one of routes that name none (fib.kernel.table-id): leave "table ${table}" out`;
    return { kind: 'refused', reason };
  }

  #makeRoom(first: RouteTemplate, second?: RouteTemplate): boolean {
    if (this.#options.bulk.hasRoom(first, second)) return false;
    this.#flush();
    return true;
  }

  #push(tag: number, template: RouteTemplate, mode: number, { store }: BackendState, slot: number): void {
    const isWide = store.family === 6;
    this.#options.bulk.push(
      tag,
      template,
      mode,
      store.length[slot]!,
      store.w0[slot]!,
      isWide ? store.w1[slot]! : 0,
      isWide ? store.w2[slot]! : 0,
      isWide ? store.w3[slot]! : 0,
    );
  }

  /** Sends until every slot has its answer. */
  #flush(): void {
    const { bulk } = this.#options;
    while (bulk.count > 0) {
      this.#options.onBatch();
      try {
        bulk.send();
      } catch (error) {
        this.#readOutcomes();
        bulk.clear();
        throw error;
      }
      this.#readOutcomes();
      bulk.clear();
      this.#sendAgain();
    }
  }

  #readOutcomes(): void {
    const { bulk, states } = this.#options;
    for (let at = 0; at < bulk.count; at++) {
      const tag = bulk.tagAt(at);
      const role = tag >>> (SLOT_BITS + STATE_BITS);
      if (role === Role.ignored) continue;
      const state = states[(tag >>> SLOT_BITS) & (2 ** STATE_BITS - 1)];
      if (state !== undefined) this.#take(state, tag & SLOT_MASK, role, at);
    }
  }

  #take(state: BackendState, slot: number, role: number, at: number): void {
    const outcome = this.#options.bulk.outcomeAt(at);
    if (outcome === DONE) {
      const group = state.target(slot);
      state.acked(slot);
      if (role !== Role.removal) this.#options.onProgrammed(state, slot, group);
    } else if (outcome === UNKNOWN) state.lost(slot);
    else if (role === Role.removal) {
      if (outcome === ESRCH) state.acked(slot);
      else state.refused(slot, this.#options.bulk.errorAt(at, 'removeRoute').message);
    } else if (outcome === EEXIST && role === Role.addition) {
      this.#clashes.push(this.#options.bulk.tagAt(at));
    } else if (outcome === EEXIST) {
      const reason = `another program has a route there with the same metric (${this.#options.metric()})`;
      state.refused(slot, `${reason}: another fib.kernel.metric would let both stand`);
    } else {
      // Without the destination: reasons are kept once, however many routes have them.
      const error = this.#options.bulk.errorAt(at, 'addRoute');
      if (!isUnresolved(error)) {
        state.refused(slot, refusalWords(error));
        return;
      }
      const group = state.target(slot);
      state.unresolved(slot, error.detail ?? error.message);
      this.#options.onUnresolved(state, slot, group);
    }
  }

  /** A route is in the way of these: ours, of which we did not know, or another's. */
  #sendAgain(): void {
    const { states, templates, bulk } = this.#options;
    const clashes = this.#clashes;
    this.#clashes = [];
    for (const [done, tag] of clashes.entries()) {
      const index = (tag >>> SLOT_BITS) & (2 ** STATE_BITS - 1);
      const state = states[index];
      const slot = tag & SLOT_MASK;
      if (state === undefined) continue;
      const family = state.store.family === 6 ? 6 : 4;
      const tableId = state.store.tableIdOf(slot);
      const table = tableId === DEFAULT_TABLE ? this.#options.defaultTable() : tableId;
      const target = state.target(slot);
      const made = target === NO_GROUP ? undefined : templates.group(family, table, target);
      const removal = templates.removal(family, table);
      if (made?.kind !== 'templates') {
        // Nothing is wanted any more, or nothing that can be: compared again.
        state.lost(slot);
        continue;
      }
      if (!bulk.hasRoom(removal, made.add)) {
        this.#clashes = clashes.slice(done);
        return;
      }
      this.#push(0, removal, REMOVE, state, slot);
      this.#push(tagOf(Role.secondAddition, index, slot), made.add, AddMode.exclusive, state, slot);
    }
  }
}

function tagOf(role: number, state: number, slot: number): number {
  return (role << (SLOT_BITS + STATE_BITS)) | (state << SLOT_BITS) | slot;
}
