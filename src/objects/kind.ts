/**
 * What a kind of object in VPP is: one file in `kinds/` has all that is known of it.
 *
 * The state that is wanted and the one that VPP has are values of one type, a graph of objects with attributes and
 * references. A kind says how both are made, and which steps lead from one to the other; the planner (`plan.ts`)
 * compares and orders, the executor (`execute.ts`) sends.
 */
import type { Config, InterfaceConfig } from '../config/types.ts';
import {
  markInterface,
  type MessageDef,
  type SwIfIndex,
  type VppApiClient,
  type VppInterface,
} from '../vpp/api/mod.ts';
import type { Rank } from './ranks.ts';
import type { Facts } from './status.ts';

/** `acl/lan-in`, `interface/xe0`: an object, or an interface whatever makes it. */
export type Key = `${string}/${string}`;

/** Plain data, compared attribute by attribute. */
export type Attributes = Readonly<Record<string, unknown>>;

/** The interfaces of VPP at the time of a dump. */
export interface Interfaces {
  readonly all: readonly VppInterface[];
  readonly byName: ReadonlyMap<string, VppInterface>;
  /** The name of an interface; `#7` when VPP no longer has it. */
  nameOf(this: void, index: SwIfIndex): string;
  /** Whether this program made the interface of that name. */
  isOurs(this: void, name: string): boolean;
}

/** An object as VPP has it. */
export interface Found<A extends Attributes = Attributes> {
  /** In the terms of the wanted ones. What VPP does not tell is left out, and not compared. */
  readonly attributes: Partial<A>;
  /** VPP's number for it, where it has one that is not the index of an interface: of an ACL, of a bridge domain. */
  readonly handle?: number;
  /** It carries our mark, or stands on an interface of ours; others' objects are left to their owner. */
  readonly isOurs: boolean;
}

/** What a step works on. */
export interface StepTarget {
  readonly client: VppApiClient;
  /** The index of an interface, which may have been made by an earlier step. Throws when VPP has none of that name. */
  indexOf(name: string): SwIfIndex;
  /** The interface as VPP last described it; undefined for one that was made since, or does not exist. */
  interfaceOf(name: string): VppInterface | undefined;
  /** An interface was made. */
  made(name: string, index: SwIfIndex): void;
  /** An interface was deleted: its index may be another one's now. */
  deleted(name: string): void;
  /** VPP's number for an object. Throws when VPP has none of that name. */
  handleOf(key: Key): number;
  /** VPP has given a number to an object. */
  numbered(key: Key, handle: number): void;
  /** The numbers that objects of a kind have: for one that is to get a free one. */
  handlesOf(kind: string): ReadonlySet<number>;
}

/** One thing that is done in VPP. */
export interface Step {
  readonly rank: Rank;
  /** What it does: `create bond0 (LACP, layer 3 and 4)`. */
  readonly words: string;
  /** What it interrupts: `xe0 loses its addresses`. Undefined: nothing that forwards. */
  readonly interrupts?: string;
  /** Rejects with VPP's reason. */
  run(this: void, target: StepTarget): Promise<void>;
}

/** One, or several in no order. */
export type Steps = Step | readonly Step[];

export interface Kind<A extends Attributes = Attributes> {
  /** As plans and findings call it: `bond`. */
  readonly name: string;
  /** Its objects are interfaces: `interface/NAME` is one of them. */
  readonly isInterface?: boolean;
  /** The messages that it takes; a VPP without them cannot have such objects. */
  readonly messages: readonly MessageDef<unknown>[];
  /** The plugin of VPP that has the messages. */
  readonly plugin?: string;
  /** The objects that the configuration asks for, by name. Pure. */
  desired(this: void, config: Config): ReadonlyMap<string, A>;
  /** The objects that VPP has, by name. Rejects as a request does. */
  actual(this: void, client: VppApiClient, interfaces: Interfaces): Promise<ReadonlyMap<string, Found<A>>>;
  /** The objects that must exist before it, and that take it with them when they are made anew. */
  refersTo?(this: void, name: string, attributes: A): readonly Key[];
  /** The interface that becomes a port by it: its TAP, its addresses and its table go before it is made. */
  takes?(this: void, name: string, wanted: A): string | undefined;
  create(this: void, name: string, wanted: A): Steps;
  /** Undefined, or without it: it is removed and made anew. */
  change?(this: void, name: string, found: Found<A>, wanted: A): Steps | undefined;
  remove(this: void, name: string, found: Found<A>): Steps;
  /** False: it is changed though no attribute differs, for something that VPP has chosen itself. */
  suits?(this: void, found: Found<A>, wanted: A): boolean;
  /**
   * What an object that VPP has is doing, by name: the state of a bond's members, the hits of a filter. For status and
   * metrics; asked every few seconds. Rejects as a request does.
   */
  observe?(this: void, client: VppApiClient, interfaces: Interfaces): Promise<ReadonlyMap<string, Facts>>;
}

/** What the configuration gives to some of its interfaces, by their names. */
export function byInterface<A>(
  { interfaces }: Pick<Config, 'interfaces'>,
  attributesOf: (one: InterfaceConfig) => A | undefined,
): Map<string, A> {
  const given = interfaces.map((one) => [one.name, attributesOf(one)] as const);
  return new Map(given.filter((one): one is readonly [string, A & {}] => one[1] !== undefined));
}

/** The interfaces of a dump that a kind without attributes has. */
export function plainInterfaces(
  { all, isOurs }: Interfaces,
  isOne: (one: VppInterface) => boolean,
): Map<string, Found> {
  return new Map(all.filter(isOne).map(({ name }) => [name, { attributes: {}, isOurs: isOurs(name) }]));
}

/** A step that makes an interface, which then bears our mark, and is found under its name. */
export function makeStep(
  rank: Rank,
  name: string,
  words: string,
  make: (vpp: StepTarget) => Promise<SwIfIndex>,
): Step {
  const run = async (vpp: StepTarget): Promise<void> => {
    const index = await make(vpp);
    await markInterface(vpp.client, index, name);
    vpp.made(name, index);
  };
  return { rank, words, run };
}

/** What is wanted is compared with each dump, and the rules of a filter are the same list in each. */
const texts = new WeakMap<object, string>();

function textOf(value: unknown): string | undefined {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const text = texts.get(value) ?? JSON.stringify(value);
  texts.set(value, text);
  return text;
}

/** The names of the attributes that VPP has otherwise. */
export function differences<A extends Attributes>(found: Partial<A>, wanted: A): (keyof A)[] {
  return Object.keys(wanted).filter((name) => name in found && textOf(found[name]) !== textOf(wanted[name]));
}

/** Whether a found object is to be changed. */
export function isOther<A extends Attributes>(kind: Kind<A>, found: Found<A>, wanted: A): boolean {
  return differences(found.attributes, wanted).length > 0 || kind.suits?.(found, wanted) === false;
}
