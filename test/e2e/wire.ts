/**
 * The other end of a guest's cable: Ethernet frames as UDP datagrams on the loopback (QEMU's `-netdev dgram`). Speaks
 * just enough ARP (RFC 826), neighbour discovery (RFC 4861), IPv4 (RFC 791), IPv6 (RFC 8200) and UDP (RFC 768) to send
 * packets through a router and see them come out.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { formatAddress, parseAddress } from '../../src/config/mod.ts';

const OUR_MAC = Buffer.from('525400aaaa01', 'hex');
const ETHERNET_BYTES = 14;
/** Where a frame has its type, or its tag. */
const TYPE_AT = 12;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
const UDP_BYTES = 8;
const ETHERTYPE_ARP = 0x0806;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_VLAN = 0x8100;
const TAG_BYTES = 4;
const PROTOCOL_UDP = 17;
const PROTOCOL_ICMPV6 = 58;
const NEIGHBOUR_SOLICITATION = 135;
const NEIGHBOUR_ADVERTISEMENT = 136;
/** Solicited, override. */
const ADVERTISEMENT_FLAGS = 0x60;
const DISCARD_PORT = 9;
const PAYLOAD_BYTES = 18;

export interface SeenPacket {
  readonly from: string;
  readonly to: string;
  /** Or hop limit. */
  readonly ttl: number;
  readonly sourcePort: number;
}

export interface SentPacket extends Omit<SeenPacket, 'sourcePort'> {
  readonly toMac: string;
  readonly sourcePort?: number;
}

function packIp(text: string): Buffer {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return Buffer.from(parsed.bytes);
}

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** That of a payload of IPv6, with its pseudo-header (RFC 8200, 8.1). */
function checksum6(from: Buffer, to: Buffer, protocol: number, payload: Buffer): number {
  const tail = Buffer.alloc(8);
  tail.writeUInt32BE(payload.length, 0);
  tail.writeUInt8(protocol, 7);
  return checksum(Buffer.concat([from, to, tail, payload]));
}

function ethernet(toMac: Buffer, type: number, ...parts: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(ETHERNET_BYTES);
  head.set(toMac, 0);
  head.set(OUR_MAC, 6);
  head.writeUInt16BE(type, 12);
  const frame = Buffer.concat([head, ...parts]);
  return Buffer.concat([frame, Buffer.alloc(Math.max(0, 60 - frame.length))]);
}

function ipv6Header(from: Buffer, to: Buffer, protocol: number, hopLimit: number, length: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(0x60, 0);
  head.writeUInt16BE(length, 4);
  head.set([protocol, hopLimit], 6);
  return Buffer.concat([head, from, to]);
}

