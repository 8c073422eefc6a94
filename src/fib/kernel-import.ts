/**
 * Routes that a routing daemon (BIRD, FRR) installs in the namespace of VPP's TAPs, as a source of the route table.
 *
 * All is read once, then the kernel's notices are followed. Where notices do not tell enough, everything is read again
 * into a new source, and the old one is disposed of: what is the same changes nothing. That is so after an overrun of
 * the socket; when a link goes down or loses an address, since the kernel then drops IPv4 routes without a word; when a
 * nexthop object that routes name is another one; and when a destination has several routes, of which one changes.
 *
 * Invariants: routes of our own protocol, and those that the kernel makes by itself, are never taken; notices are heard
 * from before the first reading on, so nothing is missed between the two.
 */
import {
  dumpRoutes,
  type Link,
  listLinks,
  netnsIdentity,
  NexthopObjects,
  reasonOf,
  ROUTE_PROTOCOL,
  RouteMonitor,
  type RouteNotice,
  withNetns,
} from '../linux/mod.ts';
import type { KernelImportStatus } from '../telemetry/status.ts';
import { ImportGroups } from './kernel-import-groups.ts';
import { NO_GROUP } from './next-hop-groups.ts';
import { DEFAULT_TABLE, newRouteKey } from './route-key.ts';
import type { RouteSource, RouteTable } from './route-table.ts';

/** rtm_protocol of routes that no daemon made: redirect, kernel, router advertisement. Source: linux/rtnetlink.h. */
const KERNEL_PROTOCOLS: ReadonlySet<number> = new Set([1, 2, 9, ROUTE_PROTOCOL]);
const MAIN_TABLE = 254;
const LOCAL_TABLE = 255;
const NAMESPACE_MS = 1_000;
/** Notices come in bursts: everything is read again once they pause, and not more often than this. */
const SETTLE_MS = 50;
const READ_EVERY_MS = 1_000;

export interface KernelImportOptions {
  readonly table: RouteTable;
  readonly netns: string;
  /** Administrative distance of the routes. */
  readonly distance: number;
  /** VPP's interface of a TAP in the namespace; undefined for a link that is none: its next hops are recursive. */
  readonly interfaceOfTap: (name: string) => string | undefined;
  readonly onStatus: (status: KernelImportStatus) => void;
  readonly onError: (message: string) => void;
}

