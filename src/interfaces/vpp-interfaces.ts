/**
 * Brings each interface to its target in VPP, for as long as VPP is connected: again with each change, and now and then.
 *
 * `reconcile` compares VPP's state with the configuration and, where the mirror is on (`mirror.ts`), with the
 * TAPs in Linux, and sends only what differs: first removals, from all interfaces, then tables, MTU,
 * addresses, MPLS and admin state of each (an address on a down interface makes no connected route, admin-up comes
 * last so that nothing is forwarded half configured, and a TAP comes up with its addresses). What VPP refuses is kept
 * with VPP's reason and retried every `RETRY_MS`.
 *
 * Between the first reading and the addresses the TAPs in Linux are made (`lcp-pairing.ts`). A NIC that was given to
 * VPP must exist, with its queues (`nic-queues.ts`), whether or not it is configured further.
 *
 * An interface that carries the frames of another one (a member of a bond or bridge, an end of a cross-connect) has no TAP and no IP: it is up, and its frames
 * are large enough (`config/ports.ts`).
 *
 * What is made and deleted (loopbacks, sub-interfaces and the objects of other kinds) is of the room `objects`; it
 * comes first, and what it sets on finished interfaces comes before they are up.
 *
 * An interface that leaves the configuration is released, as a start without it would leave it: no addresses,
 * no MPLS, its original MTU, admin down. An interface that was never in the
 * configuration and has no TAP is not touched.
 */
import { isDeepStrictEqual } from 'node:util';
import type { VppStep } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import type { Objects } from '../objects/mod.ts';
import type { ObjectsStatus } from '../objects/status.ts';
import {
  type ConnectKind,
  onInterfaceEvent,
  type SwIfIndex,
  type VppApiClient,
  wantInterfaceEvents,
} from '../vpp/api/mod.ts';
import { Reconciler, type ReconcilerOptions, type StartSettings } from './reconciler.ts';
import { RunLoop } from './run-loop.ts';
import type { InterfaceStatus } from './status.ts';
import {
  changesBetween,
  type ConnectedNetwork,
  connectedNetworks,
  givenNamesOf,
  haveMoved,
  type InterfaceChange,
  interfaceRows,
  type Known,
} from './vpp-status.ts';

const RETRY_MS = 5_000;
/** How often VPP is compared with the configuration when nothing has happened. */
const DRIFT_MS = 60_000;

export interface VppInterfacesOptions extends ReconcilerOptions {
  /** An interface was added or deleted, or changed its admin or link state, its addresses or its table. */
  readonly onChange: (name: string, what: InterfaceChange) => void;
}

export class VppInterfaces {
  readonly #options: VppInterfacesOptions;
  readonly #reconciler: Reconciler;
  #client: VppApiClient | undefined;
  #known: ReadonlyMap<string, Known> = new Map();
  #givenNames: ReadonlyMap<number, string> = new Map();
  #subscription: Disposable | undefined;
  readonly #loop = new RunLoop(() => this.#reconcileOrRetry());

  constructor(options: VppInterfacesOptions) {
    this.#options = options;
    this.#reconciler = new Reconciler(options);
  }

