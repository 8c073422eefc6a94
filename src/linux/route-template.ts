/**
 * Owns messages that add or remove one of many routes: encoded once per next-hop group, then copied and patched.
 *
 * Why: the routes of a full table differ only in the destination. Layout of a template, so that the patched offsets
 * are the same in all of them:
 *
 *   nlmsghdr (16)  rtmsg (12)  RTA_DST (4 + 4, or 4 + 16)  all other attributes
 */
import { addressBits } from './ip-address.ts';
import { encodeMessage, HEADER_BYTES } from './netlink-message.ts';
import {
  deleteRouteRequest,
  type KernelNextHop,
  type KernelRoute,
  type KernelRouteKey,
  newRouteRequest,
  RTA_DST,
  RTMSG_BYTES,
} from './routes.ts';
import type { RouteRequest } from './rtnetlink.ts';

/** Offsets in a template, in bytes. */
export const FLAGS_OFFSET = 6;
export const SEQUENCE_OFFSET = 8;
export const LENGTH_OFFSET = HEADER_BYTES + 1;
export const ADDRESS_OFFSET = HEADER_BYTES + RTMSG_BYTES + 4;

/** One complete message without flags, sequence number and destination. */
export interface RouteTemplate {
  readonly family: 4 | 6;
  readonly bytes: Buffer;
}

/** The fields shared by all routes of a template. */
export type RouteShape = Omit<KernelRoute, 'address' | 'length'>;

/** A template that adds. Throws LinuxError EINVAL: no next hop, a weight out of range … */
export function encodeAddition(shape: RouteShape): RouteTemplate {
  return encode(shape.family, newRouteRequest('addRoute', { ...shape, ...nowhere(shape.family) }));
}

/** A template that removes; with next hops, only routes over those. */
export function encodeRemoval(
  shape: Omit<KernelRouteKey, 'address' | 'length'>,
  nextHops: readonly KernelNextHop[] = [],
): RouteTemplate {
  const { family } = shape;
  return encode(family, deleteRouteRequest('removeRoute', { ...shape, ...nowhere(family) }, nextHops));
}

function nowhere(family: 4 | 6): Pick<KernelRoute, 'address' | 'length'> {
  return { address: family === 4 ? '0.0.0.0' : '::', length: 0 };
}

// The kernel accepts RTA_DST with a prefix length of 0.
function encode(family: 4 | 6, { type, body, attributes = [] }: RouteRequest): RouteTemplate {
  const destination = Buffer.alloc(addressBits(family) / 8);
  return { family, bytes: encodeMessage(type, 0, 0, body, [[RTA_DST, destination], ...attributes]) };
}
