/**
 * A FIB that follows the route table, VPP's or the kernel's: what both have in common.
 *
 * Owns the state of each family (backend-state.ts), the time of the next run, what is known of convergence, and the
 * status. What is sent is the business of a session (vpp-session.ts, kernel-session.ts): one connection to the FIB.
 *
 * Invariants: at most one session at a time; each begins with a replay of everything; the next run is the earliest one
 * that was asked for.
 */
import { Gate } from '../linux/mod.ts';
import type { FibBackendStatus, FibRoute } from './status.ts';
import { backendReport, programmedRoutes } from './backend-report.ts';
import { BackendState, type BackendStateOptions } from './backend-state.ts';
import { NO_GROUP } from './next-hop-groups.ts';
import type { Family } from './route-key.ts';
import type { RouteStore } from './route-store.ts';
import type { RouteTable } from './route-table.ts';
import { Substitutes } from './substitutes.ts';

/**
 * `opening`: nothing is sent before it is known what the FIB has. `replaying`: everything is told. `sweeping`: the FIB
 * removes what was not told again. `following`: changes are told.
 */
export type SessionPhase = 'opening' | 'replaying' | 'sweeping' | 'following';

/** One connection to a FIB, from its opening to its end. */
export interface FibSession extends Disposable {
  readonly phase: SessionPhase;
  /** Nothing is under way beside what the states count. */
  readonly isIdle: boolean;
  /** Sends what is due. Calls `FibBackend.idle` when nothing is left, `runIn` when there is more. Never throws. */
  run(): void;
  /** Everything was answered. */
  converged(): void;
}

export abstract class FibBackend<Session extends FibSession = FibSession> {
  readonly table: RouteTable;
  /** In place of groups of whose next hops the FIB lacks some. */
  readonly substitutes: Substitutes;
  /** The state of each family. */
  readonly states: readonly BackendState[];
  readonly onError: (message: string) => void;
  protected session: Session | undefined;
  /** When the state of the status began. */
  protected since = Date.now();
  readonly #settled = new Gate();
  /** `performance.now()` of the next run: 0 for the next turn of the event loop, infinite for none. */
  #runAt = Number.POSITIVE_INFINITY;
  #cancelRun = (): void => {};
  /** `performance.now()` at the begin of what is pending; undefined while nothing is. */
  #pendingSince: number | undefined;
  #batches = 0;
  #convergedInMs: number | undefined;
  #fullConvergenceMs: number | undefined;

