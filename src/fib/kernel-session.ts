/**
 * One network namespace whose kernel is programmed, from its sockets' opening to their closing.
 *
 * Begins with a reading of what an earlier run left (kernel-reconcile.ts); the same reading follows whenever the kernel
 * may have dropped routes without a notice, as it does with IPv4 when a link goes down.
 *
 * The kernel works while the event loop turns, so what it tells may be older than what it is told: a notice counts for
 * what is with the kernel as well, and whatever looks for what changed waits for the answers first.
 *
 * Invariants: nothing is told to the kernel before the first reading; one reading at a time; while a loss is not covered
 * by a reading that began after it, every route is in doubt (`isInDoubt`).
 */
import type { FibKernelConfig } from '../config/types.ts';
import { reasonOf, RouteBulk, type RouteNotice, ROUTE_PROTOCOL } from '../linux/mod.ts';
import type { BackendState } from './backend-state.ts';
import type { FibBackend, FibSession, SessionPhase } from './fib-backend.ts';
import { KernelProbe } from './kernel-probe.ts';
import { KernelProgrammer } from './kernel-programmer.ts';
import { reconcile } from './kernel-reconcile.ts';
import { KernelTemplates } from './kernel-templates.ts';
import { KernelWaiting } from './kernel-waiting.ts';
import { type LinkChange, NamespaceMonitor } from './namespace-monitor.ts';
import type { GroupId } from './next-hop-groups.ts';
import { NextHopResolver } from './next-hop-resolver.ts';
import { DEFAULT_TABLE, newRouteKey, type RouteKey } from './route-key.ts';

/** Before our routes are read again that could not be read. */
const READ_LATER_MS = 1_000;
/** Notices come in bursts: what they ask for is done once they pause. */
const SETTLE_MS = 20;

export interface KernelSessionOptions {
  readonly fib: FibBackend;
  /** Undefined: the own namespace. */
  readonly netns: string | undefined;
  readonly config: () => FibKernelConfig;
  /** The kernel's name of an interface that a route names; undefined while there is none. */
  readonly kernelName: (name: string) => string | undefined;
}

interface SlotOfState {
  readonly state: BackendState;
  readonly slot: number;
}

export class KernelSession implements FibSession {
  readonly #options: KernelSessionOptions;
  readonly #fib: FibBackend;
  readonly #life = new AbortController();
  readonly #opened: DisposableStack;
  readonly #templates: KernelTemplates;
  readonly #waiting = new KernelWaiting();
  readonly #monitor: NamespaceMonitor;
  readonly #programmer: KernelProgrammer;
  readonly #resolver: NextHopResolver;
  readonly #key = newRouteKey();
  #phase: SessionPhase = 'opening';
  #noticeTimer: NodeJS.Timeout | undefined;
  /** How often routes may have been lost; up to which of these a reading is asked for, and up to which one is over. */
  readonly #losses = { noticed: 0, asked: 0, read: 0 };
  #reading: Promise<void>;

