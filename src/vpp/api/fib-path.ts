/**
 * fib_path, 167 bytes (fib_types.api):
 *
 *   sw_if_index u32@0, table_id u32@4, rpf_id u32@8, weight u8@12, preference u8@13, type u32@14, flags u32@18,
 *   proto u32@22, next-hop address@26 (16), via_label u32@42, obj_id u32@46, classify_table_index u32@50,
 *   n_labels u8@54, label_stack@55: 16 × { is_uniform u8, label u32, ttl u8, exp u8 }
 */

import { struct } from './block.ts';
import { VppApiError } from './errors.ts';
import type { Codec } from './schema.ts';
import { enumeration, fixedArray, u32, u8 } from './schema.ts';
import type { SwIfIndex } from './types.ts';
import { addressUnion, NO_INTERFACE, swIfIndex } from './types.ts';

export const FIB_PATH_BYTES = 167;
export const MAX_LABELS = 16;

/** Of VPP's fib_path_type. */
export const FibPathType = {
  normal: 0,
  local: 1,
  drop: 2,
  icmpUnreachable: 5,
  icmpProhibit: 6,
} as const;

/** Of VPP's fib_path_nh_proto. */
export const FibPathProto = { ip4: 0, ip6: 1, mpls: 2 } as const;

/** One label of an imposed stack. */
export interface MplsLabel {
  readonly label: number;
  readonly ttl: number;
  readonly exp: number;
  /** 1: uniform TTL and EXP; 0: pipe. */
  readonly isUniform: number;
}

/** A path with every wire field; `fibPath` fills in the usual values. */
export interface FibPath {
  /** NO_INTERFACE makes the path recursive (0 is local0 and wrong). */
  readonly swIfIndex: SwIfIndex;
  /** Table in which a recursive next hop is looked up. */
  readonly tableId: number;
  readonly rpfId: number;
  /** 1–255; VPP reads 0 as 1. */
  readonly weight: number;
  /** 0 is preferred over 1. */
  readonly preference: number;
  readonly type: number;
  readonly flags: number;
  readonly proto: number;
  /** 4 or 16 bytes; 16 zeros when there is no next hop. */
  readonly nextHop: Uint8Array;
  readonly viaLabel: number;
  readonly objId: number;
  readonly classifyTableIndex: number;
  readonly labels: readonly MplsLabel[];
}

const NO_ADDRESS = new Uint8Array(16);

/** A path with VPP's usual values for omitted fields: recursive, weight 1, normal, proto from the next hop. */
export function fibPath(given: Partial<FibPath>): FibPath {
  return {
    swIfIndex: NO_INTERFACE,
    tableId: 0,
    rpfId: 0xffff_ffff,
    weight: 1,
    preference: 0,
    type: FibPathType.normal,
    flags: 0,
    proto: given.nextHop?.length === 16 ? FibPathProto.ip6 : FibPathProto.ip4,
    nextHop: NO_ADDRESS,
    viaLabel: 0,
    objId: 0,
    classifyTableIndex: 0,
    labels: [],
    ...given,
  };
}

const label = struct('fib_mpls_label', { is_uniform: u8, label: u32, ttl: u8, exp: u8 });

const wirePath = struct('fib_path', {
  sw_if_index: u32,
  table_id: u32,
  rpf_id: u32,
  weight: u8,
  preference: u8,
  type: enumeration('fib_path_type'),
  flags: enumeration('fib_path_flags'),
  proto: enumeration('fib_path_nh_proto'),
  nh: struct('fib_path_nh', {
    address: addressUnion,
    via_label: u32,
    obj_id: u32,
    classify_table_index: u32,
  }),
  n_labels: u8,
  label_stack: fixedArray(label, MAX_LABELS),
});

// Written by hand, not through the block codec: routes are the one hot message, and a path has 80 fields.
function writePath(view: DataView, target: Uint8Array, offset: number, path: FibPath): void {
  if (path.labels.length > MAX_LABELS || path.nextHop.length > 16) {
    throw new VppApiError(
      'encode',
      `cannot encode a path with ${path.labels.length} labels and a next hop of ${path.nextHop.length} bytes`,
    );
  }
  target.fill(0, offset, offset + FIB_PATH_BYTES);
  view.setUint32(offset, path.swIfIndex);
  view.setUint32(offset + 4, path.tableId);
  view.setUint32(offset + 8, path.rpfId);
  target[offset + 12] = path.weight;
  target[offset + 13] = path.preference;
  view.setUint32(offset + 14, path.type);
  view.setUint32(offset + 18, path.flags);
  view.setUint32(offset + 22, path.proto);
  target.set(path.nextHop, offset + 26);
  view.setUint32(offset + 42, path.viaLabel);
  view.setUint32(offset + 46, path.objId);
  view.setUint32(offset + 50, path.classifyTableIndex);
  target[offset + 54] = path.labels.length;
  path.labels.forEach((entry, at) => {
    const place = offset + 55 + at * 7;
    target[place] = entry.isUniform;
    view.setUint32(place + 1, entry.label);
    target[place + 5] = entry.ttl;
    target[place + 6] = entry.exp;
  });
}

export const fibPathCodec: Codec<FibPath> = {
  ...wirePath,
  lengthOf: () => FIB_PATH_BYTES,
  read: (cursor) => {
    const wire = wirePath.read(cursor);
    return {
      swIfIndex: swIfIndex(wire.swIfIndex),
      tableId: wire.tableId,
      rpfId: wire.rpfId,
      weight: wire.weight,
      preference: wire.preference,
      type: wire.type,
      flags: wire.flags,
      proto: wire.proto,
      nextHop: wire.proto === FibPathProto.ip4 ? wire.nh.address.slice(0, 4) : wire.nh.address,
      viaLabel: wire.nh.viaLabel,
      objId: wire.nh.objId,
      classifyTableIndex: wire.nh.classifyTableIndex,
      labels: wire.labelStack.slice(0, wire.nLabels),
    };
  },
  write: (cursor, path) => {
    writePath(cursor.view, cursor.bytes, cursor.offset, path);
    cursor.offset += FIB_PATH_BYTES;
  },
};

/** VPP's mfib_itf_flags: the role of an interface in a multicast entry. */
export const MfibFlag = { accept: 2, forward: 4 } as const;

/** typedef mfib_path { itf_flags u32@0; path@4 } (mfib_types.api) */
export const mfibPath = struct('mfib_path', {
  itf_flags: enumeration('mfib_itf_flags'),
  path: fibPathCodec,
});
