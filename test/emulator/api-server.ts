/**
 * The API socket: framing, handshake, dispatch, events. Drops without a word what VPP drops: unknown ids, frames
 * shorter than their message, a client_index that is nobody's.
 *
 *   frame: u64 ignored, payload length u32 big-endian@8, u32 ignored; payload@16
 */

import { createServer, type Server, type Socket } from 'node:net';
import type { Faults } from './faults.ts';
import type { Answer, HandlerContext } from './handler.ts';
import { HANDLERS } from './handlers.ts';
import { listenAsVpp } from './listen.ts';
import { type MessageIds, REQUESTS } from './message-names.ts';
import type { Interface, VppState } from './vpp-state.ts';

const FRAME_HEADER = 16;
const SOCKCLNT_CREATE = 15;
const SOCKCLNT_CREATE_REPLY = 16;
/** VPP marks the handles of socket clients so (SOCK_API_REG_HANDLE_BIT). */
const SOCKET_CLIENT = 0x8000_0000;
const SLICE_MS = 20;

export interface ApiServerOptions {
  readonly state: VppState;
  readonly ids: MessageIds;
  readonly faults: Faults;
  readonly facts: Pick<HandlerContext, 'vpePid' | 'version' | 'buildDate'>;
}

/** Bytes of replies behind their context, where they are more than a retval. */
const REPLY_BYTES: Readonly<Record<string, number>> = {
  control_ping: 12,
  show_version: 356,
  cli_inband: 8,
  create_loopback: 8,
  create_loopback_instance: 8,
  ip_route_add_del: 8,
  ip_route_add_del_v2: 8,
  ip_route_lookup: 31,
  lcp_itf_pair_add_del_v2: 8,
  lcp_itf_pair_add_del_v3: 12,
  lcp_itf_pair_get: 8,
};

/** The reply of a VPP that refuses: a fault, the request was not carried out. */
function refusal(name: string, retval: number): Answer {
  const body = Buffer.alloc(REPLY_BYTES[name] ?? 4);
  body.writeInt32BE(retval, 0);
  return { name: `${name}_reply`, body };
}

class Client {
  readonly index: number;
  readonly socket: Socket;
  readonly subscriptions = new Set<number>();
  isRegistered = false;
  input: Buffer = Buffer.alloc(0);
  output: Buffer[] = [];
  isBusy = false;

  constructor(index: number, socket: Socket) {
    this.index = index;
    this.socket = socket;
  }

  queue(payload: Buffer): void {
    const header = Buffer.alloc(FRAME_HEADER);
    header.writeUInt32BE(payload.length, 8);
    this.output.push(header, payload);
  }

  flush(): void {
    if (this.output.length === 0 || this.socket.destroyed) return;
    this.socket.write(Buffer.concat(this.output));
    this.output = [];
  }
}

