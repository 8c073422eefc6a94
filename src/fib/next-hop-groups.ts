/**
 * Next-hop groups: what routes do with packets, each once, however many routes do it.
 *
 * A full table has a few hundred, so they are ordinary objects; routes hold their numbers. Invariants: the same action
 * of the same family has one id; an id is given anew only when nobody holds it (references are counted).
 */
import { formatAction } from '../config/mod.ts';
import type { RouteAction } from '../config/types.ts';
import type { Family } from './route-key.ts';

/** An interned action; 0 is none. */
export type GroupId = number;
export const NO_GROUP: GroupId = 0;

/** What a route does; `attached` is a connected network, which whoever owns the interface programs. */
export type GroupAction = RouteAction | { readonly kind: 'attached'; readonly interface: string };

/** Distinct actions that can be held at once: a bound for feeds that give each route one of its own. */
export const MAX_GROUPS = 1 << 18;
const FIRST_CAPACITY = 256;

interface Group {
  readonly key: string;
  readonly family: Family;
  readonly action: GroupAction;
}

export class NextHopGroups {
  readonly #byKey = new Map<string, GroupId>();
  readonly #groups: (Group | undefined)[] = [undefined];
  readonly #free: GroupId[] = [];
  #references = new Uint32Array(FIRST_CAPACITY);
  /** References that are no use of a group (`reserve`). */
  readonly #reserved = new Map<GroupId, number>();
  readonly #onFreed = new Set<(id: GroupId) => void>();

  /** Groups that somebody holds. */
  get size(): number {
    return this.#byKey.size;
  }

  /**
   * The id of an action for destinations of a family, with a reference that `release` gives back. `NO_GROUP` when
   * there are `MAX_GROUPS` already.
   */
  intern(family: Family, action: GroupAction): GroupId {
    const key = keyOf(family, action);
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      this.retain(known);
      return known;
    }
    if (this.#byKey.size >= MAX_GROUPS) return NO_GROUP;
    const id = this.#free.pop() ?? this.#groups.length;
    this.#groups[id] = { key, family, action };
    this.#byKey.set(key, id);
    if (id >= this.#references.length) {
      const grown = new Uint32Array(this.#references.length * 2);
      grown.set(this.#references);
      this.#references = grown;
    }
    this.#references[id] = 1;
    return id;
  }

  /** As `intern`, by somebody who keeps the id ready for others: `isUsed` leaves such references out. */
  reserve(family: Family, action: GroupAction): GroupId {
    const id = this.intern(family, action);
    if (id !== NO_GROUP) this.#reserved.set(id, (this.#reserved.get(id) ?? 0) + 1);
    return id;
  }

  /** Gives a reference of `reserve` back. */
  unreserve(id: GroupId): void {
    const left = (this.#reserved.get(id) ?? 1) - 1;
    if (left === 0) this.#reserved.delete(id);
    else this.#reserved.set(id, left);
    this.release(id);
  }

  /** Whether anybody holds a group beside those who reserved it. */
  isUsed(id: GroupId): boolean {
    return this.#references[id]! > (this.#reserved.get(id) ?? 0);
  }

  /** One more holder. Hot: called for each route. */
  retain(id: GroupId): void {
    // No check: NO_GROUP counts too, and nobody reads that.
    this.#references[id] = this.#references[id]! + 1;
  }

  /** One holder less; the last one frees the id. Hot. */
  release(id: GroupId): void {
    if (id === NO_GROUP) return;
    const left = this.#references[id]! - 1;
    this.#references[id] = left;
    if (left === 0) this.#drop(id);
  }

  /** Whether anybody holds an id. */
  has(id: GroupId): boolean {
    return this.#groups[id] !== undefined;
  }

  /** What a group does. Throws RangeError for an id that nobody holds. */
  action(id: GroupId): GroupAction {
    return this.#held(id).action;
  }

  /** Of which destinations. Throws RangeError for an id that nobody holds. */
  family(id: GroupId): Family {
    return this.#held(id).family;
  }

  /** Calls `listener` with each id that is freed, so that what was made of it is forgotten, until disposed. */
  onFreed(listener: (id: GroupId) => void): Disposable {
    this.#onFreed.add(listener);
    return { [Symbol.dispose]: () => void this.#onFreed.delete(listener) };
  }

  #held(id: GroupId): Group {
    const group = this.#groups[id];
    if (group === undefined) throw new RangeError(`no next-hop group ${id}`);
    return group;
  }

  #drop(id: GroupId): void {
    const group = this.#groups[id];
    if (group === undefined) return;
    this.#byKey.delete(group.key);
    this.#groups[id] = undefined;
    this.#free.push(id);
    for (const listener of this.#onFreed) listener(id);
  }
}

/** `192.0.2.1@2%xe0, 192.0.2.5`, `blackhole`, `connected %xe0`: as people read it of destinations of a family. */
export function formatGroup(action: GroupAction, family: Family): string {
  return action.kind === 'attached' ? `connected %${action.interface}` : formatAction(action, family);
}

/** The order of next hops makes no difference, that of labels does. */
function keyOf(family: Family, action: GroupAction): string {
  if (action.kind !== 'forward' || action.nextHops.length < 2)
    return `${family} ${formatGroup(action, family)}`;
  const hops = action.nextHops.map((hop) =>
    formatAction({ kind: 'forward', nextHops: [hop], labels: [] }, 4),
  );
  return `${family} ${hops.sort().join()} ${action.labels.join('/')}`;
}
