/**
 * The kernel as a FIB of the route table: beside VPP in a network namespace, or alone while there is no VPP.
 *
 * Owns the routes of protocol `ROUTE_PROTOCOL` in the namespace that it is attached to; what is left of an earlier run
 * is adopted or removed. A route whose next hop cannot be reached now is `unresolved` and waits for a link, an address
 * or a network that could change that; then one route of each next-hop group is tried, and all others follow when it
 * is taken. Of several next hops those that cannot be reached are left out meanwhile (kernel-legs.ts). Routes that the
 * kernel drops are noticed (kernel-reconcile.ts, and the kernel's own notices).
 *
 * The kernel works while the event loop turns, so what it tells may be older than what it is told: a notice counts for
 * what is with the kernel as well, and whatever looks for what changed waits for the answers first.
 *
 * Invariants: nothing is sent while not attached; routes that come from the kernel are never given to it.
 */
import type { FibKernelConfig } from '../config/types.ts';
import {
  type Link,
  listLinks,
  netnsIdentity,
  reasonOf,
  RouteBulk,
  RouteMonitor,
  type RouteNotice,
  ROUTE_PROTOCOL,
  withNetns,
} from '../linux/mod.ts';
import type { FibBackendStatus } from '../telemetry/status.ts';
import { backendReport, type ProgrammedRoute, programmedRoutes } from './backend-report.ts';
import { BackendState } from './backend-state.ts';
import { KernelLegs } from './kernel-legs.ts';
import { KernelProbe } from './kernel-probe.ts';
import { KernelProgrammer } from './kernel-programmer.ts';
import { reconcile } from './kernel-reconcile.ts';
import { KernelTemplates } from './kernel-templates.ts';
import { KernelWaiting } from './kernel-waiting.ts';
import { type GroupId, NO_GROUP } from './next-hop-groups.ts';
import { DEFAULT_TABLE, newRouteKey, type RouteKey } from './route-key.ts';
import type { RouteStore } from './route-store.ts';
import type { RouteTable } from './route-table.ts';
import { Substitutes } from './substitutes.ts';

/** How often a namespace that is not there, or may be another one, is looked for. */
const NAMESPACE_MS = 1_000;
/** Before our routes are read again that could not be read. */
const READ_LATER_MS = 1_000;
/** Notices come in bursts: what they ask for is done once they pause. */
const SETTLE_MS = 20;

export interface KernelBackendOptions {
  readonly table: RouteTable;
  readonly config: FibKernelConfig;
  /** The kernel's name of an interface that a route names; undefined while there is none. */
  readonly kernelName: (name: string) => string | undefined;
  readonly onError: (message: string) => void;
}

/** One namespace, from its sockets' opening to their closing. */
interface Session {
  readonly identity: string | undefined;
  readonly bulk: RouteBulk;
  readonly monitor: RouteMonitor;
  readonly programmer: KernelProgrammer;
  readonly legs: KernelLegs;
  readonly links: Map<number, Link>;
  readonly life: AbortController;
  /** Routes of an earlier run are still read: nothing is sent yet. */
  isReading: boolean;
  isReplaying: boolean;
  /** `performance.now()` at the begin of what is pending; undefined while nothing is. */
  pendingSince: number | undefined;
  /** What a reading that is under way may have missed. */
  reading: Promise<void> | undefined;
  isReadingDue: boolean;
  /** The kernel may have dropped routes without a word since it was read last. */
  isInDoubt: boolean;
}

interface SlotOfState {
  readonly state: BackendState;
  readonly slot: number;
}

type Life =
  | { readonly state: 'detached'; readonly reason: string }
  /** `netns` undefined: the own namespace. */
  | { readonly state: 'attached'; readonly netns: string | undefined };

export class KernelBackend implements AsyncDisposable {
  readonly #options: KernelBackendOptions;
  /** In place of groups of whose next hops the kernel lacks some. */
  readonly substitutes: Substitutes;
  readonly #templates: KernelTemplates;
  readonly #states: readonly BackendState[];
  readonly #waiting: KernelWaiting;
  #config: FibKernelConfig;
  #life: Life;
  #session: Session | undefined;
  /** Why there is no session though it is attached. */
  #reason = '';
  #since = Date.now();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #noticeTimer: NodeJS.Timeout | undefined;
  #namespaceTimer: NodeJS.Timeout | undefined;
  #again: NodeJS.Immediate | undefined;
  #isLinkLost = false;
  #batches = 0;
  #convergedInMs: number | undefined;
  #fullConvergenceMs: number | undefined;
  #waiters: (() => void)[] = [];
  readonly #key = newRouteKey();

