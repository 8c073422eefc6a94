/**
 * What a slot is in at one FIB, and what follows when something happens to it.
 *
 * Invariant: `STEPS` says it for each phase and each event; whatever happens is one of these, or an answer.
 */

/** How far the FIB has come; the low bits of a slot's state. */
export const Phase = { absent: 0, installed: 1, inFlight: 2, failed: 3, unresolved: 4 } as const;
export const PHASE_MASK = 7;

/** Beside the phase. */
export const Flag = {
  /** In a queue. */
  queued: 8,
  /** The FIB may have something of this destination beside what it was told last. */
  unsure: 16,
  /** What is in flight means something else by now, or is gone again: to be told again when it is answered. */
  stale: 32,
  /** What could be in the way of what is in flight is gone: if it is refused all the same, it is tried again at once. */
  again: 64,
  /** Told without an answer, as a rule, and not looked up since: the FIB may not have done what it was told. */
  unproven: 128,
} as const;

export type SlotEvent =
  /** The route table has another best route, or none. */
  | 'changed'
  /** The FIB no longer has what it was told, by its own doing; or that means something else by now. */
  | 'vanished'
  /** Nobody knows what became of the request. */
  | 'lost'
  /** What was in the way is gone. */
  | 'retried'
  /** It is not to be told now, for whatever reason. */
  | 'dropped';

/**
 * `compare`: told when something else is wanted than what was told. `queue`: told. `tell-again`: nobody knows what the
 * FIB has, and it is told. `mark-stale`, `mark-again`: the answer decides. `forget`: what it failed with does not count.
 */
type Step = 'nothing' | 'compare' | 'queue' | 'tell-again' | 'mark-stale' | 'mark-again' | 'forget';

/** By phase, in the order of their numbers. */
type Steps = readonly [absent: Step, installed: Step, inFlight: Step, failed: Step, unresolved: Step];

export const STEPS: Readonly<Record<SlotEvent, Steps>> = {
  // What is in flight is compared when it is answered.
  changed: ['compare', 'compare', 'nothing', 'queue', 'queue'],
  vanished: ['nothing', 'tell-again', 'mark-stale', 'nothing', 'nothing'],
  lost: ['nothing', 'nothing', 'tell-again', 'nothing', 'nothing'],
  retried: ['nothing', 'nothing', 'mark-again', 'queue', 'queue'],
  dropped: ['nothing', 'nothing', 'nothing', 'forget', 'forget'],
};
