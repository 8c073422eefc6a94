/**
 * The proof of what VPP was told without an answer: a sample of each group of next hops and table is looked up after a
 * bulk, or all of it (`fib.vpp.verify`). The slow audit (vpp-audit.ts) comes to the rest in its rounds.
 *
 * What VPP refuses is refused by the group and the table, never by the prefix. So when it refuses one route, or has
 * another than it was told, all unproven ones of that group and table are told again, each with an answer.
 *
 * Invariant: one proof at a time; nothing is done once it is disposed of.
 */
import { plural } from '../report/mod.ts';
import type { BackendState } from './backend-state.ts';
import type { GroupId } from './next-hop-groups.ts';
import { TimeSlice } from '../linux/mod.ts';
import { visitSlots } from './slot-walk.ts';

/** Routes of each group and table in a sample, as long as it is not larger than `MAX_SAMPLE`; one of each always. */
const SAMPLES_OF_EACH = 4;
const MAX_SAMPLE = 4_096;
/** Lookups in flight. */
const LOOKS_AT_ONCE = 64;

export interface VppProofOptions {
  readonly states: readonly BackendState[];
  /** Looks a slot up; what differs is told again, and its group is doubted. Rejects when VPP cannot be asked. */
  readonly compare: (state: BackendState, slot: number) => Promise<void>;
  /** All doubted routes wait to be told again. */
  readonly onDoubted: () => void;
  readonly onError: (message: string) => void;
}

interface Sample {
  seen: number;
  readonly slots: number[];
}

export class VppProof implements Disposable {
  readonly #options: VppProofOptions;
  /** Of which unproven routes are told again, by table and group. */
  readonly #doubts = new Map<BackendState, Set<number>>();
  #isDoubting = false;
  #isProvingTable = false;
  #isEnded = false;

  constructor(options: VppProofOptions) {
    this.#options = options;
  }

  [Symbol.dispose](): void {
    this.#isEnded = true;
  }

  /** Whether doubted routes are still to be told again. */
  get isDoubting(): boolean {
    return this.#isDoubting;
  }

  /** Looks up what is unproven: a sample of it, or all. Rejects when VPP cannot be asked. */
  async prove(how: 'sample' | 'all'): Promise<void> {
    for (const state of this.#options.states) {
      if (state.unproven === 0) continue;
      if (how === 'all') await this.#proveAll(state);
      else await this.#compareAll(state, await this.#sampleOf(state));
    }
  }

  /** The same for all that is unproven in one table, which somebody wants to remove. */
  async proveTable(tableId: number): Promise<void> {
    if (this.#isProvingTable) return;
    this.#isProvingTable = true;
    try {
      for (const state of this.#options.states) await this.#proveAll(state, tableId);
    } finally {
      this.#isProvingTable = false;
    }
  }

  /** VPP refused a group in the table of a slot, or lost it: what was told of it without an answer is told again. */
  doubt(state: BackendState, slot: number, group: GroupId): void {
    if (state.unproven === 0 || this.#isEnded) return;
    const pairs = this.#doubts.get(state) ?? new Set();
    this.#doubts.set(state, pairs.add(pairKey(state.store.table[slot]!, group)));
    if (this.#isDoubting) return;
    this.#isDoubting = true;
    setImmediate(() => void this.#tellAgain());
  }

  async #tellAgain(): Promise<void> {
    let count = 0;
    while (this.#doubts.size > 0 && !this.#isEnded) {
      for (const [state, pairs] of [...this.#doubts]) {
        this.#doubts.delete(state);
        const { store } = state;
        await visitSlots(
          () => store.top,
          (slot) => {
            if (!state.isUnproven(slot) || !pairs.has(pairKey(store.table[slot]!, state.told(slot)))) return;
            state.doubted(slot);
            count += 1;
          },
        );
      }
    }
    this.#isDoubting = false;
    if (this.#isEnded) return;
    if (count > 0) {
      this.#options.onError(
        `VPP refused or lost routes that it was told without an answer: ${plural(count, 'route')} with the same next hops ${count === 1 ? 'is' : 'are'} told again, with an answer`,
      );
    }
    this.#options.onDoubted();
  }

  /** Random unproven slots of each group and table. */
  async #sampleOf(state: BackendState): Promise<number[]> {
    const samples = new Map<number, Sample>();
    const { store } = state;
    await visitSlots(
      () => store.top,
      (slot) => {
        if (!state.isProvable(slot)) return;
        const pair = pairKey(store.table[slot]!, state.told(slot));
        const sample = samples.get(pair) ?? { seen: 0, slots: [] };
        if (sample.seen === 0) samples.set(pair, sample);
        sample.seen += 1;
        // Each is as likely as any other to stay (reservoir sampling).
        if (sample.slots.length < SAMPLES_OF_EACH) sample.slots.push(slot);
        else {
          const place = Math.floor(Math.random() * sample.seen);
          if (place < SAMPLES_OF_EACH) sample.slots[place] = slot;
        }
      },
    );
    const ofEach = Math.max(1, Math.min(SAMPLES_OF_EACH, Math.floor(MAX_SAMPLE / samples.size)));
    return [...samples.values()].flatMap(({ slots }) => slots.slice(0, ofEach));
  }

  async #proveAll(state: BackendState, tableId?: number): Promise<void> {
    let some: number[] = [];
    const slice = new TimeSlice({ clockEvery: 1_024 });
    for (let slot = 0; slot < state.store.top && !this.#isEnded; slot++) {
      if (slice.isOver()) await slice.next();
      const isMeant = tableId === undefined || state.store.tableIdOf(slot) === tableId;
      if (isMeant && state.isProvable(slot)) some.push(slot);
      if (some.length < LOOKS_AT_ONCE) continue;
      await this.#compareAll(state, some);
      some = [];
    }
    await this.#compareAll(state, some);
  }

  async #compareAll(state: BackendState, slots: readonly number[]): Promise<void> {
    for (let at = 0; at < slots.length && !this.#isEnded; at += LOOKS_AT_ONCE) {
      const some = slots.slice(at, at + LOOKS_AT_ONCE);
      await Promise.all(some.map((slot) => this.#options.compare(state, slot)));
    }
  }
}

/** A table's index and a group's id as one number. */
export function pairKey(table: number, group: GroupId): number {
  return table * 2 ** 20 + group;
}
