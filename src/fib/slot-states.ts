/**
 * What one FIB has of each slot of a family: one slot at a time. What is done with all of them is in backend-state.ts.
 *
 * A slot holds the group that the FIB was told last. What is to be told is found by comparing that with what the route
 * table wants, at the moment of sending: so a prefix that flaps costs one message, and nothing is ever sent twice for
 * one change. What follows when something happens to a slot is a table (slot-phase.ts).
 *
 * Invariants: at most one request a slot is in flight; each group that is named here holds a reference; a slot in flight,
 * queued, with something in the FIB, or of which nobody has seen that it has left the FIB, is held (`holds`).
 */
import { type GroupId, type NextHopGroups, NO_GROUP } from './next-hop-groups.ts';
import type { Holder, RouteStore } from './route-store.ts';
import { Category, SlotCounts } from './slot-counts.ts';
import { Flag, Phase, PHASE_MASK, type SlotEvent, STEPS } from './slot-phase.ts';
import type { FibCounts } from './status.ts';
import { SlotMemory } from './slot-memory.ts';
import { SlotReasons } from './slot-reasons.ts';
import { SlotWork } from './slot-work.ts';

export interface BackendStateOptions {
  readonly store: RouteStore;
  readonly groups: NextHopGroups;
  /** What this FIB should have of a slot: the group of its best candidate, or `NO_GROUP`. */
  readonly wanted: (slot: number) => GroupId;
  /** What the FIB is told in place of a group, when it cannot have all of it (`Substitutes`). Of `NO_GROUP` the same. */
  readonly substitute?: (group: GroupId) => GroupId;
  /** Why the FIB does not forward by the group that it was told of a slot; undefined: nothing is known against it. Hot. */
  readonly dropReason?: (slot: number, told: GroupId) => string | undefined;
  /** Something is there to be taken. Called often; cheap. */
  readonly onWork: () => void;
  /**
   * Whether the FIB takes a group in the place of another one (undefined: nobody knows which); when not, that is
   * removed first. Always, when absent.
   */
  readonly canReplace?: (slot: number, held: GroupId | undefined, wanted: GroupId) => boolean;
}

export abstract class SlotStates extends SlotMemory implements Holder {
  readonly store: RouteStore;
  protected readonly options: BackendStateOptions;
  protected readonly work: SlotWork;
  protected readonly reasons = new SlotReasons();
  /** What slots count as. */
  protected readonly slots = new SlotCounts();
  /** What the FIB has after the reset that is under way: nothing is queued meanwhile, the sweep that follows finds all. */
  protected resetTo: 'nothing' | 'unsure' | undefined;

  /** @param isFirst routes that are told before others: default routes, and those that others resolve through */
  constructor(options: BackendStateOptions, isFirst: (slot: number) => boolean) {
    super();
    this.store = options.store;
    this.options = options;
    this.work = new SlotWork(() => this.store.top, isFirst);
    this.store.attach(this);
  }

  get counts(): FibCounts {
    return this.slots.sums;
  }

  get bytes(): number {
    return this.memoryBytes + this.slots.bytes + this.reasons.bytes;
  }

  // As a holder of the store.

  changed(slot: number): void {
    this.update(slot);
    // One that waits in a queue is compared when it is taken.
    if ((this.state[slot]! & Flag.queued) === 0) this.happened(slot, 'changed');
  }

  holds(slot: number): boolean {
    return this.state[slot] !== Phase.absent;
  }

  grow(capacity: number): void {
    this.growMemory(capacity);
    this.slots.grow(capacity);
    this.reasons.grow(capacity);
  }

  // For the owner: what is to be told, and what became of it.

