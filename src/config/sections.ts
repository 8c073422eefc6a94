/** Every section of appliance.ini, in the order of the reference page and of the default INI. */
import type { Instance, Leaf, Section, ValuesOf } from './leaf.ts';
import { bgp, bgpNeighbors } from './sections/bgp.ts';
import { bonds } from './sections/bonds.ts';
import { bridges, crossConnects } from './sections/bridges.ts';
import { fibKernel, fibVpp } from './sections/fib.ts';
import { acls, macips, portLists, prefixLists } from './sections/filters.ts';
import { http } from './sections/http.ts';
import { interfaces } from './sections/interfaces.ts';
import { log } from './sections/log.ts';
import { management } from './sections/management.ts';
import { nat44, natStatics, portForwards } from './sections/nat.ts';
import { dpdk, nics } from './sections/nics.ts';
import { route } from './sections/route.ts';
import { services } from './sections/services.ts';
import { supervisor } from './sections/supervisor.ts';
import { system } from './sections/system.ts';
import { telemetry } from './sections/telemetry.ts';
import { gre, ipip, vxlan } from './sections/tunnels.ts';
import { update } from './sections/update.ts';
import { cpu, lcp, memory, neighbors, stats, vpp } from './sections/vpp.ts';
import { vrfs } from './sections/vrfs.ts';
import { watchdog } from './sections/watchdog.ts';

const TABLE = [
  system,
  management,
  http,
  telemetry,
  update,
  watchdog,
  log,
  vpp,
  cpu,
  memory,
  dpdk,
  nics,
  stats,
  lcp,
  neighbors,
  fibVpp,
  fibKernel,
  bgp,
  bgpNeighbors,
  vrfs,
  interfaces,
  bonds,
  bridges,
  crossConnects,
  gre,
  ipip,
  vxlan,
  acls,
  macips,
  prefixLists,
  portLists,
  nat44,
  portForwards,
  natStatics,
  route,
  supervisor,
  services,
] as const;

/**
 * `Config` without the routes: each section at the place that its name says, a repeated one as a list
 * (`[port-list.NAME]`: `portLists`).
 */
export type SectionValues = Placed<typeof TABLE>;

type Placed<T> = T extends readonly [infer S, ...infer Rest] ? PlacedOne<S> & Placed<Rest> : unknown;
type PlacedOne<S> =
  S extends Section<infer N, infer L, infer I>
    ? N extends 'route'
      ? unknown
      : [I] extends [never]
        ? At<N, ValuesOf<L>>
        : N extends `${infer One}.${'NAME' | 'PCI'}`
          ? At<`${CamelCase<One>}s`, readonly Instance<L, I>[]>
          : never
    : never;
type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;
type At<Path extends string, V> = Path extends `${infer Head}.${infer Tail}`
  ? { readonly [P in Head]: At<Tail, V> }
  : { readonly [P in Path]: V };

/** The paths of all leaves: `vpp.cpu.workers`, `interface.NAME.mtu`. */
export type LeafPath = PathsOf<(typeof TABLE)[number]>;
type PathsOf<S> =
  S extends Section<infer N, infer L>
    ? `${N}.${L[keyof L] extends { key: infer K extends string } ? K : never}`
    : never;

export const SECTIONS: readonly Section[] = TABLE;

/** The leaf of a section whose keys the user chooses. */
export function lineLeafOf({ leaves }: Section): Leaf | undefined {
  return Object.values(leaves).find(({ keys }) => keys !== undefined);
}

/** Those that stand once. Not [route], whose lines routes.ts reads. */
export const SINGLE = SECTIONS.filter((section) => {
  const keys = lineLeafOf(section)?.keys;
  return section.repeated === undefined && (keys === undefined || keys.read !== undefined);
});

/** Those that stand once for each name that the user gives, with what stands before the name. */
export const REPEATED = SECTIONS.flatMap((section) => {
  const { name, repeated } = section;
  return repeated === undefined
    ? []
    : [{ section, prefix: name.slice(0, name.lastIndexOf('.') + 1), ...repeated }];
});

/** A leaf and where it stands. */
export interface PlacedLeaf {
  /** `vpp.cpu.workers` */
  readonly path: string;
  readonly section: Section;
  /** Its name in the values of the section. */
  readonly property: string;
  readonly leaf: Leaf;
}

/** The leaves of one section, in order. */
export function leavesOf(section: Section): PlacedLeaf[] {
  return Object.entries(section.leaves).map(([property, leaf]) => ({
    path: `${section.name}.${leaf.key}`,
    section,
    property,
    leaf,
  }));
}

/** Every leaf, in the order of the reference page. */
export const LEAVES: readonly PlacedLeaf[] = SECTIONS.flatMap(leavesOf);

/** Where the values of a section are in `Config`; of one that may be repeated, where its list is. */
export function placeOf({ name, repeated }: Section): readonly string[] {
  if (repeated === undefined) return name.split('.');
  const list = name.replace(/\.[A-Z]+$/, 's');
  return list.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()).split('.');
}

/** What is at a place; undefined where nothing is. */
export function valueAt(of: unknown, place: readonly string[]): unknown {
  return place.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], of);
}

/** A copy of `of` with another value at a place; nothing else is copied but what leads there. */
export function withValueAt<Of>(of: Of, [name, ...rest]: readonly string[], value: unknown): Of {
  if (name === undefined) return value as Of;
  const inner = (of as Record<string, unknown> | undefined)?.[name];
  return { ...of, [name]: withValueAt(inner, rest, value) };
}
