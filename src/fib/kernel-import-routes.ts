/**
 * The routes of a namespace as a source of the route table: of several to a destination the one that Linux uses. What is
 * not taken is a refusal; it stands for its destination all the same, since Linux goes by it.
 *
 * Invariant: a destination that the namespace has several routes to is `shared`; which of them counts when one of them
 * changes only another reading tells.
 */
import { ROUTE_PROTOCOL, type RouteNotice } from '../linux/mod.ts';
import type { ImportGroups, OnlinkGateway, Refusal } from './kernel-import-groups.ts';
import type { ImportRefusals } from './kernel-import-refusals.ts';
import { NO_GROUP } from './next-hop-groups.ts';
import { DEFAULT_TABLE, formatKey, newRouteKey } from './route-key.ts';
import type { RouteSource, RouteTable } from './route-table.ts';

/** rtm_protocol of routes that no daemon made: redirect, kernel, router advertisement. Source: linux/rtnetlink.h. */
const KERNEL_PROTOCOLS: ReadonlySet<number> = new Set([1, 2, 9, ROUTE_PROTOCOL]);
const MAIN_TABLE = 254;
const LOCAL_TABLE = 255;

/** Any other route to an on-link gateway is better. */
const LAST_METRIC = 0xffff_ffff;

export interface ImportedRoutesOptions {
  readonly table: RouteTable;
  readonly groups: ImportGroups;
  readonly refusals: ImportRefusals;
  /** Of the routes; those to on-link gateways have one of their own, whose name ends with `suffix`. */
  readonly newSource: (suffix?: string) => RouteSource;
}

export class ImportedRoutes {
  readonly #table: RouteTable;
  readonly #groups: ImportGroups;
  readonly #refusals: ImportRefusals;
  readonly source: RouteSource;
  readonly #newSource: ImportedRoutesOptions['newSource'];
  /** Attached routes to on-link gateways: without one VPP hears no answer of theirs (arp_reply in vnet/arp/arp.c). */
  #onlink: RouteSource | undefined;
  /** Destinations that the namespace has several routes to. */
  readonly #shared = new Set<string>();
  readonly #key = newRouteKey();

  constructor({ table, groups, refusals, newSource }: ImportedRoutesOptions) {
    this.#table = table;
    this.#groups = groups;
    this.#refusals = refusals;
    this.#newSource = newSource;
    this.source = newSource();
  }

  /** All that it has, to be disposed of. */
  get sources(): readonly RouteSource[] {
    return this.#onlink === undefined ? [this.source] : [this.source, this.#onlink];
  }

