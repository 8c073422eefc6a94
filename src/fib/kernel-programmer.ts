/**
 * Programs routes into the kernel: takes what is due, puts messages into a batch, and tells the states what became of
 * each when the kernel has answered. One batch is with the kernel at a time; the next one is made then.
 *
 * How our routes keep clear of others' with the same prefix, table and metric: NLM_F_REPLACE is never used, since it
 * replaces whatever comes first. A new route is added only where there is none (NLM_F_EXCL); removals name our
 * protocol; a change adds and removes (`KernelTemplates.change`). "There is one already" is answered by removing ours
 * and adding again: if that is refused too, it is another's. While it is in doubt whether the old route of a change is
 * still there, what we have is removed first: behind nothing, the removal would take the new one.
 *
 * Invariants: between two turns of the event loop no more than a batch is made, and no longer than a time slice; after a
 * failed change nothing of the old route is left; once disposed of, no state is told anything.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FibKernelConfig } from '../config/types.ts';
import {
  AddMode,
  DONE,
  LinuxError,
  reasonOf,
  REMOVE,
  RouteBulk,
  type RouteTemplate,
  TimeSlice,
  UNKNOWN,
} from '../linux/mod.ts';
import type { BackendState } from './backend-state.ts';
import type { FibBackend } from './fib-backend.ts';
import type { KernelChange, KernelTemplates } from './kernel-templates.ts';
import { type GroupId, NO_GROUP } from './next-hop-groups.ts';
import { DEFAULT_TABLE, type RouteKey } from './route-key.ts';
import { isUnresolved, refusalWords } from './kernel-refusals.ts';
import { NO_SLOT, Role, roleOf, slotOf, stateOf, tagOf } from './kernel-tags.ts';

/**
 * What the kernel is to take for a batch, in ms: where it is not preempted inside a write, whoever shares its core waits
 * so long. A removal may take ten times as long as an addition (update_suffix in net/ipv4/fib_trie.c).
 */
const BATCH_MS = 2;
/** Messages of the smallest batch. */
const FEWEST = 16;
/** Slots, or looks of a sweep, between two looks at the clock. */
const CLOCK_EVERY = 16;
/** After the kernel took nothing at all (no memory). */
const ERROR_MS = 1_000;
const EEXIST = 17;
const ESRCH = 3;

export interface KernelProgrammerOptions {
  readonly fib: FibBackend;
  readonly bulk: RouteBulk;
  readonly templates: KernelTemplates;
  readonly config: () => FibKernelConfig;
  /** The kernel may have dropped routes without a notice, and was not read since. */
  readonly isInDoubt: () => boolean;
  /** A slot could not be resolved now. */
  readonly onUnresolved: (state: BackendState, slot: number, group: GroupId) => void;
  /** A slot was programmed. */
  readonly onProgrammed: (state: BackendState, slot: number, group: GroupId) => void;
  /** The states were told what became of a batch. */
  readonly onAnswered: () => void;
}

/** What we have of a destination that no slot stands for. */
interface Stray {
  readonly template: RouteTemplate;
  readonly key: Readonly<RouteKey>;
}

type Fill = 'full' | 'slice-over' | 'nothing-left';

export class KernelProgrammer implements Disposable {
  readonly #options: KernelProgrammerOptions;
  readonly #life = new AbortController();
  /** Tags of slots where a route was in the way. */
  #clashes: number[] = [];
  #strays: Stray[] = [];
  /** What is due is taken; before, only strays are removed. */
  #isOpen = false;
  /** Until a batch is answered. */
  #sending: Promise<void> | undefined;
  /** Messages that the kernel takes in about `BATCH_MS`. */
  #most = FEWEST;
  /** Who reads the kernel (`watch`). */
  readonly #watchers = new Set<(state: BackendState, slot: number) => void>();

  constructor(options: KernelProgrammerOptions) {
    this.#options = options;
  }

  /** Resolves when what is with the kernel now is answered. */
  get answered(): Promise<void> {
    return this.#sending ?? Promise.resolve();
  }

  /** Nothing is with the kernel, or about to be sent. */
  get isIdle(): boolean {
    return this.#sending === undefined && this.#clashes.length === 0 && this.#strays.length === 0;
  }