  /** Opens the sockets, and begins to read what is there of ours. Throws LinuxError. */
  constructor(options: KernelSessionOptions) {
    this.#options = options;
    const { fib, netns, config } = options;
    this.#fib = fib;
    const { groups } = fib.table;
    using opened = new DisposableStack();
    const bulk = opened.use(new RouteBulk({ netns }));
    this.#templates = opened.use(
      new KernelTemplates({
        groups,
        resolveInterface: (name) => this.#linkIndex(name),
        isVrf: (name) => this.#monitor.isVrf(this.#linkIndex(name)),
        metric: () => config().metric,
      }),
    );
    const probe = opened.use(new KernelProbe(netns));
    this.#monitor = opened.use(
      new NamespaceMonitor(
        {
          onRoute: (notice) => this.#heardRoute(notice),
          onLink: (change) => this.#heardLink(change),
          onAddress: ({ isNew }) => this.#noticed(isNew ? undefined : 'lost'),
          onOverrun: () => {
            this.#templates.forgetAll();
            this.#noticed('lost');
          },
          onError: fib.onError,
        },
        { netns, ignoredPort: bulk.portId },
      ),
    );
    this.#programmer = opened.use(this.#newProgrammer(bulk));
    this.#resolver = opened.use(
      new NextHopResolver({
        fib,
        templates: this.#templates,
        probe,
        waiting: this.#waiting,
      }),
    );
    this.#opened = opened.move();
    this.#reading = this.#open();
  }

  get phase(): SessionPhase {
    return this.#phase;
  }

  get isIdle(): boolean {
    return this.#phase !== 'opening' && this.#programmer.isIdle && this.#resolver.isIdle;
  }

  /** Resolves when what is with the kernel now is answered. */
  get answered(): Promise<void> {
    return this.#programmer.answered;
  }

  /** Resolves when the readings that were asked for are over. */
  get reading(): Promise<void> {
    return this.#reading;
  }

  run(): void {
    this.#programmer.run();
  }

  converged(): void {
    this.#phase = 'following';
  }

  /** Names of interfaces may mean others by now: routes that waited for one are tried. */
  interfacesChanged(): void {
    this.#templates.forgetAll();
    this.#noticed();
  }

  /** Links or addresses were changed by us: resolves when what that did is read, and what waits is tried. */
  async recheck(): Promise<void> {
    const isSettling = this.#losses.asked < this.#losses.noticed;
    this.#losses.noticed += 1;
    this.#readAgain();
    // What was noticed just now is read once more: the kernel may not be done with it.
    if (isSettling) this.#noticed('lost');
    await this.#reading;
    if (this.#isEnded) return;
    this.#wake();
    this.run();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#noticeTimer);
    this.#life.abort(new Error('the session has ended'));
    this.#opened[Symbol.dispose]();
  }

  #newProgrammer(bulk: RouteBulk): KernelProgrammer {
    const { fib, config } = this.#options;
    return new KernelProgrammer({
      fib,
      bulk,
      templates: this.#templates,
      config,
      isInDoubt: () => this.#losses.read < this.#losses.noticed,
      onUnresolved: (state, slot, group) => {
        this.#waiting.add(state, slot, group);
        // Perhaps others of its next hops are there.
        const action = fib.table.groups.action(group);
        const isOfMany = action.kind === 'forward' && action.nextHops.length > 1;
        if (isOfMany || !fib.substitutes.isEmpty) this.#resolver.look();
      },
      onProgrammed: (state, slot, group) => {
        this.#waiting.programmed(state, slot, group);
        // A network on a link, by us: gateways may be in it.
        if (!this.#waiting.isEmpty && this.#isAttached(group)) this.#noticed();
      },
      // Of every group of which one was taken now, all others are to be taken too.
      onAnswered: () => this.#waiting.release(),
    });
  }

  get #isEnded(): boolean {
    return this.#life.signal.aborted;
  }

  /** Adopts or removes what an earlier run left, then programs. Never rejects. */
  async #open(): Promise<void> {
    for (const state of this.#fib.states) await state.walked();
    await this.#read();
    if (this.#isEnded) return;
    this.#phase = 'replaying';
    for (const state of this.#fib.states) state.sweep();
    this.#resolver.look();
    this.#programmer.open();
  }

  /** Reads what the kernel has of ours; what could not be read is read later. Never rejects. */
  async #read(): Promise<void> {
    const { asked } = this.#losses;
    const { netns, config } = this.#options;
    let isRead = true;
    for (const state of this.#fib.states) {
      try {
        await reconcile(state, {
          netns,
          fib: this.#fib,
          programmer: this.#programmer,
          resolveInterface: (name) => this.#linkIndex(name),
          readKey: (notice, key) => this.#readKey(notice, key),
          metric: () => config().metric,
          signal: this.#life.signal,
        });
      } catch (error) {
        if (this.#isEnded) return;
        isRead = false;
        this.#fib.onError(`read our routes of the kernel: ${reasonOf(error)}`);
      }
    }
    if (isRead) this.#losses.read = asked;
    else setTimeout(() => this.#noticed('lost'), READ_LATER_MS).unref();
  }

  /** Has all earlier losses covered by another reading, after the one that is under way. */
  #readAgain(): void {
    this.#losses.asked = this.#losses.noticed;
    this.#reading = this.#reading.then(async () => {
      if (this.#isEnded || this.#losses.read >= this.#losses.asked) return;
      await this.#read();
      if (!this.#isEnded) this.#resolver.look();
    });
  }

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
    if (!isNew) slot.state.happened(slot.slot, 'retried');
    else if (notice.isReplacement) this.#vanished(slot);
  }

  #vanished(gone: SlotOfState | undefined): void {
    if (gone === undefined) return;
    this.#programmer.outdated(gone.state, gone.slot);
    gone.state.happened(gone.slot, 'vanished');
  }

  #heardLink({ what, isLost, isOtherState }: LinkChange): void {
    // Messages hold indexes of interfaces by name.
    if (what !== 'changed') this.#templates.forgetAll();
    if (what !== 'changed' || isLost || isOtherState) this.#noticed(isLost ? 'lost' : undefined);
  }

  /** Something changed that next hops may depend on; `lost`: the kernel may have dropped routes without a notice. */
  #noticed(what?: 'lost'): void {
    if (this.#isEnded) return;
    if (what === 'lost') this.#losses.noticed += 1;
    this.#noticeTimer ??= setTimeout(() => {
      this.#noticeTimer = undefined;
      void this.#lookAgain();
    }, SETTLE_MS).unref();
  }

  /** Tries what waits, and finds what the kernel dropped. Never rejects. */
  async #lookAgain(): Promise<void> {
    // What the kernel could not resolve before that change is told as soon as its batch is answered.
    await this.#programmer.answered;
    if (this.#isEnded) return;
    this.#wake();
    if (this.#losses.asked < this.#losses.noticed) this.#readAgain();
    this.#fib.runIn(0);
  }

  /** Tries what waits, and next hops that are left out. */
  #wake(): void {
    this.#waiting.wake();
    this.#resolver.look();
  }

  /** The slot that a kernel route is in the place of. */
  #slotOf(notice: RouteNotice): SlotOfState | undefined {
    if (notice.metric !== this.#options.config().metric) return undefined;
    this.#readKey(notice, this.#key);
    const state = this.#fib.states.find(({ store }) => store.family === notice.family);
    const slot = state?.store.find(this.#key) ?? -1;
    return state === undefined || slot < 0 ? undefined : { state, slot };
  }

  #readKey(notice: RouteNotice, key: RouteKey): void {
    key.family = notice.family;
    key.tableId = notice.table === this.#options.config().tableId ? DEFAULT_TABLE : notice.table;
    key.w0 = notice.w0;
    key.w1 = notice.w1;
    key.w2 = notice.w2;
    key.w3 = notice.w3;
    key.length = notice.length;
  }

  /** Whether routes of a group make neighbours of their destinations. */
  #isAttached(group: GroupId): boolean {
    const { groups } = this.#fib.table;
    // What was taken may be gone again by the time of the answer, and its group with it.
    if (!groups.has(group)) return false;
    const action = groups.action(group);
    return action.kind === 'forward' && action.nextHops.some(({ address }) => address === undefined);
  }

  /** The index of an interface that a route names. */
  #linkIndex(name: string): number | undefined {
    const kernelName = this.#options.kernelName(name);
    return kernelName === undefined ? undefined : this.#monitor.linkIndex(kernelName);
  }
}
