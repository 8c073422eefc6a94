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
import {
  dumpRoutes,
  type Link,
  listLinks,
  netnsIdentity,
  NexthopObjects,
  reasonOf,
  RouteMonitor,
  type RouteNotice,
  withNetns,
} from '../linux/mod.ts';
import type { KernelImportStatus } from '../telemetry/status.ts';
import { ImportGroups } from './kernel-import-groups.ts';
import { ImportRefusals, type RefusalNews } from './kernel-import-refusals.ts';
import { ImportedRoutes } from './kernel-import-routes.ts';
import type { RouteSource, RouteTable } from './route-table.ts';

const NAMESPACE_MS = 1_000;
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

/** One namespace, from the monitor's opening to its closing. */
interface Session {
  readonly identity: string;
  readonly monitor: RouteMonitor;
  readonly links: Map<number, Link>;
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
  #status: KernelImportStatus;
  #namespaceTimer: NodeJS.Timeout | undefined;
  #readTimer: NodeJS.Timeout | undefined;
  /** Sources that are being disposed of. */
  readonly #leaving = new Set<Promise<void>>();
  #reads = 0;

  /** Begins at once; a namespace that is not there yet is waited for. */
  constructor(options: KernelImportOptions) {
    this.#options = options;
    this.#status = this.#waiting();
    this.#namespaceTimer = setInterval(() => this.#watchNamespace(), NAMESPACE_MS).unref();
    this.#watchNamespace();
  }

  get status(): KernelImportStatus {
    return {
      ...this.#status,
      routes: this.#session?.routes.source.size ?? 0,
      notTaken: this.#session?.refusals.report ?? NOTHING_REFUSED,
      readings: this.#reads,
    };
  }

  /** Other interfaces have TAPs, or TAPs have other names: next hops are told anew. */
  tapsChanged(): void {
    if (this.#session !== undefined) this.#readAgain(this.#session);
  }

  /** Ends, and withdraws its routes. Idempotent. Never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#namespaceTimer);
    this.#namespaceTimer = undefined;
    this.#end();
    await Promise.all(this.#leaving);
  }

  #watchNamespace(): void {
    const identity = netnsIdentity(this.#options.netns);
    if (this.#session !== undefined) {
      if (identity === this.#session.identity) return;
      this.#end();
    }
    if (identity === undefined) {
      if (this.#status.state !== 'waiting') this.#tell(this.#waiting());
      return;
    }
    try {
      const session = this.#open(identity);
      this.#session = session;
      this.#tell(this.#counted('reading'));
      session.reading = this.#read(session, false);
    } catch (error) {
      this.#options.onError(`listen to ${this.#options.netns}: ${reasonOf(error)}`);
    }
  }

  #open(identity: string): Session {
    const { netns, table, interfaceOfTap } = this.#options;
    const objects = new NexthopObjects();
    const links = new Map<number, Link>();
    const groups = new ImportGroups({
      groups: table.groups,
      objects,
      linkName: (ifIndex) => links.get(ifIndex)?.name,
      interfaceOfTap,
    });
    using opened = new DisposableStack();
    const monitor = opened.use(
      new RouteMonitor(
        {
          onRoute: (notice) => this.#heardRoute(notice),
          onLink: (link, isNew) => this.#heardLink(link, isNew),
          onAddress: ({ isNew }) => {
            if (!isNew && this.#session !== undefined) this.#readAgain(this.#session);
          },
          onNexthop: (buffer, offset) => this.#heardNexthop(buffer, offset),
          onOverrun: () => this.#overran(),
        },
        { netns },
      ),
    );
    for (const link of withNetns(netns, () => listLinks())) links.set(link.index, link);
    const refusals = opened.use(new ImportRefusals((news) => this.#options.onRefused(news)));
    const newSource = (suffix?: string): RouteSource => this.#newSource(suffix);
    const routes = new ImportedRoutes({ table, groups, refusals, newSource });
    // The session's from here on.
    opened.move();
    return {
      identity,
      monitor,
      links,
      objects,
      groups,
      refusals,
      life: new AbortController(),
      routes,
      reading: undefined,
      readAt: 0,
    };
  }

  #newSource(suffix = ''): RouteSource {
    const { table, distance, netns } = this.#options;
    return table.addSource({ name: `kernel (${netns})${suffix}`, distance, origin: 'kernel' });
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
    const { netns, table } = this.#options;
    const { refusals, groups, objects } = session;
    const { signal } = session.life;
    const old = session.routes;
    try {
      if (isAgain) {
        const newSource = (suffix?: string): RouteSource => this.#newSource(suffix);
        session.routes = new ImportedRoutes({ table, groups, refusals, newSource });
      }
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
        this.#readAgain(session);
      }
    }
    if (session.routes !== old) this.#leave(old);
    if (this.#session !== session) return;
    session.reading = undefined;
    session.readAt = performance.now();
    this.#tell(this.#counted('following'));
  }

  /** Reads everything again, soon. */
  #readAgain(session: Session): void {
    if (this.#readTimer !== undefined) return;
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
    const session = this.#session;
    if (session?.routes.hear(notice) === true) this.#readAgain(session);
  }

  #heardLink(link: Link, isNew: boolean): void {
    const session = this.#session;
    if (session === undefined) return;
    const before = session.links.get(link.index);
    if (isNew) session.links.set(link.index, link);
    else session.links.delete(link.index);
    if (before === undefined || before.name !== link.name) session.groups.forget();
    const isLost = !isNew || (before?.up === true && !link.up);
    if (isLost || (before !== undefined && before.name !== link.name)) this.#readAgain(session);
  }

  #heardNexthop(buffer: Buffer, offset: number): void {
    const session = this.#session;
    if (session === undefined) return;
    // One that routes may name already.
    if (session.objects.take(buffer, offset) !== undefined) this.#readAgain(session);
    session.groups.forget();
  }

  #overran(): void {
    const session = this.#session;
    if (session === undefined) return;
    const { netns, onError } = this.#options;
    onError(`the routes of ${netns} changed faster than they were read: all are read again`);
    try {
      session.links.clear();
      for (const link of withNetns(netns, () => listLinks())) session.links.set(link.index, link);
    } catch (error) {
      onError(`read the links of ${netns}: ${reasonOf(error)}`);
    }
    this.#readAgain(session);
  }

  #waiting(): KernelImportStatus {
    const reason = `the network namespace ${this.#options.netns} is not there yet`;
    const notTaken = NOTHING_REFUSED;
    return { state: 'waiting', reason, since: Date.now(), routes: 0, notTaken, readings: this.#reads };
  }

  #counted(state: 'reading' | 'following'): KernelImportStatus {
    return { state, since: Date.now(), routes: 0, notTaken: NOTHING_REFUSED, readings: 0 };
  }

  #tell(status: KernelImportStatus): void {
    this.#status = status;
    this.#options.onStatus(this.status);
  }
}

const NOTHING_REFUSED: KernelImportStatus['notTaken'] = { routes: 0, byReason: {}, first: [] };
