/**
 * One neighbour of the configuration: the connections to it, of which at most one is established, and its routes.
 *
 * Invariants: of two connections one is closed as soon as both sides have said who they are (RFC 4271, section 6.8); the
 * routes are those of the established session; after one that ended without a NOTIFICATION they stay for as long as the
 * neighbour has asked for (RFC 4724), after any other end they are withdrawn.
 */
import { Socket } from 'node:net';
import type { BgpNeighborConfig } from '../config/types.ts';
import { openInetSocket, reasonOf } from '../linux/mod.ts';
import type { RouteTable, Turns } from '../fib/mod.ts';
import { type BgpError, bgpError, Cease, describeBgpError, ErrorCode } from './bgp-error.ts';
import { ADDRESS_FAMILIES, type AddressFamily } from './families.ts';
import { FamilyRoutes } from './family-routes.ts';
import type { ConnectionEnd } from './fsm.ts';
import type { Negotiated, Offer } from './open.ts';
import { type Connection, Session, type SessionHost } from './session.ts';
import type { BgpNeighborStatus } from './status.ts';
import { UpdateReader } from './update.ts';

/** How long a neighbour may take to announce everything again, after a restart and in a refresh. */
const STALE_MS = 360_000;
/** The delay is doubled with each failure of the neighbour or of this side, at most to this multiple. */
const MAX_BACKOFF = 16;

export interface NeighbourOptions {
  readonly config: BgpNeighborConfig;
  readonly as: number;
  readonly routerId: string;
  readonly table: RouteTable;
  readonly turns: Turns;
  readonly isBehind: () => boolean;
  readonly log: (line: string) => void;
  readonly onChange: () => void;
}

/** Sums over sessions. */
type Counts = Readonly<
  Record<'messages' | 'updates' | 'waits' | 'withdrawn' | 'discarded' | 'loops', number>
>;

export class Neighbour {
  readonly config: BgpNeighborConfig;
  readonly #options: NeighbourOptions;
  readonly #host: SessionHost;
  readonly #routes: ReadonlyMap<AddressFamily, FamilyRoutes>;
  readonly #sessions = new Set<Session>();
  #established: Session | undefined;
  #state: 'running' | 'stopped' = 'running';
  #since = Date.now();
  #ups = 0;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #staleTimer: NodeJS.Timeout | undefined;
  #staleUntil: number | undefined;
  #unreachable: string | undefined;
  #lastError: { readonly at: number; readonly text: string } | undefined;
  /** Of the sessions that have ended. */
  #past: Counts = { messages: 0, updates: 0, withdrawn: 0, discarded: 0, loops: 0, waits: 0 };

