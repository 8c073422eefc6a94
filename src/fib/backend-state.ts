/**
 * What one FIB has of the routes of one family, and what is still to be told to it.
 *
 * The owner takes slots (`take`), sends, and says what became of each (`sent`, then `acked`, `refused`, `unresolved` or
 * lost; slot-states.ts). What is done with all slots at once goes on in slices; `isSettled` says when that is over.
 *
 * Invariants: `counts` equals the slots' states, but for slots that a walk has still to reach; while a reset is under way
 * nothing is taken or queued: the sweep that follows finds all.
 */
import { type GroupId, NO_GROUP } from './next-hop-groups.ts';
import { Category } from './slot-counts.ts';
import { Flag, Phase, PHASE_MASK } from './slot-phase.ts';
import { type BackendStateOptions, SlotStates } from './slot-states.ts';
import { SlotWalk } from './slot-walk.ts';
import type { WorkSource } from './slot-work.ts';

export type { BackendStateOptions } from './slot-states.ts';

export type SlotState =
  | { readonly state: 'absent' | 'pending' | 'programmed' | 'leaving' }
  | { readonly state: 'failed' | 'unresolved'; readonly reason: string };

export class BackendState extends SlotStates {
  /** Of a reset, or of what is wanted. */
  readonly #walk = new SlotWalk(() => this.store.top);
  readonly #retryWalk = new SlotWalk(() => this.store.top);
  readonly #recountWalk = new SlotWalk(() => this.store.top);
  /** Whose unresolved routes are tried: of the walk that is under way. */
  #retried = new Set<GroupId>();

  /** @param isFirst routes that are told before others: default routes, and those that others resolve through */
  constructor(options: BackendStateOptions, isFirst: (slot: number) => boolean) {
    super(options, isFirst);
    this.sweep();
  }

  /** Nothing is pending: all is programmed, failed or unresolved. */
  get isSettled(): boolean {
    if (this.#walk.isUnderWay || this.#retryWalk.isUnderWay) return false;
    return this.toTell === 0;
  }

  // For the owner: what to do next.

  /** Slots of which the FIB has not said yet that it has what is wanted, in flight or not. */
  get toTell(): number {
    return this.slots.of(Category.pending) + this.slots.of(Category.leaving);
  }

  /** Slots that wait in queues; a sweep that is under way counts as many more. None while a reset is under way. */
  get queued(): number {
    return this.resetTo === undefined ? this.work.size : 0;
  }

  /** Milliseconds until a refused slot is due again; undefined when none waits. */
  get retryInMs(): number | undefined {
    return this.work.retryInMs;
  }

  /**
   * The next slot that the FIB must be told of, or -1 when there is none now. The owner calls `sent` or `refused` for
   * it before the next `take`. Looks at a bounded number of slots: -1 with `queued` > 0 means "call again".
   */
  take(): number {
    return this.resetTo === undefined ? this.work.take(this.#isToBeTaken) : -1;
  }

  /** A slot that was taken finds no room: it is the next one that is taken. */
  putBack(slot: number): void {
    this.state[slot] = this.state[slot]! | Flag.queued;
    this.work.pushFirst(slot);
  }

  // For the owner: what is done with all slots.

  /** What the FIB was told of these groups means something else by now. */
  tellAgain(groups: ReadonlySet<GroupId>): void {
    for (let slot = 0; slot < this.store.top; slot++) {
      if (groups.has(this.told(slot))) this.happened(slot, 'vanished');
    }
  }

  /** Tries failed and unresolved routes at once: what they waited for may be there. */
  wake(): void {
    for (let slot = this.work.shiftRefused(); slot >= 0; slot = this.work.shiftRefused()) {
      if (this.phaseOf(slot) === Phase.failed) this.queue(slot);
    }
    if (this.slots.of(Category.unresolved) === 0) return;
    for (let slot = 0; slot < this.store.top; slot++) {
      if (this.phaseOf(slot) === Phase.unresolved) this.queue(slot);
    }
  }

  /** Tries all unresolved routes of these groups: one of them was taken. */
  retryUnresolved(groups: ReadonlySet<GroupId>): void {
    if (this.slots.of(Category.unresolved) === 0) return;
    if (!this.#retryWalk.isUnderWay) this.#retried = new Set();
    for (const group of groups) this.#retried.add(group);
    this.#retryWalk.start(
      (slot) => {
        if (this.phaseOf(slot) !== Phase.unresolved) return;
        // What waits for the group that it was told may have another one by now.
        const isRetried = this.#retried.has(this.told(slot)) || this.#retried.has(this.effectiveGroup(slot));
        if (isRetried) this.queue(slot);
      },
      () => this.options.onWork(),
    );
  }

  /**
   * The FIB has none of it (`nothing`), or may have all of it and is told again (`unsure`: what is no longer wanted is
   * removed explicitly).
   */
  reset(what: 'nothing' | 'unsure'): void {
    this.work.clear();
    this.#retryWalk.stop();
    this.resetTo = what;
    this.#walk.start(
      (slot) => {
        const mayHold = what === 'unsure' && (this.state[slot]! & ~Flag.queued) !== Phase.absent;
        this.state[slot] = this.state[slot]! & (PHASE_MASK | Flag.unproven);
        this.forget(slot, mayHold ? Flag.unsure : 0);
        this.store.released(slot);
      },
      () => {
        this.resetTo = undefined;
        this.reasons.forgetAllAttempts();
        this.sweep();
      },
    );
  }

  /** Has every slot compared once with what is wanted. */
  sweep(): void {
    if (this.work.startSweep()) this.options.onWork();
  }

  /** What is wanted of every slot, or told in its place, may be something else: counts anew and has all compared. */
  wantedChanged(): void {
    if (this.resetTo !== undefined) {
      // That counts anew too: from the first slot on.
      this.reset(this.resetTo);
      return;
    }
    this.#walk.start(
      (slot) => {
        this.update(slot);
        // A sweep leaves these alone: what they wait for would never come.
        const phase = this.phaseOf(slot);
        if (phase < Phase.failed) return;
        const wanted = this.effectiveGroup(slot);
        const isAnother = phase === Phase.unresolved && wanted !== this.told(slot);
        if (wanted === NO_GROUP || isAnother) this.queue(slot);
      },
      () => this.sweep(),
    );
  }

