/**
 * Routes that a routing daemon (BIRD, FRR) installs in the namespace of VPP's TAPs, as a source of the route table.
 *
 * All is read once, then the kernel's notices are followed. Where notices do not tell enough, everything is read again
 * into a new source, and the old one is disposed of: what is the same changes nothing. That is so after an overrun of
 * the socket; when a link goes down or loses an address, since the kernel then drops IPv4 routes without a word; when a
 * nexthop object that routes name is another one; and when a destination has several routes, of which one changes.
 *
 * What the routes are in our words, and which of several counts, is in kernel-import-groups.ts and
 * kernel-import-routes.ts; what cannot be taken is named (kernel-import-refusals.ts).
 *
 * Invariants: routes of our own protocol, and those that the kernel makes by itself, are never taken; notices are heard
 * from before the first reading on, so nothing is missed between the two; there is one source at a time but for the
 * moment in which a reading takes the place of the one before.
 */
import { dumpRoutes, NexthopObjects, reasonOf, type RouteNotice } from '../linux/mod.ts';
import type { KernelImportStatus } from './status.ts';
import { ImportGroups } from './kernel-import-groups.ts';
import { ImportRefusals, type RefusalNews } from './kernel-import-refusals.ts';
import { ImportedRoutes } from './kernel-import-routes.ts';
import { type LinkChange, NamespaceMonitor } from './namespace-monitor.ts';
import { NamespaceWatch } from './namespace-watch.ts';
import type { RouteSource, RouteTable } from './route-table.ts';

/** Notices come in bursts: everything is read again once they pause, and not more often than this. */
const SETTLE_MS = 50;
const READ_EVERY_MS = 1_000;

export interface KernelImportOptions {
  readonly table: RouteTable;
  readonly netns: string;
  /** Administrative distance of the routes. */
  readonly distance: number;
  /** VPP's interface of a TAP in the namespace; undefined for a link that is none: VPP cannot forward over that. */
  readonly interfaceOfTap: (name: string) => string | undefined;
  readonly onStatus: (status: KernelImportStatus) => void;
  /** Routes are not taken, or not as they are. Bounded. */
  readonly onRefused: (news: RefusalNews) => void;
  readonly onError: (message: string) => void;
}

type State = { readonly since: number } & (
  | { readonly state: 'waiting'; readonly reason: string }
  | { readonly state: 'reading' | 'following' }
);

/** One namespace, from the monitor's opening to its closing. */
interface Session {
  readonly monitor: NamespaceMonitor;
  readonly objects: NexthopObjects;
  readonly groups: ImportGroups;
  readonly refusals: ImportRefusals;
  readonly life: AbortController;
  routes: ImportedRoutes;
  reading: Promise<void> | undefined;
  /** `performance.now()` at the end of the last reading. */
  readAt: number;
}

export class KernelImport implements AsyncDisposable {
  readonly #options: KernelImportOptions;
  #session: Session | undefined;
  #state: State = { state: 'waiting', reason: '', since: Date.now() };
  readonly #watch: NamespaceWatch;
  #readTimer: NodeJS.Timeout | undefined;
  /** Sources that are being disposed of. */
  readonly #leaving = new Set<Promise<void>>();
  #reads = 0;

