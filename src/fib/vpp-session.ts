/**
 * One connection to VPP: a programmer for each family, the tables, and the audit of what VPP does with the routes.
 *
 * Invariant: nothing is sent before VPP has marked what it may have: what came earlier would be swept with the rest.
 */
import { DEFAULT_VRF } from '../config/mod.ts';
import type { FibVppConfig } from '../config/types.ts';
import { reasonOf } from '../linux/mod.ts';
import { isVppAtLeast, Retval, type SwIfIndex, type VppApiClient, type VppApiError } from '../vpp/api/mod.ts';
import type { BackendState } from './backend-state.ts';
import type { FibBackend, FibSession, SessionPhase } from './fib-backend.ts';
import type { GroupId } from './next-hop-groups.ts';
import { DEFAULT_TABLE, type Family } from './route-key.ts';
import type { RouteStore } from './route-store.ts';
import { visitSlots } from './slot-walk.ts';
import { type AuditTotals, VppAudit, type VppAuditOptions } from './vpp-audit.ts';
import { VppProgrammer } from './vpp-programmer.ts';
import { VppProof } from './vpp-proof.ts';
import { VppTables } from './vpp-tables.ts';
import { type RequestTemplate, VppTemplates } from './vpp-templates.ts';

/** Between two looks at next hops: networks may have come that nobody told of, and neighbours that did not answer. */
const LOOK_MS = 5_000;

export interface VppSessionOptions {
  readonly fib: FibBackend;
  readonly client: VppApiClient;
  readonly config: () => FibVppConfig;
  readonly resolveInterface: (name: string) => SwIfIndex | undefined;
  /** Without the default VRF. */
  readonly resolveVrf?: (name: string) => number | undefined;
  readonly tableOf?: (name: string, family: 4 | 6) => number;
  /** Gets the IP tables in which VPP may have routes of ours. */
  readonly tablesInUse: Set<number>;
  readonly auditTotals: AuditTotals;
  readonly auditPace?: VppAuditOptions['pace'];
}

export class VppSession implements FibSession {
  readonly #options: VppSessionOptions;
  readonly #fib: FibBackend;
  readonly #life = new AbortController();
  readonly #templates: VppTemplates;
  readonly #tables: VppTables;
  readonly #programmers: ReadonlyMap<Family, VppProgrammer>;
  readonly audit: VppAudit;
  readonly #proof: VppProof;
  /** Requests without an answer that are proven, or whose proof is under way. */
  #provenUpTo = 0;
  readonly #lookTimer: NodeJS.Timeout;
  #phase: SessionPhase = 'opening';
  /** Families of groups of which something else is told since this turn: what stands in for them may be there already. */
  readonly #substituted = new Set<Family>();
  #recount: NodeJS.Immediate | undefined;

