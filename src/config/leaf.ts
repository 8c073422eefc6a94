/**
 * What a section of appliance.ini and a leaf in it are: one row has all that is known of a leaf.
 *
 * The rows (sections/) are the single source of the types in `Config`, the JSON schema, the defaults, the change plan,
 * docs/configuration.md and the default INI file. Capital parts of a section (`PCI`, `NAME`) stand for what the user
 * names: such a section may be repeated, and is a list in `Config`.
 */
import type { LeafType, PatternType } from './leaf-types.ts';
import type { Read } from './network-values.ts';

/** Who has to act on a change. */
export type ChangePart =
  | 'system'
  | 'management'
  | 'http'
  | 'update'
  | 'watchdog'
  | 'log'
  | 'services'
  | 'bgp'
  | 'data-plane';

/** What a change takes: nothing, or a restart of VPP. No leaf needs a restart of the box. */
export type ChangeEffect = 'live' | 'vpp-restart';

/** The parts of the answer to "does it forward as configured?", in the order in which they are reported. */
export const READY_CHECKS = [
  'boot',
  'configuration',
  'vpp',
  'interfaces',
  'routes',
  'services',
  'management',
  'time',
  'cores',
  'watchdog',
  'counters',
  'conditions',
] as const;

export type ReadyCheckName = (typeof READY_CHECKS)[number];

/** The check of `/readyz` that fails when a leaf does not take effect, and when. */
type Fails = readonly [check: ReadyCheckName, when: string];

/** Where it shows when a leaf does not take effect. */
type Readiness =
  | { readonly fails: Fails }
  /** Why it always takes effect. */
  | { readonly cannotFail: string };

/** What holds when the leaf is left out. */
type Fallback =
  /** The value as it would stand in the file. */
  | { readonly default: string }
  | { readonly required: true }
  /** No value (of a list: no item), which means this. */
  | { readonly absent: string };

/**
 * The keys of a leaf that stands on any number of lines: the user chooses them, and its value is a list of `Line`.
 * Without `read` the keys have a grammar of their own, and the lines are not in `Config` under this leaf.
 */
export interface LineKeys {
  readonly example: string;
  read?(this: void, key: string): Read<number>;
}

/** One line of such a leaf. */
export interface Line<T> {
  readonly key: number;
  readonly value: T;
  /** In the INI file, 1-based. */
  readonly line: number;
}

interface Common {
  /** What it does, one sentence without the period. */
  readonly sentence: string;
  readonly example: string;
  /** Where the section may be repeated: the instance that shows it, if not the section's own example. */
  readonly instance?: string;
  /** The name in the row stands for keys that the user chooses. */
  readonly keys?: LineKeys;
  /** Unless given: those of the section. */
  readonly effect?: ChangeEffect;
  readonly parts?: readonly ChangePart[];
}

/** Without `fails` and `cannotFail`: what the section says. */
type Row = Common & (Readiness | { readonly fails?: never; readonly cannotFail?: never }) & Fallback;

/** A leaf of any type. */
export interface Leaf extends Common {
  readonly key: string;
  readonly type: LeafType<unknown>;
  readonly default?: string;
  readonly required?: true;
  readonly absent?: string;
  readonly fails?: Fails;
  readonly cannotFail?: string;
}

/** `key` is its name in the file. */
export function leaf<const K extends string, T, R extends Row>(key: K, type: LeafType<T>, row: R) {
  return { key, type, ...row };
}

/** By the name of the property in `Config`, which has the unit where the file has not. */
type Leaves = Readonly<Record<string, Leaf>>;

type Optional<T> = T extends readonly unknown[] ? T : T | undefined;
type ValueOf<L> = L extends { readonly type: LeafType<infer T> }
  ? L extends { readonly keys: LineKeys }
    ? readonly Line<T>[]
    : L extends { readonly absent: string }
      ? Optional<T>
      : T
  : never;
export type ValuesOf<L> = { readonly [P in keyof L]: ValueOf<L[P]> };

/** One of the sections that may be repeated. `I` names the property that holds what the user named it. */
export type Instance<L, I extends string> = ValuesOf<L> & { readonly [P in I]: string } & {
  /** Line of the section in the INI file, 1-based. */
  readonly line: number;
};

interface Repeated<I extends string, L> {
  readonly as: I;
  readonly type: PatternType;
  readonly example: string;
  /** Makes two spellings of a name one. */
  readonly canonical?: (name: string) => string;
  /** A new one and one that was removed, as a change plan describes them. */
  added(this: void, one: Instance<L, I>): string;
  removed(this: void, one: Instance<L, I>): string;
}

export interface Section<N extends string = string, L = Leaves, I extends string = string> {
  /** Also its place in `Config`: `vpp.cpu`. */
  readonly name: N;
  /** What it is for. */
  readonly sentence: string;
  /** Who acts on a change, and what it takes: `live` unless given. */
  readonly parts: readonly ChangePart[];
  readonly effect?: ChangeEffect;
  /** Where it shows when one of the leaves does not take effect that say nothing else. */
  readonly fails?: Fails;
  readonly repeated?: Repeated<I, L>;
  readonly leaves: L;
}

/** The data plane acts on a change unless `parts` says otherwise; each leaf says when it fails, or the section does. */
export function section<const N extends string, L extends Leaves, const I extends string = never>(
  name: N,
  rest: Omit<Section<N, L, I>, 'name' | 'parts'> &
    Partial<Pick<Section, 'parts'>> &
    ({ readonly fails: Fails } | { readonly leaves: Readonly<Record<string, Readiness>> }),
): Section<N, L, I> {
  const { fails, leaves } = rest;
  if (fails === undefined) return { parts: ['data-plane'], ...rest, name };
  const filled = Object.entries<Leaf>(leaves).map(([property, one]) => {
    return [property, one.cannotFail === undefined ? { fails, ...one } : one] as const;
  });
  // The same leaves, with what they leave to the section.
  return { parts: ['data-plane'], ...rest, name, leaves: Object.fromEntries(filled) as unknown as L };
}
