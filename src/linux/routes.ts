/**
 * Owns the kernel's routes, by rtnetlink, in the namespace this thread is in.
 *
 *   struct rtmsg { u8 family, dst_len, src_len, tos, table, protocol, scope, type; u32 flags; }
 *   struct rtnexthop { u16 len; u8 flags; u8 hops (weight - 1); i32 ifindex; }  then attributes
 *
 * Source: linux/rtnetlink.h, rtnetlink(7).
 */
import { isErrno, LinuxError } from './errors.ts';
import { addressBits, addressFamily, decodeIp, encodeIp, maskBytes } from './ip-address.ts';
import { type Attribute, align, decodeAttributes, encodeAttributes, NetlinkFlag } from './netlink-message.ts';
import { RouteMessage, type RouteRequest, requestAck } from './rtnetlink.ts';

/** The protocol number of our routes in the kernel (rtm_protocol), so that we remove only our own. */
export const ROUTE_PROTOCOL = 0xa7;

/** One next hop of a route. */
export interface KernelNextHop {
  /** Address text, of either family; absent for a route straight to an interface. */
  readonly gateway?: string;
  readonly ifIndex?: number;
  /** 1–256; of a nexthop object up to 65,536. */
  readonly weight: number;
  /** Read only: the gateway counts as a neighbour on the interface whatever its networks (RTNH_F_ONLINK). */
  readonly isOnlink?: boolean;
  /** Read only: pushed MPLS labels, outermost first. */
  readonly labels?: readonly number[];
  /** Read only: the lightweight tunnel of the packets, when it is not MPLS. */
  readonly tunnel?: string;
}

/** What identifies a route in the kernel. Host bits of `address` are ignored. */
export interface KernelRouteKey {
  readonly family: 4 | 6;
  readonly address: string;
  readonly length: number;
  /** 254 (main) when absent. */
  readonly table?: number;
  /** The kernel's own default when absent: 0 for IPv4, 1024 for IPv6. */
  readonly metric?: number;
  /** `ROUTE_PROTOCOL` when absent. */
  readonly protocol?: number;
}

/** A route as it is programmed into the kernel. */
export interface KernelRoute extends KernelRouteKey {
  readonly kind: RouteKind;
  /** At least one for `unicast`, none otherwise. */
  readonly nextHops: readonly KernelNextHop[];
  /** Pushed MPLS labels, outermost first; needs the module mpls_iptunnel. */
  readonly labels?: readonly number[];
}

/** rtm_type of routes that can be programmed. */
const ROUTE_TYPE = { unicast: 1, blackhole: 6, unreachable: 7, prohibit: 8 } as const;
export type RouteKind = keyof typeof ROUTE_TYPE;
export const RTMSG_BYTES = 12;
export const RTNEXTHOP_BYTES = 8;
export const RTA_DST = 1;
export const RTA_OIF = 4;
export const RTA_GATEWAY = 5;
export const RTA_PRIORITY = 6;
export const RTA_MULTIPATH = 9;
export const RTA_TABLE = 15;
export const RTA_VIA = 18;
export const RTA_ENCAP_TYPE = 21;
export const RTA_ENCAP = 22;
const RTNH_F_ONLINK = 4;
/** enum lwtunnel_encap_types. Source: linux/lwtunnel.h. */
const TUNNELS = ['none', 'mpls', 'ip', 'ila', 'ip6', 'seg6', 'bpf', 'seg6local', 'rpl', 'ioam6', 'xfrm'];
const LWTUNNEL_ENCAP_MPLS = 1;
const MPLS_IPTUNNEL_DST = 1;
const SCOPE_UNIVERSE = 0;
const SCOPE_LINK = 253;
const SCOPE_NOWHERE = 255;
const RT_TABLE_MAIN = 254;
export const RTM_F_CLONED = 0x200;
const MAX_WEIGHT = 256;
const EINVAL = 22;

/**
 * Adds a route, or replaces the one of the same prefix, table and metric. Throws LinuxError with the kernel's text:
 * ENETUNREACH (the gateway is on no connected network), ENODEV, EINVAL, EPERM …
 */
export function replaceRoute(route: KernelRoute): void {
  requestAck({ ...newRouteRequest('replaceRoute', route), flags: NetlinkFlag.create | NetlinkFlag.replace });
}