  /** What the FIB is to be told of a slot that was taken: `NO_GROUP` is a removal. */
  target(slot: number): GroupId {
    const wanted = this.effectiveGroup(slot);
    const { canReplace } = this.options;
    if (canReplace === undefined || wanted === NO_GROUP) return wanted;
    // What was removed without an answer may be there still.
    const isKnown = !this.isUnsure(slot) && !(this.isUnproven(slot) && this.programmed(slot) === NO_GROUP);
    const held = isKnown ? this.programmed(slot) : NO_GROUP;
    if (isKnown && held === NO_GROUP) return wanted;
    return canReplace(slot, isKnown ? held : undefined, wanted) ? wanted : NO_GROUP;
  }

  /** What was told without an answer may have been refused: it is told again. */
  doubted(slot: number): void {
    if (this.phaseOf(slot) === Phase.absent) this.found(slot);
    else this.happened(slot, 'vanished');
  }

  /** The FIB was looked at, and has what it was told, or not what it was told to remove. */
  proven(slot: number): void {
    if (!this.isUnproven(slot)) return;
    this.setUnproven(slot, 0);
    if (this.state[slot] === Phase.absent) this.store.released(slot);
  }

  /** A request for what `target` said is on its way; `isUnproven`: an answer, if any, says nothing of what became of it. */
  sent(slot: number, group: GroupId, isUnproven = false): void {
    const before = this.group[slot]!;
    // Also what was removed without an answer.
    const mayHold = this.programmed(slot) !== NO_GROUP || this.isUnproven(slot) ? Flag.unsure : 0;
    this.setUnproven(slot, isUnproven ? Flag.unproven : 0);
    if (before !== group) {
      this.options.groups.retain(group);
      this.options.groups.release(before);
      this.group[slot] = group;
    }
    const rest = this.state[slot]! & ~(PHASE_MASK | Flag.stale | Flag.again);
    this.state[slot] = rest | Phase.inFlight | mayHold;
  }

  /** The FIB has done what it was told. */
  acked(slot: number): void {
    const state = this.state[slot]!;
    if ((state & Flag.stale) !== 0) {
      this.#tellAgain(slot);
      return;
    }
    const isGone = this.group[slot] === NO_GROUP;
    this.state[slot] =
      (state & ~(PHASE_MASK | Flag.unsure | Flag.again)) | (isGone ? Phase.absent : Phase.installed);
    this.reasons.forgetAttempts(slot);
    this.update(slot);
    if (!this.#isAsWanted(slot)) this.queue(slot);
    else if (this.state[slot] === Phase.absent) this.store.released(slot);
  }

  /** The FIB has this already, from an earlier run. */
  adopted(slot: number, group: GroupId): void {
    this.sent(slot, group);
    this.acked(slot);
  }

  /** The FIB, or the owner before it sent anything, refuses what `target` said: tried again later. */
  refused(slot: number, reason: string): void {
    this.#fail(slot, Phase.failed, reason);
    if (this.phaseOf(slot) !== Phase.failed) return;
    this.work.pushRefused(slot, this.reasons.countAttempt(slot));
    this.options.onWork();
  }

  /** The next hop cannot be reached now: nothing is tried until `wake`. */
  unresolved(slot: number, reason: string): void {
    this.#fail(slot, Phase.unresolved, reason);
  }

  /** The FIB has something of a slot that it was not told. */
  found(slot: number): void {
    this.state[slot] = this.state[slot]! | Flag.unsure;
    this.update(slot);
    this.queue(slot);
  }

  /**
   * Something happened to a slot beside the answers. It may be older than what the FIB was told last, so the FIB may have
   * that all the same; or newer than what is in flight.
   */
  happened(slot: number, event: SlotEvent): void {
    switch (STEPS[event][this.phaseOf(slot)]) {
      case 'compare':
        if (this.isDue(slot)) this.queue(slot);
        break;
      case 'queue':
        this.queue(slot);
        break;
      case 'tell-again':
        this.#tellAgain(slot);
        break;
      case 'mark-stale':
        this.state[slot] = this.state[slot]! | Flag.stale;
        break;
      case 'mark-again':
        this.state[slot] = this.state[slot]! | Flag.again;
        break;
      case 'forget':
        this.forget(slot, this.state[slot]! & Flag.unsure);
        break;
      default:
        break;
    }
  }

  /** What the FIB is to be told of what is wanted. */
  protected effectiveGroup(slot: number): GroupId {
    return this.#standIn(this.options.wanted(slot));
  }

  /** Whether the FIB must be told something of a slot. */
  protected isDue(slot: number): boolean {
    const wanted = this.options.wanted(slot);
    switch (this.phaseOf(slot)) {
      case Phase.inFlight:
        return false;
      case Phase.installed:
        return !this.#isAsWanted(slot, wanted);
      default:
        // Not there, or failed and to be tried again.
        return wanted !== NO_GROUP || this.isUnsure(slot);
    }
  }

  protected queue(slot: number): void {
    const state = this.state[slot]!;
    if ((state & Flag.queued) !== 0 || this.resetTo !== undefined) return;
    this.state[slot] = state | Flag.queued;
    this.work.push(slot);
    this.options.onWork();
  }

  /** Nothing is known to be in the FIB. */
  protected forget(slot: number, unsure: number): void {
    this.setUnproven(slot, 0);
    this.options.groups.release(this.group[slot]!);
    this.group[slot] = NO_GROUP;
    this.state[slot] = (this.state[slot]! & Flag.queued) | Phase.absent | unsure;
    this.update(slot);
  }

  /** Brings category and counts in step with a slot's state. */
  protected update(slot: number): void {
    this.slots.set(slot, this.#categoryOf(slot));
  }

  /** Why a slot is failed or unresolved: it could not be told, or was told and leads nowhere. */
  protected reasonOf(slot: number): string {
    if (this.phaseOf(slot) !== Phase.installed) return this.reasons.of(slot);
    return this.options.dropReason?.(slot, this.group[slot]!) ?? '';
  }

  /** Whether what was told is what is wanted, or stands in for it; or what is wanted though a substitute is there now. */
  #isAsWanted(slot: number, wanted = this.options.wanted(slot)): boolean {
    const told = this.group[slot];
    return told === wanted || told === this.#standIn(wanted);
  }

  /** What is told in place of a group. */
  #standIn(group: GroupId): GroupId {
    return this.options.substitute?.(group) ?? group;
  }

