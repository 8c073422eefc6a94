/**
 * A DNS relay for programs in network namespaces that cannot reach the box's name servers directly: it receives their
 * queries at 127.0.0.53 and forwards each, unread, to the name servers of management.
 *
 * A daemon in the namespace of VPP's TAPs has only the interfaces of the data plane, while name servers are usually
 * reached by management. So each server is queried from the relay's own namespace first, then from the client's; before
 * these come servers that a namespace has of its own (of a DHCP lease), which are queried from there. The server that
 * answered last is queried first. Nothing is cached.
 *
 * Invariants: one relay per namespace, also when another one takes its name; at most `MAX_UNANSWERED` queries and
 * `MAX_STREAMS` streams are in flight in each; each UDP query has its own socket, and so its own port, as RFC 5452,
 * section 9.2, requires.
 */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, Socket } from 'node:net';
import { netnsIdentity, openInetSocket, reasonOf } from '../linux/mod.ts';

/** The name server in /etc/resolv.conf. In 127.0.0.0/8, so it cannot be reached from outside the namespace. */
export const RELAY_ADDRESS = '127.0.0.53';

const DNS_PORT = 53;
/** Time before the next server is queried; glibc waits 5 s for all of them. */
const SERVER_MS = 1_000;
const STREAM_IDLE_MS = 10_000;
const MAX_UNANSWERED = 256;
const MAX_STREAMS = 32;
/** RFC 1035, section 4.1.1: id, flags, four counts. */
const HEADER_BYTES = 12;
const QR = 0x80;
const RCODE_SERVFAIL = 2;

export interface DnsRelayOptions {
  readonly onError: (message: string) => void;
  /** Ports of the relay and of the servers; default 53. */
  readonly ports?: { readonly own: number; readonly servers: number };
}

/** A server and the namespace it is queried from; `netns` undefined: the relay's own. */
interface Target {
  readonly server: string;
  readonly netns: string | undefined;
}

interface Relay extends Disposable {
  readonly identity: string | undefined;
}

export class DnsRelay implements Disposable {
  readonly #onError: (message: string) => void;
  readonly #ports: { readonly own: number; readonly servers: number };
  /** By namespace; '' is the relay's own. */
  readonly #relays = new Map<string, Relay>();
  readonly #lastGood = new Map<string, Target>();
  #servers: readonly string[] = [];
  /** Name servers of a namespace, by its name. */
  readonly #own = new Map<string, readonly string[]>();

  constructor({ onError, ports = { own: DNS_PORT, servers: DNS_PORT } }: DnsRelayOptions) {
    this.#onError = onError;
    this.#ports = ports;
  }

  /** Sets the name servers to query, in this order. */
  set servers(servers: readonly string[]) {
    this.#servers = servers;
    this.#lastGood.clear();
  }

  /** Sets the name servers that programs in a namespace are answered by first, in this order; none: no more. */
  setServersOf(netns: string, servers: readonly string[]): void {
    if (servers.length === 0) this.#own.delete(netns);
    else this.#own.set(netns, servers);
    this.#lastGood.delete(netns);
  }

  /** Starts to answer in the namespace; undefined: in the own one. Idempotent. A failure is reported by `onError`. */
  serve(netns: string | undefined): void {
    const name = netns ?? '';
    const identity = netns === undefined ? undefined : netnsIdentity(netns);
    const before = this.#relays.get(name);
    if (before !== undefined && before.identity === identity) return;
    before?.[Symbol.dispose]();
    this.#relays.delete(name);
    try {
      this.#relays.set(name, { identity, ...this.#open(netns) });
    } catch (error) {
      this.#onError(`cannot relay DNS queries in ${netns ?? 'the own namespace'}: ${reasonOf(error)}`);
    }
  }

  [Symbol.dispose](): void {
    for (const relay of this.#relays.values()) relay[Symbol.dispose]();
    this.#relays.clear();
  }

  #open(netns: string | undefined): Disposable {
    const local = { address: RELAY_ADDRESS, port: this.#ports.own };
    const datagrams = createSocket('udp4');
    const streams = createServer();
    const onError = (error: Error): void => this.#onError(`DNS relay: ${error.message}`);
    datagrams.on('error', onError);
    streams.on('error', onError);
    const dispose = (): void => {
      datagrams.close();
      streams.close();
    };
    try {
      datagrams.bind({ fd: openInetSocket({ protocol: 'udp', family: 4, netns, local }) });
      streams.listen({ fd: openInetSocket({ protocol: 'tcp', family: 4, netns, local }) });
    } catch (error) {
      dispose();
      throw error;
    }
    let unanswered = 0;
    datagrams.on('message', (query, client) => {
      if (query.length < HEADER_BYTES || unanswered >= MAX_UNANSWERED) return;
      unanswered += 1;
      void this.#queryAll(query, netns).then((answer) => {
        unanswered -= 1;
        reply(datagrams, answer ?? serverFailure(query), client);
      });
    });
    streams.maxConnections = MAX_STREAMS;
    streams.on('connection', (client) => this.#relayStream(client, this.#targets(netns)));
    unrefAll(datagrams, streams);
    return { [Symbol.dispose]: dispose };
  }

