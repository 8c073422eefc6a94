/**
 * Owns reading nexthop objects, which routes reference by RTA_NH_ID, as FRR's do.
 *
 *   struct nhmsg { u8 family; u8 scope; u8 protocol; u8 reserved; u32 flags; }
 *   struct nexthop_grp { u32 id; u8 weight (- 1); u8 weight_high; u16 reserved; }
 *
 * Source: linux/nexthop.h.
 */
import { decodeAttributes, HEADER_BYTES } from './netlink-message.ts';
import { dumpMessages } from './route-dump.ts';
import { decodeEncapsulation, decodeHop, type KernelNextHop } from './routes.ts';
import { RouteMessage } from './rtnetlink.ts';

const NHMSG_BYTES = 8;
const NHA_ID = 1;
const NHA_GROUP = 2;
const NHA_BLACKHOLE = 4;
const NHA_OIF = 5;
const NHA_GATEWAY = 6;
const NHA_ENCAP_TYPE = 7;
const NHA_ENCAP = 8;
const GROUP_ENTRY_BYTES = 8;

type NexthopObject =
  | { readonly kind: 'hop'; readonly hop: KernelNextHop }
  | { readonly kind: 'blackhole' }
  | { readonly kind: 'group'; readonly members: readonly { readonly id: number; readonly weight: number }[] };

/** What the routes of an object do; `unknown` when it or all of its members are missing. */
export type ResolvedNexthop =
  | { readonly kind: 'unicast'; readonly nextHops: readonly KernelNextHop[] }
  | { readonly kind: 'blackhole' | 'unknown' };

export class NexthopObjects {
  readonly #objects = new Map<number, NexthopObject>();
  /** Objects notified since the reading under way began. */
  #notified: Set<number> | undefined;

  /** Takes a message about an object; returns the id of the object that it changed or removed, else undefined. */
  take(buffer: Buffer, offset: number): number | undefined {
    const end = offset + buffer.readUInt32LE(offset);
    const type = buffer.readUInt16LE(offset + 4);
    if (type !== RouteMessage.newNexthop && type !== RouteMessage.deleteNexthop) return undefined;
    const attributes = decodeAttributes(buffer.subarray(0, end), offset + HEADER_BYTES + NHMSG_BYTES);
    const id = attributes.get(NHA_ID)?.readUInt32LE(0);
    if (id === undefined) return undefined;
    const isKnown = this.#objects.has(id);
    if (type === RouteMessage.deleteNexthop) this.#objects.delete(id);
    else {
      this.#objects.set(id, decode(attributes, buffer.readUInt32LE(offset + HEADER_BYTES + 4)));
      this.#notified?.add(id);
    }
    return isKnown ? id : undefined;
  }

  resolve(id: number): ResolvedNexthop {
    const object = this.#objects.get(id);
    if (object === undefined) return { kind: 'unknown' };
    if (object.kind === 'blackhole') return { kind: 'blackhole' };
    if (object.kind === 'hop') return { kind: 'unicast', nextHops: [object.hop] };
    const members = object.members.map((member) => ({ ...member, object: this.#objects.get(member.id) }));
    const nextHops = members.flatMap(({ object: member, weight }) =>
      member?.kind === 'hop' ? [{ ...member.hop, weight }] : [],
    );
    if (nextHops.length > 0) return { kind: 'unicast', nextHops };
    // A blackhole is the only member of its group (nexthop_create_group in net/ipv4/nexthop.c).
    return {
      kind: members.some(({ object: member }) => member?.kind === 'blackhole') ? 'blackhole' : 'unknown',
    };
  }

  /** Reads all objects of a namespace, in slices. A kernel without them (before 5.3) has none. Rejects: LinuxError. */
  async load(options: { readonly netns?: string | undefined; readonly signal?: AbortSignal }): Promise<void> {
    const body = Buffer.alloc(NHMSG_BYTES);
    const request = { type: RouteMessage.getNexthop, body, call: 'dumpNexthops', args: [] };
    const notified = new Set<number>();
    // Until the end the previous objects resolve what is notified meanwhile.
    this.#notified = notified;
    try {
      // Changes meanwhile are notified too, so an interrupted dump is not repeated.
      await dumpMessages(request, options, (buffer, offset) => void this.take(buffer, offset));
      for (const id of this.#objects.keys()) if (!notified.has(id)) this.#objects.delete(id);
    } finally {
      this.#notified = undefined;
    }
  }
}

function decode(attributes: Map<number, Buffer>, flags: number): NexthopObject {
  const group = attributes.get(NHA_GROUP);
  if (group !== undefined) {
    const members = [];
    for (let at = 0; at + GROUP_ENTRY_BYTES <= group.length; at += GROUP_ENTRY_BYTES) {
      // The high byte of the weight is 0 before Linux 6.12.
      const weight = group.readUInt8(at + 4) + 256 * group.readUInt8(at + 5) + 1;
      members.push({ id: group.readUInt32LE(at), weight });
    }
    return { kind: 'group', members };
  }
  if (attributes.has(NHA_BLACKHOLE)) return { kind: 'blackhole' };
  const gateway = attributes.get(NHA_GATEWAY);
  const ifIndex = attributes.get(NHA_OIF)?.readUInt32LE(0);
  const encapsulation = decodeEncapsulation(attributes.get(NHA_ENCAP_TYPE), attributes.get(NHA_ENCAP));
  return { kind: 'hop', hop: { ...decodeHop({ gateway, ifIndex, flags, weight: 1 }), ...encapsulation } };
}
