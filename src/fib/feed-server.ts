/**
 * Takes routes from feeders: a Unix socket, each connection a source of the route table (docs/routes.md).
 *
 * Invariants: a name has one feeder at a time, the newest; what a feeder leaves is either withdrawn or held; feeders
 * take turns, so that a busy one does not keep the others, or the event loop.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { FeedsStatus, FibCounts } from './status.ts';
import type { FeedHeader, Hold } from './feed-header.ts';
import { FeedLineReader } from './feed-line.ts';
import { Feeder, type FeederHost } from './feeder.ts';
import { HeldRoutes } from './held-routes.ts';
import type { RouteSource, RouteTable } from './route-table.ts';
import { Turns } from './turns.ts';

/** Feeders at once. */
export const MAX_FEEDERS = 32;
/** Only the owner of the appliance gives it routes. */
const SOCKET_MODE = 0o600;

export interface FeedServerOptions {
  readonly table: RouteTable;
  /** Resolves when the FIBs have what they were told, or say why not. */
  readonly settled: () => Promise<void>;
  readonly fibTotals: () => FibCounts;
  readonly log: (line: string) => void;
}

export class FeedServer implements Disposable {
  readonly #options: FeedServerOptions;
  readonly #reader: FeedLineReader;
  readonly #turns = new Turns();
  readonly #held: HeldRoutes;
  readonly #feeders = new Set<Feeder>();
  readonly #host: FeederHost;
  #server: Server | undefined;
  #path: string | undefined;
  #lastName = 0;
  /** Of feeders that have gone; those that are here count themselves. */
  readonly #past = { connections: 0, refused: 0, lines: 0, errors: 0 };

  constructor(options: FeedServerOptions) {
    this.#options = options;
    this.#reader = new FeedLineReader(options.table);
    this.#held = new HeldRoutes(options.log);
    this.#host = {
      reader: this.#reader,
      turns: this.#turns,
      open: (feeder, header) => this.#open(feeder, header),
      nextName: () => this.#nextName(),
      sweep: (name) => this.#held.sweep(name),
      settled: options.settled,
      fibTotals: options.fibTotals,
      ended: (held) => {
        if (held !== undefined) this.#held.add(held);
      },
      log: options.log,
    };
  }

  /** Listens at a path where nothing is. Rejects when it cannot. */
  async listen(path: string): Promise<void> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
      this.#accept(socket),
    );
    const listening = once(server, 'listening');
    // The socket is born in this call, and nobody can connect to it before its mode is right.
    const umask = process.umask(0o777 & ~SOCKET_MODE);
    server.listen(path);
    process.umask(umask);
    await listening;
    server.on('error', (error) => this.#options.log(`the socket of feeds: ${error.message}`));
    this.#server = server;
    this.#path = path;
  }

  get status(): FeedsStatus {
    const feeders = [...this.#feeders];
    const sum = (of: (feeder: Feeder) => number): number => feeders.reduce((all, one) => all + of(one), 0);
    return {
      ...(this.#path === undefined ? {} : { path: this.#path }),
      connected: feeders.length,
      connections: this.#past.connections,
      refused: this.#past.refused,
      lines: this.#past.lines + sum(({ lines }) => lines),
      errors: this.#past.errors + sum(({ errors }) => errors),
      sources: [
        ...feeders.flatMap(({ source, hold, lines, errors, since }) =>
          source === undefined
            ? []
            : [{ state: 'feeding' as const, ...wordsOf(source, hold), lines, errors, since }],
        ),
        ...this.#held.all.map(({ source, hold, lines, errors, since }) => ({
          state: 'held' as const,
          ...wordsOf(source, hold),
          lines,
          errors,
          since,
          ...(hold === 'forever' ? {} : { until: since + hold }),
        })),
      ],
    };
  }

  /** Ends all connections; routes stay as they are: whoever ends the appliance decides on them. */
  [Symbol.dispose](): void {
    this.#server?.close();
    this.#server = undefined;
    for (const feeder of this.#feeders) feeder.destroy();
    this.#held[Symbol.dispose]();
    this.#reader[Symbol.dispose]();
  }

  #accept(socket: Socket): void {
    this.#past.connections += 1;
    if (this.#feeders.size >= MAX_FEEDERS) {
      this.#past.refused += 1;
      socket.on('error', () => socket.destroy());
      socket.end(`error 0: ${MAX_FEEDERS} feeders are connected already: try again later\n`, () =>
        socket.destroy(),
      );
      return;
    }
    const feeder = new Feeder(socket, this.#host);
    this.#feeders.add(feeder);
    socket.once('close', () => {
      this.#feeders.delete(feeder);
      this.#past.lines += feeder.lines;
      this.#past.errors += feeder.errors;
    });
    socket.resume();
  }

  #open(feeder: Feeder, { name, distance, isResumed }: FeedHeader): RouteSource {
    for (const other of this.#feeders) {
      if (other !== feeder && other.source?.name === name) {
        other.refuse('a newer feeder of this name has connected: this one ends');
      }
    }
    if (isResumed) {
      const held = this.#held.take(name);
      if (held === undefined) throw new Error(`no routes of ${name} are held: there is nothing to resume`);
      return held.source;
    }
    return this.#options.table.addSource({ name, distance, origin: 'feed' });
  }

  #nextName(): string {
    const taken = new Set(this.#options.table.sources.map(({ name }) => name));
    do this.#lastName += 1;
    while (taken.has(`feed-${this.#lastName}`));
    return `feed-${this.#lastName}`;
  }
}

function wordsOf(
  source: RouteSource,
  hold: Hold,
): { name: string; distance: number; routes: number; hold: 'forever' | number } {
  const { name, distance, size } = source;
  return { name, distance, routes: size, hold: hold === 'forever' ? hold : hold / 1000 };
}
