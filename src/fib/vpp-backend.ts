/**
 * VPP as a FIB of the route table: what it has of each family, and how that comes about.
 *
 * Invariants: nothing is sent while VPP is not connected, its tables are not made, or `fib.vpp.enabled` is false (what
 * was programmed then leaves). Each connection begins with a replay: of everything into an empty FIB after a restart;
 * as mark and sweep (ip_table_replace_begin/end, VPP src/vnet/ip/ip.api) when VPP may still have routes of ours, and
 * never swept before all routes were answered. MPLS tables have no mark and sweep: there what VPP may have is removed
 * one by one, and what an earlier process left is read.
 */
import type { FibVppConfig } from '../config/types.ts';
import type { FibBackendStatus } from '../telemetry/status.ts';
import {
  addDelMplsRoute,
  addDelMplsTable,
  addDelTable,
  beginTableReplace,
  type ConnectKind,
  dumpMplsRoutes,
  dumpMplsTables,
  endTableReplace,
  FibPathType,
  FIRST_FREE_LABEL,
  fibPath,
  type SwIfIndex,
  type TableId,
  tableId,
  type VppApiClient,
  isVppAtLeast,
} from '../vpp/api/mod.ts';
import { reasonOf } from '../linux/mod.ts';
import { BackendState } from './backend-state.ts';
import { backendReport, type ProgrammedRoute, programmedRoutes } from './backend-report.ts';
import { type GroupId, NO_GROUP } from './next-hop-groups.ts';
import { DEFAULT_TABLE, type Family, newRouteKey, setKey } from './route-key.ts';
import type { RouteStore } from './route-store.ts';
import type { RouteTable } from './route-table.ts';
import { Substitutes } from './substitutes.ts';
import { newAuditTotals, VppAudit, type VppAuditOptions } from './vpp-audit.ts';
import { VppProgrammer } from './vpp-programmer.ts';
import { payloadOf, VppTemplates } from './vpp-templates.ts';

const TABLE_RETRY_MS = 1_000;
const TABLE_TIMEOUT_MS = 30_000;
/** For the end of a replace: VPP removes all routes that were not sent again in one go (docs/health.md has figures). */
const SWEEP = { timeoutMs: 120_000, blocksVpp: true } as const;
/** Between two looks at next hops: networks may have come that nobody told of, and neighbours that did not answer. */
const LOOK_MS = 5_000;

export interface VppBackendOptions {
  readonly table: RouteTable;
  readonly config: FibVppConfig;
  /** VPP's index of an interface that a route names; undefined while VPP has none of that name. */
  readonly resolveInterface: (name: string) => SwIfIndex | undefined;
  readonly onError: (message: string) => void;
  /** How often VPP's routes are looked at, when it is not as usual; for tests. */
  readonly auditPace?: VppAuditOptions['pace'];
}

/** One connection, from `attach` to `detach`. */
interface Session {
  readonly client: VppApiClient;
  readonly programmers: ReadonlyMap<Family, VppProgrammer>;
  /** Looks at what this VPP does with the routes. */
  readonly audit: VppAudit;
  /** Tables that VPP has, and those that are being made; `ip 7`, `mpls 0`. */
  readonly tables: Map<string, 'asked' | 'there'>;
  /** Tables that are marked, and are swept when everything was answered. */
  readonly marked: Set<TableId>;
  /** `performance.now()` at the begin of what is pending; undefined while nothing is. */
  pendingSince: number | undefined;
  /** Nothing is sent before VPP has marked what it has: what came earlier would be swept with the rest. */
  isOpen: boolean;
  isReplaying: boolean;
  isSweeping: boolean;
}

export class VppBackend implements Disposable {
  readonly #options: VppBackendOptions;
  /** In place of groups over interfaces of which VPP lacks some. */
  readonly substitutes: Substitutes;
  readonly #templates: VppTemplates;
  readonly #states: readonly BackendState[];
  #config: FibVppConfig;
  #session: Session | undefined;
  /** Tables in which this VPP may have routes of ours. */
  readonly #tablesInUse = new Set<number>();
  #reason = 'VPP is not connected';
  #since = Date.now();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  /** Another group was substituted: what stands in for it may be there already. */
  #recount: NodeJS.Immediate | undefined;
  readonly #recounted = new Set<Family>();
  #lookTimer: NodeJS.Timeout | undefined;
  /** The timer is set for now. */
  #isDue = false;
  readonly #auditTotals = newAuditTotals();
  #batches = 0;
  #convergedInMs: number | undefined;
  #fullConvergenceMs: number | undefined;
  #waiters: (() => void)[] = [];

