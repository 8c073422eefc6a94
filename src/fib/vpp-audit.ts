/**
 * A slow look, all the time, at what VPP has: what it acknowledged may be something else by now, or drop its packets.
 *
 * Two looks, over one connection:
 * - Where next hops lead (`vpp-resolution.ts`), for each group of next hops that VPP was told, every few seconds and
 *   soon after a change. A route whose next hops all lead nowhere counts as unresolved, with the reason.
 * - Whether each route is there as it was told, `LOOKS_A_TICK` every `TICK_MS`, round and round: a full table takes
 *   about forty minutes and VPP's main thread about 1 % of its time. What differs is asked once more, then named,
 *   counted and told again. A route that VPP has from a source of its own that comes before ours (a connected network,
 *   a prefix that is special to it) counts as unresolved: telling it again would change nothing.
 *
 * Invariants: nothing is compared while changes are under way; an answer is held against a route only when VPP was told
 * nothing else of it since it was asked.
 */
import { isDeepStrictEqual } from 'node:util';
import { Gate, reasonOf } from '../linux/mod.ts';
import type { FibAuditStatus, FibDifference } from './status.ts';
import {
  describeProblem,
  dumpFibSources,
  type FibPath,
  FibPathType,
  type FibSource,
  FIB_AUDIT_MESSAGES,
  lookupSourcedRoute,
  Retval,
  tableId,
  type VppApiClient,
  VppApiError,
  type VppSourcedRoute,
} from '../vpp/api/mod.ts';
import type { BackendState } from './backend-state.ts';
import { type GroupId, NO_GROUP } from './next-hop-groups.ts';
import { DEFAULT_TABLE, formatKey, keyAddress, newRouteKey } from './route-key.ts';
import type { RouteStore } from './route-store.ts';
import { SlotWalk } from './slot-walk.ts';
import { pathsKey, pathsOf } from './vpp-paths.ts';
import { pairKey } from './vpp-proof.ts';
import { dropWords, type RouteLookup, VppResolution } from './vpp-resolution.ts';
import { formatAddress } from '../config/mod.ts';
import type { Prefix } from '../config/types.ts';

const TICK_MS = 100;
const LOOKS_A_TICK = 50;
/** Between two rounds over a table that is looked at sooner. */
const ROUND_MS = 10_000;
/** Between two looks at where next hops lead. */
const RESOLVE_MS = 5_000;
/** After a change, so that a burst of them is one look. */
const SETTLE_MS = 300;
/** Groups that are followed at once. */
const FOLLOWED_AT_ONCE = 16;
/** Differences that are kept for the status, and named in the log for each round. */
const KEPT_DIFFERENCES = 10;
/** Prefixes that are remembered as told again. */
const KEPT_REPAIRS = 10_000;
const SLOTS_A_SCAN = 4_096;
/** The source of what is told over the API. */
const OURS = 'API';

export interface VppAuditOptions {
  readonly client: VppApiClient;
  /** Of the IP families. */
  readonly states: readonly BackendState[];
  /** What VPP is told of a group in the table of a slot; undefined while it cannot be told. */
  readonly templateOf: (state: BackendState, slot: number, group: GroupId) => Uint8Array | undefined;
  /** VPP does not have the table of a slot. Whether it should: then its routes are told again. */
  readonly missesTable: (state: BackendState, slot: number) => boolean;
  /** VPP has something else of a slot than it was told; it is told again. */
  readonly onDiffers: (state: BackendState, slot: number, group: GroupId) => void;
  /** VPP's number of the default table. */
  readonly defaultTableId: () => number;
  /** Whether nothing is being told to VPP. */
  readonly isQuiet: () => boolean;
  readonly onError: (message: string) => void;
  /** Before how many ms a next look, when it is not the usual time; for tests. */
  readonly pace?: Partial<Pace>;
}

interface Pace {
  readonly tickMs: number;
  readonly roundMs: number;
  readonly resolveMs: number;
  readonly settleMs: number;
}

/** What the counts of all connections go on from. */
export interface AuditTotals {
  compared: number;
  rounds: number;
  differences: number;
  /** Of routes that had been told again for another one. */
  returned: number;
  recent: FibDifference[];
}

export function newAuditTotals(): AuditTotals {
  return { compared: 0, rounds: 0, differences: 0, returned: 0, recent: [] };
}

/** What VPP has of a route; undefined: it could not be told. */
type Finding = 'as-told' | FibDifference['what'] | { readonly reason: string } | undefined;

