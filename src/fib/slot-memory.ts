/**
 * What is remembered of each slot of a family in one FIB: the group that the FIB was told last, the phase and the flags
 * (slot-phase.ts). What changes them is in slot-states.ts.
 */
import { type GroupId, NO_GROUP } from './next-hop-groups.ts';
import { grown } from './route-store.ts';
import { Flag, Phase, PHASE_MASK } from './slot-phase.ts';

export abstract class SlotMemory {
  /** The group that the FIB was told last, acknowledged or not. */
  protected group = new Uint32Array(0);
  /** Phase and flags. */
  protected state = new Uint8Array(0);
  #unproven = 0;

  /** Slots of which nobody has looked up since whether the FIB did what it was told. */
  get unproven(): number {
    return this.#unproven;
  }

  /** What the FIB was told last of a slot, acknowledged or not. */
  told(slot: number): GroupId {
    return this.group[slot]!;
  }

  /** What the FIB has of a slot, as far as it said so; `NO_GROUP` for nothing. */
  programmed(slot: number): GroupId {
    return this.phaseOf(slot) === Phase.installed ? this.group[slot]! : NO_GROUP;
  }

  /** Whether what is in flight takes the destination out. */
  isRemoval(slot: number): boolean {
    return this.group[slot] === NO_GROUP;
  }

  /** Whether the FIB may have something of a slot beside what `programmed` says. */
  isUnsure(slot: number): boolean {
    return (this.state[slot]! & Flag.unsure) !== 0;
  }

  /** Whether the FIB has something of a slot, and nothing beside it. */
  isKnown(slot: number): boolean {
    return (this.state[slot]! & (PHASE_MASK | Flag.unsure)) === Phase.installed;
  }

  /** Whether it has still to be looked up what the FIB did with what it was told. */
  isUnproven(slot: number): boolean {
    return (this.state[slot]! & Flag.unproven) !== 0;
  }

  /** Whether it is known what the FIB should have of a slot that is unproven: nothing, or what it was told. */
  isProvable(slot: number): boolean {
    const { absent, installed } = Phase;
    const phase = this.phaseOf(slot);
    return this.isUnproven(slot) && (phase === absent || phase === installed) && !this.isUnsure(slot);
  }

  /** One of `Phase`. */
  protected phaseOf(slot: number): (typeof Phase)[keyof typeof Phase] {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else is written into these bits
    return (this.state[slot]! & PHASE_MASK) as (typeof Phase)[keyof typeof Phase];
  }

  protected setUnproven(slot: number, flag: 0 | typeof Flag.unproven): void {
    const before = this.state[slot]! & Flag.unproven;
    if (before === flag) return;
    this.state[slot] = this.state[slot]! ^ Flag.unproven;
    this.#unproven += flag === 0 ? -1 : 1;
  }

  protected get memoryBytes(): number {
    return this.group.byteLength + this.state.byteLength;
  }

  protected growMemory(capacity: number): void {
    this.group = grown(this.group, capacity);
    this.state = grown(this.state, capacity);
  }
}
