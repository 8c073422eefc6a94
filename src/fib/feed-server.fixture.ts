/** A feed server over a table, and feeders that speak to it, for tests. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FeedServer } from './feed-server.ts';
import { formatGroup } from './next-hop-groups.ts';
import { formatKey, newRouteKey } from './route-key.ts';
import { RouteTable } from './route-table.ts';

export class FeedBench {
  readonly table = new RouteTable();
  readonly log: string[] = [];
  readonly #dir = mkdtempSync(join(tmpdir(), 'feeds-'));
  readonly path = join(this.#dir, 'routes.sock');
  readonly server: FeedServer;
  /** What `sync` waits for. */
  settled: () => Promise<void> = () => Promise.resolve();

  constructor() {
    this.server = new FeedServer({
      table: this.table,
      settled: () => this.settled(),
      fibTotals: () => ({ programmed: 7, pending: 0, failed: 0, unresolved: 0 }),
      log: (line) => this.log.push(line),
    });
  }

  async start(): Promise<this> {
    await this.server.listen(this.path);
    return this;
  }

  /** Routes that are best, with the distance of their source: `10.0.0.0/8: 192.0.2.1 (20)`. */
  get routes(): string[] {
    const key = newRouteKey();
    return this.table.stores
      .flatMap((store) =>
        Array.from({ length: store.top }, (_, slot) => {
          const [best] = this.table.candidates(store, slot);
          if (best === undefined) return '';
          store.readKey(slot, key);
          return `${formatKey(key)}: ${formatGroup(this.table.groups.action(best.group), key.family)} (${best.from.distance})`;
        }),
      )
      .filter((line) => line !== '')
      .sort();
  }

  async connect(): Promise<FeedClient> {
    const socket = connect(this.path);
    await once(socket, 'connect');
    return new FeedClient(socket);
  }

  /** Sends a whole feed; resolves with the answers. */
  async feed(input: string | Uint8Array): Promise<string[]> {
    const client = await this.connect();
    client.socket.end(input);
    return client.rest();
  }

  [Symbol.dispose](): void {
    this.server[Symbol.dispose]();
    rmSync(this.#dir, { recursive: true });
  }
}

export class FeedClient {
  readonly socket: Socket;
  #text = '';

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('utf8');
    // The test looks at what came back.
    socket.on('error', () => {});
  }

  /** The next answer. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf('\n');
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      const [piece] = (await once(this.socket, 'data')) as [string];
      this.#text += piece;
    }
  }

  /** All answers up to the end of the connection. */
  async rest(): Promise<string[]> {
    this.socket.on('data', (piece: string) => {
      this.#text += piece;
    });
    this.socket.resume();
    if (!this.socket.closed) await once(this.socket, 'close');
    return this.#text.split('\n').filter((line) => line !== '');
  }
}
