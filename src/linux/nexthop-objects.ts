/**
 * Owns the reading of nexthop objects: what routes that name one (RTA_NH_ID) go by. FRR's routes are such.
 *
 *   struct nhmsg { u8 family; u8 scope; u8 protocol; u8 reserved; u32 flags; }
 *   struct nexthop_grp { u32 id; u8 weight (- 1); u8 weight_high; u16 reserved; }
 *
 * Source: linux/nexthop.h.
 */
import { decodeIp } from './ip-address.ts';
import { decodeAttributes, HEADER_BYTES } from './netlink-message.ts';
import { dumpMessages } from './route-dump.ts';
import type { KernelNextHop } from './routes.ts';
import { RouteMessage } from './rtnetlink.ts';

const NHMSG_BYTES = 8;
const NHA_ID = 1;
const NHA_GROUP = 2;
const NHA_BLACKHOLE = 4;
const NHA_OIF = 5;
const NHA_GATEWAY = 6;
const NHA_ENCAP_TYPE = 7;
const GROUP_ENTRY_BYTES = 8;

type NexthopObject =
  | { readonly kind: 'hop'; readonly hop: KernelNextHop }
  | { readonly kind: 'blackhole' }
  /** One that puts packets into a tunnel. */
  | { readonly kind: 'encapsulated' }
  | { readonly kind: 'group'; readonly members: readonly { readonly id: number; readonly weight: number }[] };

/** What the routes of an object do; `unknown` for one that is not there, or that is more than next hops. */
export type ResolvedNexthop =
  | { readonly kind: 'unicast'; readonly nextHops: readonly KernelNextHop[] }
  | { readonly kind: 'blackhole' | 'unknown' };

export class NexthopObjects {
  readonly #objects = new Map<number, NexthopObject>();

  /** Takes a message about an object; gives the id of the object that is another one or gone by it, else undefined. */
  take(buffer: Buffer, offset: number): number | undefined {
    const end = offset + buffer.readUInt32LE(offset);
    const type = buffer.readUInt16LE(offset + 4);
    if (type !== RouteMessage.newNexthop && type !== RouteMessage.deleteNexthop) return undefined;
    const attributes = decodeAttributes(buffer.subarray(0, end), offset + HEADER_BYTES + NHMSG_BYTES);
    const id = attributes.get(NHA_ID)?.readUInt32LE(0);
    if (id === undefined) return undefined;
    const isKnown = this.#objects.has(id);
    if (type === RouteMessage.deleteNexthop) this.#objects.delete(id);
    else this.#objects.set(id, decode(attributes));
    return isKnown ? id : undefined;
  }

  resolve(id: number): ResolvedNexthop {
    const object = this.#objects.get(id);
    if (object === undefined || object.kind === 'encapsulated') return { kind: 'unknown' };
    if (object.kind === 'blackhole') return { kind: 'blackhole' };
    if (object.kind === 'hop') return { kind: 'unicast', nextHops: [object.hop] };
    const nextHops = object.members.flatMap(({ id: member, weight }) => {
      const hop = this.#objects.get(member);
      return hop?.kind === 'hop' ? [{ ...hop.hop, weight }] : [];
    });
    return nextHops.length === 0 ? { kind: 'unknown' } : { kind: 'unicast', nextHops };
  }

  clear(): void {
    this.#objects.clear();
  }

  /** Reads all objects of a namespace, in slices. A kernel without them (before 5.3) has none. Rejects: LinuxError. */
  async load(options: { readonly netns?: string | undefined; readonly signal?: AbortSignal }): Promise<void> {
    this.#objects.clear();
    const body = Buffer.alloc(NHMSG_BYTES);
    const request = { type: RouteMessage.getNexthop, body, attributes: [], call: 'dumpNexthops' };
    // What changes meanwhile is told by a notice too, so an interrupted reading needs no other.
    await dumpMessages(request, options, (buffer, offset) => void this.take(buffer, offset));
  }
}

function decode(attributes: Map<number, Buffer>): NexthopObject {
  const group = attributes.get(NHA_GROUP);
  if (group !== undefined) {
    const members = [];
    for (let at = 0; at + GROUP_ENTRY_BYTES <= group.length; at += GROUP_ENTRY_BYTES) {
      members.push({ id: group.readUInt32LE(at), weight: group.readUInt8(at + 4) + 1 });
    }
    return { kind: 'group', members };
  }
  if (attributes.has(NHA_BLACKHOLE)) return { kind: 'blackhole' };
  if (attributes.has(NHA_ENCAP_TYPE)) return { kind: 'encapsulated' };
  const gateway = attributes.get(NHA_GATEWAY);
  const ifIndex = attributes.get(NHA_OIF)?.readUInt32LE(0);
  const hop: KernelNextHop = {
    ...(gateway === undefined ? {} : { gateway: decodeIp(gateway) }),
    ...(ifIndex === undefined ? {} : { ifIndex }),
    weight: 1,
  };
  return { kind: 'hop', hop };
}
