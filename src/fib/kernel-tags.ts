/**
 * What a message to the kernel is about, as one number beside it: the role of its outcome, the index of the state, the
 * slot.
 *
 * Invariant: a tag is an unsigned number of 26 bits.
 */

/** What the outcome of a message means. */
export const Role = { ignored: 0, addition: 1, removal: 2, secondAddition: 3 } as const;
export type Role = (typeof Role)[keyof typeof Role];

/** `MAX_SLOTS` of the route store. */
const SLOT_BITS = 22;
const STATE_BITS = 2;

/** Of what no slot stands for: there is no state of its index. */
export const NO_SLOT = (2 ** STATE_BITS - 1) << SLOT_BITS;

export function tagOf(role: Role, state: number, slot: number): number {
  return (role << (SLOT_BITS + STATE_BITS)) | (state << SLOT_BITS) | slot;
}

/** One of `Role`. */
export function roleOf(tag: number): number {
  return tag >>> (SLOT_BITS + STATE_BITS);
}

/** Index of the state. */
export function stateOf(tag: number): number {
  return (tag >>> SLOT_BITS) & (2 ** STATE_BITS - 1);
}

export function slotOf(tag: number): number {
  return tag & (2 ** SLOT_BITS - 1);
}