  constructor(options: NeighbourOptions) {
    const { config, as, routerId, turns, isBehind, onChange } = options;
    this.config = config;
    this.#options = options;
    const families = ADDRESS_FAMILIES.filter(({ name }) => config.families.includes(name));
    const offer: Offer = {
      as,
      routerId,
      holdTimeSeconds: config.holdTimeSeconds,
      families,
      takesAdditionalPaths: config.paths !== 'one',
    };
    this.#routes = new Map(families.map((family) => [family, this.#newRoutes(family)]));
    this.#host = {
      offer,
      peerAs: config.as,
      turns,
      isBehind,
      agreed: (session, negotiated) => this.#resolveCollision(session, negotiated),
      established: (session, negotiated) => this.#up(session, negotiated),
      refreshed: (_session, family, isEnd) => this.#refresh(family, isEnd),
      changed: onChange,
      ended: (session, end) => this.#ended(session, end),
    };
  }

  get name(): string {
    return this.config.name;
  }

  /** Connects, unless it waits for the neighbour to do so. */
  start(): void {
    if (!this.config.passive) this.#dial();
  }

  /** Takes a connection that the neighbour has opened. */
  accept(socket: Connection): void {
    const session = new Session(socket, 'neighbour', this.#host);
    this.#sessions.add(session);
    session.accept();
    socket.resume();
  }

  /** Ends the sessions, and withdraws the routes. Resolves when that is done. */
  async remove(error: BgpError): Promise<void> {
    this.close(error);
    await Promise.all([...this.#routes.values()].map((routes) => routes[Symbol.asyncDispose]()));
  }

  /** Ends the sessions; the routes stay as they are. */
  close(error: BgpError): void {
    this.#state = 'stopped';
    clearTimeout(this.#retry);
    this.#forgetStaleTimer();
    for (const session of this.#sessions) session.end(error);
  }

  get status(): BgpNeighborStatus {
    const { name, address, as, netns, passive } = this.config;
    const session = this.#established;
    const negotiated = session?.negotiated;
    const sum = plusSession(this.#past, session);
    const trouble = session?.reader?.troubles.last;
    return {
      name,
      address: address.interface === undefined ? address.address : `${address.address}%${address.interface}`,
      as,
      ...(netns === undefined ? {} : { netns }),
      passive,
      state: this.#stateName(),
      since: this.#since,
      ups: this.#ups,
      families: [...this.#routes].map(([family, routes]) => ({
        family: family.name,
        isAgreed: negotiated?.families.includes(family) === true,
        prefixes: routes.size,
        paths: routes.pathCount,
        stale: routes.staleSize,
        refused: routes.refused,
      })),
      ...(negotiated === undefined ? {} : { holdTimeSeconds: negotiated.holdTimeSeconds }),
      ...(this.#staleUntil === undefined ? {} : { staleUntil: this.#staleUntil }),
      ...(this.#unreachable === undefined ? {} : { unreachable: this.#unreachable }),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      ...(trouble === undefined ? {} : { lastTrouble: trouble }),
      messages: sum.messages,
      updates: sum.updates,
      treatedAsWithdraw: sum.withdrawn,
      attributesDiscarded: sum.discarded,
      loops: sum.loops,
      waits: sum.waits,
    };
  }

  #newRoutes(family: AddressFamily): FamilyRoutes {
    const { table, config } = this.#options;
    return new FamilyRoutes({
      table,
      family,
      name: `bgp.${config.name}`,
      distance: config.distance,
      isMultipath: config.paths === 'ecmp',
    });
  }

  #dial(): void {
    const { address, port, netns, local } = this.config;
    if (this.#established !== undefined) return;
    if ([...this.#sessions].some(({ initiator }) => initiator === 'us')) return;
    let socket: Socket;
    try {
      const fd = openInetSocket({
        protocol: 'tcp',
        family: address.address.includes(':') ? 6 : 4,
        netns,
        link: address.interface,
        ...(local === undefined ? {} : { local: { address: local, port: 0 } }),
      });
      socket = new Socket({ fd });
    } catch (error) {
      this.#cannotReach(reasonOf(error));
      this.#retryLater(1);
      return;
    }
    this.#sessions.add(new Session(socket, 'us', this.#host));
    socket.connect({ host: address.address, port });
  }

  /** RFC 4271, section 6.8: the connection of the side with the higher identifier stays. */
  #resolveCollision(session: Session, { open }: Negotiated): BgpError | undefined {
    const collision = bgpError(ErrorCode.cease, Cease.collision);
    for (const other of this.#sessions) {
      if (other === session) continue;
      if (other.state === 'established') {
        if ((other.negotiated?.open.gracefulRestart?.families ?? []).length === 0) return collision;
        // RFC 4724, section 5: the neighbour has restarted, and this side did not notice.
        other.abandon('the neighbour has restarted');
      } else if (other.state === 'open-confirm') {
        const stays = this.#isOursHigher(open.routerId) ? 'us' : 'neighbour';
        if (session.initiator !== stays) return collision;
        other.end(collision);
      }
    }
    return undefined;
  }

  /** Of equal identifiers the AS decides (RFC 6286, section 2.3). */
  #isOursHigher(theirs: string): boolean {
    const { routerId, as, config } = this.#options;
    return theirs === routerId ? as > config.as : numberOf(routerId) > numberOf(theirs);
  }

  #up(session: Session, negotiated: Negotiated): UpdateReader {
    const { as, routerId, log } = this.#options;
    const { open, families, additionalPaths, isInternal, hasExtendedNextHop } = negotiated;
    for (const other of this.#sessions)
      if (other !== session) other.end(bgpError(ErrorCode.cease, Cease.collision));
    const hasPaths = new Set(additionalPaths);
    const preserved = open.gracefulRestart?.preserved ?? [];
    for (const [family, routes] of this.#routes) {
      if (!preserved.includes(family)) routes.sweep();
      if (families.includes(family)) routes.begin(hasPaths.has(family));
    }
    this.#established = session;
    this.#since = Date.now();
    this.#ups += 1;
    this.#failures = 0;
    this.#unreachable = undefined;
    clearTimeout(this.#retry);
    this.#sweepIn(STALE_MS);
    log(`${this.name}: the session with AS ${open.as} is up, its identifier is ${open.routerId}`);
    return new UpdateReader({
      ownAs: as,
      routerId: numberOf(routerId),
      isInternal,
      isFourOctet: open.isFourOctet,
      hasExtendedNextHop,
      interface: this.config.address.interface,
      targets: new Map([...this.#routes].filter(([family]) => families.includes(family))),
      additionalPaths: hasPaths,
    });
  }

  #refresh(family: AddressFamily, isEnd: boolean): void {
    const routes = this.#routes.get(family);
    const hasPaths = this.#established?.negotiated?.additionalPaths.includes(family) === true;
    if (routes === undefined) return;
    if (isEnd) routes.sweep();
    else {
      routes.begin(hasPaths);
      this.#sweepIn(STALE_MS);
    }
  }

  #ended(session: Session, end: ConnectionEnd): void {
    this.#sessions.delete(session);
    this.#past = plusSession(this.#past, session);
    const isLoss = this.#established === session;
    const isCollision =
      end.by !== 'connection' && end.error.code === ErrorCode.cease && end.error.subcode === Cease.collision;
    if (isLoss) {
      this.#established = undefined;
      this.#since = Date.now();
    }
    if (this.#state === 'stopped') return;
    if (end.by === 'connection' && !isLoss) this.#cannotReach(end.reason);
    else if (!isCollision) this.#failed(describeEnd(end), isLoss);
    if (isLoss) this.#releaseRoutes(session, end);
    if (!isCollision && end.by !== 'connection') this.#failures += 1;
    this.#retryLater(Math.min(MAX_BACKOFF, 2 ** this.#failures));
  }

  /** What happens to the routes of a session that has ended. */
  #releaseRoutes(session: Session, end: ConnectionEnd): void {
    const restart = end.by === 'connection' ? session.negotiated?.open.gracefulRestart : undefined;
    for (const [family, routes] of this.#routes) {
      routes.retain();
      if (restart === undefined || !restart.families.includes(family)) routes.sweep();
    }
    if (restart !== undefined && restart.families.length > 0) this.#sweepIn(restart.restartSeconds * 1000);
    else this.#forgetStaleTimer();
  }

  /** What is stale then is withdrawn. */
  #sweepIn(ms: number): void {
    this.#forgetStaleTimer();
    if ([...this.#routes.values()].every(({ staleSize }) => staleSize === 0)) return;
    this.#staleUntil = Date.now() + ms;
    this.#staleTimer = setTimeout(() => {
      this.#staleUntil = undefined;
      this.#options.log(
        `${this.name}: stale routes are withdrawn, the neighbour did not announce them again`,
      );
      for (const routes of this.#routes.values()) routes.sweep();
    }, ms).unref();
  }

  #forgetStaleTimer(): void {
    clearTimeout(this.#staleTimer);
    this.#staleUntil = undefined;
  }

  #cannotReach(reason: string): void {
    if (this.#unreachable !== reason) this.#options.log(`${this.name}: ${reason}`);
    this.#unreachable = reason;
    this.#options.onChange();
  }

  #failed(text: string, isLoss: boolean): void {
    const isNew = this.#lastError?.text !== text;
    this.#lastError = { at: Date.now(), text };
    this.#unreachable = undefined;
    if (isNew || isLoss) this.#options.log(`${this.name}: ${isLoss ? 'the session is down: ' : ''}${text}`);
    this.#options.onChange();
  }

  #retryLater(times: number): void {
    clearTimeout(this.#retry);
    if (this.config.passive || this.#state === 'stopped') return;
    // RFC 4271, section 10: jitter, so that two sides do not collide again and again.
    const ms = this.config.retrySeconds * 1000 * times * (0.75 + Math.random() / 4);
    this.#retry = setTimeout(() => this.#dial(), ms).unref();
  }

  #stateName(): BgpNeighborStatus['state'] {
    const states = [...this.#sessions].map(({ state }) => state);
    for (const state of ['established', 'open-confirm', 'open-sent', 'connect'] as const)
      if (states.includes(state)) return state;
    return this.#state === 'stopped' ? 'idle' : 'active';
  }
}

function plusSession(past: Counts, session: Session | undefined): Counts {
  const { counts, reader } = session ?? {};
  return {
    messages: past.messages + (counts?.messages ?? 0),
    updates: past.updates + (counts?.updates ?? 0),
    waits: past.waits + (counts?.waits ?? 0),
    withdrawn: past.withdrawn + (reader?.troubles.withdrawn ?? 0),
    discarded: past.discarded + (reader?.troubles.discarded ?? 0),
    loops: past.loops + (reader?.troubles.loops ?? 0),
  };
}

function describeEnd(end: ConnectionEnd): string {
  if (end.by === 'connection') return end.reason;
  return `${end.by === 'us' ? 'sent' : 'received'} ${describeBgpError(end.error)}`;
}

/** An identifier as a number, as RFC 4271, section 6.8, compares it. */
function numberOf(routerId: string): number {
  return routerId.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}
