/**
 * A resolver for programs in network namespaces that cannot reach the box's name servers by themselves: it takes their
 * questions at 127.0.0.53 and passes each on, unread, to the name servers of management.
 *
 * A daemon in the namespace of VPP's TAPs has the interfaces of the data plane alone, while name servers are usually
 * reached by management. So each server is asked from the own namespace first, then from that of the asker; who answered
 * last is asked first. Nothing is cached.
 *
 * Invariants: one relay a namespace, also when another one takes its name; at most `MAX_UNANSWERED` questions and
 * `MAX_STREAMS` streams are under way in each; each UDP question has a socket, so a port, of its own, as RFC 5452,
 * section 9.2, wants it.
 */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, Socket } from 'node:net';
import { netnsIdentity, openInetSocket, reasonOf } from '../linux/mod.ts';

/** Where programs ask: what /etc/resolv.conf names. Of 127.0.0.0/8, so nobody outside the namespace reaches it. */
export const RELAY_ADDRESS = '127.0.0.53';

const DNS_PORT = 53;
/** Before the next server is asked; glibc waits 5 s for all of them. */
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
  /** Of the relay and of the servers; 53 unless a test wants others. */
  readonly ports?: { readonly own: number; readonly servers: number };
}

/** A server and where it is asked from; `netns` undefined: from the own namespace. */
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
  /** By namespace; the own one is ''. */
  readonly #relays = new Map<string, Relay>();
  readonly #lastGood = new Map<string, Target>();
  #servers: readonly string[] = [];

  constructor({ onError, ports = { own: DNS_PORT, servers: DNS_PORT } }: DnsRelayOptions) {
    this.#onError = onError;
    this.#ports = ports;
  }

  /** The name servers to ask, in this order, from now on. */
  set servers(servers: readonly string[]) {
    this.#servers = servers;
    this.#lastGood.clear();
  }

  /** Answers in the namespace from now on; undefined: in the own one. Idempotent. A failure is told, not thrown. */
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
      this.#onError(`answer questions for names in ${netns ?? 'the own namespace'}: ${reasonOf(error)}`);
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
    const onError = (error: Error): void => this.#onError(`the resolver's relay: ${error.message}`);
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
    datagrams.on('message', (question, asker) => {
      if (question.length < HEADER_BYTES || unanswered >= MAX_UNANSWERED) return;
      unanswered += 1;
      void this.#askAll(question, netns).then((answer) => {
        unanswered -= 1;
        reply(datagrams, answer ?? serverFailure(question), asker);
      });
    });
    streams.maxConnections = MAX_STREAMS;
    streams.on('connection', (asker) => this.#relayStream(asker, this.#targets(netns)));
    unrefAll(datagrams, streams);
    return { [Symbol.dispose]: dispose };
  }

  /** Who to ask for a question from a namespace: who answered there last first. */
  #targets(netns: string | undefined): Target[] {
    const places = netns === undefined ? [undefined] : [undefined, netns];
    const all = places.flatMap((place) => this.#servers.map((server) => ({ server, netns: place })));
    const good = this.#lastGood.get(netns ?? '');
    if (good === undefined) return all;
    return [good, ...all.filter((one) => one.server !== good.server || one.netns !== good.netns)];
  }

  /** The first answer; undefined when there is none. Never rejects. */
  async #askAll(question: Buffer, netns: string | undefined): Promise<Buffer | undefined> {
    for (const target of this.#targets(netns)) {
      const answer = await ask(question, target, this.#ports.servers);
      if (answer === undefined) continue;
      this.#lastGood.set(netns ?? '', target);
      return answer;
    }
    return undefined;
  }

  /** Joins a stream (RFC 7766) to the first server that takes one. */
  #relayStream(asker: Socket, targets: readonly Target[]): void {
    asker.on('error', () => asker.destroy());
    const [target, ...others] = targets;
    if (target === undefined || asker.destroyed) {
      asker.destroy();
      return;
    }
    const server = socketTo(target);
    let isJoined = false;
    const next = (): void => {
      server?.destroy();
      if (isJoined) asker.destroy();
      else this.#relayStream(asker, others);
    };
    if (server === undefined) {
      next();
      return;
    }
    server.setTimeout(SERVER_MS, next);
    server.once('error', next);
    server.connect({ port: this.#ports.servers, host: target.server }, () => {
      isJoined = true;
      for (const socket of [server, asker]) socket.setTimeout(STREAM_IDLE_MS, () => socket.destroy());
      server.once('close', () => asker.destroy());
      asker.once('close', () => server.destroy());
      asker.pipe(server).pipe(asker);
    });
  }
}

/** The answer of one server within its time; undefined: it has none, or cannot be reached. Never rejects. */
function ask(question: Buffer, target: Target, port: number): Promise<Buffer | undefined> {
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
      if (answer.length >= HEADER_BYTES && answer.readUInt16BE(0) === question.readUInt16BE(0))
        finish(answer);
    });
    socket.bind({ fd: openInetSocket({ protocol: 'udp', family, netns: target.netns }) });
    socket.connect(port, target.server, (error?: Error) => {
      if (error === undefined || error === null) socket?.send(question);
    });
  } catch {
    finish(undefined); // the namespace is gone, or there is no route: the next one is asked
  }
  return promise;
}

/** A socket to be connected from the target's namespace; undefined when that is gone. */
function socketTo({ server, netns }: Target): Socket | undefined {
  try {
    return new Socket({
      fd: openInetSocket({ protocol: 'tcp', family: server.includes(':') ? 6 : 4, netns }),
    });
  } catch {
    return undefined;
  }
}

/** RFC 1035, section 4.1.1: the question with QR set and RCODE 2. */
function serverFailure(question: Buffer): Buffer {
  const answer = Buffer.from(question);
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

/** They keep no process alive. */
function unrefAll(datagrams: UdpSocket, streams: Server): void {
  datagrams.unref();
  streams.unref();
}
