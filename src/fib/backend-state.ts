/**
 * What one FIB has of the routes of one family, and what is still to be told to it.
 *
 * A slot holds the group that the FIB was told last. What is to be told is found by comparing that with what the route
 * table wants, at the moment of sending: so a prefix that flaps costs one message, and nothing is ever sent twice for
 * one change. The owner takes slots (`take`), sends, and says what became of each (`sent`, then `acked`, `refused` or
 * `lost`).
 *
 * What is done with all slots at once goes on in slices; `isSettled` says when that is over.
 *
 * Invariants: at most one request a slot is in flight; `counts` equals the slots' states, but for slots that a walk has
 * still to reach; each group that is named here holds a reference; a slot in flight, queued, or with something in the
 * FIB is held (`holds`); while a reset is under way nothing is taken or queued: the sweep that follows finds all.
 */
import { type GroupId, type NextHopGroups, NO_GROUP } from './next-hop-groups.ts';
import { grown, type Holder, type RouteStore } from './route-store.ts';
import { RetryQueue } from './retry-queue.ts';
import { SlotQueue } from './slot-queue.ts';
import { SlotWalk } from './slot-walk.ts';

/** What a slot is in, its low bits: how far the FIB has come. */
const Phase = { absent: 0, installed: 1, inFlight: 2, failed: 3, unresolved: 4, mask: 7 } as const;
/** In a queue. */
const QUEUED = 8;
/** The FIB may have something of this destination beside what `group` says. */
const UNSURE = 16;
/** What is in flight means something else by now, or is gone again: to be told again when it is answered. */
const STALE = 32;
/** What could be in the way of what is in flight is gone: if it is refused all the same, it is tried again at once. */
const AGAIN = 64;

/** What a slot counts as; `stuck`: the FIB would not let it go. */
const Category = {
  none: 0,
  pending: 1,
  programmed: 2,
  failed: 3,
  unresolved: 4,
  leaving: 5,
  stuck: 6,
} as const;

/** Distinct reasons that are kept in full. */
const MAX_REASONS = 1_000;
const OTHER_REASONS = 'refused for another of more than 1000 reasons';
/** Slots looked at between two looks at the clock, when everything is gone through. */
const SWEEP_SLICE = 4_096;

export interface FibCounts {
  /** Routes that should be in this FIB. */
  readonly desired: number;
  readonly programmed: number;
  /** Not sent yet, in flight, or about to leave. */
  readonly pending: number;
  /** Refused, with a reason; tried again. */
  readonly failed: number;
  /** The next hop cannot be reached now; waits for what could change that. */
  readonly unresolved: number;
}

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

export type SlotState =
  | { readonly state: 'absent' | 'pending' | 'programmed' | 'leaving' }
  | { readonly state: 'failed' | 'unresolved'; readonly reason: string };

export class BackendState implements Holder {
  readonly store: RouteStore;
  readonly #groups: NextHopGroups;
  readonly #wanted: (slot: number) => GroupId;
  readonly #substitute: (group: GroupId) => GroupId;
  readonly #dropReason: (slot: number, told: GroupId) => string | undefined;
  readonly #onWork: () => void;
  readonly #canReplace: BackendStateOptions['canReplace'];
  /** The group that the FIB was told last, acknowledged or not. */
  #group = new Uint32Array(0);
  /** Phase and flags. */
  #state = new Uint8Array(0);
  #category = new Uint8Array(0);
  readonly #counts = new Uint32Array(7);
  readonly #first = new SlotQueue();
  readonly #changes = new SlotQueue();
  readonly #retries = new RetryQueue();
  /** Refusals in a row and why, by slot; made at the first one. */
  #attempts = new Uint8Array(0);
  #reason = new Uint16Array(0);
  readonly #reasons: string[] = [];
  readonly #reasonIds = new Map<string, number>();
  /** Everything is to be compared once: pass 0 takes the routes that others are resolved through, pass 1 the rest. */
  #sweep: { pass: 0 | 1; slot: number } | undefined;
  /** Slots whose first turn it is in a sweep. */
  readonly #isFirst: (slot: number) => boolean;
  /** Of a reset, or of what is wanted. */
  readonly #walk: SlotWalk;
  /** What the FIB has after the reset that is under way. */
  #reset: 'nothing' | 'unsure' | undefined;
  readonly #retryWalk: SlotWalk;
  readonly #recountWalk: SlotWalk;
  /** Whose unresolved routes are tried: of the walk that is under way. */
  #retried = new Set<GroupId>();

