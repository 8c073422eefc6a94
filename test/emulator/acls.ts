/** State of the ACL plugin: src/plugins/acl/acl.c. Rules stay as on the wire. */
import type { InterfaceListener } from './vpp-state.ts';

/** error.h */
export const AclRetval = {
  invalidSwIfIndex: -2,
  noSuchEntry: -6,
  invalidValue: -7,
  invalidValue2: -8,
  invalidSource: -57,
  invalidDestination: -58,
  entryAlreadyExists: -116,
  inUseInbound: -142,
  inUseOutbound: -143,
} as const;

export interface EmulatedAcl {
  readonly tag: string;
  readonly count: number;
  readonly rules: Buffer;
}

export interface AclLists {
  readonly in: readonly number[];
  readonly out: readonly number[];
}

/** A pool: freed places are given out again, the last one first. */
class Pool<T> {
  readonly #items = new Map<number, T>();
  readonly #free: number[] = [];

  add(item: T): number {
    const index = this.#free.pop() ?? this.#items.size;
    this.#items.set(index, item);
    return index;
  }

  get(index: number): T | undefined {
    return this.#items.get(index);
  }

  set(index: number, item: T): void {
    this.#items.set(index, item);
  }

  remove(index: number): void {
    this.#items.delete(index);
    this.#free.push(index);
  }

  entries(): [number, T][] {
    return [...this.#items].sort(([a], [b]) => a - b);
  }
}

export class Acls {
  readonly acls = new Pool<EmulatedAcl>();
  readonly macips = new Pool<EmulatedAcl>();
  readonly lists = new Map<number, AclLists>();
  readonly macipOf = new Map<number, number>();
  isCounting = false;
  readonly #listeners = new Set<(index: number, rules: number) => void>();

  constructor(onInterface: (listener: InterfaceListener) => void) {
    // acl_sw_interface_add_del
    onInterface(({ swIfIndex }, deleted) => {
      if (!deleted) return;
      this.lists.delete(swIfIndex);
      this.macipOf.delete(swIfIndex);
    });
  }

  /** Calls `listener` when the rules of a list were set, before it has matched anything. */
  onRules(listener: (index: number, rules: number) => void): void {
    this.#listeners.add(listener);
  }

  /** validate_and_reset_acl_counters */
  resetCounters(index: number, rules: number): void {
    for (const listener of this.#listeners) listener(index, rules);
  }

  /** acl_del_list */
  deleteAcl(index: number): number {
    if (this.acls.get(index) === undefined) return AclRetval.noSuchEntry;
    const lists = [...this.lists.values()];
    if (lists.some((one) => one.in.includes(index))) return AclRetval.inUseInbound;
    if (lists.some((one) => one.out.includes(index))) return AclRetval.inUseOutbound;
    this.acls.remove(index);
    return 0;
  }

  /** vl_api_acl_interface_set_acl_list_t_handler: the list of packets sent first; 1 when the other one is refused. */
  setLists(swIfIndex: number, wanted: AclLists): number {
    const before = this.lists.get(swIfIndex) ?? { in: [], out: [] };
    const out = this.#problemOf(wanted.out);
    if (out !== 0) return out;
    this.lists.set(swIfIndex, { ...before, out: wanted.out });
    if (this.#problemOf(wanted.in) !== 0) return 1;
    if (wanted.in.length + wanted.out.length === 0) this.lists.delete(swIfIndex);
    else this.lists.set(swIfIndex, wanted);
    return 0;
  }

  #problemOf(list: readonly number[]): number {
    if (list.some((index) => this.acls.get(index) === undefined)) return AclRetval.noSuchEntry;
    return new Set(list).size === list.length ? 0 : AclRetval.entryAlreadyExists;
  }

  deleteMacip(index: number): number {
    if (this.macips.get(index) === undefined) return AclRetval.noSuchEntry;
    for (const [swIfIndex, attached] of this.macipOf) if (attached === index) this.macipOf.delete(swIfIndex);
    this.macips.remove(index);
    return 0;
  }

  setMacip(swIfIndex: number, index: number, isAdd: boolean): number {
    if (!isAdd) return this.macipOf.delete(swIfIndex) ? 0 : AclRetval.noSuchEntry;
    if (this.macips.get(index) === undefined) return AclRetval.noSuchEntry;
    this.macipOf.set(swIfIndex, index);
    return 0;
  }
}
