/**
 * Programs the route table into one VPP FIB table, in batches, and keeps at it.
 *
 * One pump runs at a time: it takes what is due, sends it as a batch, and marks each route by its reply. A batch
 * goes out when `batch-size` routes wait or `batch-interval-ms` after the first of them. A refused route keeps
 * VPP's reason and is tried again after 1, 2, 4 … 30 s. After a restart of VPP everything is sent again; after a
 * broken socket with VPP alive the table is marked before and swept after the replay
 * (ip_table_replace_begin/end, VPP src/vnet/ip/ip.api), and never swept after an incomplete one.
 * A new configuration is programmed as its difference; what is the same is not touched. A table that is no longer
 * used is emptied and left in VPP: an interface or someone else may be in it.
 */
import { formatAction, parseAddress } from '../config/mod.ts';
import type { FibVppConfig, StaticRoute } from '../config/types.ts';
import type { FibBackendStatus } from '../telemetry/status.ts';
import {
  addDelRoutes,
  addDelTable,
  beginTableReplace,
  type ConnectKind,
  endTableReplace,
  type FibPath,
  FibPathProto,
  FibPathType,
  type FibTable,
  fibPath,
  NO_INTERFACE,
  Retval,
  type RouteChange,
  type SwIfIndex,
  tableId,
  type VppApiClient,
  type VppApiError,
} from '../vpp/api/mod.ts';
import { type RouteDifference, type RouteEntry, RouteTable } from './route-table.ts';
import { reasonOf } from '../linux/mod.ts';

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 30_000;
/** Failures named in the status; all are counted. */
const REPORTED_FAILURES = 20;

export interface VppFibOptions {
  readonly config: FibVppConfig;
  readonly routes: readonly StaticRoute[];
  /** VPP's index of an interface that the configuration names; undefined while VPP has none of that name. */
  readonly resolveInterface: (name: string) => SwIfIndex | undefined;
  readonly onError: (message: string) => void;
}

export class VppFib implements Disposable {
  readonly #options: VppFibOptions;
  readonly #table: RouteTable;
  #config: FibVppConfig;
  #client: VppApiClient | undefined;
  #reason = 'VPP is not connected';
  #since = Date.now();
  #timer: NodeJS.Timeout | undefined;
  #pumping = false;
  #convergedInMs: number | undefined;

  constructor(options: VppFibOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#table = new RouteTable(options.config.enabled ? options.routes : [], options.config.tableId);
  }