  /** Tells of which slots we know better than who reads the kernel: what is with it, is sent, or is `outdated`. */
  watch(watcher: (state: BackendState, slot: number) => void): Disposable {
    const { bulk, fib } = this.#options;
    const tags = Array.from({ length: bulk.count }, (_, at) => bulk.tagAt(at));
    for (const tag of [...tags, ...this.#clashes]) {
      const state = fib.states[stateOf(tag)];
      if (state !== undefined) watcher(state, slotOf(tag));
    }
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => void this.#watchers.delete(watcher) };
  }

  /** The kernel tells of a slot: what is read of it may be older. */
  outdated(state: BackendState, slot: number): void {
    for (const watcher of this.#watchers) watcher(state, slot);
  }

  /** Takes what is due from now on. */
  open(): void {
    this.#isOpen = true;
    this.run();
  }

  /** Sends what is due; goes on by itself while the kernel answers. Never throws. */
  run(): void {
    if (this.#sending !== undefined || this.#life.signal.aborted) return;
    const end = this.#fill();
    if (this.#options.bulk.count > 0) this.#sending = this.#send();
    else if (end === 'nothing-left') this.#options.fib.idle();
    else this.#options.fib.runIn(0);
  }

  /** Removes what we have of a destination that no slot stands for: before anything that is taken from now on. */
  removeStray(key: Readonly<RouteKey>, table: number, metric: number): void {
    if (key.family === 'mpls') return;
    const template = this.#options.templates.removal(key.family, table, metric);
    this.#strays.push({ template, key: { ...key } });
  }

  /** Resolves when all strays are removed; undefined when there are none. */
  removed(): Promise<void> | undefined {
    return this.#strays.length === 0 ? undefined : this.#removeAll();
  }

  [Symbol.dispose](): void {
    this.#life.abort();
  }

  async #removeAll(): Promise<void> {
    while (this.#strays.length > 0 && !this.#life.signal.aborted) {
      this.run();
      await (this.#sending ?? new Promise((resolve) => setImmediate(resolve)));
    }
    await this.#sending;
  }

  /** Makes a batch, as far as there is room and time. */
  #fill(): Fill {
    if (!this.#putClashes() || !this.#putStrays()) return 'full';
    if (!this.#isOpen) return 'nothing-left';
    const slice = new TimeSlice({ clockEvery: CLOCK_EVERY });
    for (const [index, state] of this.#options.fib.states.entries()) {
      for (;;) {
        if (this.#options.bulk.count >= this.#most) return 'full';
        const slot = state.take();
        // A sweep looks at a bounded number of slots.
        if (slot < 0 && state.queued === 0) break;
        if (slot >= 0 && !this.#put(index, state, slot)) return 'full';
        if (slice.isOver()) return 'slice-over';
      }
    }
    return 'nothing-left';
  }

  /** Puts what is due of a slot into the batch. False: there is no room. */
  #put(index: number, state: BackendState, slot: number): boolean {
    const { templates } = this.#options;
    const { family, table, tableId } = this.#placeOf(state, slot);
    const target = state.target(slot);
    const before = state.programmed(slot);
    const isUnsure = state.isUnsure(slot);
    const old = before === NO_GROUP ? undefined : templates.group(family, table, before);
    const remove = old?.kind === 'templates' ? old.remove : templates.removal(family, table);
    const made =
      target === NO_GROUP
        ? undefined
        : (this.#refusalOf(tableId, table) ?? templates.group(family, table, target));
    const isRemoved = made === undefined || before !== NO_GROUP || isUnsure;
    const add = made?.kind === 'templates' ? made.add : undefined;
    if (!this.#hasRoom(add, isRemoved ? remove : undefined)) {
      state.putBack(slot);
      return false;
    }
    this.outdated(state, slot);
    const tag = tagOf(Role.addition, index, slot);
    const ignored = tagOf(Role.ignored, index, slot);
    if (made === undefined) {
      state.sent(slot, NO_GROUP);
      this.#push(tagOf(Role.removal, index, slot), remove, REMOVE, state, slot);
      return true;
    }
    if (made.kind !== 'templates') {
      // What it was must not stay.
      if (isRemoved) this.#push(ignored, remove, REMOVE, state, slot);
      state.sent(slot, target);
      if (made.kind === 'refused') state.refused(slot, made.reason);
      else this.#unresolved(state, slot, made.reason);
      return true;
    }
    // Asked first: sending lets go of the group before.
    const change = before === NO_GROUP ? undefined : this.#changeOf(family, before, target);
    state.sent(slot, target);
    if (isUnsure) {
      // Removed first: an addition that is refused for another reason than what is there would leave it.
      this.#push(ignored, remove, REMOVE, state, slot);
      this.#push(tagOf(Role.secondAddition, index, slot), made.add, AddMode.exclusive, state, slot);
    } else if (change === undefined) {
      this.#push(tag, made.add, AddMode.exclusive, state, slot);
    } else if (change === 'behind') {
      this.#push(tag, made.add, AddMode.beside, state, slot);
      this.#push(ignored, remove, REMOVE, state, slot);
    } else {
      this.#push(ignored, remove, REMOVE, state, slot);
      this.#push(tag, made.add, AddMode.exclusive, state, slot);
    }
    return true;
  }

  #changeOf(family: 4 | 6, before: GroupId, target: GroupId): KernelChange {
    const { isInDoubt, templates } = this.#options;
    return isInDoubt() ? 'anew' : templates.change(family, before, target);
  }

  /** Two names of one table: their routes would take each other's place. */
  #refusalOf(
    tableId: number,
    table: number,
  ): { readonly kind: 'refused'; readonly reason: string } | undefined {
    if (tableId === DEFAULT_TABLE || table !== this.#options.config().tableId) return undefined;
    const reason = `table ${table} is the one of routes that name none (fib.kernel.table-id): leave "table ${table}" out`;
    return { kind: 'refused', reason };
  }

  #hasRoom(...templates: readonly (RouteTemplate | undefined)[]): boolean {
    let lengthBytes = 0;
    for (const template of templates) lengthBytes += template?.bytes.length ?? 0;
    return this.#options.bulk.hasRoom(lengthBytes);
  }

  #placeOf(
    { store }: BackendState,
    slot: number,
  ): { readonly family: 4 | 6; readonly tableId: number; readonly table: number } {
    const tableId = store.tableIdOf(slot);
    const table = tableId === DEFAULT_TABLE ? this.#options.config().tableId : tableId;
    return { family: store.family === 6 ? 6 : 4, tableId, table };
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

  /** Has the batch worked off, and goes on with what is due then. */
  async #send(): Promise<void> {
    const { bulk, fib, onAnswered } = this.#options;
    const { signal } = this.#life;
    const { count } = bulk;
    const sentAt = performance.now();
    fib.countBatch();
    for (let isSent = false; !isSent && !signal.aborted; ) {
      try {
        await bulk.send();
        isSent = true;
      } catch (error) {
        if (!(error instanceof LinuxError)) throw error;
        if (!signal.aborted) fib.onError(`the kernel takes no routes: ${reasonOf(error)}`);
        await sleep(ERROR_MS, undefined, { ref: false });
      }
    }
    if (signal.aborted) return;
    this.#readOutcomes();
    bulk.clear();
    const most = (count * BATCH_MS) / (performance.now() - sentAt);
    this.#most = Math.max(FEWEST, Math.min(this.#most * 2, Math.max(this.#most / 2, most)));
    this.#sending = undefined;
    onAnswered();
    this.run();
  }

  #readOutcomes(): void {
    const { bulk, fib } = this.#options;
    for (let at = 0; at < bulk.count; at++) {
      const tag = bulk.tagAt(at);
      const state = fib.states[stateOf(tag)];
      if (roleOf(tag) !== Role.ignored && state !== undefined)
        this.#take(state, slotOf(tag), roleOf(tag), at);
    }
  }

  #take(state: BackendState, slot: number, role: number, at: number): void {
    const outcome = this.#options.bulk.outcomeAt(at);
    if (outcome === DONE) {
      const group = state.told(slot);
      state.acked(slot);
      if (role !== Role.removal) this.#options.onProgrammed(state, slot, group);
    } else if (outcome === UNKNOWN) state.happened(slot, 'lost');
    else if (role === Role.removal) {
      if (outcome === ESRCH) state.acked(slot);
      else state.refused(slot, this.#options.bulk.errorAt(at, 'removeRoute').message);
    } else if (outcome === EEXIST && role === Role.addition) {
      this.#clashes.push(this.#options.bulk.tagAt(at));
    } else if (outcome === EEXIST) {
      const reason = `another program has a route there with the same metric (${this.#options.config().metric})`;
      state.refused(slot, `${reason}: another fib.kernel.metric would let both stand`);
    } else {
      // Without the destination: reasons are kept once, however many routes have them.
      const error = this.#options.bulk.errorAt(at, 'addRoute');
      if (isUnresolved(error)) this.#unresolved(state, slot, error.detail ?? error.message);
      else state.refused(slot, refusalWords(error));
    }
  }

  #unresolved(state: BackendState, slot: number, reason: string): void {
    const group = state.told(slot);
    state.unresolved(slot, reason);
    // Unless something else is wanted by now.
    if (state.told(slot) === group) this.#options.onUnresolved(state, slot, group);
  }

  /** A route is in the way of these: ours, of which we did not know, or another's. False: there is no room for all. */
  #putClashes(): boolean {
    const { fib, templates } = this.#options;
    for (let tag = this.#clashes[0]; tag !== undefined; tag = this.#clashes[0]) {
      const index = stateOf(tag);
      const slot = slotOf(tag);
      const state = fib.states[index];
      if (state !== undefined) {
        const { family, table } = this.#placeOf(state, slot);
        const made = templates.group(family, table, state.told(slot));
        const removal = templates.removal(family, table);
        if (made.kind === 'templates') {
          if (!this.#hasRoom(removal, made.add)) return false;
          this.#push(tagOf(Role.ignored, index, slot), removal, REMOVE, state, slot);
          this.#push(tagOf(Role.secondAddition, index, slot), made.add, AddMode.exclusive, state, slot);
        } else {
          // Its interface went meanwhile: compared again.
          state.happened(slot, 'lost');
        }
      }
      this.#clashes.shift();
    }
    return true;
  }

  /** False: there is no room for all. */
  #putStrays(): boolean {
    for (const [done, { template, key }] of this.#strays.entries()) {
      if (!this.#hasRoom(template)) {
        this.#strays = this.#strays.slice(done);
        return false;
      }
      this.#options.bulk.push(NO_SLOT, template, REMOVE, key.length, key.w0, key.w1, key.w2, key.w3);
    }
    this.#strays = [];
    return true;
  }
}