  #tellAgain(slot: number): void {
    this.forget(slot, Flag.unsure);
    this.queue(slot);
  }

  #fail(slot: number, phase: typeof Phase.failed | typeof Phase.unresolved, reason: string): void {
    const told = this.group[slot]!;
    const state = this.state[slot]!;
    const wasInFlight = this.phaseOf(slot) === Phase.inFlight;
    // Refused before it was sent: what the FIB has is what it had.
    const mayHold = this.programmed(slot) === NO_GROUP ? 0 : Flag.unsure;
    this.state[slot] = (state & ~(PHASE_MASK | Flag.stale | Flag.again)) | phase | mayHold;
    this.reasons.set(slot, reason);
    if (wasInFlight && (this.target(slot) !== told || (state & Flag.again) !== 0)) {
      // Something else is wanted by now, or nothing is in the way any more: it may be taken.
      this.reasons.forgetAttempts(slot);
      this.forget(slot, (state | mayHold) & Flag.unsure);
      this.queue(slot);
      return;
    }
    this.update(slot);
  }

  #categoryOf(slot: number): number {
    const phase = this.phaseOf(slot);
    const wanted = this.options.wanted(slot);
    if (wanted === NO_GROUP) {
      if (phase === Phase.failed) return Category.stuck;
      return phase === Phase.absent && !this.isUnsure(slot) ? Category.none : Category.leaving;
    }
    if (phase === Phase.installed && this.#isAsWanted(slot, wanted)) {
      return this.options.dropReason?.(slot, this.group[slot]!) === undefined
        ? Category.programmed
        : Category.unresolved;
    }
    if (phase === Phase.failed) return Category.failed;
    return phase === Phase.unresolved ? Category.unresolved : Category.pending;
  }
}
