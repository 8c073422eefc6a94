/**
 * The API socket: framing, handshake, dispatch, events. Silently drops what VPP drops: unknown ids and frames shorter
 * than their message. A request with the client_index of no client is executed, and nobody gets the answer
 * (vl_api_client_index_to_registration in VPP's src/vlibmemory/api.h).
 *
 * Messages sent by the million (routes) are handled without an object per message: `#handleShort`.
 */

import { createServer, type Server, type Socket } from 'node:net';
import type { Faults } from './faults.ts';
import { FRAME_HEADER, FrameOutput } from './frame-output.ts';
import type { Answer, Handler, HandlerContext, ShortHandler, ShortReply } from './handler.ts';
import { HANDLERS, SHORT_HANDLERS } from './handlers.ts';
import { listenAsVpp } from './listen.ts';
import { type MessageIds, REQUESTS } from './message-names.ts';
import type { Interface, VppState } from './vpp-state.ts';

const SOCKCLNT_CREATE = 15;
const SOCKCLNT_CREATE_REPLY = 16;
/** VPP marks the handles of socket clients with this bit (SOCK_API_REG_HANDLE_BIT). */
const SOCKET_CLIENT = 0x8000_0000;
const NOBODY = 0xffff_ffff;
const SLICE_MS = 20;
/** Frames between two reads of the clock. */
const FRAMES_PER_LOOK = 64;
const SHORT_REPLY_BYTES = 14;

export interface ApiServerOptions {
  readonly state: VppState;
  readonly ids: MessageIds;
  readonly faults: Faults;
  readonly facts: Pick<HandlerContext, 'vpePid' | 'version' | 'buildDate'>;
}

/** Bytes of replies after their context, where they are more than a retval. */
const REPLY_BYTES: Readonly<Record<string, number>> = {
  control_ping: 12,
  show_version: 356,
  add_node_next: 8,
  cli_inband: 8,
  create_loopback: 8,
  create_loopback_instance: 8,
  bond_create2: 8,
  bridge_domain_add_del_v2: 8,
  bridge_flags: 8,
  bvi_create: 8,
  create_subif: 8,
  ip_route_add_del: 8,
  ip_route_add_del_v2: 8,
  ip_route_lookup: 31,
  ip_route_lookup_v2: 32,
  lcp_itf_pair_add_del_v2: 8,
  lcp_itf_pair_add_del_v3: 12,
  lcp_itf_pair_get: 8,
  sw_interface_tx_placement_get: 8,
  mpls_route_add_del: 8,
  ip_mroute_add_del: 8,
  sw_interface_get_table: 8,
  ip_neighbor_config_get: 14,
  ip_neighbor_add_del: 8,
  mss_clamp_get: 8,
  acl_add_replace: 8,
  macip_acl_add_replace: 8,
  nat44_show_running_config: 52,
  nat_get_mss_clamping: 7,
  sw_interface_ip6_get_link_local_address: 20,
  gre_tunnel_add_del: 8,
  ipip_add_tunnel: 8,
  vxlan_add_del_tunnel_v3: 8,
};

/** The reply of a VPP that refuses: a fault, the request was not executed. */
function refusal(name: string, retval: number): Answer {
  const body = Buffer.alloc(REPLY_BYTES[name] ?? 4);
  body.writeInt32BE(retval, 0);
  return { name: `${name}_reply`, body };
}

class Client {
  readonly index: number;
  readonly socket: Socket;
  readonly output: FrameOutput;
  readonly subscriptions = new Set<number>();
  readonly context: HandlerContext;
  isRegistered = false;
  input: Buffer = Buffer.alloc(0);
  isBusy = false;

  constructor(index: number, socket: Socket, common: Omit<HandlerContext, keyof ClientContext>) {
    this.index = index;
    this.socket = socket;
    this.output = new FrameOutput(socket);
    this.context = {
      ...common,
      clientIndex: index,
      wantInterfaceEvents: (enable, pid) => {
        if (this.subscriptions.has(pid) === enable) return false;
        if (enable) this.subscriptions.add(pid);
        else this.subscriptions.delete(pid);
        return true;
      },
      closeClient: () => setImmediate(() => socket.end()),
    };
  }
}

/** The part of a handler's context that belongs to one client. */
type ClientContext = Pick<HandlerContext, 'clientIndex' | 'wantInterfaceEvents' | 'closeClient'>;

/** What a handler has of the client that a request names, when there is no such client. */
function nobody({ context }: Client): HandlerContext {
  return { ...context, clientIndex: NOBODY, wantInterfaceEvents: () => false, closeClient: () => {} };
}

/** A message that is answered. */
interface Known {
  readonly name: string;
  /** VPP drops shorter ones. */
  readonly bytes: number;
  readonly handler: Handler | undefined;
  readonly short: ShortHandler | undefined;
  readonly replyId: number;
  received: number;
}

