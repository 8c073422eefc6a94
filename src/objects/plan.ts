/** The planner: what VPP has, what it is to have, and the steps in between. Pure. */
import { type Attributes, type Found, isOther, type Key, type Kind, type Step, type Steps } from './kind.ts';
import { placeOfRank } from './ranks.ts';

/** The objects of each kind by name; a kind that VPP cannot have is left out. */
export type DesiredState = ReadonlyMap<Kind, ReadonlyMap<string, Attributes>>;
export type ActualState = ReadonlyMap<Kind, ReadonlyMap<string, Found>>;

export interface PlannedStep extends Step {
  readonly kind: string;
  readonly name: string;
  readonly action: 'create' | 'change' | 'remove';
  /** What must exist for it: when one of them could not be made, the step is left out. */
  readonly needs: readonly Key[];
  /** What exists afterwards, and does not when it is refused. */
  readonly provides: readonly Key[];
}

export interface Plan {
  readonly steps: readonly PlannedStep[];
  /** The interfaces that are removed, or removed and made anew. */
  readonly removedInterfaces: ReadonlySet<string>;
  /** The interfaces that become ports of others. */
  readonly takenInterfaces: ReadonlySet<string>;
}

/** `bond/bond0`, and `interface/bond0` for an interface. */
export function keysOf(kind: Kind, name: string): Key[] {
  const own: Key = `${kind.name}/${name}`;
  return kind.isInterface === true ? [own, `interface/${name}`] : [own];
}

/**
 * The steps from `actual` to `desired`, in the order of their ranks. Objects of others are removed where all of a kind is
 * ours (`isExclusive`) and left alone elsewhere; one that is as desired is taken as it is. An object that is made anew takes with it what refers to it.
 */
export function plan(
  desired: DesiredState,
  actual: ActualState,
  isExclusive: (kind: Kind) => boolean = () => false,
): Plan {
  const goes = (kind: Kind, { isOurs }: Found): boolean => isOurs || isExclusive(kind);
  const { anew, changed } = compare(desired, actual, goes);
  const steps: PlannedStep[] = [];
  const removedInterfaces = new Set<string>();
  const takenInterfaces = new Set<string>();
  for (const [kind, wantedByName] of desired) {
    const foundByName = actual.get(kind) ?? new Map<string, Found>();
    const add = (name: string, action: PlannedStep['action'], needs: readonly Key[], list: Steps): void => {
      const provides = keysOf(kind, name);
      for (const step of [list].flat())
        steps.push({ ...step, kind: kind.name, name, action, needs, provides });
    };
    const remove = (name: string, found: Found): void => {
      if (kind.isInterface === true) removedInterfaces.add(name);
      add(name, 'remove', [], kind.remove(name, found));
    };
    for (const [name, found] of foundByName) {
      if (!wantedByName.has(name) && goes(kind, found)) remove(name, found);
    }
    for (const [name, wanted] of wantedByName) {
      const found = foundByName.get(name);
      const needs = kind.refersTo?.(name, wanted) ?? [];
      const own = keysOf(kind, name)[0]!;
      const isAnew = anew.has(own);
      if (found !== undefined && isAnew) remove(name, found);
      if (found === undefined || isAnew) {
        add(name, 'create', needs, kind.create(name, wanted));
        const taken = kind.takes?.(name, wanted);
        if (taken !== undefined) takenInterfaces.add(taken);
      } else if (changed.has(own)) {
        add(name, 'change', needs, kind.change?.(name, found, wanted) ?? []);
      }
    }
  }
  // The sort is stable: within a rank the order of the kinds and of the file.
  steps.sort((a, b) => placeOfRank(a.rank) - placeOfRank(b.rank));
  return { steps, removedInterfaces, takenInterfaces };
}

interface Comparison {
  /** The objects that go, or are removed and made anew: because of a difference or because of what they refer to. */
  readonly anew: ReadonlySet<Key>;
  /** Those that differ from what is desired. */
  readonly changed: ReadonlySet<Key>;
}

function compare(
  desired: DesiredState,
  actual: ActualState,
  goes: (kind: Kind, found: Found) => boolean,
): Comparison {
  const gone = new Set<Key>();
  const changed = new Set<Key>();
  const both: { readonly keys: readonly Key[]; readonly needs: readonly Key[] }[] = [];
  for (const [kind, wantedByName] of desired) {
    const foundByName = actual.get(kind) ?? new Map<string, Found>();
    for (const [name, found] of foundByName) {
      const wanted = wantedByName.get(name);
      const keys = keysOf(kind, name);
      if (wanted === undefined) {
        if (goes(kind, found)) for (const key of keys) gone.add(key);
        continue;
      }
      both.push({ keys, needs: kind.refersTo?.(name, wanted) ?? [] });
      if (!isOther(kind, found, wanted)) continue;
      changed.add(keys[0]!);
      if (kind.change?.(name, found, wanted) === undefined) for (const key of keys) gone.add(key);
    }
  }
  for (let size = -1; size !== gone.size; ) {
    size = gone.size;
    for (const { keys, needs } of both) {
      if (needs.some((need) => gone.has(need))) for (const key of keys) gone.add(key);
    }
  }
  return { anew: gone, changed };
}