/** The message that adds `route`, without flags. Throws LinuxError EINVAL for an impossible route. */
export function newRouteRequest(call: string, route: KernelRoute): RouteRequest {
  const { args } = describe(call, route);
  if ((route.kind === 'unicast') !== route.nextHops.length > 0) {
    throw new LinuxError(call, EINVAL, args, {
      detail: `${route.kind} with ${route.nextHops.length} next hops`,
    });
  }
  const direct = route.nextHops.length > 0 && route.nextHops.every((hop) => hop.gateway === undefined);
  return {
    type: RouteMessage.newRoute,
    body: routeHeader(route, ROUTE_TYPE[route.kind], direct ? SCOPE_LINK : SCOPE_UNIVERSE),
    attributes: [...keyAttributes(route, call, args), ...nextHopAttributes(route, call, args)],
    call,
    args,
  };
}

/** The message that removes `route`; with next hops, only when it uses those. */
export function deleteRouteRequest(
  call: string,
  route: KernelRouteKey,
  nextHops: readonly KernelNextHop[] = [],
): RouteRequest {
  const { args } = describe(call, route);
  const hops = nextHopAttributes({ ...route, kind: 'unicast', nextHops }, call, args);
  return {
    type: RouteMessage.deleteRoute,
    body: routeHeader(route, 0, SCOPE_NOWHERE),
    attributes: [...keyAttributes(route, call, args), ...hops],
    call,
    args,
  };
}

/**
 * Removes the route of this prefix, table, protocol and metric (any metric when absent). Returns false when it did
 * not exist. Throws LinuxError: EPERM …
 */
export function deleteRoute(route: KernelRouteKey): boolean {
  try {
    requestAck(deleteRouteRequest('deleteRoute', route));
    return true;
  } catch (error) {
    if (isErrno(error, 'ESRCH')) return false;
    throw error;
  }
}

function describe(call: string, route: KernelRouteKey): Pick<RouteRequest, 'call' | 'args'> {
  return { call, args: [`${route.address}/${route.length}`] };
}

function routeHeader(route: KernelRouteKey, type: number, scope: number): Buffer {
  const table = route.table ?? RT_TABLE_MAIN;
  return Buffer.from([
    addressFamily(route.family),
    route.length,
    0,
    0,
    table < 256 ? table : 0,
    route.protocol ?? ROUTE_PROTOCOL,
    scope,
    type,
    0,
    0,
    0,
    0,
  ]);
}

function keyAttributes(route: KernelRouteKey, call: string, args: readonly unknown[]): Attribute[] {
  const { family, bytes } = encodeIp(route.address);
  if (family !== route.family || !Number.isInteger(route.length) || route.length > addressBits(family)) {
    throw new LinuxError(call, EINVAL, args, { detail: `not an IPv${route.family} prefix` });
  }
  const attributes: Attribute[] = [[RTA_TABLE, route.table ?? RT_TABLE_MAIN]];
  if (route.length > 0) attributes.push([RTA_DST, maskBytes(bytes, route.length)]);
  if (route.metric !== undefined) attributes.push([RTA_PRIORITY, route.metric]);
  return attributes;
}

function nextHopAttributes(route: KernelRoute, call: string, args: readonly unknown[]): Attribute[] {
  const [only, second] = route.nextHops;
  if (only === undefined) return [];
  if (second === undefined) {
    const attributes = hopAttributes(route, only);
    return only.ifIndex === undefined ? attributes : [...attributes, [RTA_OIF, only.ifIndex]];
  }
  const hops = route.nextHops.map((hop) => {
    if (!Number.isInteger(hop.weight) || hop.weight < 1 || hop.weight > MAX_WEIGHT) {
      throw new LinuxError(call, EINVAL, args, {
        detail: `weight ${hop.weight} is out of range (1–${MAX_WEIGHT})`,
      });
    }
    const tail = encodeAttributes(hopAttributes(route, hop));
    const header = Buffer.alloc(RTNEXTHOP_BYTES);
    header.writeUInt16LE(RTNEXTHOP_BYTES + tail.length, 0);
    header.writeUInt8(hop.weight - 1, 3);
    header.writeInt32LE(hop.ifIndex ?? 0, 4);
    return Buffer.concat([header, tail]);
  });
  return [[RTA_MULTIPATH, Buffer.concat(hops)]];
}

function hopAttributes({ family, labels = [] }: KernelRoute, hop: KernelNextHop): Attribute[] {
  const gateway = gatewayAttributes(family, hop);
  if (labels.length === 0) return gateway;
  // u16, in its own attribute; the stack as on the wire: label << 12, with the bottom bit set on the last.
  const stack = Buffer.alloc(labels.length * 4);
  for (const [index, label] of labels.entries()) {
    stack.writeUInt32BE(((label << 12) | (index === labels.length - 1 ? 0x100 : 0)) >>> 0, index * 4);
  }
  return [
    ...gateway,
    [RTA_ENCAP_TYPE, Uint8Array.of(LWTUNNEL_ENCAP_MPLS, 0)],
    [RTA_ENCAP, [[MPLS_IPTUNNEL_DST, stack]]],
  ];
}

