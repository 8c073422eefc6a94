/**
 * The requests that program VPP, one template a next-hop group and table: a route's request is a copy of it with the
 * destination put in.
 *
 * Invariant: a template is good for the interfaces that it was made with (`interfacesChanged`) and while its group is held.
 */
import { parseAddress } from '../config/mod.ts';
import type { AttachedHop, Gateway, NextHop } from '../config/types.ts';
import {
  encodeRequest,
  type FibPath,
  FibPathProto,
  FibPathType,
  fibPath,
  IMPLICIT_NULL,
  ipRouteAddDel,
  labelStack,
  MplsPayload,
  mplsRouteAddDel,
  mplsRouteBody,
  requestOffset,
  routeBody,
  tableId,
} from '../vpp/api/mod.ts';
import { Ipv6Neighbours } from './ipv6-neighbours.ts';
import type { Resolvers } from './resolvers.ts';
import type { LeftOutHop } from './substitutes.ts';
import { type GroupAction, type GroupId, type NextHopGroups, NO_GROUP } from './next-hop-groups.ts';
import type { Family } from './route-key.ts';

/** Where the destination goes: the address (IP) or the label (MPLS), and the length of a prefix. */
export const ADDRESS_OFFSET = requestOffset(ipRouteAddDel, 'route', 'prefix', 'address', 'un');
export const LENGTH_OFFSET = requestOffset(ipRouteAddDel, 'route', 'prefix', 'len');
export const LABEL_OFFSET = requestOffset(mplsRouteAddDel, 'mr_route', 'mr_label');

/** The request of a group in a table, without its destination. */
export interface RequestTemplate {
  readonly bytes: Uint8Array;
  /**
   * `answered`: VPP has taken it from a route, and will from others: what it refuses is refused by the group and the
   * table, never by the prefix. `doubted`: VPP has refused it since, or had something else of a route than it was told.
   */
  trust: 'unknown' | 'answered' | 'doubted';
}

/** A request, or in words why there is none now. */
export type Template = RequestTemplate | string;

/** Where routes go: those of one family and table have their templates in common. */
export interface TemplateTable {
  readonly family: Family;
  readonly tableId: number;
  readonly isEndOfStack: boolean;
  /** `NO_GROUP` is the removal. */
  readonly made: Map<GroupId, Template>;
}

/** The index of an interface, or the number of a table. */
interface Found {
  readonly find: () => number | undefined;
  readonly index: number;
  readonly groups: Set<GroupId>;
}

/** Where a path leads: over an interface, or, without one, through a table; without either through that of its route. */
type Way = Partial<Pick<FibPath, 'swIfIndex' | 'tableId'>>;

export class VppTemplates implements Disposable {
  readonly #groups: NextHopGroups;
  readonly #resolve: Resolvers;
  /** Of the IPv4 routes that VPP is told of. */
  readonly ipv6Neighbours: Ipv6Neighbours;
  /** What was found for interfaces and labelled next hops, with the groups that it was found for. */
  readonly #used = new Map<string, Found>();
  readonly #tables = new Map<string, TemplateTable>();
  readonly #subscription: Disposable;
  /** What this VPP does (`neverTaken`); set before any template is asked for. */
  takesIcmpForAttached = false;

  constructor(groups: NextHopGroups, resolve: Resolvers) {
    this.#groups = groups;
    this.#resolve = resolve;
    this.ipv6Neighbours = new Ipv6Neighbours(resolve);
    this.#subscription = groups.onFreed((id) => {
      this.ipv6Neighbours.delete(id);
      for (const { made } of this.#tables.values()) made.delete(id);
      for (const used of this.#used.values()) used.groups.delete(id);
    });
  }

  /** The templates of one table: ask once, and then `of` for each route. */
  table(family: Family, tableId: number, isEndOfStack = false): TemplateTable {
    const key = `${tableId} ${family} ${isEndOfStack}`;
    const table = this.#tables.get(key) ?? { family, tableId, isEndOfStack, made: new Map() };
    this.#tables.set(key, table);
    return table;
  }

  /** The template of a group. Hot: called for each route. */
  of(table: TemplateTable, group: GroupId): Template {
    const known = table.made.get(group);
    if (known !== undefined) return known;
    const bytes = this.#encode(group, table);
    const template: Template = typeof bytes === 'string' ? bytes : { bytes, trust: 'unknown' };
    table.made.set(group, template);
    return template;
  }