  /** Begins at once; a namespace that does not exist yet is waited for. */
  constructor(options: KernelImportOptions) {
    this.#options = options;
    this.#watch = new NamespaceWatch(options.netns, {
      open: () => this.#begin(),
      close: () => this.#end(),
      onAbsent: (reason) => {
        if (this.#state.state === 'waiting') this.#state = { ...this.#state, reason };
        else this.#tell({ state: 'waiting', reason, since: Date.now() });
      },
    });
  }

  get status(): KernelImportStatus {
    return {
      ...this.#state,
      routes: this.#session?.routes.source.size ?? 0,
      notTaken: this.#session?.refusals.report ?? NOTHING_REFUSED,
      readings: this.#reads,
    };
  }

  /** Other interfaces have TAPs, or TAPs have other names: next hops are told anew. */
  tapsChanged(): void {
    this.#readAgain();
  }

  /** Ends, and withdraws its routes. Idempotent. Never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch[Symbol.dispose]();
    this.#end();
    await Promise.all(this.#leaving);
  }

  #begin(): boolean {
    try {
      this.#session = this.#open();
    } catch (error) {
      this.#options.onError(`listen to ${this.#options.netns}: ${reasonOf(error)}`);
      return false;
    }
    this.#tell({ state: 'reading', since: Date.now() });
    this.#session.reading = this.#read(this.#session, false);
    return true;
  }

  #open(): Session {
    const { netns, table, interfaceOfTap, onError } = this.#options;
    const objects = new NexthopObjects();
    using opened = new DisposableStack();
    const monitor = opened.use(
      new NamespaceMonitor(
        {
          onRoute: (notice) => this.#heardRoute(notice),
          onLink: (change) => this.#heardLink(change),
          onAddress: ({ isNew }) => {
            if (!isNew) this.#readAgain();
          },
          onNexthop: (buffer, offset) => this.#heardNexthop(buffer, offset),
          onOverrun: () => {
            onError(`the routes of ${netns} changed faster than they were read: all are read again`);
            this.#readAgain();
          },
          onError: (message) => onError(`${netns}: ${message}`),
        },
        { netns },
      ),
    );
    const groups = new ImportGroups({
      groups: table.groups,
      objects,
      linkName: (ifIndex) => monitor.linkName(ifIndex),
      isVrf: (ifIndex) => monitor.isVrf(ifIndex),
      interfaceOfTap,
    });
    const refusals = opened.use(new ImportRefusals((news) => this.#options.onRefused(news)));
    const routes = this.#newRoutes(groups, refusals);
    // The session's from here on.
    opened.move();
    const life = new AbortController();
    return { monitor, objects, groups, refusals, life, routes, reading: undefined, readAt: 0 };
  }

  #newRoutes(groups: ImportGroups, refusals: ImportRefusals): ImportedRoutes {
    const { table, distance, netns } = this.#options;
    const newSource = (suffix = ''): RouteSource =>
      table.addSource({ name: `kernel (${netns})${suffix}`, distance, origin: 'kernel' });
    return new ImportedRoutes({ table, groups, refusals, newSource });
  }

  #end(): void {
    const session = this.#session;
    clearTimeout(this.#readTimer);
    this.#readTimer = undefined;
    this.#session = undefined;
    if (session === undefined) return;
    session.life.abort(new Error('the namespace is another one, or the import ends'));
    session.monitor[Symbol.dispose]();
    session.refusals[Symbol.dispose]();
    session.groups.forget();
    this.#leave(session.routes);
  }

  #leave(routes: ImportedRoutes): void {
    for (const source of routes.sources) {
      const leaving = source[Symbol.asyncDispose]();
      this.#leaving.add(leaving);
      void leaving.finally(() => this.#leaving.delete(leaving));
    }
  }

  /** Reads everything; into a new source when there is one already. Never rejects. */
  async #read(session: Session, isAgain: boolean): Promise<void> {
    const { netns } = this.#options;
    const { refusals, groups, objects } = session;
    const { signal } = session.life;
    const old = session.routes;
    try {
      if (isAgain) session.routes = this.#newRoutes(groups, refusals);
      groups.forget();
      refusals.begin();
      this.#reads += 1;
      await objects.load({ netns, signal });
      for (const family of [4, 6] as const) {
        await dumpRoutes({ netns, family, signal }, (notice) => {
          if (!signal.aborted) session.routes.read(notice);
        });
      }
      refusals.end();
    } catch (error) {
      if (this.#session === session) {
        this.#options.onError(`read the routes of ${netns}: ${reasonOf(error)}`);
        this.#readAgain();
      }
    }
    if (session.routes !== old) this.#leave(old);
    if (this.#session !== session) return;
    session.reading = undefined;
    session.readAt = performance.now();
    this.#tell({ state: 'following', since: Date.now() });
  }

  /** Reads everything again, soon. */
  #readAgain(): void {
    const session = this.#session;
    if (session === undefined || this.#readTimer !== undefined) return;
    const waitMs = Math.max(SETTLE_MS, session.readAt + READ_EVERY_MS - performance.now());
    this.#readTimer = setTimeout(() => {
      this.#readTimer = undefined;
      if (this.#session !== session) return;
      // One after the other: what was asked for during a reading comes after it.
      const before = session.reading ?? Promise.resolve();
      session.reading = before.then(async () => {
        if (this.#session === session) await this.#read(session, true);
      });
    }, waitMs).unref();
  }

  #heardRoute(notice: RouteNotice): void {
    if (this.#session?.routes.hear(notice) === true) this.#readAgain();
  }

  #heardLink({ what, isLost }: LinkChange): void {
    if (what === 'added' || what === 'renamed') this.#session?.groups.forget();
    if (isLost || what === 'renamed') this.#readAgain();
  }

  #heardNexthop(buffer: Buffer, offset: number): void {
    const session = this.#session;
    if (session === undefined) return;
    // One that routes may name already.
    if (session.objects.take(buffer, offset) !== undefined) this.#readAgain();
    session.groups.forget();
  }

  #tell(state: State): void {
    this.#state = state;
    this.#options.onStatus(this.status);
  }
}

const NOTHING_REFUSED: KernelImportStatus['notTaken'] = { routes: 0, byReason: {}, first: [] };