/** One namespace, from the monitor's opening to its closing. */
interface Session {
  readonly identity: string;
  readonly monitor: RouteMonitor;
  readonly links: Map<number, Link>;
  readonly objects: NexthopObjects;
  readonly groups: ImportGroups;
  readonly life: AbortController;
  source: RouteSource;
  /** Destinations that the namespace has several routes to. */
  readonly shared: Set<string>;
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
  #skipped = 0;
  readonly #key = newRouteKey();

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
      routes: this.#session?.source.size ?? 0,
      skipped: this.#skipped,
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
    const source = this.#newSource();
    // The session's from here on.
    opened.move();
    return {
      identity,
      monitor,
      links,
      objects,
      groups,
      life: new AbortController(),
      source,
      shared: new Set(),
      reading: undefined,
      readAt: 0,
    };
  }

  #newSource(): RouteSource {
    const { table, distance, netns } = this.#options;
    return table.addSource({ name: `kernel (${netns})`, distance, origin: 'kernel' });
  }

  #end(): void {
    const session = this.#session;
    clearTimeout(this.#readTimer);
    this.#readTimer = undefined;
    this.#session = undefined;
    if (session === undefined) return;
    session.life.abort(new Error('the namespace is another one, or the import ends'));
    session.monitor[Symbol.dispose]();
    session.groups.forget();
    this.#leave(session.source);
  }

  #leave(source: RouteSource): void {
    const leaving = source[Symbol.asyncDispose]();
    this.#leaving.add(leaving);
    void leaving.finally(() => this.#leaving.delete(leaving));
  }

  /** Reads everything; into a new source when there is one already. Never rejects. */
  async #read(session: Session, isAgain: boolean): Promise<void> {
    const { netns } = this.#options;
    const { signal } = session.life;
    const old = session.source;
    try {
      if (isAgain) session.source = this.#newSource();
      session.shared.clear();
      session.groups.forget();
      this.#skipped = 0;
      this.#reads += 1;
      await session.objects.load({ netns, signal });
      for (const family of [4, 6] as const) {
        await dumpRoutes({ netns, family, signal }, (notice) => {
          if (!signal.aborted) this.#readRoute(session, notice);
        });
      }
    } catch (error) {
      if (this.#session !== session) {
        if (isAgain && session.source !== old) this.#leave(old);
        return;
      }
      this.#options.onError(`read the routes of ${netns}: ${reasonOf(error)}`);
      this.#readAgain(session);
    }
    if (session.source !== old) this.#leave(old);
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

  /** A route of a reading: of several to one destination the kernel uses the first of the lowest metric. */
  #readRoute(session: Session, notice: RouteNotice): void {
    if (!this.#takesDestination(notice)) return;
    const { source } = session;
    const held = this.#heldMetric(source);
    if (held !== undefined) {
      // An interrupted reading tells routes twice; that is no second route, and reading again does no harm.
      session.shared.add(this.#sharedKey());
      if (held <= notice.metric) return;
    }
    this.#set(session, notice);
  }

  #heardRoute(notice: RouteNotice): void {
    const session = this.#session;
    if (session === undefined || !this.#takesDestination(notice)) return;
    const { source, shared } = session;
    const held = this.#heldMetric(source);
    if (shared.size > 0 && shared.has(this.#sharedKey())) {
      this.#readAgain(session);
      return;
    }
    if (notice.isNew) {
      // IPv4 puts another one before or behind; IPv6 tells the whole group of next hops.
      const isSecond =
        held !== undefined && (held !== notice.metric || (notice.family === 4 && !notice.isReplacement));
      if (isSecond) this.#readAgain(session);
      else this.#set(session, notice);
      return;
    }
    if (held === undefined) return;
    // Of an IPv6 group one next hop may have gone: what is left is not told.
    if (held !== notice.metric || (notice.family === 6 && !this.#isWhole(session, notice)))
      this.#readAgain(session);
    else source.remove(this.#key);
  }

  /** Puts the destination into `#key`; false for what is not imported. */
  #takesDestination(notice: RouteNotice): boolean {
    const { protocol, table, family, w0, length } = notice;
    if (KERNEL_PROTOCOLS.has(protocol) || table === LOCAL_TABLE || notice.kind === undefined) return false;
    if (length > 0 && isLinkLocalOrMulticast(family, w0)) return false;
    const key = this.#key;
    key.family = family;
    key.tableId =
      table === MAIN_TABLE ? DEFAULT_TABLE : (this.#options.table.canonicalTable(table) ?? DEFAULT_TABLE);
    key.w0 = w0;
    key.w1 = notice.w1;
    key.w2 = notice.w2;
    key.w3 = notice.w3;
    key.length = length;
    return true;
  }

  /** The metric of the route that `source` has to `#key`. */
  #heldMetric(source: RouteSource): number | undefined {
    const store = this.#options.table.store(this.#key.family);
    const slot = store.find(this.#key);
    if (slot < 0 || !store.has(source.id, slot)) return undefined;
    if (store.source[slot] === source.id) return store.metric[slot];
    return store.candidates(slot).find((candidate) => candidate.source === source.id)?.metric;
  }

  /** Whether what a notice names is all that the source's route does. */
  #isWhole({ source, groups }: Session, notice: RouteNotice): boolean {
    const store = this.#options.table.store(this.#key.family);
    const held = store.candidates(store.find(this.#key)).find((candidate) => candidate.source === source.id);
    return held?.group === groups.of(notice);
  }

  #set({ source, groups }: Session, notice: RouteNotice): void {
    const group = groups.of(notice);
    if (group === NO_GROUP) {
      // What it was before must not stay.
      source.remove(this.#key);
      this.#skipped += 1;
      return;
    }
    if (source.set(this.#key, group, notice.metric) === 'full') this.#skipped += 1;
  }

  #sharedKey(): string {
    const { family, tableId, w0, w1, w2, w3, length } = this.#key;
    return `${family} ${tableId} ${w0} ${w1} ${w2} ${w3} ${length}`;
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
    return { state: 'waiting', reason, since: Date.now(), routes: 0, skipped: 0, readings: this.#reads };
  }

  #counted(state: 'reading' | 'following'): KernelImportStatus {
    return { state, since: Date.now(), routes: 0, skipped: 0, readings: 0 };
  }

  #tell(status: KernelImportStatus): void {
    this.#status = status;
    this.#options.onStatus(this.status);
  }
}

/** 169.254.0.0/16, 224.0.0.0/4; fe80::/10, ff00::/8. */
function isLinkLocalOrMulticast(family: 4 | 6, w0: number): boolean {
  if (family === 4) return w0 >>> 16 === 0xa9fe || w0 >>> 28 === 0xe;
  return w0 >>> 22 === 0xfe80 >>> 6 || w0 >>> 24 === 0xff;
}