function gatewayAttributes(family: 4 | 6, hop: KernelNextHop): Attribute[] {
  if (hop.gateway === undefined) return [];
  const gateway = encodeIp(hop.gateway);
  if (gateway.family === family) return [[RTA_GATEWAY, gateway.bytes]];
  // struct rtvia { u16 family; u8 address[]; }: IPv4 through an IPv6 neighbour (RFC 8950).
  return [[RTA_VIA, Buffer.concat([Buffer.from([addressFamily(gateway.family), 0]), gateway.bytes])]];
}

/** The kind of an rtm_type, if it can be programmed. Hot: called for each route. */
export function routeKind(type: number): RouteKind | undefined {
  switch (type) {
    case ROUTE_TYPE.unicast:
      return 'unicast';
    case ROUTE_TYPE.blackhole:
      return 'blackhole';
    case ROUTE_TYPE.unreachable:
      return 'unreachable';
    case ROUTE_TYPE.prohibit:
      return 'prohibit';
    default:
      return undefined;
  }
}

/** The next hops in a unicast route's attributes; `flags` are those of its header. */
export function decodeNextHops(attributes: Map<number, Buffer>, flags: number): KernelNextHop[] {
  const multipath = attributes.get(RTA_MULTIPATH);
  if (multipath === undefined) {
    return [nextHop(attributes, { flags, ifIndex: attributes.get(RTA_OIF)?.readUInt32LE(0), weight: 1 })];
  }
  const hops: KernelNextHop[] = [];
  let offset = 0;
  while (offset + RTNEXTHOP_BYTES <= multipath.length) {
    const length = multipath.readUInt16LE(offset);
    if (length < RTNEXTHOP_BYTES || offset + length > multipath.length) break;
    const own = decodeAttributes(multipath.subarray(offset + RTNEXTHOP_BYTES, offset + length));
    const flags = multipath.readUInt8(offset + 2);
    const weight = multipath.readUInt8(offset + 3) + 1;
    hops.push(nextHop(own, { flags, ifIndex: multipath.readInt32LE(offset + 4), weight }));
    offset += align(length);
  }
  return hops;
}

function nextHop(
  attributes: Map<number, Buffer>,
  of: { readonly flags: number; readonly ifIndex: number | undefined; readonly weight: number },
): KernelNextHop {
  const via = attributes.get(RTA_VIA);
  const gateway = attributes.get(RTA_GATEWAY) ?? via?.subarray(2);
  const encapsulation = decodeEncapsulation(attributes.get(RTA_ENCAP_TYPE), attributes.get(RTA_ENCAP));
  return { ...decodeHop({ ...of, gateway }), ...encapsulation };
}

/** A next hop from its parts, common to routes and nexthop objects. */
export function decodeHop({
  gateway,
  ifIndex,
  flags,
  weight,
}: {
  readonly gateway: Buffer | undefined;
  readonly ifIndex: number | undefined;
  readonly flags: number;
  readonly weight: number;
}): KernelNextHop {
  return {
    ...(gateway === undefined ? {} : { gateway: decodeIp(gateway) }),
    ...(ifIndex === undefined || ifIndex === 0 ? {} : { ifIndex }),
    ...((flags & RTNH_F_ONLINK) === 0 ? {} : { isOnlink: true }),
    weight,
  };
}

/** The encapsulation: RTA_ENCAP_TYPE with RTA_ENCAP, or NHA_ENCAP_TYPE with NHA_ENCAP. */
export function decodeEncapsulation(
  type: Buffer | undefined,
  encapsulation: Buffer | undefined,
): Pick<KernelNextHop, 'labels' | 'tunnel'> {
  const number = type?.readUInt16LE(0) ?? 0;
  if (number === 0) return {};
  const stack =
    number === LWTUNNEL_ENCAP_MPLS && encapsulation !== undefined
      ? decodeAttributes(encapsulation, 0).get(MPLS_IPTUNNEL_DST)
      : undefined;
  if (stack === undefined) return { tunnel: TUNNELS[number] ?? `type ${number}` };
  const labels = [];
  for (let at = 0; at + 4 <= stack.length; at += 4) labels.push(stack.readUInt32BE(at) >>> 12);
  return { labels };
}
