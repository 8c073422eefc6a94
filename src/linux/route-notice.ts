/**
 * Owns decoding rtnetlink's route messages without an object per route: the reader keeps one `RouteNotice`, which each
 * message overwrites. Its contents are borrowed from the receive buffer: use them before the next message.
 *
 * Source: linux/rtnetlink.h (struct rtmsg, rtattr_type_t).
 */
import { AF_INET, AF_INET6, decodeIp } from './ip-address.ts';
import { align, decodeAttributes, HEADER_BYTES, NetlinkFlag } from './netlink-message.ts';
import {
  decodeNextHops,
  type KernelNextHop,
  routeKind,
  type RouteKind,
  RTA_DST,
  RTA_ENCAP,
  RTA_ENCAP_TYPE,
  RTA_GATEWAY,
  RTA_MULTIPATH,
  RTA_OIF,
  RTA_PRIORITY,
  RTA_TABLE,
  RTA_VIA,
  RTM_F_CLONED,
  RTMSG_BYTES,
} from './routes.ts';
import { RouteMessage } from './rtnetlink.ts';

const RTA_SRC = 2;
const RTA_NH_ID = 30;
const ATTRIBUTE_TYPE_MASK = 0x3fff;

export class RouteNotice {
  /** False: the route was removed. */
  isNew = false;
  /** It replaced another route (NLM_F_REPLACE). */
  isReplacement = false;
  family: 4 | 6 = 4;
  table = 0;
  /** rtm_protocol: who installed it. */
  protocol = 0;
  /** rtm_type (as text: `kind`). */
  type = 0;
  /** Address as big-endian words; IPv4 in `w0` alone. */
  w0 = 0;
  w1 = 0;
  w2 = 0;
  w3 = 0;
  /** Prefix length in bits. */
  length = 0;
  metric = 0;
  /** RTA_NH_ID: its nexthop object; 0 without one. */
  nextHopId = 0;
  /** Prefix length of the route's source prefix; 0: any. */
  sourceLength = 0;
  /** Type of service that the route matches; 0: any. */
  tos = 0;
  /** Whether it has a gateway; a route without one is a connected network. */
  hasGateway = false;
  #buffer: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  /** Decodes the message at `offset`. False: not a route of IPv4 or IPv6, or a cached one. Throws RangeError. */
  read(buffer: Buffer, offset: number): boolean {
    const end = offset + buffer.readUInt32LE(offset);
    const type = buffer.readUInt16LE(offset + 4);
    if (type !== RouteMessage.newRoute && type !== RouteMessage.deleteRoute) return false;
    const head = offset + HEADER_BYTES;
    const family = buffer[head];
    if (family !== AF_INET && family !== AF_INET6) return false;
    if ((buffer.readUInt32LE(head + 8) & RTM_F_CLONED) !== 0) return false;
    this.isNew = type === RouteMessage.newRoute;
    this.isReplacement = (buffer.readUInt16LE(offset + 6) & NetlinkFlag.replace) !== 0;
    this.family = family === AF_INET ? 4 : 6;
    this.length = buffer.readUInt8(head + 1);
    this.sourceLength = buffer.readUInt8(head + 2);
    this.tos = buffer.readUInt8(head + 3);
    this.table = buffer.readUInt8(head + 4);
    this.protocol = buffer.readUInt8(head + 5);
    this.type = buffer.readUInt8(head + 7);
    this.w0 = this.w1 = this.w2 = this.w3 = this.metric = this.nextHopId = 0;
    this.hasGateway = false;
    this.#buffer = buffer;
    this.#start = head + RTMSG_BYTES;
    this.#end = end;
    for (let at = this.#start; at + 4 <= end; ) {
      const length = buffer.readUInt16LE(at);
      if (length < 4 || at + length > end)
        throw new RangeError(`route attribute of ${length} bytes at ${at}`);
      this.#readAttribute(buffer.readUInt16LE(at + 2) & ATTRIBUTE_TYPE_MASK, at + 4);
      at += align(length);
    }
    return true;
  }

  /** Undefined for a type that cannot be programmed. */
  get kind(): RouteKind | undefined {
    return routeKind(this.type);
  }

  /**
   * A key of what the route does, equal for routes that do the same. Flags may yield different keys for the same route,
   * which costs a cache one more lookup, nothing more.
   */
  get pathKey(): string {
    const buffer = this.#buffer;
    let key = `${this.family} ${this.type} ${this.nextHopId} `;
    for (let at = this.#start; at + 4 <= this.#end; ) {
      const length = buffer.readUInt16LE(at);
      switch (buffer.readUInt16LE(at + 2) & ATTRIBUTE_TYPE_MASK) {
        case RTA_OIF:
        case RTA_GATEWAY:
        case RTA_VIA:
        case RTA_MULTIPATH:
        case RTA_ENCAP_TYPE:
        case RTA_ENCAP:
          key += buffer.toString('latin1', at, at + length);
          break;
        default:
          break;
      }
      at += align(length);
    }
    return key;
  }

  /** The route's source prefix, `2001:db8::/48`; undefined: any. */
  get source(): string | undefined {
    if (this.sourceLength === 0) return undefined;
    const attributes = decodeAttributes(this.#buffer.subarray(0, this.#end), this.#start);
    const bytes = attributes.get(RTA_SRC) ?? Buffer.alloc(this.family === 4 ? 4 : 16);
    return `${decodeIp(bytes)}/${this.sourceLength}`;
  }

  /** The next hops that the message itself lists; none unless unicast. */
  nextHops(): KernelNextHop[] {
    if (this.kind !== 'unicast') return [];
    const buffer = this.#buffer.subarray(0, this.#end);
    return decodeNextHops(decodeAttributes(buffer, this.#start), buffer.readUInt32LE(this.#start - 4));
  }

  #readAttribute(type: number, at: number): void {
    const buffer = this.#buffer;
    switch (type) {
      case RTA_DST:
        this.w0 = buffer.readUInt32BE(at);
        if (this.family === 4) break;
        this.w1 = buffer.readUInt32BE(at + 4);
        this.w2 = buffer.readUInt32BE(at + 8);
        this.w3 = buffer.readUInt32BE(at + 12);
        break;
      case RTA_TABLE:
        this.table = buffer.readUInt32LE(at);
        break;
      case RTA_PRIORITY:
        this.metric = buffer.readUInt32LE(at);
        break;
      case RTA_NH_ID:
        this.nextHopId = buffer.readUInt32LE(at);
        break;
      case RTA_GATEWAY:
      case RTA_VIA:
      case RTA_MULTIPATH:
        this.hasGateway = true;
        break;
      default:
        break;
    }
  }
}
