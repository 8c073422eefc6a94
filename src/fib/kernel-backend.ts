/**
 * The kernel as a FIB of the route table: beside VPP in a network namespace, or alone while there is no VPP.
 *
 * Owns the routes of protocol `ROUTE_PROTOCOL` in the namespace that it is attached to; what is left of an earlier run
 * is adopted or removed. A route whose next hop cannot be reached now is `unresolved` and waits for a link, an address
 * or a network that could change that; then one route of each next-hop group is tried, and all others follow when it
 * is taken. Of several next hops those that cannot be reached are left out meanwhile (next-hop-resolver.ts).
 *
 * Invariants: nothing is sent while not attached; routes that come from the kernel are never given to it.
 */
import type { FibKernelConfig } from '../config/types.ts';
import { reasonOf } from '../linux/mod.ts';
import type { FibBackendStatus } from './status.ts';
import { FibBackend } from './fib-backend.ts';
import { KernelSession } from './kernel-session.ts';
import { NamespaceWatch } from './namespace-watch.ts';
import type { RouteTable } from './route-table.ts';

export interface KernelBackendOptions {
  readonly table: RouteTable;
  readonly config: FibKernelConfig;
  /** The kernel's name of an interface that a route names; undefined while there is none. */
  readonly kernelName: (name: string) => string | undefined;
  readonly onError: (message: string) => void;
}

type Life =
  | { readonly state: 'detached'; readonly reason: string }
  /** `netns` undefined: the own namespace. */
  | { readonly state: 'attached'; readonly netns: string | undefined };

export class KernelBackend extends FibBackend<KernelSession> implements AsyncDisposable {
  readonly #options: KernelBackendOptions;
  #config: FibKernelConfig;
  #life: Life;
  #watch: Disposable | undefined;
  protected waitingReason = '';

  /** @param reason why it is not attached at first */
  constructor(options: KernelBackendOptions, reason: string) {
    const { table } = options;
    super(table, [table.store(4), table.store(6)], options.onError);
    this.#options = options;
    this.#config = options.config;
    this.#life = { state: 'detached', reason };
  }

  /**
   * Programs a namespace (undefined: the own one) from now on; one that does not exist yet is waited for. Resolves when
   * all is answered, or there is nobody to program. Never rejects.
   */
  async attach(netns: string | undefined): Promise<void> {
    if (this.#life.state === 'attached') {
      if (this.#life.netns === netns) return this.settled();
      await this.detach('another namespace is programmed');
    }
    // One that is still being detached from.
    if (this.session !== undefined) this.#close();
    this.#changeLife({ state: 'attached', netns });
    this.#watch ??= new NamespaceWatch(netns, {
      open: () => this.#open(netns),
      close: () => this.#close(),
      onAbsent: (reason) => {
        this.waitingReason = reason;
      },
    });
    await this.settled();
  }

  /** Removes what it has programmed, and programs nothing from now on. Resolves when it is gone. Never rejects. */
  async detach(reason: string): Promise<void> {
    if (this.#life.state === 'detached') return;
    this.#stopWatching();
    const { session } = this;
    this.#changeLife({ state: 'detached', reason });
    if (session !== undefined) {
      await session.reading;
      session.run();
      await this.settled();
    }
    // Attached anew meanwhile: that session is another one.
    if (session !== undefined && this.session === session) this.#close();
  }

  /** Another configuration: routes that are in another table, or have another metric, are removed first. */
  async reconfigure(config: FibKernelConfig): Promise<void> {
    const { tableId, metric } = this.#config;
    const isElsewhere = config.tableId !== tableId || config.metric !== metric;
    const life = this.#life;
    if (isElsewhere) await this.detach('its table or metric changes');
    this.#config = config;
    if (isElsewhere && life.state === 'attached') await this.attach(life.netns);
  }

  /** Names of interfaces may mean others by now: routes that waited for one are tried. */
  interfacesChanged(): void {
    this.session?.interfacesChanged();
  }

  /** Links or addresses were changed by us: looks at once at what that did. Resolves when all is answered. Never rejects. */
  async recheck(): Promise<void> {
    await this.session?.recheck();
    await this.settled();
  }

  get status(): FibBackendStatus {
    return this.report('kernel');
  }

  /** Lets go without removing anything: the next run adopts it. Resolves when the kernel is done with what it has. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopWatching();
    this.#life = { state: 'detached', reason: 'stopped' };
    const { session } = this;
    this.#close();
    this.substitutes[Symbol.dispose]();
    await session?.answered;
  }

  protected get disabledReason(): string | undefined {
    return this.#life.state === 'detached' ? this.#life.reason : undefined;
  }

  protected takes(source: number): boolean {
    const { isConnected, isFromKernel } = this.table;
    return this.#life.state === 'attached' && isConnected[source] === 0 && isFromKernel[source] === 0;
  }

  #changeLife(life: Life): void {
    this.#life = life;
    this.since = Date.now();
    for (const state of this.states) state.wantedChanged();
  }

  #open(netns: string | undefined): boolean {
    const { kernelName } = this.#options;
    try {
      this.begin(new KernelSession({ fib: this, netns, config: () => this.#config, kernelName }));
      return true;
    } catch (error) {
      this.waitingReason = reasonOf(error);
      this.onError(`the kernel's routes cannot be programmed: ${this.waitingReason}`);
      return false;
    }
  }

  #close(): void {
    const { session } = this;
    this.end();
    if (session !== undefined) for (const state of this.states) state.reset('nothing');
    this.since = Date.now();
    this.release();
  }

  #stopWatching(): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
  }
}