export class VppAudit implements Disposable {
  readonly #options: VppAuditOptions;
  readonly #pace: Pace;
  readonly #totals: AuditTotals;
  readonly #lookup: RouteLookup;
  #sources: ReadonlyMap<number, FibSource> = new Map();
  #apiPriority = 0;
  /** Why packets are dropped, by table and group. */
  #drops: ReadonlyMap<RouteStore, ReadonlyMap<number, string>> = new Map();
  /** Slots of which VPP uses something else than it was told, and always will: the group that it was told, and why. */
  readonly #overruled = new Map<RouteStore, Map<number, { group: GroupId; reason: string }>>();
  /** Whether either of them has anything: mostly not. */
  #hasFindings = false;
  /** Where the round is. */
  #place = { state: 0, slot: 0 };
  #named = 0;
  #tickTimer: NodeJS.Timeout | undefined;
  #resolveTimer: NodeJS.Timeout | undefined;
  #isResolving = false;
  #isAskedAgain = false;
  #isEnded = false;
  readonly #ready = new Gate();
  /** Prefixes that were told again, as long as there are not too many: whatever changed them may do so again. */
  readonly #repaired = new Set<string>();
  #missing: string | undefined;
  #lastError = '';

  constructor(options: VppAuditOptions, totals: AuditTotals) {
    this.#options = options;
    this.#totals = totals;
    this.#pace = {
      tickMs: TICK_MS,
      roundMs: ROUND_MS,
      resolveMs: RESOLVE_MS,
      settleMs: SETTLE_MS,
      ...options.pace,
    };
    this.#lookup = async (table, prefix) => {
      const route = await this.#lookUp(table, prefix, false);
      return route === 'no-table' ? undefined : route;
    };
    for (const { store } of options.states) this.#overruled.set(store, new Map());
    void this.#start();
  }

  [Symbol.dispose](): void {
    this.#isEnded = true;
    clearTimeout(this.#tickTimer);
    clearTimeout(this.#resolveTimer);
  }

  /** Routes changed, or interfaces: where next hops lead is looked at soon. */
  changed(): void {
    this.#resolveIn(this.#pace.settleMs);
  }

  /** Why VPP does not forward by a route that it has; undefined: nothing is known against it. Hot. */
  dropReason(store: RouteStore, slot: number, group: GroupId): string | undefined {
    if (!this.#hasFindings) return undefined;
    const overruled = this.#overruled.get(store)?.get(slot);
    if (overruled?.group === group) return overruled.reason;
    return this.#drops.get(store)?.get(pairKey(store.table[slot]!, group));
  }

  /** Whether this VPP can be asked what it has. */
  get canLook(): boolean {
    return this.#missing === undefined;
  }

  /** Resolves when `compare` can be called; never, when the connection ends before. */
  ready(): Promise<void> {
    return this.#sources.size > 0 ? Promise.resolve() : this.#ready.opened();
  }

  get status(): FibAuditStatus {
    const { compared, rounds, differences, returned, recent } = this.#totals;
    const unproven = this.#options.states.reduce((sum, state) => sum + state.unproven, 0);
    return {
      state: this.#missing === undefined ? { state: 'looking' } : { state: 'off', reason: this.#missing },
      compared,
      rounds,
      unproven,
      differences,
      returned,
      recent,
    };
  }

  async #start(): Promise<void> {
    const { client } = this.#options;
    const [problem] = client.checkMessages(FIB_AUDIT_MESSAGES);
    if (problem !== undefined) {
      this.#missing = `what VPP does with routes is not looked at: ${describeProblem(problem)}`;
      return;
    }
    try {
      this.#sources = await dumpFibSources(client);
    } catch (error) {
      this.#failed('read the sources of routes', error);
      this.#tickTimer = setTimeout(() => void this.#start(), this.#pace.resolveMs).unref();
      return;
    }
    if (this.#isEnded) return;
    for (const { name, priority } of this.#sources.values()) if (name === OURS) this.#apiPriority = priority;
    this.#ready.open();
    this.#tickIn(this.#pace.tickMs);
    this.#resolveIn(this.#pace.settleMs);
  }

  #tickIn(ms: number): void {
    if (this.#isEnded) return;
    this.#tickTimer = setTimeout(() => {
      this.#tick().then(
        (isRoundOver) => this.#tickIn(isRoundOver ? this.#pace.roundMs : this.#pace.tickMs),
        (error: unknown) => {
          this.#failed('look a route up', error);
          this.#tickIn(this.#pace.roundMs);
        },
      );
    }, ms).unref();
  }

  /** Looks at the next routes; true: that was the last of a round. */
  async #tick(): Promise<boolean> {
    if (!this.#options.isQuiet()) return false;
    const asked: Promise<void>[] = [];
    let scanned = 0;
    while (asked.length < LOOKS_A_TICK && scanned < SLOTS_A_SCAN) {
      const state = this.#options.states[this.#place.state];
      if (state === undefined) break;
      if (this.#place.slot >= state.store.top) {
        this.#place = { state: this.#place.state + 1, slot: 0 };
        continue;
      }
      const slot = this.#place.slot++;
      scanned += 1;
      if (state.programmed(slot) !== NO_GROUP || state.isProvable(slot))
        asked.push(this.compare(state, slot));
    }
    await Promise.all(asked);
    if (this.#place.state < this.#options.states.length) return false;
    this.#place = { state: 0, slot: 0 };
    this.#totals.rounds += 1;
    this.#named = 0;
    return true;
  }

  /**
   * Looks up what VPP has of a slot, and has it told again when that differs. Rejects when VPP cannot be asked.
   */
  async compare(state: BackendState, slot: number): Promise<void> {
    const group = state.programmed(slot);
    let finding = await this.#look(state, slot, group);
    this.#totals.compared += 1;
    // A change that was under way may have come between: a difference is one that is there twice.
    if (isDifference(finding)) finding = await this.#look(state, slot, group);
    if (finding === undefined || !this.#isAsTold(state, slot, group)) return;
    const overruled = this.#overruled.get(state.store);
    const before = overruled?.get(slot)?.reason;
    if (typeof finding === 'object') {
      const { reason } = finding;
      overruled?.set(slot, { group, reason });
      this.#hasFindings = true;
      if (before !== reason) state.recountSlot(slot);
    } else if (overruled?.delete(slot) === true) state.recountSlot(slot);
    if (isDifference(finding)) this.#repair(state, slot, group, finding);
    else state.proven(slot);
  }

  /** Whether VPP was told nothing else of a slot, and answered it. */
  #isAsTold(state: BackendState, slot: number, group: GroupId): boolean {
    if (this.#isEnded || state.programmed(slot) !== group) return false;
    return group !== NO_GROUP || state.isProvable(slot);
  }

  /** What VPP has of a slot; undefined also when it was told something else by now. */
  async #look(state: BackendState, slot: number, group: GroupId): Promise<Finding> {
    if (!this.#isAsTold(state, slot, group)) return undefined;
    const template = this.#options.templateOf(state, slot, group);
    if (template === undefined) return undefined;
    const { store } = state;
    const key = newRouteKey();
    store.readKey(slot, key);
    const prefix = {
      family: store.family === 6 ? 6 : 4,
      address: formatAddress(keyAddress(key)),
      length: key.length,
    } as const;
    const route = await this.#lookUp(this.#tableOf(key.tableId), prefix, true);
    if (route === 'no-table' && this.#options.missesTable(state, slot)) return undefined;
    if (!this.#isAsTold(state, slot, group)) return undefined;
    const found = route === 'no-table' ? undefined : route;
    if (group !== NO_GROUP) return this.#judge(found, pathsOf(template), keyAddress(key));
    return this.#sources.get(found?.source ?? -1)?.name === OURS ? 'still-there' : 'as-told';
  }

  /** VPP's longest match, or its route to exactly this prefix. Rejects when VPP cannot be asked. */
  async #lookUp(
    table: number,
    prefix: Prefix,
    isExact: boolean,
  ): Promise<VppSourcedRoute | 'no-table' | undefined> {
    try {
      return await lookupSourcedRoute(this.#options.client, tableId(table), prefix, isExact);
    } catch (error) {
      const retval = error instanceof VppApiError ? error.retval : undefined;
      if (retval === Retval.noSuchFib) return 'no-table';
      if (retval === Retval.noSuchEntry) return undefined;
      throw error;
    }
  }

  #judge(route: VppSourcedRoute | undefined, told: readonly FibPath[], address: Uint8Array): Finding {
    if (route === undefined) return 'missing';
    const source = this.#sources.get(route.source);
    if (source === undefined) return undefined;
    if (source.priority > this.#apiPriority) return 'missing';
    if (source.priority < this.#apiPriority) {
      return {
        reason: `VPP does not use it: it has a route of its own to this prefix (source ${source.name})`,
      };
    }
    if (pathsKey(route.paths, address) === pathsKey(told, address)) return 'as-told';
    // VPP makes a drop of such a path by itself (src/vnet/fib/fib_table.c, fib_table_route_path_fixup).
    const isToItself = told.every(({ nextHop }) => Buffer.compare(nextHop, address) === 0);
    return isToItself && route.paths.every(({ type }) => type === FibPathType.drop)
      ? { reason: 'VPP drops its packets: the next hop is the destination itself' }
      : 'other-paths';
  }

  #repair(state: BackendState, slot: number, group: GroupId, what: FibDifference['what']): void {
    const key = newRouteKey();
    state.store.readKey(slot, key);
    const prefix = formatKey(key);
    const totals = this.#totals;
    totals.differences += 1;
    const isBack = this.#repaired.has(prefix);
    if (isBack) totals.returned += 1;
    else if (this.#repaired.size < KEPT_REPAIRS) this.#repaired.add(prefix);
    totals.recent = [{ prefix, what, at: Date.now() }, ...totals.recent].slice(0, KEPT_DIFFERENCES);
    this.#named += 1;
    const words = {
      missing: 'VPP has lost it',
      'other-paths': 'VPP has other next hops than it was told',
      'still-there': 'VPP has kept it although it was told to remove it',
    }[what];
    const again = isBack ? 'again, after it was told again: something else changes it' : 'it is told again';
    if (this.#named <= KEPT_DIFFERENCES) this.#options.onError(`${prefix}: ${words}; ${again}`);
    else if (this.#named === KEPT_DIFFERENCES + 1)
      this.#options.onError('further routes differ: they are told again, unnamed');
    state.doubted(slot);
    this.#options.onDiffers(state, slot, group);
  }

  #resolveIn(ms: number): void {
    if (this.#isEnded || this.#missing !== undefined || this.#sources.size === 0) return;
    if (this.#isResolving) {
      this.#isAskedAgain = true;
      return;
    }
    clearTimeout(this.#resolveTimer);
    this.#resolveTimer = setTimeout(() => {
      this.#isResolving = true;
      this.#isAskedAgain = false;
      this.#resolve()
        .catch((error: unknown) => this.#failed('follow a next hop', error))
        .finally(() => {
          this.#isResolving = false;
          this.#resolveIn(this.#isAskedAgain ? this.#pace.settleMs : this.#pace.resolveMs);
        });
    }, ms).unref();
  }

  /** Follows the next hops of all groups that VPP has, and has the routes of those that changed counted anew. */
  async #resolve(): Promise<void> {
    const resolution = new VppResolution(this.#lookup, (id) => this.#sources.get(id)?.name);
    const drops = new Map<RouteStore, Map<number, string>>();
    for (const state of this.#options.states) {
      const found = new Map<number, string>();
      const pairs = [...(await this.#pairsOf(state))];
      for (let at = 0; at < pairs.length && !this.#isEnded; at += FOLLOWED_AT_ONCE) {
        const some = pairs.slice(at, at + FOLLOWED_AT_ONCE);
        await Promise.all(
          some.map(async ([pair, slot]) => {
            const group = state.programmed(slot);
            const template = group === NO_GROUP ? undefined : this.#options.templateOf(state, slot, group);
            if (template === undefined || pairKey(state.store.table[slot]!, group) !== pair) return;
            const cause = await resolution.dropCause(pathsOf(template));
            if (cause !== undefined) found.set(pair, dropWords(cause));
          }),
        );
      }
      drops.set(state.store, found);
    }
    if (this.#isEnded) return;
    const before = this.#drops;
    this.#drops = drops;
    this.#hasFindings = [...drops.values(), ...this.#overruled.values()].some(({ size }) => size > 0);
    for (const state of this.#options.states) {
      const old = before.get(state.store) ?? NOTHING;
      if (!isDeepStrictEqual(drops.get(state.store), old)) state.recount();
    }
  }

  /** Each table and group that VPP has routes of, with one of these. */
  async #pairsOf(state: BackendState): Promise<Map<number, number>> {
    const pairs = new Map<number, number>();
    const { store } = state;
    const walk = new SlotWalk(() => store.top);
    let last = -1;
    walk.start(
      (slot) => {
        const group = state.programmed(slot);
        if (group === NO_GROUP) return;
        const pair = pairKey(store.table[slot]!, group);
        if (pair === last) return;
        last = pair;
        if (!pairs.has(pair)) pairs.set(pair, slot);
      },
      () => {},
    );
    await walk.ended();
    return pairs;
  }

  #tableOf(id: number): number {
    return id === DEFAULT_TABLE ? this.#options.defaultTableId() : id;
  }

  /** Said once for as long as it is the same. */
  #failed(what: string, error: unknown): void {
    const message = `${what}: ${reasonOf(error)}`;
    if (this.#isEnded || message === this.#lastError) return;
    this.#lastError = message;
    this.#options.onError(message);
  }
}

function isDifference(finding: Finding): finding is FibDifference['what'] {
  return typeof finding === 'string' && finding !== 'as-told';
}

const NOTHING: ReadonlyMap<number, string> = new Map();
