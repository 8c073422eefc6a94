/**
 * The other end of a guest's cable: Ethernet frames as UDP datagrams on the loopback (QEMU's `-netdev dgram`). Speaks
 * just enough ARP (RFC 826), IPv4 (RFC 791) and UDP (RFC 768) to send a packet through a router and see it come out.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const OUR_MAC = Buffer.from('525400aaaa01', 'hex');
const ETHERTYPE_ARP = 0x0806;
const ETHERTYPE_IPV4 = 0x0800;
const PROTOCOL_UDP = 17;

export interface SeenPacket {
  readonly from: string;
  readonly ttl: number;
}

const packIp = (text: string): Buffer => Buffer.from(text.split('.').map(Number));
const showIp = (bytes: Buffer): string => [...bytes].join('.');

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export class Wire implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #remotePort: number;
  readonly #answered = new Set<string>();
  readonly #listeners = new Set<(to: string, packet: SeenPacket) => void>();

  private constructor(socket: Socket, remotePort: number) {
    this.#socket = socket;
    this.#remotePort = remotePort;
    socket.on('message', (frame) => this.#onFrame(frame));
  }

  static async open(ports: { localPort: number; remotePort: number }): Promise<Wire> {
    const socket = createSocket('udp4');
    socket.bind(ports.localPort, '127.0.0.1');
    await once(socket, 'listening');
    return new Wire(socket, ports.remotePort);
  }

  /** Answers ARP requests for an address with our MAC. */
  answerArpFor(address: string): void {
    this.#answered.add(address);
  }

  /** Sends one UDP packet (discard port) in an Ethernet frame. */
  sendUdp({ toMac, from, to, ttl }: { toMac: string; from: string; to: string; ttl: number }): void {
    const frame = Buffer.alloc(60);
    frame.set(Buffer.from(toMac.replaceAll(':', ''), 'hex'), 0);
    frame.set(OUR_MAC, 6);
    frame.writeUInt16BE(ETHERTYPE_IPV4, 12);
    const ip = frame.subarray(14, 34);
    ip.set([0x45, 0]);
    ip.writeUInt16BE(46, 2);
    ip.set([ttl, PROTOCOL_UDP], 8);
    ip.set(packIp(from), 12);
    ip.set(packIp(to), 16);
    ip.writeUInt16BE(checksum(ip), 10);
    frame.writeUInt16BE(40_000, 34);
    frame.writeUInt16BE(9, 36);
    frame.writeUInt16BE(26, 38);
    this.#send(frame);
  }

  /** The first UDP packet to an address that comes out of the guest. */
  waitForUdp(to: string, timeoutMs: number): Promise<SeenPacket> {
    return new Promise((resolve, reject) => {
      const listener = (seenTo: string, packet: SeenPacket): void => {
        if (seenTo !== to) return;
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve(packet);
      };
      const timer = setTimeout(
        () => reject(new Error(`no packet to ${to} within ${timeoutMs} ms`)),
        timeoutMs,
      );
      this.#listeners.add(listener);
    });
  }

  #send(frame: Buffer): void {
    this.#socket.send(frame, this.#remotePort, '127.0.0.1');
  }

  #onFrame(frame: Buffer): void {
    const type = frame.length >= 34 ? frame.readUInt16BE(12) : 0;
    if (type === ETHERTYPE_ARP && frame.readUInt16BE(20) === 1) this.#onArpRequest(frame);
    if (type !== ETHERTYPE_IPV4 || frame[23] !== PROTOCOL_UDP) return;
    const packet = { from: showIp(frame.subarray(26, 30)), ttl: frame[22] ?? 0 };
    for (const listener of this.#listeners) listener(showIp(frame.subarray(30, 34)), packet);
  }

  #onArpRequest(frame: Buffer): void {
    const asked = frame.subarray(38, 42);
    if (!this.#answered.has(showIp(asked))) return;
    const reply = Buffer.alloc(60);
    reply.set(frame.subarray(6, 12), 0);
    reply.set(OUR_MAC, 6);
    // Hardware and protocol types and sizes as in the request, operation 2.
    reply.set(frame.subarray(12, 20), 12);
    reply.writeUInt16BE(2, 20);
    reply.set(OUR_MAC, 22);
    reply.set(asked, 28);
    reply.set(frame.subarray(22, 32), 32);
    this.#send(reply);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}
