/**
 * What each slot counts as at one FIB, and how many there are of each.
 *
 * Invariant: `of` gives the number of slots in the category.
 */
import { grown } from './route-store.ts';
import type { FibCounts } from './status.ts';

/** What a slot counts as; `stuck`: the FIB would not let it go. */
export const Category = {
  none: 0,
  pending: 1,
  programmed: 2,
  failed: 3,
  unresolved: 4,
  leaving: 5,
  stuck: 6,
} as const;

export class SlotCounts {
  #category = new Uint8Array(0);
  readonly #slots = new Uint32Array(7);

  get bytes(): number {
    return this.#category.byteLength;
  }

  grow(capacity: number): void {
    this.#category = grown(this.#category, capacity);
  }

  /** Slots in a category. */
  of(category: number): number {
    return this.#slots[category]!;
  }

  /** The category of a slot. */
  at(slot: number): number {
    return this.#category[slot]!;
  }

  /** A slot counts as something else by now, or as before. Hot. */
  set(slot: number, category: number): void {
    const before = this.#category[slot]!;
    if (category === before) return;
    this.#category[slot] = category;
    this.#slots[before] = this.#slots[before]! - 1;
    this.#slots[category] = this.#slots[category]! + 1;
  }

  get sums(): FibCounts {
    const { pending, programmed, failed, unresolved, leaving, stuck } = Category;
    return {
      desired: this.of(pending) + this.of(programmed) + this.of(failed) + this.of(unresolved),
      programmed: this.of(programmed),
      pending: this.of(pending) + this.of(leaving),
      failed: this.of(failed) + this.of(stuck),
      unresolved: this.of(unresolved),
    };
  }
}