  constructor(table: RouteTable, stores: readonly RouteStore[], onError: (message: string) => void) {
    this.table = table;
    this.onError = onError;
    this.substitutes = new Substitutes(table.groups);
    this.states = stores.map((store) => this.#newState(store));
  }

  /** Whether the FIB is to have the routes of a source. Hot: asked for each route. */
  protected abstract takes(source: number): boolean;

  /** What only this FIB asks of the state of a family. */
  protected stateOptions(_store: RouteStore): Pick<BackendStateOptions, 'canReplace' | 'dropReason'> {
    return {};
  }

  /** Why the FIB is to have no routes; undefined while it is to have some. */
  protected abstract readonly disabledReason: string | undefined;

  /** Why there is no session. */
  protected abstract readonly waitingReason: string;

  // For the owner.

  /** What the FIB has acknowledged. */
  programmed(): Generator<FibRoute> {
    return programmedRoutes(this.states, this.table.groups);
  }

  /** Resolves when nothing is pending and what the FIB has besides is swept, or there is no session. */
  settled(): Promise<void> {
    const isSettled = this.session === undefined || (this.isSettled && this.isQuiet);
    return isSettled ? Promise.resolve() : this.#settled.opened();
  }

  /** Routes that wait to be sent; 0 while nobody takes them. */
  get backlog(): number {
    return this.session === undefined ? 0 : this.states.reduce((sum, { queued }) => sum + queued, 0);
  }

  protected report(backend: FibBackendStatus['backend']): FibBackendStatus {
    const report = backendReport(this.states, this.substitutes, this.table.groups);
    return {
      backend,
      ...report,
      batches: this.#batches,
      isReplaying: this.session?.phase === 'opening' || this.session?.phase === 'replaying',
      ...(this.#convergedInMs === undefined ? {} : { lastConvergenceMs: this.#convergedInMs }),
      ...(this.#fullConvergenceMs === undefined ? {} : { lastFullConvergenceMs: this.#fullConvergenceMs }),
      status: this.#statusOf(report),
    };
  }

  // For the session.

  /** Nothing was changed that is not answered yet, and nothing is swept. */
  get isQuiet(): boolean {
    return this.#pendingSince === undefined && this.session?.phase === 'following';
  }

  /** Runs the session in `delayMs`, or earlier; 0: in the next turn of the event loop. */
  runIn(delayMs: number): void {
    const at = delayMs === 0 ? 0 : performance.now() + delayMs;
    if (this.#runAt <= at) return;
    this.#cancelRun();
    this.#runAt = at;
    if (delayMs === 0) {
      const next = setImmediate(() => this.run());
      this.#cancelRun = () => clearImmediate(next);
    } else {
      const timer = setTimeout(() => this.run(), delayMs).unref();
      this.#cancelRun = () => clearTimeout(timer);
    }
  }

  /** Nothing is left to be taken now: perhaps all is settled, perhaps something waits for its next try. */
  idle(): void {
    const { session } = this;
    if (session === undefined || session.phase === 'opening') return;
    for (const { retryInMs } of this.states) if (retryInMs !== undefined) this.runIn(retryInMs + 1);
    if (!this.isSettled) return;
    if (this.#pendingSince !== undefined) {
      this.#convergedInMs = performance.now() - this.#pendingSince;
      if (session.phase === 'replaying') this.#fullConvergenceMs = this.#convergedInMs;
      this.#pendingSince = undefined;
      this.since = Date.now();
      session.converged();
    }
    if (this.isQuiet) this.#settled.open();
  }

  /** Requests were sent together. */
  countBatch(): void {
    this.#batches += 1;
  }

  /** Something else is told in place of groups of these families than before. */
  substituted(families: ReadonlySet<Family>): void {
    for (const state of this.states) if (families.has(state.store.family)) state.wantedChanged();
  }

  // For VPP's and the kernel's.

  /** Runs the session now. */
  protected run(): void {
    this.#forgetRun();
    this.session?.run();
  }

  /** What is pending counts from now on. */
  changed(): void {
    this.#pendingSince = performance.now();
  }

  protected begin(session: Session): void {
    this.session = session;
    this.changed();
  }

  /** The states still say what the FIB had. */
  protected end(): void {
    this.#forgetRun();
    const { session } = this;
    this.session = undefined;
    session?.[Symbol.dispose]();
    this.substitutes.clear();
  }

  /** Nobody is waited for any more. */
  protected release(): void {
    this.#settled.open();
  }

  /** Nothing is pending, and nothing is under way that may make something pending. */
  get isSettled(): boolean {
    return this.session?.isIdle !== false && this.states.every((state) => state.isSettled);
  }

  #newState(store: RouteStore): BackendState {
    const { groups, isStatic } = this.table;
    return new BackendState(
      {
        store,
        groups,
        wanted: (slot) => (this.takes(store.source[slot]!) ? store.group[slot]! : NO_GROUP),
        substitute: (group) => this.substitutes.of(group),
        onWork: () => this.#onWork(),
        ...this.stateOptions(store),
      },
      // What others are resolved through comes first: default routes, and those that somebody wrote down.
      (slot) => store.length[slot] === 0 || isStatic[store.source[slot]!] === 1,
    );
  }

  /** Called for each route: most find that a run is to come at once. */
  #onWork(): void {
    if (this.session === undefined) return;
    this.#pendingSince ??= performance.now();
    if (this.#runAt > 0) this.runIn(this.delayMs());
  }

  /** How long what is queued waits for more. */
  protected delayMs(): number {
    return 0;
  }

  #forgetRun(): void {
    this.#cancelRun();
    this.#runAt = Number.POSITIVE_INFINITY;
  }

  #statusOf({ failed, desired }: { failed: number; desired: number }): FibBackendStatus['status'] {
    const { since, disabledReason } = this;
    if (disabledReason !== undefined) return { state: 'disabled', reason: disabledReason };
    if (this.session === undefined) return { state: 'waiting', reason: this.waitingReason, since };
    if (!this.isSettled) return { state: 'programming', since };
    if (failed === 0) return { state: 'synced', since };
    return { state: 'degraded', reason: `${failed} of ${desired} routes were refused`, since };
  }
}