  /** @param reason why it is not attached at first */
  constructor(options: KernelBackendOptions, reason: string) {
    this.#options = options;
    this.#config = options.config;
    this.#life = { state: 'detached', reason };
    const { table } = options;
    this.substitutes = new Substitutes(table.groups);
    this.#templates = new KernelTemplates({
      groups: table.groups,
      resolveInterface: (name) => this.#linkIndex(name),
      metric: () => this.#config.metric,
    });
    this.#states = table.stores
      .filter(({ family }) => family !== 'mpls')
      .map((store) => this.#newState(store));
    this.#waiting = new KernelWaiting();
  }

  /**
   * Programs a namespace (undefined: the own one) from now on; one that is not there yet is waited for. Resolves when
   * all is answered, or there is nobody to program. Never rejects.
   */
  async attach(netns: string | undefined): Promise<void> {
    if (this.#life.state === 'attached') {
      if (this.#life.netns === netns) return this.settled();
      await this.detach('another namespace is programmed');
    }
    this.#life = { state: 'attached', netns };
    this.#since = Date.now();
    for (const state of this.#states) state.wantedChanged();
    this.#open();
    this.#namespaceTimer ??= setInterval(() => this.#watchNamespace(), NAMESPACE_MS).unref();
    await this.settled();
  }

  /** Removes what it has programmed, and programs nothing from now on. Resolves when it is gone. Never rejects. */
  async detach(reason: string): Promise<void> {
    if (this.#life.state === 'detached') return;
    this.#life = { state: 'detached', reason };
    this.#since = Date.now();
    clearInterval(this.#namespaceTimer);
    this.#namespaceTimer = undefined;
    const session = this.#session;
    for (const state of this.#states) state.wantedChanged();
    if (session !== undefined) {
      await session.reading;
      session.programmer.run();
      await this.settled();
    }
    // Attached anew meanwhile: that session is another one.
    if (this.#life.state === 'detached' && this.#session === session) this.#endSession();
  }

  /** Resolves when nothing is pending, or there is nobody to program. */
  settled(): Promise<void> {
    if (this.#session === undefined || this.#isSettled) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Another configuration: routes that are in another table, or have another metric, are removed first. */
  async reconfigure(config: FibKernelConfig): Promise<void> {
    const before = this.#config;
    const isElsewhere = config.tableId !== before.tableId || config.metric !== before.metric;
    if (isElsewhere && this.#life.state === 'attached') {
      const { netns } = this.#life;
      await this.detach('its table or metric changes');
      this.#config = config;
      this.#templates.forgetAll();
      await this.attach(netns);
      return;
    }
    this.#config = config;
    this.#templates.forgetAll();
  }

  /** Names of interfaces may mean others by now: routes that waited for one are tried. */
  interfacesChanged(): void {
    this.#templates.forgetAll();
    this.#noticed();
  }

  /** Links or addresses were changed by us: looks at once at what that did. Resolves when all is answered. Never rejects. */
  async recheck(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    this.#readAgain(session);
    await session.reading;
    this.#wake(session);
    session.programmer.run();
    await this.settled();
  }

  /** What the kernel has acknowledged. */
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
      backend: 'kernel' as const,
      ...report,
      batches: this.#batches,
      isReplaying: this.#session?.isReplaying ?? false,
      ...(this.#convergedInMs === undefined ? {} : { lastConvergenceMs: this.#convergedInMs }),
      ...(this.#fullConvergenceMs === undefined ? {} : { lastFullConvergenceMs: this.#fullConvergenceMs }),
    };
    const since = this.#since;
    if (this.#life.state === 'detached') {
      return { ...base, status: { state: 'disabled', reason: this.#life.reason } };
    }
    if (this.#session === undefined) {
      return { ...base, status: { state: 'waiting', reason: this.#reason, since } };
    }
    if (!this.#isSettled) {
      return { ...base, status: { state: 'programming', since } };
    }
    if (report.failed > 0) {
      const reason = `${report.failed} of ${report.desired} routes were refused`;
      return { ...base, status: { state: 'degraded', reason, since } };
    }
    return { ...base, status: { state: 'synced', since } };
  }

  /** Lets go without removing anything: the next run adopts it. Resolves when the kernel is done with what it has. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#namespaceTimer);
    this.#namespaceTimer = undefined;
    this.#life = { state: 'detached', reason: 'stopped' };
    const programmer = this.#session?.programmer;
    this.#endSession();
    this.#templates[Symbol.dispose]();
    this.substitutes[Symbol.dispose]();
    await programmer?.answered;
  }

  get #isSettled(): boolean {
    const session = this.#session;
    if (session !== undefined && (session.isReading || !session.programmer.isIdle || !session.legs.isIdle))
      return false;
    return this.#states.every((state) => state.isSettled);
  }

  #newState(store: RouteStore): BackendState {
    const { groups, isConnected, isFromKernel, isStatic } = this.#options.table;
    return new BackendState(
      {
        store,
        groups,
        wanted: (slot) => {
          const source = store.source[slot]!;
          const isOthers = isConnected[source] === 1 || isFromKernel[source] === 1;
          return isOthers || this.#life.state === 'detached' ? NO_GROUP : store.group[slot]!;
        },
        substitute: (group) => this.substitutes.of(group),
        onWork: () => this.#schedule(),
      },
      (slot) => store.length[slot] === 0 || isStatic[store.source[slot]!] === 1,
    );
  }

  /** Opens the sockets, reads what is there of ours, and begins. */
  #open(): void {
    if (this.#life.state !== 'attached') return;
    const { netns } = this.#life;
    const identity = netns === undefined ? undefined : netnsIdentity(netns);
    if (netns !== undefined && identity === undefined) {
      this.#reason = `the network namespace ${netns} is not there yet`;
      return;
    }
    let bulk: RouteBulk | undefined;
    try {
      bulk = new RouteBulk({ netns });
      const session = this.#newSession(netns, identity, bulk);
      this.#session = session;
      session.reading = this.#start(session);
    } catch (error) {
      bulk?.[Symbol.dispose]();
      this.#reason = reasonOf(error);
      this.#options.onError(`the kernel's routes cannot be programmed: ${this.#reason}`);
    }
  }

  #newSession(netns: string | undefined, identity: string | undefined, bulk: RouteBulk): Session {
    using opened = new DisposableStack();
    const probe = opened.use(new KernelProbe(netns));
    const monitor = opened.use(
      new RouteMonitor(
        {
          onRoute: (notice) => this.#heardRoute(notice),
          onLink: (link, isNew) => this.#heardLink(link, isNew),
          onAddress: ({ isNew }) => this.#noticed(isNew ? undefined : 'lost'),
          onOverrun: () => this.#overran(),
        },
        { netns, ignoredPort: bulk.portId },
      ),
    );
    const links = netns === undefined ? listLinks() : withNetns(netns, () => listLinks());
    const programmer = new KernelProgrammer({
      states: this.#states,
      bulk,
      templates: this.#templates,
      defaultTable: () => this.#config.tableId,
      metric: () => this.#config.metric,
      isInDoubt: () => this.#session?.isInDoubt === true,
      onUnresolved: (state, slot, group) => {
        this.#waiting.add(state, slot, group);
        // Perhaps others of its next hops are there.
        const action = this.#options.table.groups.action(group);
        const isOfMany = action.kind === 'forward' && action.nextHops.length > 1;
        if (isOfMany || !this.substitutes.isEmpty) legs.look();
      },
      onProgrammed: (state, slot, group) => {
        this.#waiting.programmed(state, slot, group);
        // A network on a link, by us: gateways may be in it.
        if (!this.#waiting.isEmpty && this.#isAttached(group)) this.#noticed();
      },
      onBatch: () => {
        this.#batches += 1;
      },
      // Of every group of which one was taken now, all others are to be taken too.
      onAnswered: () => this.#waiting.release(),
      onIdle: () => this.#idle(),
      onError: (error) => this.#options.onError(`the kernel takes no routes: ${reasonOf(error)}`),
    });
    const legs = new KernelLegs({
      groups: this.#options.table.groups,
      templates: this.#templates,
      substitutes: this.substitutes,
      probe,
      waiting: this.#waiting,
      onChange: (families) => {
        for (const state of this.#states) if (families.has(state.store.family)) state.wantedChanged();
      },
      onIdle: () => this.#runIn(0),
      onError: (error) =>
        this.#options.onError(`the kernel could not be asked for next hops: ${reasonOf(error)}`),
    });
    // The session's from here on.
    opened.move();
    return {
      identity,
      bulk,
      monitor,
      programmer,
      legs,
      links: new Map(links.map((link) => [link.index, link])),
      life: new AbortController(),
      isReading: true,
      isReplaying: true,
      pendingSince: performance.now(),
      reading: undefined,
      isReadingDue: false,
      isInDoubt: false,
    };
  }

  /** Adopts or removes what an earlier run left, then programs. Never rejects. */
  async #start(session: Session): Promise<void> {
    for (const state of this.#states) await state.walked();
    const isRead = await this.#reconcile(session);
    if (this.#session !== session) return;
    session.isReading = false;
    if (!isRead) this.#readLater(session);
    if (session.isReadingDue) this.#readAgain(session);
    for (const state of this.#states) state.sweep();
    session.legs.look();
    session.programmer.open();
  }

  /** False when not all could be read. */
  async #reconcile(session: Session): Promise<boolean> {
    let isRead = true;
    const netns = this.#life.state === 'attached' ? this.#life.netns : undefined;
    for (const state of this.#states) {
      if (this.#session !== session) return false;
      try {
        await reconcile(state, {
          netns,
          groups: this.#options.table.groups,
          substitutes: this.substitutes,
          programmer: session.programmer,
          resolveInterface: (name) => this.#linkIndex(name),
          readKey: (notice, key) => this.#readKey(notice, key),
          metric: () => this.#config.metric,
          signal: session.life.signal,
        });
      } catch (error) {
        if (this.#session !== session) return false;
        isRead = false;
        this.#options.onError(`read our routes of the kernel: ${reasonOf(error)}`);
      }
    }
    return isRead;
  }

  /** Reads what the kernel still has of ours; once more when something happens meanwhile. */
  #readAgain(session: Session): void {
    session.isReadingDue = session.isInDoubt = true;
    if (session.reading !== undefined && session.isReading) return;
    const before = session.reading ?? Promise.resolve();
    session.reading = before.then(async () => {
      if (!session.isReadingDue || this.#session !== session) return;
      session.isReadingDue = false;
      const isRead = await this.#reconcile(session);
      if (this.#session !== session) return;
      session.legs.look();
      if (!isRead) this.#readLater(session);
      if (isRead && !this.#isLinkLost && !session.isReadingDue) session.isInDoubt = false;
    });
  }

  /** Not all could be read (no memory, no descriptors): looks again after a while. */
  #readLater(session: Session): void {
    setTimeout(() => {
      if (this.#session === session) this.#noticed('lost');
    }, READ_LATER_MS).unref();
  }

  #endSession(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#noticeTimer);
    if (this.#again !== undefined) clearImmediate(this.#again);
    this.#timer = this.#noticeTimer = this.#again = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#isLinkLost = false;
    const session = this.#session;
    this.#session = undefined;
    session?.life.abort(new Error('the session has ended'));
    session?.monitor[Symbol.dispose]();
    session?.programmer[Symbol.dispose]();
    session?.legs[Symbol.dispose]();
    session?.bulk[Symbol.dispose]();
    this.#waiting.clear();
    this.#templates.forgetAll();
    this.substitutes.clear();
    if (session !== undefined) for (const state of this.#states) state.reset('nothing');
    this.#release();
  }

  /** The namespace came, went, or is another one of the same name. */
  #watchNamespace(): void {
    if (this.#life.state !== 'attached') return;
    const { netns } = this.#life;
    if (this.#session === undefined) {
      this.#open();
      return;
    }
    if (netns === undefined || netnsIdentity(netns) === this.#session.identity) return;
    this.#endSession();
    this.#since = Date.now();
    this.#open();
  }

  #schedule(): void {
    const session = this.#session;
    if (session === undefined) return;
    session.pendingSince ??= performance.now();
    this.#runIn(0);
  }

  #runIn(delayMs: number): void {
    const at = performance.now() + delayMs;
    if (this.#again !== undefined || (this.#timer !== undefined && this.#timerAt <= at)) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    if (delayMs === 0) {
      this.#again = setImmediate(() => {
        this.#again = undefined;
        this.#session?.programmer.run();
      });
      return;
    }
    this.#timerAt = at;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#session?.programmer.run();
    }, delayMs).unref();
  }

  /** Nothing is left to be taken now: perhaps all is settled, perhaps something waits for its next try. */
  #idle(): void {
    const session = this.#session;
    if (session === undefined || session.isReading) return;
    let retryInMs = Number.POSITIVE_INFINITY;
    for (const state of this.#states) retryInMs = Math.min(retryInMs, state.retryInMs ?? retryInMs);
    if (Number.isFinite(retryInMs)) this.#runIn(retryInMs + 1);
    if (!this.#isSettled) return;
    if (session.pendingSince !== undefined) {
      const took = performance.now() - session.pendingSince;
      session.pendingSince = undefined;
      this.#convergedInMs = took;
      if (session.isReplaying) this.#fullConvergenceMs = took;
      session.isReplaying = false;
      this.#since = Date.now();
    }
    this.#release();
  }

  #release(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  // What the kernel tells.

  #heardRoute(notice: RouteNotice): void {
    const { protocol, isNew } = notice;
    if (protocol === ROUTE_PROTOCOL) {
      // Ours, but not by us: by the kernel itself, or by somebody's hand.
      if (!isNew) this.#vanished(this.#slotOf(notice));
      return;
    }
    // A network on a link: what next hops are resolved through.
    if (isNew && !notice.hasGateway && notice.nextHopId === 0) this.#noticed();
    const slot = this.#slotOf(notice);
    if (slot === undefined) return;
    if (!isNew) slot.state.retry(slot.slot);
    else if (notice.isReplacement) this.#vanished(slot);
  }

  #vanished(gone: SlotOfState | undefined): void {
    if (gone === undefined) return;
    this.#session?.programmer.outdated(gone.state, gone.slot);
    gone.state.vanished(gone.slot);
  }

  #heardLink(link: Link, isNew: boolean): void {
    const links = this.#session?.links;
    if (links === undefined) return;
    const before = links.get(link.index);
    if (isNew) links.set(link.index, link);
    else links.delete(link.index);
    const isOther = before === undefined || !isNew || before.name !== link.name;
    // Messages hold indexes of interfaces by name.
    if (isOther) this.#templates.forgetAll();
    const isDown = !isNew || (before?.up === true && !link.up);
    if (isOther || isDown || before.up !== link.up || before.running !== link.running) {
      this.#noticed(isDown ? 'lost' : undefined);
    }
  }

  #overran(): void {
    const session = this.#session;
    if (session === undefined) return;
    const netns = this.#life.state === 'attached' ? this.#life.netns : undefined;
    try {
      const links = netns === undefined ? listLinks() : withNetns(netns, () => listLinks());
      session.links.clear();
      for (const link of links) session.links.set(link.index, link);
    } catch (error) {
      this.#options.onError(`read the links: ${reasonOf(error)}`);
    }
    this.#templates.forgetAll();
    this.#noticed('lost');
  }

  /** Something changed that next hops may depend on; `lost`: the kernel may have dropped routes without a word. */
  #noticed(what?: 'lost'): void {
    if (what === 'lost') {
      this.#isLinkLost = true;
      if (this.#session !== undefined) this.#session.isInDoubt = true;
    }
    this.#noticeTimer ??= setTimeout(() => {
      this.#noticeTimer = undefined;
      const session = this.#session;
      if (session !== undefined) void this.#lookAgain(session);
    }, SETTLE_MS).unref();
  }

  /** Tries what waits, and finds what the kernel dropped. Never rejects. */
  async #lookAgain(session: Session): Promise<void> {
    // What the kernel could not resolve before that change is told as soon as its batch is answered.
    await session.programmer.answered;
    if (this.#session !== session) return;
    this.#wake(session);
    if (this.#isLinkLost) this.#readAgain(session);
    this.#isLinkLost = false;
    this.#runIn(0);
  }

  /** Tries what waits, and next hops that are left out. */
  #wake(session: Session): void {
    this.#waiting.wake();
    session.legs.look();
  }

  /** The slot that a kernel route is in the place of. */
  #slotOf(notice: RouteNotice): SlotOfState | undefined {
    if (notice.metric !== this.#config.metric) return undefined;
    this.#readKey(notice, this.#key);
    const state = this.#states.find(({ store }) => store.family === notice.family);
    const slot = state?.store.find(this.#key) ?? -1;
    return state === undefined || slot < 0 ? undefined : { state, slot };
  }

  #readKey(notice: RouteNotice, key: RouteKey): void {
    key.family = notice.family;
    key.tableId = notice.table === this.#config.tableId ? DEFAULT_TABLE : notice.table;
    key.w0 = notice.w0;
    key.w1 = notice.w1;
    key.w2 = notice.w2;
    key.w3 = notice.w3;
    key.length = notice.length;
  }

  /** Whether routes of a group make neighbours of their destinations. */
  #isAttached(group: GroupId): boolean {
    const { groups } = this.#options.table;
    // What was taken may be gone again by the time of the answer, and its group with it.
    if (!groups.has(group)) return false;
    const action = groups.action(group);
    return action.kind === 'forward' && action.nextHops.some(({ address }) => address === undefined);
  }

  /** The index of an interface that a route names. */
  #linkIndex(name: string): number | undefined {
    const kernelName = this.#options.kernelName(name);
    if (kernelName === undefined) return undefined;
    for (const link of this.#session?.links.values() ?? []) if (link.name === kernelName) return link.index;
    return undefined;
  }
}