  /** A route of a reading: of several to one destination the kernel uses the first of the lowest metric. */
  read(notice: RouteNotice): void {
    if (!this.#takesDestination(notice)) return;
    const limit = limitOf(notice);
    if (limit !== undefined) {
      const key = this.#keyText(notice);
      if (this.#refusals.get(key) !== undefined) this.#shared.add(key);
      return this.#refuse(notice, [limit], 0);
    }
    const held = this.#heldMetric();
    if (held !== undefined) {
      // An interrupted reading tells routes twice; that is no second route, and reading again does no harm.
      this.#shared.add(this.#keyText());
      if (held <= notice.metric) return;
    }
    this.#set(notice);
  }

  /** A route that came or went. True: only another reading tells what there is now. */
  hear(notice: RouteNotice): boolean {
    if (!this.#takesDestination(notice)) return false;
    const limit = limitOf(notice);
    if (limit !== undefined) return this.#hearLimited(notice, limit);
    if (this.#shared.size > 0 && this.#shared.has(this.#keyText())) return true;
    const held = this.#heldMetric();
    if (notice.isNew) {
      const isSecond =
        held !== undefined &&
        (held !== notice.metric || (!notice.isReplacement && !this.#isWholeGroup(notice)));
      if (!isSecond) this.#set(notice);
      return isSecond;
    }
    if (held === undefined) return this.#refusals.hasUnnamed;
    // Of an IPv6 group one next hop may have gone: what is left is not told.
    if (held !== notice.metric || (notice.family === 6 && !this.#isWhole(notice))) return true;
    this.#remove();
    return false;
  }

  /** Routes for some packets only stand beside those for all, and are only named. */
  #hearLimited(notice: RouteNotice, limit: Refusal): boolean {
    const key = this.#keyText(notice);
    if (this.#shared.has(key)) return true;
    const known = this.#refusals.get(key);
    if (notice.isNew) {
      if (known !== undefined && !notice.isReplacement) return true;
      this.#refuse(notice, [limit], 0);
      return false;
    }
    if (known === undefined) return this.#refusals.hasUnnamed;
    if (known.pathKey !== notice.pathKey) return true;
    this.#refusals.delete(key);
    return false;
  }

  /** Puts the destination into `#key`; false for what is not imported. */
  #takesDestination(notice: RouteNotice): boolean {
    const { protocol, table, family, w0, length } = notice;
    if (KERNEL_PROTOCOLS.has(protocol) || table === LOCAL_TABLE) return false;
    if (length > 0 && isLinkLocalOrMulticast(family, w0)) return false;
    const key = this.#key;
    key.family = family;
    key.tableId = table === MAIN_TABLE ? DEFAULT_TABLE : (this.#table.canonicalTable(table) ?? DEFAULT_TABLE);
    key.w0 = w0;
    key.w1 = notice.w1;
    key.w2 = notice.w2;
    key.w3 = notice.w3;
    key.length = length;
    return true;
  }

  /** The metric of the route that stands for `#key`, taken or not. */
  #heldMetric(): number | undefined {
    const { source } = this;
    const store = this.#table.store(this.#key.family);
    const slot = store.find(this.#key);
    if (slot >= 0 && store.has(source.id, slot)) {
      if (store.source[slot] === source.id) return store.metric[slot];
      return store.candidates(slot).find((candidate) => candidate.source === source.id)?.metric;
    }
    return this.#refusals.isEmpty ? undefined : this.#refusals.get(this.#keyText())?.metric;
  }

  /** Whether a new IPv6 route is one with what is there of the same metric, and tells all of it: gateways only do so. */
  #isWholeGroup(notice: RouteNotice): boolean {
    if (notice.family === 4 || !notice.hasGateway || notice.nextHopId !== 0) return false;
    const held = this.#heldGroup();
    if (held === NO_GROUP) return true;
    const action = this.#table.groups.action(held);
    return action.kind === 'forward' && action.nextHops.every(({ address }) => address !== undefined);
  }

  /** Whether what a notice names is all that the route does that stands for `#key`. */
  #isWhole(notice: RouteNotice): boolean {
    const refused = this.#refusals.isEmpty ? undefined : this.#refusals.get(this.#keyText());
    if (refused !== undefined) return refused.pathKey === notice.pathKey;
    return this.#heldGroup() === this.#groups.of(notice).group;
  }

  #heldGroup(): number {
    const store = this.#table.store(this.#key.family);
    const slot = store.find(this.#key);
    if (slot < 0) return NO_GROUP;
    const { id } = this.source;
    return store.candidates(slot).find((candidate) => candidate.source === id)?.group ?? NO_GROUP;
  }

  #set(notice: RouteNotice): void {
    const { group, refusals, onlink } = this.#groups.of(notice);
    for (const gateway of onlink) this.#attach(gateway);
    if (group === NO_GROUP) {
      // What it was before must not stay.
      this.source.remove(this.#key);
      this.#refuse(notice, refusals, notice.metric);
    } else if (this.source.set(this.#key, group, notice.metric) === 'full') {
      this.#refuse(notice, [{ reason: 'table-full' }], notice.metric);
    } else if (refusals.length > 0) this.#refuse(notice, refusals);
    else if (!this.#refusals.isEmpty) this.#refusals.delete(this.#keyText());
  }

  /** Until the next reading: nobody counts the routes over a gateway. */
  #attach({ family, address, interface: name }: OnlinkGateway): void {
    // A link-local one is heard on any interface that speaks IPv6.
    if (/^fe[89ab]/.test(address)) return;
    this.#onlink ??= this.#newSource(' on-link');
    const { tableId } = this.#key;
    this.#onlink.setRoute({
      destination: { family, address, length: family === 4 ? 32 : 128 },
      action: {
        kind: 'forward',
        nextHops: [{ family, address: undefined, weight: 1, interface: name }],
        labels: [],
      },
      metric: LAST_METRIC,
      tableId: tableId === DEFAULT_TABLE ? undefined : tableId,
    });
  }

  #remove(): void {
    this.source.remove(this.#key);
    if (!this.#refusals.isEmpty) this.#refusals.delete(this.#keyText());
  }

  #refuse(notice: RouteNotice, refusals: readonly Refusal[], metric?: number): void {
    const { tableId } = this.#key;
    const from = notice.source;
    const where = {
      prefix: formatKey(this.#key),
      ...(tableId === DEFAULT_TABLE ? {} : { table: tableId }),
      ...(from === undefined ? {} : { from }),
    };
    this.#refusals.set(this.#keyText(notice), where, refusals, { metric, pathKey: notice.pathKey });
  }

  /** The destination as text; of a route for some packets only, with which. */
  #keyText(notice?: RouteNotice): string {
    const { family, tableId, w0, w1, w2, w3, length } = this.#key;
    const text = `${family} ${tableId} ${w0} ${w1} ${w2} ${w3} ${length}`;
    if (notice === undefined || limitOf(notice) === undefined) return text;
    return `${text} ${notice.source ?? ''} ${notice.tos} ${notice.metric}`;
  }
}

/** Of a route for some packets only: for which. VPP forwards by destination alone. */
function limitOf(notice: RouteNotice): Refusal | undefined {
  if (notice.sourceLength > 0) return { reason: 'source-specific' };
  return notice.tos > 0 ? { reason: 'tos', detail: `0x${notice.tos.toString(16)}` } : undefined;
}

/** 169.254.0.0/16, 224.0.0.0/4; fe80::/10, ff00::/8. */
function isLinkLocalOrMulticast(family: 4 | 6, w0: number): boolean {
  if (family === 4) return w0 >>> 16 === 0xa9fe || w0 >>> 28 === 0xe;
  return w0 >>> 22 === 0xfe80 >>> 6 || w0 >>> 24 === 0xff;
}