  /**
   * VPP is connected: subscribes to its events, then reconciles. `kind` says whether it is the same VPP as before.
   * Rejects when the connection broke, or when VPP does not answer now: then the run is retried later.
   */
  async attach(client: VppApiClient, kind: ConnectKind): Promise<void> {
    this.#client = client;
    this.#reconciler.attach(client, kind);
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = onInterfaceEvent(client, () => this.#loop.runSoon());
    await wantInterfaceEvents(client).catch((error: unknown) => {
      // The request is in VPP's socket: it is late, not lost.
      this.#retryUnlessBroken();
      throw error;
    });
    await this.reconcile();
  }

  /** VPP has ended, and all its interfaces with it; held TAPs stay. Call it again when they have ended. */
  detach(): void {
    this.#client = undefined;
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = undefined;
    this.#loop.cancel();
    this.#known = new Map();
    this.#reconciler.detach();
  }

  /** Other settings of VPP's start, for the next connection. */
  set settings(settings: StartSettings) {
    this.#reconciler.settings = settings;
  }

  /** The TAPs were changed, or something around them. */
  hostChanged(): void {
    if (this.#client !== undefined) this.#loop.runSoon();
  }

  /** Changes the configuration, and VPP if it is connected. Rejects as `attach` does. */
  async reconfigure(config: Config): Promise<void> {
    this.#reconciler.use(config);
    if (this.#client !== undefined) await this.reconcile();
  }

  /** The TAPs in `vpp.lcp.netns` and their interfaces in VPP, by name; empty without VPP. */
  get hostInterfaces(): ReadonlyMap<string, string> {
    return this.#reconciler.lcp.hostInterfaces;
  }

  /** VPP's index of an interface by name. */
  indexOf(name: string): SwIfIndex | undefined {
    return this.#known.get(name)?.vpp.swIfIndex;
  }

  /** The number of the table of a VRF; undefined while VPP has none. */
  tableOfVrf(name: string): number | undefined {
    return this.#reconciler.tables.byVrf.get(name);
  }

  /** The number of the table that an interface is in. */
  tableOfInterface(name: string, family: 4 | 6): number {
    return this.#known.get(name)?.tables?.[family] ?? 0;
  }

  /** Brings VPP's interfaces to their targets. One run at a time; a request during a run causes another run. */
  reconcile(): Promise<void> {
    return this.#loop.run();
  }

  async #reconcileOrRetry(): Promise<void> {
    try {
      const outcome = await this.#reconciler.run();
      if (outcome === undefined) return;
      this.#publish(outcome.now);
      this.#loop.runIn(outcome.isUnfinished ? RETRY_MS : DRIFT_MS);
    } catch (error) {
      this.#retryUnlessBroken();
      throw error;
    }
  }

  /** The names of interfaces that are not VPP's own, by sw_if_index; the same map for as long as they are the same. */
  get givenNames(): ReadonlyMap<number, string> {
    return this.#givenNames;
  }

  /** Takes over a new reading and reports changes since the last one. */
  #publish(next: Map<string, Known>): void {
    const last = this.#known;
    this.#known = next;
    const given = givenNamesOf(next);
    if (!isDeepStrictEqual(given, this.#givenNames)) this.#givenNames = given;
    for (const [name, what] of changesBetween(last, next)) this.#options.onChange(name, what);
    if (haveMoved(last, next)) this.#options.onTables?.();
  }

  /** A VPP that does not answer now may do so later; after a break the next connection starts over. */
  #retryUnlessBroken(): void {
    if (this.#client?.isClosed === false) this.#loop.runIn(RETRY_MS);
  }

  /** VPP's connected networks: addresses of our interfaces that are up. */
  get connected(): ConnectedNetwork[] {
    return connectedNetworks(this.#known);
  }

  /**
   * What would be done in VPP for another configuration, in its order; undefined without a connection. What daemons put
   * on TAPs stays. Rejects as a request does.
   */
  preview(next: Config): Promise<VppStep[] | undefined> {
    return this.#reconciler.preview(next);
  }

  /** The filters of the configuration, by VPP's numbers. */
  get filterNames(): Objects['filters'] {
    return this.#reconciler.objects.filters;
  }

  /** The objects of the configuration besides interfaces. */
  get objects(): ObjectsStatus {
    return this.#reconciler.objects.status;
  }

  /** Configured interfaces first, in the file's order, then VPP's others. */
  get status(): InterfaceStatus[] {
    const { lcp, missing, names, objects, queues } = this.#reconciler;
    return interfaceRows(names, this.#known, missing, {
      failureOf: (name) =>
        this.#known.get(name)?.failure ?? queues.failureOf(name) ?? objects.failureOf(name),
      hostInterfaceOf: (name) => lcp.statusOf(name),
      isHeld: (name) => this.#reconciler.isHeld(name),
      away: this.#client === undefined ? 'VPP is not connected' : undefined,
    });
  }
}