  /** @param isFirst routes that a sweep takes before all others: default routes, and those that others resolve through */
  constructor(options: BackendStateOptions, isFirst: (slot: number) => boolean) {
    this.store = options.store;
    this.#groups = options.groups;
    this.#wanted = options.wanted;
    this.#dropReason = options.dropReason ?? (() => undefined);
    this.#onWork = options.onWork;
    this.#canReplace = options.canReplace;
    this.#substitute = options.substitute ?? ((group) => group);
    this.#isFirst = isFirst;
    this.#walk = new SlotWalk(() => this.store.top);
    this.#retryWalk = new SlotWalk(() => this.store.top);
    this.#recountWalk = new SlotWalk(() => this.store.top);
    this.store.attach(this);
    this.sweep();
  }

  get counts(): FibCounts {
    const of = (category: number): number => this.#counts[category] ?? 0;
    const desired =
      of(Category.pending) + of(Category.programmed) + of(Category.failed) + of(Category.unresolved);
    return {
      desired,
      programmed: of(Category.programmed),
      pending: of(Category.pending) + of(Category.leaving),
      failed: of(Category.failed) + of(Category.stuck),
      unresolved: of(Category.unresolved),
    };
  }

  /** Nothing is pending: all is programmed, failed or unresolved. */
  get isSettled(): boolean {
    if (this.#walk.isUnderWay || this.#retryWalk.isUnderWay) return false;
    return this.#counts[Category.pending] === 0 && this.#counts[Category.leaving] === 0;
  }

  /** Slots that wait in queues; a sweep that is under way counts as many more. None while a reset is under way. */
  get queued(): number {
    if (this.#reset !== undefined) return 0;
    return this.#sweep === undefined ? this.#first.size + this.#changes.size : Number.POSITIVE_INFINITY;
  }

  get bytes(): number {
    const columns = [this.#group, this.#state, this.#category, this.#attempts, this.#reason];
    return columns.reduce((sum, column) => sum + column.byteLength, 0);
  }

  // As a holder of the store.

  changed(slot: number): void {
    this.#update(slot);
    const state = this.#state[slot]!;
    const phase = state & Phase.mask;
    // What is in flight is compared again when its answer comes.
    if (phase === Phase.inFlight || (state & QUEUED) !== 0) return;
    if (phase === Phase.absent && (state & UNSURE) === 0 && this.#wanted(slot) === NO_GROUP) return;
    if (phase === Phase.installed && this.#isAsWanted(slot)) return;
    this.#queue(slot);
  }

  holds(slot: number): boolean {
    return this.#state[slot] !== Phase.absent;
  }

  grow(capacity: number): void {
    this.#group = grown(this.#group, capacity);
    this.#state = grown(this.#state, capacity);
    this.#category = grown(this.#category, capacity);
    if (this.#attempts.length > 0) this.#growReasons(capacity);
  }

  // For the owner: what to do next.

  /**
   * The next slot that the FIB must be told of, or -1 when there is none now. The owner calls `sent` or `refused` for
   * it before the next `take`. Looks at a bounded number of slots: -1 with `queued` > 0 means "call again".
   */
  take(): number {
    if (this.#reset !== undefined) return -1;
    for (;;) {
      let slot = this.#first.shift();
      if (slot < 0) slot = this.#changes.shift();
      if (slot < 0) break;
      this.#state[slot] = this.#state[slot]! & ~QUEUED;
      if (this.#isDue(slot)) return slot;
      this.#letGo(slot);
    }
    if (this.#sweep !== undefined) return this.#takeFromSweep();
    return this.#takeRetry();
  }

  /** What the FIB is to be told of a slot that was taken: `NO_GROUP` is a removal. */
  target(slot: number): GroupId {
    const wanted = this.#aim(slot);
    if (this.#canReplace === undefined || wanted === NO_GROUP) return wanted;
    const state = this.#state[slot]!;
    const isKnown = (state & UNSURE) === 0;
    const held = isKnown && (state & Phase.mask) === Phase.installed ? this.#group[slot]! : NO_GROUP;
    if (isKnown && held === NO_GROUP) return wanted;
    return this.#canReplace(slot, isKnown ? held : undefined, wanted) ? wanted : NO_GROUP;
  }

  /** Milliseconds until a refused slot is due again; undefined when none waits. */
  get retryInMs(): number | undefined {
    return this.#retries.dueInMs();
  }

  /** A slot that was taken finds no room: it is the next one that is taken. */
  putBack(slot: number): void {
    this.#state[slot] = this.#state[slot]! | QUEUED;
    this.#first.push(slot);
  }

  // For the owner: what became of it.

  /** A slot that was taken cannot be sent before something else has happened: the owner sweeps then. */
  postponed(slot: number): void {
    if ((this.#state[slot]! & Phase.mask) >= Phase.failed) this.#forget(slot, this.#state[slot]! & UNSURE);
    this.#update(slot);
  }

  /** What the FIB was told last of a slot, acknowledged or not. */
  told(slot: number): GroupId {
    return this.#group[slot]!;
  }

  /** Whether what is in flight takes the destination out. */
  isRemoval(slot: number): boolean {
    return this.#group[slot] === NO_GROUP;
  }

  /** A request for what `target` said is on its way. */
  sent(slot: number, group: GroupId): void {
    const before = this.#group[slot]!;
    const state = this.#state[slot]!;
    const phase = state & Phase.mask;
    const mayHold = phase === Phase.installed && before !== NO_GROUP ? UNSURE : 0;
    if (before !== group) {
      this.#groups.retain(group);
      this.#groups.release(before);
      this.#group[slot] = group;
    }
    this.#state[slot] = (state & ~(Phase.mask | STALE | AGAIN)) | Phase.inFlight | mayHold;
  }

  /** The FIB has done what it was told. */
  acked(slot: number): void {
    if ((this.#state[slot]! & STALE) !== 0) {
      this.#forget(slot, UNSURE);
      this.#update(slot);
      this.#queue(slot);
      return;
    }
    const isGone = this.#group[slot] === NO_GROUP;
    this.#state[slot] =
      (this.#state[slot]! & ~(Phase.mask | UNSURE | AGAIN)) | (isGone ? Phase.absent : Phase.installed);
    if (this.#attempts.length > 0) this.#attempts[slot] = 0;
    this.#after(slot);
  }

  /** The FIB, or the owner before it sent anything, refuses what `target` said: tried again later. */
  refused(slot: number, reason: string): void {
    this.#fail(slot, Phase.failed, reason);
    if ((this.#state[slot]! & Phase.mask) !== Phase.failed) return;
    const attempts = Math.min(255, this.#attempts[slot]! + 1);
    this.#attempts[slot] = attempts;
    this.#retries.push(slot, attempts);
    this.#onWork();
  }

  /** The next hop cannot be reached now: nothing is tried until `wake`. */
  unresolved(slot: number, reason: string): void {
    this.#fail(slot, Phase.unresolved, reason);
  }

  /** Nobody knows what became of the request: it is to be sent again. */
  lost(slot: number): void {
    if ((this.#state[slot]! & Phase.mask) !== Phase.inFlight) return;
    this.#forget(slot, UNSURE);
    this.#update(slot);
    this.#queue(slot);
  }

  /**
   * The FIB no longer has what it was told, by its own doing (a link went down): to be told again. That news may be
   * older than what it was told last, so it may have it all the same; or newer than what is in flight.
   */
  vanished(slot: number): void {
    const phase = this.#state[slot]! & Phase.mask;
    if (phase === Phase.inFlight) this.#state[slot] = this.#state[slot]! | STALE;
    if (phase !== Phase.installed) return;
    this.#forget(slot, UNSURE);
    this.#update(slot);
    this.#queue(slot);
  }

  /** The FIB has something of a slot that it was not told. */
  found(slot: number): void {
    this.#state[slot] = this.#state[slot]! | UNSURE;
    this.#update(slot);
    this.#queue(slot);
  }

  /** Whether the FIB may have something of a slot beside what `programmed` says. */
  isUnsure(slot: number): boolean {
    return (this.#state[slot]! & UNSURE) !== 0;
  }

  /** What the FIB was told of these groups means something else by now. */
  tellAgain(groups: ReadonlySet<GroupId>): void {
    for (let slot = 0; slot < this.store.top; slot++) {
      const phase = this.#state[slot]! & Phase.mask;
      if ((phase !== Phase.installed && phase !== Phase.inFlight) || !groups.has(this.#group[slot]!))
        continue;
      if (phase === Phase.inFlight) {
        this.#state[slot] = this.#state[slot]! | STALE;
        continue;
      }
      this.#forget(slot, UNSURE);
      this.#update(slot);
      this.#queue(slot);
    }
  }

  /** The FIB has this already, from an earlier run. */
  adopted(slot: number, group: GroupId): void {
    this.sent(slot, group);
    this.acked(slot);
  }

  /** Tries failed and unresolved routes at once: what they waited for may be there. */
  wake(): void {
    for (let slot = this.#retries.shiftAny(); slot >= 0; slot = this.#retries.shiftAny()) {
      if ((this.#state[slot]! & Phase.mask) === Phase.failed) this.#queue(slot);
    }
    if (this.#counts[Category.unresolved] === 0) return;
    for (let slot = 0; slot < this.store.top; slot++) {
      if ((this.#state[slot]! & Phase.mask) === Phase.unresolved) this.#queue(slot);
    }
  }

  /** Tries a slot at once that is failed or unresolved; or will be, when it is answered. */
  retry(slot: number): void {
    const phase = this.#state[slot]! & Phase.mask;
    if (phase === Phase.inFlight) this.#state[slot] = this.#state[slot]! | AGAIN;
    else if (phase >= Phase.failed) this.#queue(slot);
  }

  /** Tries all unresolved routes of these groups: one of them was taken. */
  retryUnresolved(groups: ReadonlySet<GroupId>): void {
    if (this.#counts[Category.unresolved] === 0) return;
    if (!this.#retryWalk.isUnderWay) this.#retried = new Set();
    for (const group of groups) this.#retried.add(group);
    this.#retryWalk.start(
      (slot) => {
        const isUnresolved = (this.#state[slot]! & Phase.mask) === Phase.unresolved;
        if (!isUnresolved) return;
        // What waits for the group that it was told may have another one by now.
        if (this.#retried.has(this.#group[slot]!) || this.#retried.has(this.#aim(slot))) this.#queue(slot);
      },
      () => this.#onWork(),
    );
  }

  /**
   * The FIB has none of it (`nothing`), or may have all of it and is told again (`unsure`: what is no longer wanted is
   * removed explicitly).
   */
  reset(what: 'nothing' | 'unsure'): void {
    this.#first.clear();
    this.#changes.clear();
    this.#retries.clear();
    this.#retryWalk.stop();
    this.#sweep = undefined;
    this.#reset = what;
    this.#walk.start(
      (slot) => this.#resetSlot(slot, what),
      () => {
        this.#reset = undefined;
        if (this.#attempts.length > 0) this.#attempts.fill(0);
        this.sweep();
      },
    );
  }

  /** Has every slot compared once with what is wanted. */
  sweep(): void {
    this.#sweep = this.store.top === 0 ? undefined : { pass: 0, slot: 0 };
    if (this.#sweep !== undefined) this.#onWork();
  }

  /** What is wanted of every slot, or told in its place, may be something else: counts anew and has all compared. */
  wantedChanged(): void {
    if (this.#reset !== undefined) {
      // That counts anew too: from the first slot on.
      this.reset(this.#reset);
      return;
    }
    this.#walk.start(
      (slot) => {
        this.#update(slot);
        // A sweep leaves these alone: what they wait for would never come.
        const phase = this.#state[slot]! & Phase.mask;
        if (phase < Phase.failed) return;
        const wanted = this.#aim(slot);
        const isAnother = phase === Phase.unresolved && wanted !== this.#group[slot];
        if (wanted === NO_GROUP || isAnother) this.#queue(slot);
      },
      () => this.sweep(),
    );
  }

  /** By what the FIB has it forwards or drops otherwise than before: counts anew, in slices; nothing is told. */
  recount(): void {
    this.#recountWalk.start(
      (slot) => this.#update(slot),
      () => {},
    );
  }

  /** The same of one slot. */
  recountSlot(slot: number): void {
    this.#update(slot);
  }

  /** Resolves when all slots are reset, or counted anew. */
  walked(): Promise<void> {
    return this.#walk.ended();
  }

  // For those who look.

  /** What the FIB has of a slot, as far as it said so; `NO_GROUP` for nothing. */
  programmed(slot: number): GroupId {
    return (this.#state[slot]! & Phase.mask) === Phase.installed ? this.#group[slot]! : NO_GROUP;
  }

  stateOf(slot: number): SlotState {
    switch (this.#category[slot]) {
      case Category.pending:
        return { state: 'pending' };
      case Category.programmed:
        return { state: 'programmed' };
      case Category.leaving:
        return { state: 'leaving' };
      case Category.failed:
      case Category.stuck:
        return { state: 'failed', reason: this.#reasonOf(slot) };
      case Category.unresolved:
        return { state: 'unresolved', reason: this.#whyUnresolved(slot) };
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
      const category = this.#category[slot]!;
      if (category === Category.unresolved) found.push({ slot, reason: this.#whyUnresolved(slot) });
      else if ((this.#state[slot]! & Phase.mask) >= Phase.failed)
        found.push({ slot, reason: this.#reasonOf(slot) });
    }
    return found;
  }

  /** What the FIB is to be told of what is wanted. */
  #aim(slot: number): GroupId {
    return this.#substitute(this.#wanted(slot));
  }

  /** Whether what was told is what is wanted, or stands in for it; or what is wanted though a substitute is there now. */
  #isAsWanted(slot: number, wanted = this.#wanted(slot)): boolean {
    const told = this.#group[slot];
    return told === wanted || told === this.#substitute(wanted);
  }

  /** Whether the FIB must be told something of a slot. */
  #isDue(slot: number): boolean {
    const state = this.#state[slot]!;
    const wanted = this.#wanted(slot);
    switch (state & Phase.mask) {
      case Phase.inFlight:
        return false;
      case Phase.installed:
        return !this.#isAsWanted(slot, wanted);
      default:
        // Not there, or failed and to be tried again.
        return wanted !== NO_GROUP || (state & UNSURE) !== 0;
    }
  }

  /** A slot that turned out to need nothing. */
  #letGo(slot: number): void {
    const state = this.#state[slot]!;
    const phase = state & Phase.mask;
    if (phase === Phase.failed || phase === Phase.unresolved) {
      // Not wanted any more, and never was in the FIB.
      this.#forget(slot, 0);
      this.#update(slot);
    }
    if (this.#state[slot] === Phase.absent) this.store.released(slot);
  }

  #resetSlot(slot: number, what: 'nothing' | 'unsure'): void {
    const state = this.#state[slot]!;
    const phase = state & Phase.mask;
    const mayHold = what === 'unsure' && (phase !== Phase.absent || (state & UNSURE) !== 0);
    this.#state[slot] = phase;
    this.#forget(slot, mayHold ? UNSURE : 0);
    this.#update(slot);
    this.store.released(slot);
  }

  #takeFromSweep(): number {
    const sweep = this.#sweep;
    if (sweep === undefined) return -1;
    const { top } = this.store;
    for (let looked = 0; looked < SWEEP_SLICE; looked++) {
      if (sweep.slot >= top) {
        if (sweep.pass === 1) {
          this.#sweep = undefined;
          return -1;
        }
        sweep.pass = 1;
        sweep.slot = 0;
        continue;
      }
      const slot = sweep.slot++;
      const state = this.#state[slot]!;
      if ((state & QUEUED) !== 0 || (state & Phase.mask) >= Phase.failed) continue;
      if (sweep.pass === 0 && !this.#isFirst(slot)) continue;
      if (this.#isDue(slot)) return slot;
    }
    return -1;
  }

  #takeRetry(): number {
    for (let slot = this.#retries.shiftDue(); slot >= 0; slot = this.#retries.shiftDue()) {
      if ((this.#state[slot]! & (Phase.mask | QUEUED)) === Phase.failed && this.#isDue(slot)) return slot;
    }
    return -1;
  }

  #queue(slot: number): void {
    const state = this.#state[slot]!;
    if ((state & QUEUED) !== 0 || this.#reset !== undefined) return;
    this.#state[slot] = state | QUEUED;
    (this.#isFirst(slot) ? this.#first : this.#changes).push(slot);
    this.#onWork();
  }

  /** An answer came: counts it, and sees whether something else is wanted by now. */
  #after(slot: number): void {
    this.#update(slot);
    if (!this.#isAsWanted(slot)) this.#queue(slot);
    else if (this.#state[slot] === Phase.absent) this.store.released(slot);
  }

  #fail(slot: number, phase: typeof Phase.failed | typeof Phase.unresolved, reason: string): void {
    const told = this.#group[slot]!;
    const state = this.#state[slot]!;
    const wasInFlight = (state & Phase.mask) === Phase.inFlight;
    // Refused before it was sent: what the FIB has is what it had.
    const mayHold =
      !wasInFlight && (state & Phase.mask) === Phase.installed && told !== NO_GROUP ? UNSURE : 0;
    if (this.#attempts.length === 0) this.#growReasons(this.store.capacity);
    this.#state[slot] = (state & ~(Phase.mask | STALE | AGAIN)) | phase | mayHold;
    this.#reason[slot] = this.#reasonId(reason);
    if (wasInFlight && (this.target(slot) !== told || (state & AGAIN) !== 0)) {
      // Something else is wanted by now, or nothing is in the way any more: it may be taken.
      this.#attempts[slot] = 0;
      this.#forget(slot, (state | mayHold) & UNSURE);
      this.#update(slot);
      this.#queue(slot);
      return;
    }
    this.#update(slot);
  }

  /** Nothing is known to be in the FIB. */
  #forget(slot: number, unsure: number): void {
    this.#groups.release(this.#group[slot]!);
    this.#group[slot] = NO_GROUP;
    this.#state[slot] = (this.#state[slot]! & QUEUED) | Phase.absent | unsure;
  }

  /** Brings category and counts in step with a slot's state. */
  #update(slot: number): void {
    const category = this.#categoryOf(slot);
    const before = this.#category[slot]!;
    if (category === before) return;
    this.#category[slot] = category;
    this.#counts[before] = this.#counts[before]! - 1;
    this.#counts[category] = this.#counts[category]! + 1;
  }

  #categoryOf(slot: number): number {
    const state = this.#state[slot]!;
    const phase = state & Phase.mask;
    const wanted = this.#wanted(slot);
    if (wanted === NO_GROUP) {
      if (phase === Phase.failed) return Category.stuck;
      return phase === Phase.absent && (state & UNSURE) === 0 ? Category.none : Category.leaving;
    }
    if (phase === Phase.installed && this.#isAsWanted(slot, wanted)) {
      return this.#dropReason(slot, this.#group[slot]!) === undefined
        ? Category.programmed
        : Category.unresolved;
    }
    if (phase === Phase.failed) return Category.failed;
    return phase === Phase.unresolved ? Category.unresolved : Category.pending;
  }

  /** It could not be told, or was told and leads nowhere. */
  #whyUnresolved(slot: number): string {
    const isTold = (this.#state[slot]! & Phase.mask) === Phase.installed;
    return isTold ? (this.#dropReason(slot, this.#group[slot]!) ?? '') : this.#reasonOf(slot);
  }

  #growReasons(capacity: number): void {
    this.#attempts = grown(this.#attempts, capacity);
    this.#reason = grown(this.#reason, capacity);
  }

  #reasonId(reason: string): number {
    const known = this.#reasonIds.get(reason);
    if (known !== undefined) return known;
    if (this.#reasons.length > MAX_REASONS) return MAX_REASONS;
    const id = this.#reasons.length;
    this.#reasons.push(id === MAX_REASONS ? OTHER_REASONS : reason);
    this.#reasonIds.set(id === MAX_REASONS ? OTHER_REASONS : reason, id);
    return id;
  }

  #reasonOf(slot: number): string {
    return this.#reasons[this.#reason[slot] ?? 0] ?? '';
  }
}
