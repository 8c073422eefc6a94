/**
 * The BGP speaker: its listeners, one in each namespace with neighbours, and its neighbours; follows the configuration.
 *
 * Invariants: one neighbour per name; one whose own lines are unchanged keeps its session, unless the AS or the
 * identifier of this side is another; a connection of an address that is no neighbour's is refused.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Config } from '../config/types.ts';
import { openInetSocket, reasonOf, withNetns } from '../linux/mod.ts';
import { type RouteTable, Turns } from '../fib/mod.ts';
import { bgpError, Cease, ErrorCode } from './bgp-error.ts';
import { encodeNotification } from './message.ts';
import { Neighbour } from './neighbour.ts';
import type { BgpStatus } from './status.ts';

const RETRY_MS = 5_000;
/** Connections that a listener holds before their neighbours take them. */
const MAX_CONNECTIONS = 128;
const SUBJECT = 'bgp';

export interface SpeakerOptions {
  readonly table: RouteTable;
  /** Whether the FIBs have so much to do that no more routes are wanted now. */
  readonly isBehind: () => boolean;
  readonly log: (line: string) => void;
  /** A condition that holds, and that it does not hold any more. */
  readonly onTrouble: (subject: string, reason: string | undefined) => void;
  readonly onChange: () => void;
}

type BgpConfig = Config['bgp'];
type NeighbourConfig = BgpConfig['neighbors'][number];

interface Listener {
  readonly key: string;
  readonly netns: string | undefined;
  readonly server: Server | undefined;
}

export class BgpSpeaker implements Disposable {
  readonly #options: SpeakerOptions;
  readonly #turns = new Turns();
  #config: BgpConfig | undefined;
  #neighbours: readonly Neighbour[] = [];
  #listeners: readonly Listener[] = [];
  #retry: NodeJS.Timeout | undefined;

  constructor(options: SpeakerOptions) {
    this.#options = options;
  }

  /** Undefined without an AS. */
  get status(): BgpStatus | undefined {
    const { as, routerId } = this.#config ?? {};
    if (as === undefined || routerId === undefined) return undefined;
    return { as, routerId, neighbors: this.#neighbours.map(({ status }) => status) };
  }

  /** Has these neighbours and no others. Resolves when the routes of removed ones are withdrawn. */
  async use({ bgp }: Pick<Config, 'bgp'>): Promise<void> {
    const before = this.#config;
    this.#config = bgp;
    const isOther = before?.as !== bgp.as || before?.routerId !== bgp.routerId;
    const old = new Map(this.#neighbours.map((one) => [one.name, one]));
    const added: Neighbour[] = [];
    const { as, routerId } = bgp;
    const wanted = as === undefined || routerId === undefined ? [] : bgp.neighbors;
    this.#neighbours = wanted.flatMap((config) => {
      const known = old.get(config.name);
      if (known !== undefined && !isOther && isSame(known.config, config)) {
        old.delete(config.name);
        return [known];
      }
      const neighbour = this.#newNeighbour(config, as ?? 0, routerId ?? '');
      added.push(neighbour);
      return [neighbour];
    });
    const names = new Set(wanted.map(({ name }) => name));
    const gone = [...old.values()].map((one) => {
      const subcode = names.has(one.name) ? Cease.otherChange : Cease.deconfigured;
      return one.remove(bgpError(ErrorCode.cease, subcode));
    });
    this.#listen();
    for (const neighbour of added) neighbour.start();
    this.#options.onChange();
    await Promise.all(gone);
  }

  /** Ends all sessions; routes stay as they are: whoever ends the appliance decides on them. */
  [Symbol.dispose](): void {
    clearTimeout(this.#retry);
    for (const { server } of this.#listeners) server?.close();
    this.#listeners = [];
    for (const neighbour of this.#neighbours) neighbour.close(bgpError(ErrorCode.cease, Cease.shutdown));
  }

  #newNeighbour(config: NeighbourConfig, as: number, routerId: string): Neighbour {
    const { table, isBehind, log, onChange } = this.#options;
    return new Neighbour({ config, as, routerId, table, turns: this.#turns, isBehind, log, onChange });
  }

  /** Listens where neighbours are, and nowhere else; tries again what fails. */
  #listen(): void {
    clearTimeout(this.#retry);
    const config = this.#config;
    if (config === undefined) return;
    const { host, port } = config.listen;
    const places = new Set(this.#neighbours.map((one) => one.config.netns));
    const keep = new Map(this.#listeners.map((one) => [one.key, one]));
    const failures: string[] = [];
    this.#listeners = [...places].map((netns): Listener => {
      const key = `${netns ?? ''} ${host} ${port}`;
      const known = keep.get(key);
      keep.delete(key);
      if (known?.server !== undefined) return known;
      try {
        return { key, netns, server: this.#open(netns, host, port) };
      } catch (error) {
        failures.push(reasonOf(error));
        return { key, netns, server: undefined };
      }
    });
    for (const { server } of keep.values()) server?.close();
    const [failure] = failures;
    this.#options.onTrouble(
      SUBJECT,
      failure === undefined ? undefined : `cannot listen for BGP on ${host}:${port}: ${failure}`,
    );
    if (failure !== undefined) this.#retry = setTimeout(() => this.#listen(), RETRY_MS).unref();
  }

  #open(netns: string | undefined, host: string, port: number): Server {
    const family = host.includes(':') ? 6 : 4;
    const fd = openInetSocket({ protocol: 'tcp', family, netns, local: { address: host, port } });
    const server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket, netns));
    server.maxConnections = MAX_CONNECTIONS;
    server.on('error', (error) => this.#options.log(`the listener: ${error.message}`));
    server.listen({ fd });
    server.unref();
    return server;
  }

  #accept(socket: Socket, netns: string | undefined): void {
    socket.on('error', () => {});
    // The zone of a link-local address is looked up in the namespace of this thread.
    const remote = netns === undefined ? socket.remoteAddress : withNetns(netns, () => socket.remoteAddress);
    const [address, zone] = (remote ?? '').replace(/^::ffff:(?=\d)/, '').split('%');
    const neighbour = this.#neighbours.find(({ config }) => {
      if (config.netns !== netns || config.address.address !== address) return false;
      return config.address.interface === undefined || config.address.interface === zone;
    });
    if (neighbour !== undefined) {
      neighbour.accept(socket);
      return;
    }
    socket.end(encodeNotification(bgpError(ErrorCode.cease, Cease.rejected)), () => socket.destroy());
  }
}

/** Whether a session may go on: what stands on which line makes no difference. */
function isSame(a: NeighbourConfig, b: NeighbourConfig): boolean {
  return JSON.stringify({ ...a, line: 0 }) === JSON.stringify({ ...b, line: 0 });
}
