/**
 * VPP as a FIB of the route table: what it has of each family, and how that comes about.
 *
 * Each connection is a session that begins with a replay: of everything into an empty FIB after a restart; as mark and
 * sweep when VPP may still have routes of ours (vpp-tables.ts).
 *
 * Invariant: nothing is sent while VPP is not connected, its tables are not made, or `fib.vpp.enabled` is false (what was
 * programmed then leaves).
 */
import type { FibVppConfig } from '../config/types.ts';
import type { FibBackendStatus } from './status.ts';
import type { ConnectKind, SwIfIndex, VppApiClient } from '../vpp/api/mod.ts';
import type { BackendState, BackendStateOptions } from './backend-state.ts';
import { FibBackend } from './fib-backend.ts';
import type { RouteStore } from './route-store.ts';
import type { RouteTable } from './route-table.ts';
import { newAuditTotals, type VppAuditOptions } from './vpp-audit.ts';
import { VppSession } from './vpp-session.ts';
import { payloadOf } from './vpp-templates.ts';

export interface VppBackendOptions {
  readonly table: RouteTable;
  readonly config: FibVppConfig;
  /** VPP's index of an interface that a route names; undefined while VPP has none of that name. */
  readonly resolveInterface: (name: string) => SwIfIndex | undefined;
  /** The number of a table that VPP has for a VRF; undefined while it has none of that name. Default: no VRF. */
  readonly resolveVrf?: (name: string) => number | undefined;
  /** The number of the table of a family that an interface is in. Default: 0 for all. */
  readonly tableOf?: (name: string, family: 4 | 6) => number;
  readonly onError: (message: string) => void;
  /** How often VPP's routes are looked at, when it is not as usual; for tests. */
  readonly auditPace?: VppAuditOptions['pace'];
}

export class VppBackend extends FibBackend<VppSession> implements Disposable {
  readonly #options: VppBackendOptions;
  #config: FibVppConfig;
  /** Tables in which this VPP may have routes of ours. */
  readonly #tablesInUse = new Set<number>();
  readonly #auditTotals = newAuditTotals();
  protected waitingReason = 'VPP is not connected';

  constructor(options: VppBackendOptions) {
    super(options.table, options.table.stores, options.onError);
    this.#options = options;
    this.#config = options.config;
  }

  /**
   * VPP is connected and its interfaces are configured: programs everything, and resolves when all is answered, or the
   * connection ends. `kind` says what VPP still has: `first` may be a VPP that an earlier process of ours programmed.
   */
  async attach(client: VppApiClient, kind: ConnectKind): Promise<void> {
    // Whoever was late with a connection that has ended must not end the one that came after it.
    if (client.isClosed) return;
    this.end();
    this.since = Date.now();
    if (kind === 'restarted') this.#tablesInUse.clear();
    const session = new VppSession({
      ...this.#options,
      fib: this,
      client,
      config: () => this.#config,
      tablesInUse: this.#tablesInUse,
      auditTotals: this.#auditTotals,
    });
    this.begin(session);
    this.#reset(kind === 'reconnected');
    await session.open(kind !== 'restarted' && this.#config.enabled);
    if (this.session === session) await this.settled();
  }

  /** VPP is gone: nothing counts as programmed any more. */
  detach(reason: string): void {
    this.end();
    this.waitingReason = reason;
    this.since = Date.now();
    this.#reset(true);
    this.release();
  }

  /**
   * Another configuration. Switched off, all routes leave VPP; another table is filled before the old one is emptied.
   */
  async reconfigure(config: FibVppConfig): Promise<void> {
    const before = this.#config;
    this.#config = config;
    if (config.enabled !== before.enabled) for (const state of this.states) state.wantedChanged();
    if (config.tableId !== before.tableId) await this.#moveTable(before.tableId);
    this.run();
  }

  /** Interfaces or tables of VRFs came, went or changed. */
  interfacesChanged(): void {
    this.session?.interfacesChanged();
  }

  /**
   * Whether no route is in an IP table of this number, not even one that is to leave it. Then it is made again for the
   * next one, and somebody else may take it away now.
   */
  letGoOfTable(id: number): boolean {
    if (id === this.#config.tableId) return false;
    if (this.table.stores.some((store) => store.family !== 'mpls' && store.usesTable(id))) {
      this.session?.proveTable(id);
      return false;
    }
    this.#tablesInUse.delete(id);
    this.session?.letGoOfTable(id);
    return true;
  }

  get status(): FibBackendStatus {
    const audit = this.session?.audit.status;
    const report = this.report(this.#config.enabled ? 'vpp' : 'none');
    return audit === undefined ? report : { ...report, audit };
  }

  [Symbol.dispose](): void {
    this.detach('stopped');
    this.substitutes[Symbol.dispose]();
  }

  protected get disabledReason(): string | undefined {
    return this.#config.enabled ? undefined : 'fib.vpp.enabled is false';
  }

  protected takes(source: number): boolean {
    return this.#config.enabled && this.table.isConnected[source] === 0;
  }

  protected override stateOptions(store: RouteStore): Pick<BackendStateOptions, 'canReplace' | 'dropReason'> {
    const { groups } = this.table;
    if (store.family !== 'mpls') {
      return { dropReason: (slot, told) => this.session?.audit.dropReason(store, slot, told) };
    }
    // Of a label at the end of the stack VPP keeps what is below it as it was first (mpls_api.c): IPv4 or IPv6.
    return {
      canReplace: (slot, held, wanted) =>
        (store.w0[slot]! & 1) === 0 ||
        (held !== undefined && payloadOf(groups.action(held)) === payloadOf(groups.action(wanted))),
    };
  }

  /** How long what is queued waits for more: not at all when it fills a batch. */
  protected override delayMs(): number {
    let queued = 0;
    for (const state of this.states) queued += state.queued;
    return queued >= this.#config.batchSize ? 0 : this.#config.batchIntervalMs;
  }

  /** VPP has nothing; or labels perhaps, which nothing sweeps. */
  #reset(mayHaveLabels: boolean): void {
    for (const state of this.states) state.reset(mayHaveLabels && isOfLabels(state) ? 'unsure' : 'nothing');
  }

  /** The default table is another one: it is filled, then the old one is emptied by a sweep without a replay. */
  async #moveTable(before: number): Promise<void> {
    const { session } = this;
    this.table.setDefaultTableId(this.#config.tableId);
    for (const state of this.states) if (!isOfLabels(state)) state.reset('nothing');
    if (session === undefined) return;
    session.defaultTableChanged();
    this.changed();
    this.run();
    await this.settled();
    if (this.session === session) await session.emptyTable(before);
  }
}

function isOfLabels({ store }: BackendState): boolean {
  return store.family === 'mpls';
}