  /** By what the FIB has it forwards or drops otherwise than before: counts anew, in slices; nothing is told. */
  recount(): void {
    this.#recountWalk.start(
      (slot) => this.update(slot),
      () => {},
    );
  }

  /** The same of one slot. */
  recountSlot(slot: number): void {
    this.update(slot);
  }

  /** Resolves when all slots are reset, or counted anew. */
  walked(): Promise<void> {
    return this.#walk.ended();
  }

  // For those who look.

  stateOf(slot: number): SlotState {
    switch (this.slots.at(slot)) {
      case Category.pending:
        return { state: 'pending' };
      case Category.programmed:
        return { state: 'programmed' };
      case Category.leaving:
        return { state: 'leaving' };
      case Category.failed:
      case Category.stuck:
        return { state: 'failed', reason: this.reasonOf(slot) };
      case Category.unresolved:
        return { state: 'unresolved', reason: this.reasonOf(slot) };
      default:
        return { state: 'absent' };
    }
  }

  /** The first `limit` slots that are failed or unresolved. */
  failures(limit: number): { readonly slot: number; readonly reason: string }[] {
    const found: { slot: number; reason: string }[] = [];
    const { failed, unresolved } = this.counts;
    if (failed + unresolved === 0) return found;
    for (let slot = 0; slot < this.store.top && found.length < limit; slot++) {
      const isUnresolved = this.slots.at(slot) === Category.unresolved;
      if (isUnresolved || this.phaseOf(slot) >= Phase.failed)
        found.push({ slot, reason: this.reasonOf(slot) });
    }
    return found;
  }

  /** Whether the FIB must be told of the slot whose turn it is. */
  readonly #isToBeTaken = (slot: number, source: WorkSource): boolean => {
    const phase = this.phaseOf(slot);
    const isQueued = (this.state[slot]! & Flag.queued) !== 0;
    switch (source) {
      case 'queue':
        this.state[slot] = this.state[slot]! & ~Flag.queued;
        if (this.isDue(slot)) return true;
        // Not wanted any more, and never was in the FIB.
        this.happened(slot, 'dropped');
        if (this.state[slot] === Phase.absent) this.store.released(slot);
        return false;
      case 'sweep':
        return !isQueued && phase < Phase.failed && this.isDue(slot);
      case 'retry':
        return !isQueued && phase === Phase.failed && this.isDue(slot);
    }
  };
}