  constructor(options: VppBackendOptions) {
    this.#options = options;
    this.#config = options.config;
    const { table, resolveInterface } = options;
    this.substitutes = new Substitutes(table.groups);
    this.#templates = new VppTemplates(table.groups, {
      interface: resolveInterface,
      connected: (address) => table.connectedTo(address),
    });
    this.#states = table.stores.map((store) => this.#newState(store));
  }

  /**
   * VPP is connected and its interfaces are configured: programs everything, and resolves when all is answered, or the
   * connection ends. `kind` says what VPP still has: `first` may be a VPP that an earlier process of ours programmed.
   */
  async attach(client: VppApiClient, kind: ConnectKind): Promise<void> {
    // Whoever was late with a connection that has ended must not end the one that came after it.
    if (client.isClosed) return;
    this.#endSession();
    this.#since = Date.now();
    const session: Session = {
      client,
      programmers: new Map(
        this.#states.map((state) => [state.store.family, this.#newProgrammer(client, state)]),
      ),
      audit: this.#newAudit(client),
      tables: new Map([['ip 0', 'there']]),
      marked: new Set(),
      pendingSince: performance.now(),
      isOpen: false,
      isReplaying: true,
      isSweeping: false,
    };
    this.#session = session;
    this.#lookTimer = setInterval(() => {
      this.#lookAtSubstitutes();
      this.#askForNeighbours();
    }, LOOK_MS).unref();
    for (const state of this.#states) {
      state.reset(kind === 'reconnected' && state.store.family === 'mpls' ? 'unsure' : 'nothing');
    }
    if (kind === 'restarted') this.#tablesInUse.clear();
    else if (this.#config.enabled) await this.#mark(session);
    if (this.#session !== session) return;
    const takesIcmpForAttached = !(await isVppAtLeast(client, 26, 2));
    if (this.#session !== session) return;
    this.#templates.takesIcmpForAttached = takesIcmpForAttached;
    session.isOpen = true;
    this.#run();
    await this.settled();
  }

  /** VPP is gone: nothing counts as programmed any more. */
  detach(reason: string): void {
    this.#endSession();
    this.#reason = reason;
    this.#since = Date.now();
    for (const state of this.#states) state.reset(state.store.family === 'mpls' ? 'unsure' : 'nothing');
    this.#release();
  }

  /** Resolves when nothing is pending and what VPP has besides is swept, or there is nobody to program. */
  settled(): Promise<void> {
    if (this.#session === undefined) return Promise.resolve();
    const { pendingSince, isSweeping } = this.#session;
    if (this.#isSettled && pendingSince === undefined && !isSweeping) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /**
   * Another configuration. Switched off, all routes leave VPP; another table is filled before the old one is emptied.
   */
  async reconfigure(config: FibVppConfig): Promise<void> {
    const before = this.#config;
    this.#config = config;
    if (config.enabled !== before.enabled) {
      for (const state of this.#states) state.wantedChanged();
    }
    if (config.tableId !== before.tableId) await this.#moveTable(before.tableId);
    this.#run();
  }

  /**
   * Interfaces came, went or changed: routes that failed for their sake are tried at once, and those over an interface
   * that is another one by now are told again.
   */
  interfacesChanged(): void {
    const groups = this.#templates.interfacesChanged();
    this.#lookAtSubstitutes();
    this.#session?.audit.changed();
    if (groups.size > 0) for (const state of this.#states) state.tellAgain(groups);
    for (const programmer of this.#session?.programmers.values() ?? []) programmer.forgetRefusals();
    for (const state of this.#states) state.wake();
    // A link that came up was down when VPP asked for them.
    this.#askForNeighbours();
  }

  #askForNeighbours(): void {
    const session = this.#session;
    if (session?.isOpen === true) void this.#templates.ipv6Neighbours.ask(session.client);
  }

  /**
   * Whether no route is in an IP table of this number, not even one that is to leave it. Then it is made again for the
   * next one, and somebody else may take it away now.
   */
  letGoOfTable(id: number): boolean {
    const { table } = this.#options;
    if (id === this.#config.tableId) return false;
    if (table.stores.some((store) => store.family !== 'mpls' && store.usesTable(id))) return false;
    this.#tablesInUse.delete(id);
    const session = this.#session;
    session?.tables.delete(`ip ${id}`);
    session?.marked.delete(tableId(id));
    for (const programmer of session?.programmers.values() ?? []) programmer.forgetTable();
    return true;
  }

  /** Leaves out what VPP cannot have now of a group. True: it is to be told something else in its place than before. */
  #substitute(group: GroupId): boolean {
    const { groups } = this.#options.table;
    const action = groups.action(group);
    if (action.kind !== 'forward' || action.nextHops.length < 2) return false;
    if (!this.substitutes.leaveOut(group, this.#templates.missing(group))) return false;
    // Others of the group are looked at when this turn is over.
    this.#recounted.add(groups.family(group));
    this.#recount ??= setImmediate(() => {
      this.#recount = undefined;
      for (const state of this.#states) if (this.#recounted.has(state.store.family)) state.wantedChanged();
      this.#recounted.clear();
    });
    return true;
  }

  #lookAtSubstitutes(): void {
    const { groups } = this.#options.table;
    for (const group of this.substitutes.groups()) if (groups.has(group)) this.#substitute(group);
  }

  /** What VPP has acknowledged. */
  programmed(): Generator<ProgrammedRoute> {
    return programmedRoutes(this.#states, this.#options.table.groups);
  }

  /** The state of each family, for those who look at single routes. */
  get states(): readonly BackendState[] {
    return this.#states;
  }

  get status(): FibBackendStatus {
    const report = backendReport(this.#states, this.substitutes);
    const base = {
      ...report,
      batches: this.#batches,
      isReplaying: this.#session?.isReplaying ?? false,
      ...(this.#session === undefined ? {} : { audit: this.#session.audit.status }),
      ...(this.#convergedInMs === undefined ? {} : { lastConvergenceMs: this.#convergedInMs }),
      ...(this.#fullConvergenceMs === undefined ? {} : { lastFullConvergenceMs: this.#fullConvergenceMs }),
    };
    const since = this.#since;
    if (!this.#config.enabled) {
      return { ...base, backend: 'none', status: { state: 'disabled', reason: 'fib.vpp.enabled is false' } };
    }
    if (this.#session === undefined) {
      return { ...base, backend: 'vpp', status: { state: 'waiting', reason: this.#reason, since } };
    }
    if (!this.#isSettled) return { ...base, backend: 'vpp', status: { state: 'programming', since } };
    if (report.failed > 0) {
      const reason = `${report.failed} of ${report.desired} routes were refused`;
      return { ...base, backend: 'vpp', status: { state: 'degraded', reason, since } };
    }
    return { ...base, backend: 'vpp', status: { state: 'synced', since } };
  }

  [Symbol.dispose](): void {
    this.detach('stopped');
    if (this.#recount !== undefined) clearImmediate(this.#recount);
    this.#templates[Symbol.dispose]();
    this.substitutes[Symbol.dispose]();
  }

  get #isSettled(): boolean {
    return this.#recount === undefined && this.#states.every((state) => state.isSettled);
  }

  #newState(store: RouteStore): BackendState {
    const { table } = this.#options;
    const { groups, isConnected, isStatic } = table;
    const state: BackendState = new BackendState(
      {
        store,
        groups,
        wanted: (slot) =>
          !this.#config.enabled || isConnected[store.source[slot]!] === 1 ? NO_GROUP : store.group[slot]!,
        substitute: (group) => this.substitutes.of(group),
        dropReason: (slot) => this.#session?.audit.dropReason(state, slot),
        onWork: () => this.#schedule(),
        // Of a label at the end of the stack VPP keeps what is below it as it was first (mpls_api.c): IPv4 or IPv6.
        ...(store.family === 'mpls'
          ? {
              canReplace: (slot, held, wanted) =>
                (store.w0[slot]! & 1) === 0 ||
                (held !== undefined && payloadOf(groups.action(held)) === payloadOf(groups.action(wanted))),
            }
          : {}),
      },
      // What others are resolved through comes first: default routes, and those that somebody wrote down.
      (slot) => store.length[slot] === 0 || isStatic[store.source[slot]!] === 1,
    );
    return state;
  }

  #newAudit(client: VppApiClient): VppAudit {
    const { onError, auditPace: pace } = this.#options;
    const defaultTableId = (): number => this.#config.tableId;
    return new VppAudit(
      {
        client,
        states: this.#states.filter(({ store }) => store.family !== 'mpls'),
        templateOf: ({ store }, slot, group) => {
          const named = store.tableIdOf(slot);
          const id = named === DEFAULT_TABLE ? defaultTableId() : named;
          const templates = this.#templates.table(store.family, id);
          const to = { family: store.family, tableId: id, isEndOfStack: false };
          const template = templates.get(group) ?? this.#templates.make(templates, group, to);
          return typeof template === 'string' ? undefined : template;
        },
        defaultTableId,
        isQuiet: () => this.#session?.pendingSince === undefined && !(this.#session?.isSweeping ?? false),
        onError,
        ...(pace === undefined ? {} : { pace }),
      },
      this.#auditTotals,
    );
  }

  #newProgrammer(client: VppApiClient, state: BackendState): VppProgrammer {
    return new VppProgrammer({
      client,
      state,
      templates: this.#templates,
      substitute: (group) => this.#substitute(group),
      defaultTableId: () => (state.store.family === 'mpls' ? 0 : this.#config.tableId),
      hasTable: (id) => this.#hasTable(state.store.family, id),
      onIdle: () => this.#idle(),
      onBatch: () => {
        this.#batches += 1;
      },
      batchSize: () => this.#config.batchSize,
    });
  }

  /** Something is to be sent: at once when a batch is full, else after the interval. */
  #schedule(): void {
    const session = this.#session;
    // Called for each route: most find that a run is to come at once.
    if (session === undefined || this.#isDue) return;
    session.pendingSince ??= performance.now();
    let queued = 0;
    for (const state of this.#states) queued += state.queued;
    this.#runIn(queued >= this.#config.batchSize ? 0 : this.#config.batchIntervalMs);
  }

  #runIn(delayMs: number): void {
    const at = performance.now() + delayMs;
    if (this.#timer !== undefined && this.#timerAt <= at) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#isDue = delayMs === 0;
    this.#timer = setTimeout(() => this.#run(), delayMs);
    this.#timer.unref();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#isDue = false;
  }

  #run(): void {
    this.#stopTimer();
    if (this.#session?.isOpen !== true) return;
    for (const programmer of this.#session.programmers.values()) programmer.run();
  }

  /** Nothing is left to be taken now: perhaps everything is answered, perhaps something waits for its next try. */
  #idle(): void {
    const session = this.#session;
    if (session === undefined) return;
    let retryInMs = Number.POSITIVE_INFINITY;
    for (const state of this.#states) retryInMs = Math.min(retryInMs, state.retryInMs ?? retryInMs);
    if (Number.isFinite(retryInMs)) this.#runIn(retryInMs + 1);
    if (!this.#isSettled || session.pendingSince === undefined) return;
    const took = performance.now() - session.pendingSince;
    session.pendingSince = undefined;
    this.#convergedInMs = took;
    if (session.isReplaying) this.#fullConvergenceMs = took;
    session.isReplaying = false;
    session.audit.changed();
    this.#since = Date.now();
    if (session.isSweeping) return;
    session.isSweeping = true;
    void this.#sweep(session).finally(() => {
      session.isSweeping = false;
      if (this.#session === session && this.#isSettled) this.#release();
    });
  }

  /** Whether VPP has a table; one that it lacks is made. */
  #hasTable(family: Family, id: number): boolean {
    const session = this.#session;
    if (session === undefined) return false;
    const name = `${family === 'mpls' ? 'mpls' : 'ip'} ${id}`;
    const known = session.tables.get(name);
    if (family !== 'mpls') this.#tablesInUse.add(id);
    if (known === undefined) void this.#makeTable(session, name);
    return known === 'there';
  }

  /** Makes a table of both IP families, or of MPLS; tried again until it is there. Never rejects. */
  async #makeTable(session: Session, name: string): Promise<void> {
    const [kind, number] = name.split(' ');
    const id = tableId(Number(number));
    session.tables.set(name, 'asked');
    try {
      await addTable(session.client, kind === 'mpls' ? 'mpls' : 'ip', id);
    } catch (error) {
      if (this.#session !== session) return;
      this.#options.onError(`make table ${id}: ${reasonOf(error)}`);
      setTimeout(() => {
        session.tables.delete(name);
        for (const programmer of session.programmers.values()) programmer.forgetTable();
        if (this.#session === session) for (const state of this.#states) state.sweep();
      }, TABLE_RETRY_MS).unref();
      return;
    }
    session.tables.set(name, 'there');
    if (this.#session !== session) return;
    for (const programmer of session.programmers.values()) programmer.forgetTable();
    for (const state of this.#states) state.sweep();
  }

  /** Marks what VPP may have of ours, so that what is not sent again is swept. Never rejects. */
  async #mark(session: Session): Promise<void> {
    try {
      await this.#removeStrayLabels(session);
    } catch (error) {
      if (this.#session === session) this.#options.onError(`read the MPLS routes of VPP: ${reasonOf(error)}`);
    }
    const named = this.#options.table.stores.flatMap(({ family, tables }) =>
      family === 'mpls' ? [] : tables,
    );
    const ids = new Set([this.#config.tableId, ...named, ...this.#tablesInUse]);
    ids.delete(DEFAULT_TABLE);
    for (const id of ids) {
      try {
        await addTable(session.client, 'ip', tableId(id));
        session.tables.set(`ip ${id}`, 'there');
        for (const table of bothFamilies(tableId(id))) {
          await beginTableReplace(session.client, table, { timeoutMs: TABLE_TIMEOUT_MS });
        }
        session.marked.add(tableId(id));
      } catch (error) {
        if (this.#session !== session) return;
        this.#options.onError(`mark the routes of table ${id}: ${reasonOf(error)}`);
      }
    }
  }

  /**
   * Everything was answered: VPP lets go of what was not sent again. Not while something was refused unasked. Never
   * rejects.
   */
  async #sweep(session: Session): Promise<void> {
    if (session.marked.size === 0) return;
    const isAnswered = (state: BackendState): boolean =>
      state.counts.failed === 0 || session.programmers.get(state.store.family)?.refusedHere === 0;
    if (!this.#states.every(isAnswered)) return;
    const ids = [...session.marked];
    session.marked.clear();
    for (const id of ids) {
      try {
        for (const table of bothFamilies(id)) {
          await endTableReplace(session.client, table, SWEEP);
        }
      } catch (error) {
        if (this.#session === session) this.#options.onError(`sweep table ${id}: ${reasonOf(error)}`);
      }
    }
  }

  /** The default table is another one: it is filled, then the old one is emptied by a sweep without a replay. */
  async #moveTable(before: number): Promise<void> {
    const session = this.#session;
    this.#options.table.setDefaultTableId(this.#config.tableId);
    for (const state of this.#states) if (state.store.family !== 'mpls') state.reset('nothing');
    if (session === undefined) return;
    for (const programmer of session.programmers.values()) programmer.forgetTable();
    session.pendingSince = performance.now();
    this.#run();
    await this.settled();
    if (this.#session !== session) return;
    const old = tableId(before);
    try {
      for (const table of bothFamilies(old)) {
        await beginTableReplace(session.client, table, { timeoutMs: TABLE_TIMEOUT_MS });
        await endTableReplace(session.client, table, SWEEP);
      }
    } catch (error) {
      if (this.#session === session) this.#options.onError(`empty table ${old}: ${reasonOf(error)}`);
    }
  }

  /**
   * Takes out of MPLS table 0 what an earlier process left there. Of a label that is wanted the new route replaces the
   * old one.
   */
  async #removeStrayLabels({ client }: Session): Promise<void> {
    const tables = await dumpMplsTables(client);
    const table = tables.find((id) => id === 0);
    if (table === undefined) return;
    const store = this.#options.table.store('mpls');
    const key = newRouteKey();
    for (const { label, isEndOfStack, payload } of await dumpMplsRoutes(client, table)) {
      if (label < FIRST_FREE_LABEL) continue;
      setKey(key, { family: 'mpls', label }, undefined);
      key.w0 = (key.w0 | (isEndOfStack ? 1 : 0)) >>> 0;
      const slot = store.find(key);
      if (slot >= 0 && store.source[slot] !== 0) continue;
      const route = { tableId: table, label, isEndOfStack, payload: payload === 1 ? 1 : 0 } as const;
      // One path: VPP reads the last before it looks at how many there are.
      await addDelMplsRoute(client, { ...route, isAdd: false, paths: [fibPath({ type: FibPathType.drop })] });
    }
  }

  #endSession(): void {
    this.#stopTimer();
    clearInterval(this.#lookTimer);
    this.#session?.audit[Symbol.dispose]();
    for (const programmer of this.#session?.programmers.values() ?? []) programmer[Symbol.dispose]();
    this.#session = undefined;
    this.#templates.forgetAll();
    this.substitutes.clear();
  }

  #release(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

async function addTable(client: VppApiClient, kind: 'ip' | 'mpls', id: TableId): Promise<void> {
  if (kind === 'mpls') return addDelMplsTable(client, id, true, { timeoutMs: TABLE_TIMEOUT_MS });
  // Table 0 of both families is always there.
  if (id === 0) return;
  for (const table of bothFamilies(id)) {
    await addDelTable(client, table, true, { timeoutMs: TABLE_TIMEOUT_MS });
  }
}

function bothFamilies(id: TableId): { readonly tableId: TableId; readonly family: 4 | 6 }[] {
  return ([4, 6] as const).map((family) => ({ tableId: id, family }));
}