export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #clients = new Map<number, Client>();
  readonly #freeIndexes: number[] = [];
  /** By message id. */
  readonly #known: (Known | undefined)[] = [];
  readonly #shortReply: ShortReply = { retval: 0, value: 0 };
  readonly #server: Server;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
    for (const [id, name] of options.ids.nameOf) {
      const [handler, short, bytes] = [HANDLERS[name], SHORT_HANDLERS[name], REQUESTS[name]?.[1]];
      if ((handler === undefined && short === undefined) || bytes === undefined) continue;
      const replyId = options.ids.idOf.get(`${name}_reply`) ?? 0;
      this.#known[id] = { name, bytes, handler, short, replyId, received: 0 };
    }
    options.state.onInterface((changed, deleted) => setImmediate(() => this.#sendEvent(changed, deleted)));
  }

  /** Requests received, by name. */
  get received(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const known of this.#known) {
      if (known !== undefined && known.received > 0) counts.set(known.name, known.received);
    }
    return counts;
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  async listen(path: string): Promise<void> {
    await listenAsVpp(this.#server, path);
  }

  /** Ends all connections, and stops listening. */
  async close(): Promise<void> {
    this.disconnectAll();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  disconnectAll(): void {
    for (const client of this.#clients.values()) client.socket.destroy();
  }

  /** Continues after a hang. */
  resume(): void {
    for (const client of this.#clients.values()) this.#work(client);
  }

  #accept(socket: Socket): void {
    const place = this.#freeIndexes.pop() ?? this.#clients.size + 1;
    const index = (SOCKET_CLIENT | place) >>> 0;
    const { state, facts } = this.#options;
    const client = new Client(index, socket, { ...facts, state });
    this.#clients.set(index, client);
    socket.on('data', (chunk: Buffer) => {
      client.input = client.input.length === 0 ? chunk : Buffer.concat([client.input, chunk]);
      if (!client.isBusy) this.#work(client);
    });
    // The client disconnected: its registration ends with the close.
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
    let frames = 0;
    const { input } = client;
    while (!faults.isHanging && !client.socket.destroyed && input.length - at >= FRAME_HEADER) {
      const end = at + FRAME_HEADER + input.readUInt32BE(at + 8);
      if (end > input.length) break;
      this.#handle(client, input.subarray(at + FRAME_HEADER, end));
      at = end;
      if (++frames % FRAMES_PER_LOOK === 0 && performance.now() > deadline) {
        client.isBusy = true;
        break;
      }
    }
    client.input = client.input.subarray(at);
    client.output.flush();
    if (client.isBusy) setImmediate(() => this.#work(client));
  }

  #handle(client: Client, payload: Buffer): void {
    if (payload.length < 2) return;
    const id = payload.readUInt16BE(0);
    if (id === SOCKCLNT_CREATE) {
      if (payload.length >= 70) this.#register(client, payload.readUInt32BE(2));
      return;
    }
    const known = this.#known[id];
    if (known === undefined || payload.length < known.bytes) return;
    const asked = this.#clients.get(payload.readUInt32BE(2));
    const target = asked?.isRegistered === true ? asked : undefined;
    known.received++;
    const { faults } = this.#options;
    if (faults.disconnectAfter !== undefined && --faults.disconnectAfter <= 0) {
      faults.disconnectAfter = undefined;
      client.output.flush();
      client.socket.destroy();
      return;
    }
    const fault = faults.take(known.name);
    if (fault?.kind === 'drop') return;
    const delayMs = fault?.kind === 'late' ? fault.delayMs : 0;
    const context = payload.readUInt32BE(6);
    if (fault?.kind === 'error') this.#answer(target, [refusal(known.name, fault.retval)], context, 0);
    else if (fault?.kind === 'lose') this.#answer(target, [refusal(known.name, 0)], context, 0);
    else if (known.short !== undefined) this.#handleShort(target, known, payload, delayMs);
    else {
      const handled = known.handler?.(payload, target?.context ?? nobody(client)) ?? [];
      this.#answer(target, handled, context, delayMs);
    }
  }

  #handleShort(
    client: Client | undefined,
    { short, replyId }: Known,
    payload: Buffer,
    delayMs: number,
  ): void {
    const reply = this.#shortReply;
    if (short?.(payload, this.#options.state, reply) !== true || client === undefined) return;
    const { retval, value } = reply;
    const context = payload.readUInt32BE(6);
    if (delayMs === 0) writeShort(client.output, replyId, context, retval, value);
    else this.#later(client, delayMs, () => writeShort(client.output, replyId, context, retval, value));
  }

  #later(client: Client, delayMs: number, write: () => void): void {
    setTimeout(() => {
      write();
      client.output.flush();
    }, delayMs);
  }

  #answer(client: Client | undefined, answers: Iterable<Answer>, context: number, delayMs: number): void {
    for (const { name, body, isAddressed = false } of answers) {
      // A handler may be a generator, which does nothing before it is asked.
      if (client === undefined) continue;
      const write = (): void => {
        const head = isAddressed ? 10 : 6;
        const at = client.output.begin(head + body.length);
        const { bytes } = client.output;
        bytes.writeUInt16BE(this.#options.ids.idOf.get(name) ?? 0, at);
        bytes.writeUInt32BE(0, at + 2);
        bytes.writeUInt32BE(context, at + head - 4);
        bytes.set(body, at + head);
      };
      if (delayMs === 0) write();
      else this.#later(client, delayMs, write);
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
    client.output.add(reply);
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
        client.output.add(event);
      }
      client.output.flush();
    }
  }
}

function writeShort(
  output: FrameOutput,
  replyId: number,
  context: number,
  retval: number,
  value: number,
): void {
  const at = output.begin(SHORT_REPLY_BYTES);
  const { bytes } = output;
  bytes.writeUInt16BE(replyId, at);
  bytes.writeUInt32BE(context, at + 2);
  bytes.writeInt32BE(retval, at + 6);
  bytes.writeUInt32BE(value, at + 10);
}