  /** The servers for a query from a namespace; the one that answered there last is first. */
  #targets(netns: string | undefined): Target[] {
    const places = netns === undefined ? [undefined] : [undefined, netns];
    const own = (this.#own.get(netns ?? '') ?? []).map((server) => ({ server, netns }));
    const common = places.flatMap((place) => this.#servers.map((server) => ({ server, netns: place })));
    const all = [...own, ...common];
    const good = this.#lastGood.get(netns ?? '');
    if (good === undefined) return all;
    return [good, ...all.filter((one) => one.server !== good.server || one.netns !== good.netns)];
  }

  /** The first answer; undefined without one. Never rejects. */
  async #queryAll(query: Buffer, netns: string | undefined): Promise<Buffer | undefined> {
    for (const target of this.#targets(netns)) {
      const answer = await queryServer(query, target, this.#ports.servers);
      if (answer === undefined) continue;
      this.#lastGood.set(netns ?? '', target);
      return answer;
    }
    return undefined;
  }

  /** Connects a stream (RFC 7766) to the first server that accepts one. */
  #relayStream(client: Socket, targets: readonly Target[]): void {
    client.on('error', () => client.destroy());
    const [target, ...others] = targets;
    if (target === undefined || client.destroyed) {
      client.destroy();
      return;
    }
    const server = socketTo(target);
    let isJoined = false;
    const next = (): void => {
      server?.destroy();
      if (isJoined) client.destroy();
      else this.#relayStream(client, others);
    };
    if (server === undefined) {
      next();
      return;
    }
    server.setTimeout(SERVER_MS, next);
    server.once('error', next);
    server.connect({ port: this.#ports.servers, host: target.server }, () => {
      isJoined = true;
      for (const socket of [server, client]) socket.setTimeout(STREAM_IDLE_MS, () => socket.destroy());
      server.once('close', () => client.destroy());
      client.once('close', () => server.destroy());
      client.pipe(server).pipe(client);
    });
  }
}

/** The answer of one server within `SERVER_MS`; undefined: no answer, or unreachable. Never rejects. */
function queryServer(query: Buffer, target: Target, port: number): Promise<Buffer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const family = target.server.includes(':') ? 6 : 4;
  let socket: UdpSocket | undefined;
  const finish = (answer: Buffer | undefined): void => {
    clearTimeout(timer);
    socket?.close();
    socket = undefined;
    resolve(answer);
  };
  const timer = setTimeout(() => finish(undefined), SERVER_MS);
  try {
    socket = createSocket(family === 4 ? 'udp4' : 'udp6');
    socket.on('error', () => finish(undefined));
    socket.on('message', (answer) => {
      if (answer.length >= HEADER_BYTES && answer.readUInt16BE(0) === query.readUInt16BE(0)) finish(answer);
    });
    socket.bind({ fd: openInetSocket({ protocol: 'udp', family, netns: target.netns }) });
    socket.connect(port, target.server, (error?: Error) => {
      if (error === undefined || error === null) socket?.send(query);
    });
  } catch {
    finish(undefined); // the namespace was removed, or there is no route: the next one is queried
  }
  return promise;
}

/** An unconnected socket in the target's namespace; undefined when that was removed. */
function socketTo({ server, netns }: Target): Socket | undefined {
  try {
    return new Socket({
      fd: openInetSocket({ protocol: 'tcp', family: server.includes(':') ? 6 : 4, netns }),
    });
  } catch {
    return undefined;
  }
}

/** RFC 1035, section 4.1.1: the query with QR set and RCODE 2. */
function serverFailure(query: Buffer): Buffer {
  const answer = Buffer.from(query);
  answer[2] = (answer[2] ?? 0) | QR;
  answer[3] = ((answer[3] ?? 0) & 0xf0) | RCODE_SERVFAIL;
  return answer;
}

function reply(socket: UdpSocket, answer: Buffer, { port, address }: RemoteInfo): void {
  try {
    socket.send(answer, port, address);
  } catch {
    // closed meanwhile: its namespace has another relay, or none
  }
}

/** The sockets must not keep the process alive. */
function unrefAll(datagrams: UdpSocket, streams: Server): void {
  datagrams.unref();
  streams.unref();
}