export class Wire implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #remotePort: number;
  readonly #vlan: number | undefined;
  readonly #answered = new Set<string>();
  readonly #listeners = new Set<(packet: SeenPacket) => void>();

  private constructor(socket: Socket, remotePort: number, vlan: number | undefined) {
    this.#socket = socket;
    this.#remotePort = remotePort;
    this.#vlan = vlan;
    socket.on('message', (frame) => this.#onFrame(frame));
  }

  /** With `vlan`, all frames have that tag (IEEE 802.1Q), and others are not seen. */
  static async open(ports: { localPort: number; remotePort: number; vlan?: number }): Promise<Wire> {
    const socket = createSocket('udp4');
    socket.bind(ports.localPort, '127.0.0.1');
    await once(socket, 'listening');
    return new Wire(socket, ports.remotePort, ports.vlan);
  }

  /** Answers ARP requests or neighbour solicitations for an address with our MAC. */
  answerFor(address: string): void {
    this.#answered.add(formatAddress(packIp(address)));
  }

  /** Sends one UDP packet (discard port) in an Ethernet frame. */
  sendUdp({ toMac, from, to, ttl, sourcePort = 40_000 }: SentPacket): void {
    const [source, destination] = [packIp(from), packIp(to)];
    const mac = Buffer.from(toMac.replaceAll(':', ''), 'hex');
    const udp = Buffer.alloc(UDP_BYTES + PAYLOAD_BYTES);
    udp.writeUInt16BE(sourcePort, 0);
    udp.writeUInt16BE(DISCARD_PORT, 2);
    udp.writeUInt16BE(udp.length, 4);
    if (source.length === 16) {
      udp.writeUInt16BE(checksum6(source, destination, PROTOCOL_UDP, udp), 6);
      const head = ipv6Header(source, destination, PROTOCOL_UDP, ttl, udp.length);
      this.#send(ethernet(mac, ETHERTYPE_IPV6, head, udp));
      return;
    }
    const ip = Buffer.alloc(IPV4_BYTES);
    ip.set([0x45, 0]);
    ip.writeUInt16BE(IPV4_BYTES + udp.length, 2);
    ip.set([ttl, PROTOCOL_UDP], 8);
    ip.set(source, 12);
    ip.set(destination, 16);
    ip.writeUInt16BE(checksum(ip), 10);
    this.#send(ethernet(mac, ETHERTYPE_IPV4, ip, udp));
  }

  /** Calls `listener` with each UDP packet that comes out of the guest, until disposed. */
  onUdp(listener: (packet: SeenPacket) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** The first UDP packet to an address that comes out of the guest. */
  waitForUdp(to: string, timeoutMs: number): Promise<SeenPacket> {
    return new Promise((resolve, reject) => {
      const listening = this.onUdp((packet) => {
        if (packet.to !== to) return;
        clearTimeout(timer);
        listening[Symbol.dispose]();
        resolve(packet);
      });
      const timer = setTimeout(
        () => reject(new Error(`no packet to ${to} within ${timeoutMs} ms`)),
        timeoutMs,
      );
    });
  }

  #send(frame: Buffer): void {
    this.#socket.send(this.#tagged(frame), this.#remotePort, '127.0.0.1');
  }

  #tagged(frame: Buffer): Buffer {
    if (this.#vlan === undefined) return frame;
    const tag = Buffer.alloc(TAG_BYTES);
    tag.writeUInt16BE(ETHERTYPE_VLAN, 0);
    tag.writeUInt16BE(this.#vlan, 2);
    return Buffer.concat([frame.subarray(0, TYPE_AT), tag, frame.subarray(TYPE_AT)]);
  }

  /** The frame without our tag; undefined: it has none, or another one. */
  #untagged(frame: Buffer): Buffer | undefined {
    if (this.#vlan === undefined) return frame;
    const isOurs =
      frame.length > TYPE_AT + TAG_BYTES &&
      frame.readUInt16BE(TYPE_AT) === ETHERTYPE_VLAN &&
      (frame.readUInt16BE(TYPE_AT + 2) & 0xfff) === this.#vlan;
    if (!isOurs) return undefined;
    return Buffer.concat([frame.subarray(0, TYPE_AT), frame.subarray(TYPE_AT + TAG_BYTES)]);
  }

  #onFrame(received: Buffer): void {
    const frame = this.#untagged(received);
    if (frame === undefined) return;
    const type = frame.length >= ETHERNET_BYTES + IPV4_BYTES ? frame.readUInt16BE(12) : 0;
    const body = frame.subarray(ETHERNET_BYTES);
    if (type === ETHERTYPE_ARP && frame.readUInt16BE(20) === 1) this.#onArpRequest(frame);
    else if (type === ETHERTYPE_IPV4 && body[9] === PROTOCOL_UDP) this.#tell(body, 12, 4, 8, IPV4_BYTES);
    else if (type === ETHERTYPE_IPV6 && body.length >= IPV6_BYTES + UDP_BYTES) this.#onIpv6(frame, body);
  }

  #onIpv6(frame: Buffer, body: Buffer): void {
    if (body[6] === PROTOCOL_UDP) this.#tell(body, 8, 16, 7, IPV6_BYTES);
    else if (body[6] === PROTOCOL_ICMPV6 && body[IPV6_BYTES] === NEIGHBOUR_SOLICITATION) {
      this.#onSolicitation(frame, body);
    }
  }

  /** Offsets: of the source address, whose length the addresses have, of the hop count, and of what the packet carries. */
  #tell(packet: Buffer, addresses: number, length: number, hops: number, payload: number): void {
    const to = addresses + length;
    const seen: SeenPacket = {
      from: formatAddress(packet.subarray(addresses, to)),
      to: formatAddress(packet.subarray(to, to + length)),
      ttl: packet[hops] ?? 0,
      sourcePort: packet.readUInt16BE(payload),
    };
    for (const listener of this.#listeners) listener(seen);
  }

  #onArpRequest(frame: Buffer): void {
    const asked = frame.subarray(38, 42);
    if (!this.#answered.has(formatAddress(asked))) return;
    // Hardware and protocol types and sizes as in the request, operation 2.
    const reply = [frame.subarray(14, 20), Buffer.from([0, 2]), OUR_MAC, asked, frame.subarray(22, 32)];
    this.#send(ethernet(frame.subarray(6, 12), ETHERTYPE_ARP, ...reply));
  }

  #onSolicitation(frame: Buffer, body: Buffer): void {
    const asker = Buffer.from(body.subarray(8, 24));
    const asked = Buffer.from(body.subarray(IPV6_BYTES + 8, IPV6_BYTES + 24));
    // From nobody: that is duplicate address detection, and the address is theirs.
    if (!this.#answered.has(formatAddress(asked)) || asker.every((byte) => byte === 0)) return;
    const head = Buffer.from([NEIGHBOUR_ADVERTISEMENT, 0, 0, 0, ADVERTISEMENT_FLAGS, 0, 0, 0]);
    // Option 2, one unit of 8 bytes: the target's link-layer address.
    const icmp = Buffer.concat([head, asked, Buffer.from([2, 1]), OUR_MAC]);
    icmp.writeUInt16BE(checksum6(asked, asker, PROTOCOL_ICMPV6, icmp), 2);
    const ip = ipv6Header(asked, asker, PROTOCOL_ICMPV6, 255, icmp.length);
    this.#send(ethernet(frame.subarray(6, 12), ETHERTYPE_IPV6, ip, icmp));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}
