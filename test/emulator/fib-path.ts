/**
 * Paths of the emulator, as VPP decodes them from the wire and shows them in its dumps.
 *
 * Invariant: path lists are interned by their bytes, so that a million routes to one next hop share one list.
 */

import type { Family } from './address-bytes.ts';

export const PATH_BYTES = 167;
export const ALL_ONES = 0xffff_ffff;
export const PathType = {
  normal: 0,
  local: 1,
  drop: 2,
  unreachable: 5,
  prohibit: 6,
  sourceLookup: 7,
} as const;
export const PathProto = { ip4: 0, ip6: 1, mpls: 2 } as const;

/** A decoded path; `encoded` is what a dump shows of it. */
export interface Path {
  readonly swIfIndex: number;
  readonly tableId: number;
  readonly rpfId: number;
  readonly weight: number;
  readonly preference: number;
  readonly type: number;
  readonly flags: number;
  readonly proto: number;
  /** 4 or 16 bytes. */
  readonly nextHop: Buffer;
  readonly labels: readonly number[];
  readonly encoded: Buffer;
}

export interface PathList {
  readonly paths: readonly Path[];
}

export interface PathInput {
  swIfIndex?: number;
  tableId?: number;
  rpfId?: number;
  weight?: number;
  preference?: number;
  type?: number;
  flags?: number;
  proto?: number;
  nextHop?: Uint8Array;
  labels?: readonly number[];
  /** label, ttl and exp of each, 6 bytes as on the wire. */
  labelBytes?: readonly Buffer[];
}

/** Builds a path with its encoding as fib_api_path_encode makes it. */
export function makePath(family: Family, given: PathInput): Path {
  const proto = given.proto ?? (family === 4 ? PathProto.ip4 : PathProto.ip6);
  const path = {
    swIfIndex: given.swIfIndex ?? ALL_ONES,
    tableId: given.tableId ?? 0,
    rpfId: given.rpfId ?? ALL_ONES,
    weight: given.weight || 1,
    preference: given.preference ?? 0,
    type: given.type ?? 0,
    flags: given.flags ?? 0,
    proto,
    nextHop: Buffer.from(given.nextHop ?? new Uint8Array(proto === PathProto.ip4 ? 4 : 16)),
    labels: given.labels ?? [],
  };
  const encoded = Buffer.alloc(PATH_BYTES);
  encoded.writeUInt32BE(path.swIfIndex, 0);
  encoded.writeUInt32BE(path.tableId, 4);
  encoded.writeUInt8(path.weight, 12);
  encoded.writeUInt8(path.preference, 13);
  encoded.writeUInt32BE(path.type, 14);
  encoded.writeUInt32BE(path.flags & 3, 18);
  encoded.writeUInt32BE(path.proto, 22);
  path.nextHop.copy(encoded, 26);
  encoded.writeUInt8(path.labels.length, 54);
  for (const [at, bytes] of (given.labelBytes ?? []).entries()) bytes.copy(encoded, 55 + at * 7 + 1);
  return { ...path, encoded };
}

/** Decodes one path of the wire (fib_api_path_decode); undefined for an unknown protocol. */
function decodePath(raw: Buffer): Path | undefined {
  const proto = raw.readUInt32BE(22);
  if (proto > 4) return undefined;
  const type = raw.readUInt32BE(14);
  const isPlain = type === PathType.normal || type === PathType.sourceLookup;
  const isIp = proto <= PathProto.ip6;
  // An unreachable path has no interface, even if one was given; nor has a path by label.
  const hasInterface =
    type !== PathType.unreachable && type !== PathType.prohibit && !(isPlain && proto === PathProto.mpls);
  const labelBytes: Buffer[] = [];
  for (let i = 0; i < raw.readUInt8(54); i++) labelBytes.push(raw.subarray(55 + i * 7 + 1, 55 + i * 7 + 7));
  const swIfIndex = hasInterface ? raw.readUInt32BE(0) : ALL_ONES;
  const given: PathInput = {
    swIfIndex,
    // The table of a path over an interface is ignored.
    tableId: isPlain && isIp && swIfIndex !== ALL_ONES ? 0 : raw.readUInt32BE(4),
    rpfId: raw.readUInt32BE(8),
    weight: raw.readUInt8(12),
    preference: raw.readUInt8(13),
    type,
    flags: raw.readUInt32BE(18),
    proto,
    ...(isPlain && isIp ? { nextHop: raw.subarray(26, proto === PathProto.ip4 ? 30 : 42) } : {}),
    labels: labelBytes.map((bytes) => bytes.readUInt32BE(0)),
    labelBytes,
  };
  return makePath(proto === PathProto.ip4 ? 4 : 6, given);
}

interface Interned {
  readonly raw: Buffer;
  readonly list: PathList;
}

/** The path lists of one VPP. */
export class PathLists {
  readonly #byHash = new Map<number, Interned[]>();

  /** The list of `count` paths at `at`; undefined when one of them has an unknown protocol. */
  intern(bytes: Buffer, at: number, count: number): PathList | undefined {
    const end = at + count * PATH_BYTES;
    const hash = hashOf(bytes, at, count);
    let chain = this.#byHash.get(hash);
    for (const one of chain ?? []) {
      if (one.raw.compare(bytes, at, end) === 0) return one.list;
    }
    const raw = Buffer.from(bytes.subarray(at, end));
    const paths: Path[] = [];
    for (let i = 0; i < count; i++) {
      const path = decodePath(raw.subarray(i * PATH_BYTES, (i + 1) * PATH_BYTES));
      if (path === undefined) return undefined;
      paths.push(path);
    }
    const list = { paths };
    if (chain === undefined) this.#byHash.set(hash, (chain = []));
    chain.push({ raw, list });
    return list;
  }
}

/** Of the fields that usually distinguish lists: interface, weight, next hop and first label of each path. */
function hashOf(bytes: Buffer, at: number, count: number): number {
  let hash = count;
  for (let i = 0; i < count; i++) {
    const path = at + i * PATH_BYTES;
    hash = Math.imul(hash ^ bytes.readUInt32BE(path), 0x9e37_79b1);
    hash = Math.imul(hash ^ bytes.readUInt32BE(path + 26) ^ (bytes[path + 12] ?? 0), 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ bytes.readUInt32BE(path + 38), 0xc2b2_ae35);
    hash = Math.imul(hash ^ (hash >>> 13) ^ bytes.readUInt32BE(path + 56), 0x27d4_eb2f);
  }
  return hash ^ (hash >>> 16);
}