  /**
   * Another configuration: what differs is programmed in the background, now or when VPP is connected. Switched off,
   * all routes leave VPP.
   */
  reconfigure(config: FibVppConfig, routes: readonly StaticRoute[]): RouteDifference {
    const isNewTable = config.enabled && config.tableId !== this.#config.tableId;
    this.#config = config;
    const difference = this.#table.replace(config.enabled ? routes : [], config.tableId);
    const { added, changed, removed } = difference;
    if (added + changed + removed > 0) this.#since = Date.now();
    if (isNewTable && this.#client !== undefined) void this.#programNewTable(this.#client);
    else if (this.#table.counts.pending > 0) this.#schedule(config.batchIntervalMs);
    return difference;
  }

  /** VPP is connected and its interfaces are configured: programs everything. `kind` says what VPP still has. */
  async attach(client: VppApiClient, kind: ConnectKind): Promise<void> {
    this.#client = client;
    this.#since = Date.now();
    if (kind !== 'reconnected') this.#table.forgetLeaving();
    this.#table.resetAll();
    const id = tableId(this.#config.tableId);
    const isSwept = kind === 'reconnected' && this.#config.enabled;
    try {
      if (this.#config.enabled) await addTables(client, id);
      if (isSwept) for (const table of tablesOf(id)) await beginTableReplace(client, table);
      await this.#pump();
      const isWhole = this.#table.counts.programmed === this.#table.size && id === this.#config.tableId;
      if (isSwept && isWhole && this.#client === client) {
        for (const table of tablesOf(id)) await endTableReplace(client, table);
      }
    } catch (error) {
      if (this.#client !== client) return;
      this.#options.onError(`table ${id}: ${reasonOf(error)}`);
      this.#schedule(RETRY_FIRST_MS);
    }
  }

  /** VPP is gone: nothing counts as programmed any more. */
  detach(reason: string): void {
    this.#client = undefined;
    this.#reason = reason;
    this.#since = Date.now();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#table.resetAll();
  }

  /** An interface came or changed: routes that failed for its sake are tried at once. */
  interfacesChanged(): void {
    if (this.#table.counts.failed === 0) return;
    this.#table.retryFailedNow();
    this.#schedule(this.#config.batchIntervalMs);
  }

  /** The routes that VPP has acknowledged, with their next hops as the configuration writes them. */
  *programmed(): Iterable<{ readonly prefix: string; readonly 'next-hop': string }> {
    for (const entry of this.#table.entries()) {
      if (entry.state.state === 'programmed' && entry.action.kind !== 'leave')
        yield { prefix: entry.key, 'next-hop': formatAction(entry.action) };
    }
  }

  get status(): FibBackendStatus {
    const { counts } = this.#table;
    const pending = counts.pending + counts['in-flight'];
    const base = {
      desired: this.#table.size,
      programmed: counts.programmed,
      pending,
      failed: counts.failed,
      failures: this.#failures(),
      ...(this.#convergedInMs === undefined ? {} : { lastConvergenceMs: this.#convergedInMs }),
    };
    const since = this.#since;
    if (!this.#config.enabled) {
      return { ...base, backend: 'none', status: { state: 'disabled', reason: 'fib.vpp.enabled is false' } };
    }
    if (this.#client === undefined) {
      return { ...base, backend: 'vpp', status: { state: 'waiting', reason: this.#reason, since } };
    }
    if (pending > 0) return { ...base, backend: 'vpp', status: { state: 'programming', since } };
    if (counts.failed > 0) {
      const reason = `${counts.failed} of ${this.#table.size + this.#table.leaving} routes were refused`;
      return { ...base, backend: 'vpp', status: { state: 'degraded', reason, since } };
    }
    return { ...base, backend: 'vpp', status: { state: 'synced', since } };
  }

  [Symbol.dispose](): void {
    this.detach('stopped');
  }

  #failures(): { prefix: string; reason: string }[] {
    const failures: { prefix: string; reason: string }[] = [];
    for (const { key, state } of this.#table.failed()) {
      if (failures.length === REPORTED_FAILURES) break;
      if (state.state === 'failed') failures.push({ prefix: key, reason: state.reason });
    }
    return failures;
  }

  /** Never rejects. */
  async #programNewTable(client: VppApiClient): Promise<void> {
    try {
      await addTables(client, tableId(this.#config.tableId));
    } catch (error) {
      // The routes are refused one by one then, and tried again.
      this.#options.onError(`table ${this.#config.tableId}: ${reasonOf(error)}`);
    }
    this.#table.retryFailedNow();
    this.#schedule(0);
  }

  #schedule(delayMs: number): void {
    if (this.#client === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pump().catch((error: unknown) => this.#options.onError(String(error)));
    }, delayMs).unref();
  }

  /** Sends all that is due, batch by batch; schedules itself for what failed. */
  async #pump(): Promise<void> {
    const client = this.#client;
    if (client === undefined || this.#pumping) return;
    this.#pumping = true;
    const startedAt = performance.now();
    let sent = 0;
    try {
      for (;;) {
        const batch = this.#table.due(this.#config.batchSize);
        if (batch.length === 0) break;
        await this.#send(client, batch);
        if (this.#client !== client) return;
        sent += batch.length;
      }
      if (sent > 0) this.#convergedInMs = performance.now() - startedAt;
    } finally {
      this.#pumping = false;
      // VPP came back while this pump was waiting for the old one: what it reset is due now.
      if (this.#client !== client) this.#schedule(0);
    }
    const retryAt = this.#table.nextRetryAt();
    if (retryAt !== undefined) this.#schedule(Math.max(0, retryAt - Date.now()));
  }

  async #send(client: VppApiClient, batch: readonly RouteEntry[]): Promise<void> {
    const sendable: RouteEntry[] = [];
    const requests: RouteChange[] = [];
    for (const entry of batch) {
      const request = this.#requestOf(entry);
      if (typeof request === 'string') {
        this.#fail(entry, request);
        continue;
      }
      this.#table.setState(entry, { state: 'in-flight' });
      sendable.push(entry);
      requests.push(request);
    }
    if (requests.length === 0) return;
    await addDelRoutes(client, requests, {
      onReply: (index, error) => {
        const entry = sendable[index];
        // After a break everything was reset, and another configuration replaced entries: what is said of those no
        // longer counts.
        if (entry === undefined || this.#client !== client || !this.#table.has(entry)) return;
        if (entry.action.kind === 'leave' && (error === undefined || isWithoutTable(error))) {
          this.#table.remove(entry);
        } else if (error === undefined) {
          entry.attempts = 0;
          this.#table.setState(entry, { state: 'programmed' });
        } else {
          this.#fail(entry, error.message);
        }
      },
    });
  }

  #fail(entry: RouteEntry, reason: string): void {
    const delayMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** entry.attempts);
    entry.attempts += 1;
    this.#table.setState(entry, { state: 'failed', reason, retryAt: Date.now() + delayMs });
  }

  /** The request for a route, or in words why it cannot be made now. */
  #requestOf(entry: RouteEntry): RouteChange | string {
    const { action, prefix } = entry;
    const proto = prefix.family === 4 ? FibPathProto.ip4 : FibPathProto.ip6;
    const base = { isAdd: action.kind !== 'leave', tableId: tableId(entry.tableId), prefix };
    if (action.kind === 'leave') return { ...base, paths: [] };
    if (action.kind === 'blackhole') return { ...base, paths: [fibPath({ proto, type: FibPathType.drop })] };
    if (action.kind === 'unreachable')
      return { ...base, paths: [fibPath({ proto, type: FibPathType.icmpUnreachable })] };
    const paths: FibPath[] = [];
    for (const hop of action.nextHops) {
      // Without an interface the path is recursive: VPP resolves it through its own FIB.
      const swIfIndex =
        hop.interface === undefined ? NO_INTERFACE : this.#options.resolveInterface(hop.interface);
      if (swIfIndex === undefined) return `VPP has no interface ${hop.interface ?? ''}`;
      const nextHop = parseAddress(hop.address)?.bytes;
      if (nextHop === undefined) return `the next hop "${hop.address}" is no address`;
      paths.push(fibPath({ nextHop, weight: hop.weight, swIfIndex }));
    }
    return { ...base, paths };
  }
}

/** Makes both tables of a number; table 0 of both families is always there. */
async function addTables(client: VppApiClient, id: FibTable['tableId']): Promise<void> {
  if (id !== 0) for (const table of tablesOf(id)) await addDelTable(client, table, true);
}

function tablesOf(id: FibTable['tableId']): FibTable[] {
  return ([4, 6] as const).map((family) => ({ tableId: id, family }));
}

/** A route that is to leave a table which is not there has left it. */
function isWithoutTable(error: VppApiError): boolean {
  return error.code === 'retval' && error.retval === Retval.noSuchFib;
}
