/**
 * The types that several message families share: interface_types.api, ip_types.api, fib_types.api, ethernet_types.api.
 */

import { VppApiError } from './errors.ts';
import { struct } from './block.ts';
import type { Codec } from './schema.ts';
import {
  alias,
  bytes,
  enumeration,
  enumeration8,
  fixedString,
  mapped,
  u16,
  u32,
  u8,
  bool,
} from './schema.ts';

declare const brand: unique symbol;
type Branded<Name> = number & { readonly [brand]: Name };

/** Index of an interface in VPP's software interface pool. */
export type SwIfIndex = Branded<'SwIfIndex'>;
/** Number of a FIB (VRF) table. */
export type TableId = Branded<'TableId'>;

function isU32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;
}

// Type guards, so that no brand is asserted without its check.
function isSwIfIndex(value: number): value is SwIfIndex {
  return isU32(value);
}

function isTableId(value: number): value is TableId {
  return isU32(value);
}

/** Checks a SwIfIndex; throws VppApiError `encode`. */
export function swIfIndex(value: number): SwIfIndex {
  if (isSwIfIndex(value)) return value;
  throw new VppApiError('encode', `${value} is not a sw_if_index: expected a u32`);
}

/** Checks a TableId; throws VppApiError `encode`. */
export function tableId(value: number): TableId {
  if (isTableId(value)) return value;
  throw new VppApiError('encode', `${value} is not a table id: expected a u32`);
}

/** "No interface": all interfaces in a dump; in a path it makes the path recursive. */
export const NO_INTERFACE = swIfIndex(0xffff_ffff);

export const interfaceIndex: Codec<SwIfIndex> = mapped(
  alias('interface_index', u32),
  swIfIndex,
  (value) => value,
);
/** The fields of the many messages about one interface. */
export const ofInterface = { sw_if_index: interfaceIndex };
export const tableNumber: Codec<TableId> = mapped(u32, tableId, (value) => value);

export const IfStatusFlag = { adminUp: 1, linkUp: 2 } as const;
export const ifStatusFlags = enumeration('if_status_flags');
export const ifType = enumeration('if_type');
export const linkDuplex = enumeration('link_duplex');
export const subIfFlags = enumeration('sub_if_flags');

export const bondMode = enumeration('bond_mode');
export const bondLoadBalance = enumeration('bond_lb_algo');

export const bridgeFlags = enumeration('bd_flags');
export const bridgePortType = enumeration('l2_port_type');

/** Six bytes, as text such as `02:fe:00:00:00:01`. */
export const macAddress: Codec<string> = mapped(
  alias('mac_address', bytes(6)),
  (raw) => Array.from(raw, (byte) => byte.toString(16).padStart(2, '0')).join(':'),
  (text) => {
    if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) {
      throw new VppApiError('encode', `expected a MAC address of six hex bytes with colons, got '${text}'`);
    }
    return Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16));
  },
);

/** An address as VPP carries it: 4 or 16 bytes, network order. */
export interface ApiAddress {
  readonly family: 4 | 6;
  readonly bytes: Uint8Array;
}

/** RFC 2474: CS0 to CS7, AF11 to AF43, EF. */
export const ipDscp = enumeration8('ip_dscp');

export const addressFamily = enumeration8('address_family');

/** union address_union { ip4_address ip4; ip6_address ip6; }: always 16 bytes, IPv4 in the first four. */
export const addressUnion = alias('address_union', bytes(16));

/** typedef address { family u8@0; union@1 } */
export const address: Codec<ApiAddress> = mapped(
  struct('address', { af: addressFamily, un: addressUnion }),
  ({ af, un }) => (af === 0 ? { family: 4, bytes: un.slice(0, 4) } : { family: 6, bytes: un }),
  ({ family, bytes: raw }) => {
    const un = new Uint8Array(16);
    if (raw.length !== (family === 4 ? 4 : 16)) {
      throw new VppApiError('encode', `an IPv${family} address cannot have ${raw.length} bytes`);
    }
    un.set(raw);
    return { af: family === 4 ? 0 : 1, un };
  },
);

/** An address with a prefix length, host bits as given. */
export interface ApiPrefix {
  readonly address: ApiAddress;
  readonly len: number;
}

/** typedef prefix { address@0; len u8@17 } */
export const prefix: Codec<ApiPrefix> = struct('prefix', { address, len: u8 });
/** typedef prefix address_with_prefix: host bits matter. */
export const addressWithPrefix: Codec<ApiPrefix> = alias('address_with_prefix', prefix);

/** A multicast group, from any source. */
export const multicastPrefix: Codec<ApiPrefix> = mapped(
  struct('mprefix', {
    af: addressFamily,
    grp_address_length: u16,
    grp_address: addressUnion,
    src_address: addressUnion,
  }),
  ({ af, grpAddressLength, grpAddress }) => ({
    address: af === 0 ? { family: 4, bytes: grpAddress.slice(0, 4) } : { family: 6, bytes: grpAddress },
    len: grpAddressLength,
  }),
  ({ address: { family, bytes: raw }, len }) => {
    const grpAddress = new Uint8Array(16);
    grpAddress.set(raw);
    return {
      af: family === 4 ? 0 : 1,
      grpAddressLength: len,
      grpAddress,
      srcAddress: new Uint8Array(16),
    };
  },
);

/** typedef ip_table { table_id u32@0; is_ip6@4; name[64]@5 } */
export const ipTable = struct('ip_table', { table_id: tableNumber, is_ip6: bool, name: fixedString(64) });
/** typedef mpls_table { mt_table_id u32@0; mt_name[64]@4 } */
export const mplsTable = struct('mpls_table', { mt_table_id: tableNumber, mt_name: fixedString(64) });