export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #clients = new Map<number, Client>();
  readonly #freeIndexes: number[] = [];
  readonly received = new Map<string, number>();
  readonly #server: Server;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
    options.state.onInterface((changed, deleted) => setImmediate(() => this.#sendEvent(changed, deleted)));
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  async listen(path: string): Promise<void> {
    await listenAsVpp(this.#server, path);
  }

  /** Ends all connections, and listening. */
  async close(): Promise<void> {
    this.disconnectAll();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  disconnectAll(): void {
    for (const client of this.#clients.values()) client.socket.destroy();
  }

  /** Goes on after a hang. */
  resume(): void {
    for (const client of this.#clients.values()) this.#work(client);
  }

  #accept(socket: Socket): void {
    const place = this.#freeIndexes.pop() ?? this.#clients.size + 1;
    const index = (SOCKET_CLIENT | place) >>> 0;
    const client = new Client(index, socket);
    this.#clients.set(index, client);
    socket.on('data', (chunk: Buffer) => {
      client.input = client.input.length === 0 ? chunk : Buffer.concat([client.input, chunk]);
      if (!client.isBusy) this.#work(client);
    });
    // A client that went away: its registration goes with the close.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#clients.delete(index);
      this.#freeIndexes.push(place);
    });
  }

  /** Handles whole frames for at most `SLICE_MS`, then lets others run. */
  #work(client: Client): void {
    client.isBusy = false;
    const { faults } = this.#options;
    const deadline = performance.now() + SLICE_MS;
    let at = 0;
    const { input } = client;
    while (!faults.isHanging && !client.socket.destroyed && input.length - at >= FRAME_HEADER) {
      const end = at + FRAME_HEADER + input.readUInt32BE(at + 8);
      if (end > input.length) break;
      this.#handle(client, input.subarray(at + FRAME_HEADER, end));
      at = end;
      if (performance.now() > deadline) {
        client.isBusy = true;
        break;
      }
    }
    client.input = client.input.subarray(at);
    client.flush();
    if (client.isBusy) setImmediate(() => this.#work(client));
  }

  #handle(client: Client, payload: Buffer): void {
    if (payload.length < 2) return;
    const id = payload.readUInt16BE(0);
    if (id === SOCKCLNT_CREATE) {
      if (payload.length >= 70) this.#register(client, payload.readUInt32BE(2));
      return;
    }
    const name = this.#options.ids.nameOf.get(id);
    const handler = name === undefined ? undefined : HANDLERS[name];
    const bytes = name === undefined ? undefined : REQUESTS[name]?.[1];
    if (name === undefined || handler === undefined || bytes === undefined || payload.length < bytes) return;
    const target = this.#clients.get(payload.readUInt32BE(2));
    if (target === undefined || !target.isRegistered) return;
    this.received.set(name, (this.received.get(name) ?? 0) + 1);
    const { faults } = this.#options;
    if (faults.disconnectAfter !== undefined && --faults.disconnectAfter <= 0) {
      faults.disconnectAfter = undefined;
      client.flush();
      client.socket.destroy();
      return;
    }
    const fault = faults.take(name);
    if (fault?.kind === 'drop') return;
    const answers =
      fault?.kind === 'error' ? [refusal(name, fault.retval)] : handler(payload, this.#contextOf(target));
    this.#answer(target, answers, payload.readUInt32BE(6), fault?.kind === 'late' ? fault.delayMs : 0);
  }

  #contextOf(client: Client): HandlerContext {
    return {
      ...this.#options.facts,
      state: this.#options.state,
      clientIndex: client.index,
      wantInterfaceEvents: (enable, pid) => {
        if (client.subscriptions.has(pid) === enable) return false;
        if (enable) client.subscriptions.add(pid);
        else client.subscriptions.delete(pid);
        return true;
      },
      closeClient: () => setImmediate(() => client.socket.end()),
    };
  }

  #answer(client: Client, answers: readonly Answer[], context: number, delayMs: number): void {
    for (const { name, body } of answers) {
      const payload = Buffer.alloc(6 + body.length);
      payload.writeUInt16BE(this.#options.ids.idOf.get(name) ?? 0, 0);
      payload.writeUInt32BE(context, 2);
      body.copy(payload, 6);
      if (delayMs === 0) client.queue(payload);
      else {
        setTimeout(() => {
          client.queue(payload);
          client.flush();
        }, delayMs);
      }
    }
  }

  #register(client: Client, context: number): void {
    client.isRegistered = true;
    const { entries } = this.#options.ids;
    const reply = Buffer.alloc(20 + 66 * entries.length);
    reply.writeUInt16BE(SOCKCLNT_CREATE_REPLY, 0);
    reply.writeUInt32BE(context, 6);
    reply.writeUInt32BE(client.index, 14);
    reply.writeUInt16BE(entries.length, 18);
    for (const [i, { id, wireName }] of entries.entries()) {
      reply.writeUInt16BE(id, 20 + 66 * i);
      reply.write(wireName, 22 + 66 * i, 63);
    }
    client.queue(reply);
  }

  #sendEvent(changed: Interface, deleted: boolean): void {
    const id = this.#options.ids.idOf.get('sw_interface_event');
    if (id === undefined) return;
    for (const client of this.#clients.values()) {
      for (const pid of client.subscriptions) {
        const event = Buffer.alloc(19);
        event.writeUInt16BE(id, 0);
        event.writeUInt32BE(client.index, 2);
        event.writeUInt32BE(pid, 6);
        event.writeUInt32BE(changed.swIfIndex, 10);
        event.writeUInt32BE((changed.adminUp ? 1 : 0) | (changed.linkUp ? 2 : 0), 14);
        event.writeUInt8(deleted ? 1 : 0, 18);
        client.queue(event);
      }
      client.flush();
    }
  }
}