  /** The next hops of a group that VPP cannot have now. */
  missing(group: GroupId): LeftOutHop[] {
    const action = this.#groups.action(group);
    if (action.kind !== 'forward') return [];
    // Whether there is a path does not depend on the table. A pop is looked at as the end of the stack has it.
    return action.nextHops.flatMap((hop) => {
      const path = this.#path(group, hop, 0, action.labels);
      return typeof path === 'string' ? [{ hop, reason: path }] : [];
    });
  }

  /**
   * Interfaces or VRFs came or went: templates are made anew. Returns the groups over those that VPP has under another
   * index by now, or not any more: what was programmed of them means something else.
   */
  interfacesChanged(): ReadonlySet<GroupId> {
    const moved = new Set<GroupId>();
    for (const [key, { find, index, groups }] of this.#used) {
      if (find() === index) continue;
      for (const group of groups) moved.add(group);
      this.#used.delete(key);
    }
    for (const { made } of this.#tables.values()) made.clear();
    return moved;
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  #encode(group: GroupId, to: TemplateTable): Uint8Array | string {
    const { family, isEndOfStack } = to;
    const action = group === NO_GROUP ? undefined : this.#groups.action(group);
    const paths = action === undefined ? removalPaths(family) : this.#paths(group, action, to);
    if (typeof paths === 'string') return paths;
    if (action !== undefined) this.ipv6Neighbours.add(group, family, action);
    const change = { isAdd: action !== undefined, tableId: tableId(to.tableId), paths };
    if (family === 'mpls') {
      const payload = action === undefined ? MplsPayload.mpls : payloadOf(action);
      return encodeRequest(mplsRouteAddDel, mplsRouteBody({ ...change, label: 0, isEndOfStack, payload }));
    }
    const prefix = { family, address: family === 6 ? '::' : '0.0.0.0', length: 0 } as const;
    return encodeRequest(ipRouteAddDel, routeBody({ ...change, prefix }));
  }

  /** The paths of an action, or in words why VPP cannot have it now. */
  #paths(group: GroupId, action: GroupAction, to: TemplateTable): readonly FibPath[] | string {
    const proto = to.family === 6 ? FibPathProto.ip6 : FibPathProto.ip4;
    switch (action.kind) {
      case 'attached':
        return 'a connected network is of the interface that has it';
      case 'blackhole':
        return [fibPath({ proto, type: FibPathType.drop })];
      case 'unreachable':
      case 'prohibit': {
        const { icmpUnreachable, icmpProhibit } = FibPathType;
        const type = action.kind === 'prohibit' ? icmpProhibit : icmpUnreachable;
        const refusal = fibPath({ proto, type });
        // Next hops are resolved through prefixes, never through labels.
        const isResolvedThrough = to.family !== 'mpls' && this.takesIcmpForAttached;
        return isResolvedThrough ? [refusal, neverTaken(to.family, to.tableId)] : [refusal];
      }
      case 'forward': {
        const isMpls = to.family === 'mpls';
        // Before the end of the stack a pop is a swap for the label that stands for none (mpls-operations.ts).
        const isInnerPop = isMpls && action.labels.length === 0 && !to.isEndOfStack;
        const labels = isInnerPop ? [IMPLICIT_NULL] : action.labels;
        const paths: FibPath[] = [];
        for (const hop of action.nextHops) {
          const path = this.#path(group, hop, isMpls ? 0 : to.tableId, labels);
          if (typeof path === 'string') return path;
          paths.push(path);
        }
        return paths;
      }
    }
  }