  constructor(options: VppSessionOptions) {
    this.#options = options;
    const { fib, client, resolveInterface, resolveVrf, tableOf, config } = options;
    this.#fib = fib;
    const { groups } = fib.table;
    this.#templates = new VppTemplates(groups, {
      interface: resolveInterface,
      tableOf: (name, family) => tableOf?.(name, family) ?? 0,
      vrf: (name) => (name === DEFAULT_VRF ? config().tableId : resolveVrf?.(name)),
      connected: (address) => fib.table.connectedTo(address),
    });
    const { signal } = this.#life;
    this.#tables = new VppTables({
      client,
      signal,
      onMade: () => {
        this.#forgetLastTable();
        for (const state of fib.states) state.sweep();
      },
      onError: fib.onError,
    });
    this.#programmers = new Map(fib.states.map((state) => [state.store.family, this.#newProgrammer(state)]));
    this.audit = this.#newAudit();
    this.#proof = new VppProof({
      states: ipStates(fib),
      compare: (state, slot) => this.audit.compare(state, slot),
      onDoubted: () => fib.idle(),
      onError: fib.onError,
    });
    this.#lookTimer = setInterval(() => {
      this.#lookAtSubstitutes();
      this.#askForNeighbours();
    }, LOOK_MS).unref();
  }

  get phase(): SessionPhase {
    return this.#phase;
  }

  get isIdle(): boolean {
    return this.#recount === undefined && !this.#proof.isDoubting;
  }

  /** Begins the replay. `mayHaveRoutes`: an earlier process, or connection, may have programmed this VPP. */
  async open(mayHaveRoutes: boolean): Promise<void> {
    const { client, tablesInUse, config } = this.#options;
    if (mayHaveRoutes) {
      const { table } = this.#fib;
      await this.#tables.removeStrayLabels(table.store('mpls'));
      const named = [4, 6] as const;
      const ids = new Set([config().tableId, ...named.flatMap((family) => table.store(family).tables)]);
      ids.delete(DEFAULT_TABLE);
      await this.#tables.mark(ids.union(tablesInUse));
    }
    if (this.#life.signal.aborted) return;
    const takesIcmpForAttached = !(await isVppAtLeast(client, 26, 2));
    if (this.#life.signal.aborted) return;
    this.#templates.takesIcmpForAttached = takesIcmpForAttached;
    this.#phase = 'replaying';
    this.run();
  }

  run(): void {
    if (this.#phase === 'opening') return;
    for (const programmer of this.#programmers.values()) programmer.run();
  }

  converged(): void {
    this.audit.changed();
    if (this.#phase === 'sweeping') return;
    // Not while something was refused unasked: VPP may have it.
    if (!this.#tables.hasMarked || !this.#fib.states.every((state) => this.#isAnswered(state))) {
      this.#phase = 'following';
      void this.#prove();
      return;
    }
    this.#phase = 'sweeping';
    void this.#proveAndSweep();
  }

  async #proveAndSweep(): Promise<void> {
    // What VPP refused without a word would be swept though it is wanted.
    await this.#prove();
    if (this.#life.signal.aborted) return;
    if (this.#fib.isSettled) {
      await this.#tables.sweep();
      if (this.#life.signal.aborted) return;
      this.#phase = 'following';
    } else {
      this.#phase = 'replaying';
      this.#fib.changed();
    }
    this.#fib.idle();
  }

  /** Looks up what was told without an answer since the last proof. Never rejects. */
  async #prove(): Promise<void> {
    const { verify } = this.#options.config();
    const sent = [...this.#programmers.values()].reduce((sum, { silentSent }) => sum + silentSent, 0);
    if (sent === this.#provenUpTo || verify === 'answered') return;
    this.#provenUpTo = sent;
    await this.#tryToProve(() => this.#proof.prove(verify));
  }

  /** Never rejects. */
  async #tryToProve(prove: () => Promise<void>): Promise<void> {
    try {
      await this.audit.ready();
      await prove();
    } catch (error) {
      if (!this.#life.signal.aborted) this.#fib.onError(`look up what VPP was told: ${reasonOf(error)}`);
    }
  }

  /**
   * Interfaces came, went or changed: routes that failed for their sake are tried at once, and those over an interface
   * that is another one by now are told again.
   */
  interfacesChanged(): void {
    const groups = this.#templates.interfacesChanged();
    this.#lookAtSubstitutes();
    this.audit.changed();
    for (const programmer of this.#programmers.values()) programmer.forgetRefusals();
    for (const state of this.#fib.states) {
      if (groups.size > 0) state.tellAgain(groups);
      state.wake();
    }
    // A link that came up was down when VPP asked for them.
    this.#askForNeighbours();
  }

  /** Somebody wants to remove an IP table: what left it without an answer is looked for. */
  proveTable(id: number): void {
    void this.#tryToProve(() => this.#proof.proveTable(id));
  }

  /** Somebody else may remove an IP table that has no routes. */
  letGoOfTable(id: number): void {
    this.#tables.forget(id);
    this.#forgetLastTable();
  }

  /** Removes our routes from an IP table that is not used any more. Never rejects. */
  emptyTable(id: number): Promise<void> {
    return this.#tables.empty(id);
  }

  /** The default table is another one. */
  defaultTableChanged(): void {
    this.#forgetLastTable();
  }

  [Symbol.dispose](): void {
    this.#life.abort();
    clearInterval(this.#lookTimer);
    if (this.#recount !== undefined) clearImmediate(this.#recount);
    this.audit[Symbol.dispose]();
    this.#proof[Symbol.dispose]();
    for (const programmer of this.#programmers.values()) programmer[Symbol.dispose]();
    this.#templates[Symbol.dispose]();
  }

  #newProgrammer(state: BackendState): VppProgrammer {
    const { client, config, tablesInUse } = this.#options;
    const isMpls = state.store.family === 'mpls';
    return new VppProgrammer({
      fib: this.#fib,
      client,
      state,
      templates: this.#templates,
      templateOf: (slot, group) => this.#templateOf(state, slot, group),
      substitute: (group) => this.#substitute(group),
      defaultTableId: () => (isMpls ? 0 : config().tableId),
      hasTable: (id) => {
        if (!isMpls) tablesInUse.add(id);
        return this.#tables.has(isMpls ? 'mpls' : 'ip', id);
      },
      batchSize: () => config().batchSize,
      // Labels cannot be looked up.
      mayBeSilent: () => !isMpls && config().verify !== 'answered' && this.audit.canLook,
      onRefused: (slot, error, wasTrusted) => this.#refused(state, slot, error, wasTrusted),
    });
  }

  /** The request for a group in the table of a slot; undefined while VPP cannot be told it. */
  #templateOf({ store }: BackendState, slot: number, group: GroupId): RequestTemplate | undefined {
    const isMpls = store.family === 'mpls';
    const bit = isMpls ? store.w0[slot]! & 1 : 0;
    const table = this.#templates.table(store.family, this.#tableIdOf(store, slot), bit === 1);
    const template = this.#templates.of(table, group);
    return typeof template === 'string' ? undefined : template;
  }

  /** VPP's number of the table of a slot. */
  #tableIdOf(store: RouteStore, slot: number): number {
    const id = store.tableIdOf(slot);
    if (id !== DEFAULT_TABLE) return id;
    return store.family === 'mpls' ? 0 : this.#options.config().tableId;
  }

  #refused(state: BackendState, slot: number, { retval }: VppApiError, wasTrusted: boolean): void {
    // Whatever was told in the same way without an answer may have been refused too.
    if (wasTrusted) this.#proof.doubt(state, slot, state.told(slot));
    if (retval === Retval.noSuchFib) this.#missesTable(state, slot);
  }

  /** VPP says that it does not have the table of a slot. Whether it should have it. */
  #missesTable({ store }: BackendState, slot: number): boolean {
    const id = this.#tableIdOf(store, slot);
    if (store.family === 'mpls' || !this.#tables.isThere(id)) return false;
    void this.#recoverTable(id);
    return true;
  }

  async #recoverTable(id: number): Promise<void> {
    this.#forgetLastTable();
    const wasLost = await this.#tables.recover(id);
    if (this.#life.signal.aborted) return;
    this.#forgetLastTable();
    if (wasLost) await this.#tellTableAgain(id);
    if (this.#life.signal.aborted) return;
    // Those that came meanwhile.
    for (const state of ipStates(this.#fib)) state.sweep();
  }

  async #tellTableAgain(id: number): Promise<void> {
    this.#fib.onError(`VPP has lost table ${id}: its routes are told again`);
    for (const state of ipStates(this.#fib)) {
      const { store } = state;
      await visitSlots(
        () => store.top,
        (slot) => {
          if (this.#life.signal.aborted || this.#tableIdOf(store, slot) !== id) return;
          state.happened(slot, 'vanished');
        },
      );
    }
  }

  #newAudit(): VppAudit {
    const { client, config, auditTotals, auditPace: pace } = this.#options;
    const defaultTableId = (): number => config().tableId;
    return new VppAudit(
      {
        client,
        states: ipStates(this.#fib),
        templateOf: (state, slot, group) => this.#templateOf(state, slot, group)?.bytes,
        onDiffers: (state, slot, group) => {
          const template = this.#templateOf(state, slot, group);
          if (template !== undefined) template.trust = 'doubted';
          this.#proof.doubt(state, slot, group);
        },
        missesTable: (state, slot) => this.#missesTable(state, slot),
        defaultTableId,
        isQuiet: () => this.#fib.isQuiet,
        onError: this.#fib.onError,
        ...(pace === undefined ? {} : { pace }),
      },
      auditTotals,
    );
  }

  #isAnswered({ counts, store }: BackendState): boolean {
    return counts.failed === 0 || this.#programmers.get(store.family)?.refusedHere === 0;
  }

  #forgetLastTable(): void {
    for (const programmer of this.#programmers.values()) programmer.forgetTable();
  }

  /** Leaves out what VPP cannot have now of a group. True: it is to be told something else in its place than before. */
  #substitute(group: GroupId): boolean {
    const { table, substitutes } = this.#fib;
    const action = table.groups.action(group);
    if (action.kind !== 'forward' || action.nextHops.length < 2) return false;
    if (!substitutes.leaveOut(group, this.#templates.missing(group))) return false;
    // Others of the group are looked at when this turn is over.
    this.#substituted.add(table.groups.family(group));
    this.#recount ??= setImmediate(() => {
      this.#recount = undefined;
      this.#fib.substituted(this.#substituted);
      this.#substituted.clear();
    });
    return true;
  }

  #lookAtSubstitutes(): void {
    const { table, substitutes } = this.#fib;
    for (const group of substitutes.groups()) if (table.groups.has(group)) this.#substitute(group);
  }

  #askForNeighbours(): void {
    if (this.#phase !== 'opening') void this.#templates.ipv6Neighbours.ask(this.#options.client);
  }
}

/** Of the families whose routes VPP can be asked for one by one. */
function ipStates({ states }: FibBackend): BackendState[] {
  return states.filter(({ store }) => store.family !== 'mpls');
}