  #path(group: GroupId, hop: NextHop, tableId: number, labels: readonly number[]): FibPath | string {
    if (hop.address === undefined) return this.#attachedPath(group, hop, tableId, labels);
    const nextHop = parseAddress(hop.address)?.bytes;
    if (nextHop === undefined) return `the next hop "${hop.address}" is no address`;
    const way = this.#wayFor(group, hop, labels.length > 0);
    if (typeof way === 'string') return way;
    return fibPath({ nextHop, weight: hop.weight, tableId, ...way, labels: labelStack(labels) });
  }

  /**
   * Straight to an interface: VPP asks for each destination there (a glean adjacency), and makes the next hop of a host
   * route the host itself (fib_table_route_path_fixup in vnet/fib/fib_table.c). Or to a VRF: without an interface and a
   * next hop VPP looks each destination up in the table of the path (FIB_ROUTE_PATH_DEAG in vnet/fib/fib_api.c).
   */
  #attachedPath(
    group: GroupId,
    hop: AttachedHop,
    tableId: number,
    labels: readonly number[],
  ): FibPath | string {
    if (labels.length > 0) return 'a label needs a next hop with an address';
    const way = this.#wayBy(hop.interface, group);
    if (typeof way === 'string') return way;
    const proto = hop.family === 6 ? FibPathProto.ip6 : FibPathProto.ip4;
    const isOverInterface = way.swIfIndex !== undefined;
    const other = isOverInterface ? this.#otherTable(group, hop, tableId) : undefined;
    return fibPath({ proto, weight: hop.weight, ...(other === undefined ? way : { tableId: other }) });
  }

  /**
   * The table of an interface in another VRF, where VPP is to look up what is attached to it. VPP follows the table of an
   * attached route's interface, and dies when that table is deleted before the route (fib_entry_cover_change_one, by
   * ip4_fib_table_destroy, in 25.02 and 26.06); table 0 is never deleted.
   */
  #otherTable(group: GroupId, { interface: name, family }: AttachedHop, tableId: number): number | undefined {
    const find = (): number => this.#resolve.tableOf(name, family);
    const table = this.#find(`table of ${name} for IPv${family}`, group, find) ?? 0;
    return table === 0 || table === tableId ? undefined : table;
  }

  /**
   * Where a next hop is. Without an interface its path is recursive: VPP resolves it through its own FIB. But not with a
   * label: VPP drops what goes over a labelled recursive path, and what else goes over that next hop (seen on 25.02 and
   * 26.06), so that its interface is that of the connected network.
   */
  #wayFor(group: GroupId, { interface: name, address }: Gateway, isLabelled: boolean): Way | string {
    const way: Way | string = name === undefined ? {} : this.#wayBy(name, group);
    if (!isLabelled || typeof way === 'string' || way.swIfIndex !== undefined) return way;
    if (name !== undefined) return `a label needs the interface of ${address}, not its VRF ${name}: name it`;
    const swIfIndex = this.#find(`via ${address}`, group, () => {
      const found = this.#resolve.connected(address);
      return found === undefined ? undefined : this.#resolve.interface(found);
    });
    return swIfIndex === undefined
      ? `a label needs the interface of ${address}, which is in no connected network: name it`
      : { swIfIndex };
  }

  /** Over the interface of a name, or through the table of the VRF. */
  #wayBy(name: string, group: GroupId): Way | string {
    const { interface: indexOf, vrf } = this.#resolve;
    const swIfIndex = this.#find(name, group, () => indexOf(name));
    if (swIfIndex !== undefined) return { swIfIndex };
    const tableId = this.#find(`vrf ${name}`, group, () => vrf(name));
    return tableId === undefined ? `VPP has no interface ${name}` : { tableId };
  }

  /** What `find` says, remembered with the group so that another answer later can be told apart. */
  #find<Index extends number>(key: string, group: GroupId, find: () => Index | undefined): Index | undefined {
    const index = find();
    if (index === undefined) return undefined;
    const found = this.#used.get(key) ?? { find, index, groups: new Set() };
    this.#used.set(key, found);
    found.groups.add(group);
    return index;
  }
}

/** VPP reads the last of an MPLS route's paths before it looks at how many there are: a removal has one too. */
function removalPaths(family: Family): readonly FibPath[] {
  return family === 'mpls' ? [fibPath({ type: FibPathType.drop })] : [];
}

/** What is below the last label: IP of the next hops' family. */
export function payloadOf(action: GroupAction): MplsPayload {
  const isIpv6 = action.kind === 'forward' && action.nextHops[0]?.family === 6;
  return isIpv6 ? MplsPayload.ip6 : MplsPayload.ip4;
}

/**
 * What a path that refuses packets by ICMP needs beside it in VPP before 26.02. Such a VPP takes the path for one that is
 * attached to the interface 0 (fib_api_path_decode leaves frp_sw_if_index at 0), and dies (SIGSEGV in fib_table_lock) when
 * a next hop is resolved through the route. The last path decides whether a route is attached (fib_entry_flags_update),
 * and paths are sorted by their next hops: so there is one with a next hop. No packet takes it: its preference is lower.
 */
function neverTaken(family: 4 | 6, table: number): FibPath {
  const isIpv6 = family === 6;
  return fibPath({
    proto: isIpv6 ? FibPathProto.ip6 : FibPathProto.ip4,
    // The discard prefix of RFC 6666, the dummy address of RFC 7600.
    nextHop: parseAddress(isIpv6 ? '100::1' : '192.0.0.8')!.bytes,
    tableId: table,
    preference: 1,
  });
}
