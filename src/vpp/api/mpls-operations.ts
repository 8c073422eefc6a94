/**
 * Typed operations over a client: MPLS tables, their routes and their interfaces.
 *
 * A label has two routes, one for packets in which it is the last label of the stack (EOS) and one for the others; who
 * wants both sends both. What VPP 25.02 and 26.06 make of a packet, for a next hop with an interface (fib_entry_src.c,
 * fib_path_ext.c, mpls_label_dpo.c; test/conformance/mpls.test.ts sees it with `show mpls fib`):
 *
 *   labels of the path   EOS                                    not EOS
 *   [50]                 swap to 50                             swap to 50
 *   [50, 51]             swap to 51 and push 50 on it           the same
 *   none                 pop, forward what `payload` says       drop: nothing says what is below
 *   [3] implicit null    pop, forward what `payload` says       pop, forward with the labels that are left
 *   13 and more          drop                                   drop
 *
 * A path's protocol is that of its next hop, which need not be that of the payload. A route keeps the payload of its
 * first add: delete it before one with another payload. VPP's own routes for 0, 1 and 2 are stronger than the API's.
 *
 * A recursive next hop (no interface) does for a pop at EOS with no label. Whatever leaves with a label, an IP route's
 * push too, drops unless the route to the next hop has a label itself (implicit null will do); and every path list with
 * that next hop alone, of routes without labels too, then counts as unresolved, until the last of them is gone: give
 * such paths their interface. A next hop of zeros without an interface looks the payload up in the path's table (EOS),
 * or the next label in MPLS table 0 (not EOS).
 *
 * There is no mark and sweep for MPLS tables: what an earlier connection left is found by `dumpMplsRoutes`. A table goes
 * with its routes.
 */

import type { VppApiClient } from './client.ts';
import type { CallOptions } from './client-types.ts';
import { VppApiError } from './errors.ts';
import type { FibPath, MplsLabel } from './fib-path.ts';
import * as api from './messages/mpls.ts';
import { NO_INTERFACE, type SwIfIndex, type TableId, tableId } from './types.ts';

/** Largest label: 20 bits (RFC 3032). */
export const MAX_LABEL = 0xf_ffff;
/** The label that is taken off instead of put on: the outgoing label of a pop (RFC 3032). */
export const IMPLICIT_NULL = 3;
/** Labels that VPP puts on one packet (MPLS_LABEL_DPO_MAX_N_LABELS); it takes longer stacks, and drops the packets. */
export const MAX_IMPOSED_LABELS = 12;
/** Labels below are the IETF's; VPP has entries of its own for 0, 1 and 2. */
export const FIRST_FREE_LABEL = 16;

/** What is below the last label: VPP's dpo_proto. */
export const MplsPayload = { ip4: 0, ip6: 1, mpls: 2 } as const;
export type MplsPayload = (typeof MplsPayload)[keyof typeof MplsPayload];

/** One change of one of the two routes of a label; an add replaces all paths, a delete removes the route. */
export interface MplsRouteChange {
  readonly isAdd: boolean;
  readonly tableId: TableId;
  readonly label: number;
  /** Whether this is the route for packets in which the label is the last one. */
  readonly isEndOfStack: boolean;
  /** What a packet is when the last label is gone; without a meaning when not at the end of the stack. */
  readonly payload: MplsPayload;
  /** Empty for a delete. VPP refuses an add without any. */
  readonly paths: readonly FibPath[];
}

/** One of the two routes of a label as VPP has it. */
export interface MplsRoute extends Pick<MplsRouteChange, 'tableId' | 'label' | 'isEndOfStack' | 'paths'> {
  /** A number of `MplsPayload`, or another dpo_proto of VPP. */
  readonly payload: number;
}

type MplsRouteBody = Parameters<typeof api.mplsRouteAddDel.codec.lengthOf>[0];

/** The body of mpls_route_add_del for a change; throws VppApiError `encode` for a label that does not fit. */
export function mplsRouteBody(change: MplsRouteChange): MplsRouteBody {
  const { label, isEndOfStack } = change;
  // VPP would write past the end of its table.
  if (!isLabel(label)) throw new VppApiError('encode', `${label} is no label: 0 to ${MAX_LABEL} fit`);
  return {
    mrIsAdd: change.isAdd,
    mrIsMultipath: false,
    mrRoute: {
      mrTableId: change.tableId,
      mrLabel: label,
      mrEos: isEndOfStack ? 1 : 0,
      mrEosProto: isEndOfStack ? change.payload : MplsPayload.mpls,
      mrIsMulticast: false,
      mrPaths: change.paths,
    },
  };
}

/**
 * The labels of a path, outermost first; throws VppApiError `encode` for one that does not fit. TTL 0 stands for VPP's
 * own (64) where a packet gets its first label; where it swaps, the innermost label has the packet's, less one.
 */
export function labelStack(labels: readonly number[]): MplsLabel[] {
  return labels.map((label) => {
    if (!isLabel(label)) throw new VppApiError('encode', `${label} is no label: 0 to ${MAX_LABEL} fit`);
    return { label, ttl: 0, exp: 0, isUniform: 0 };
  });
}

function isLabel(label: number): boolean {
  return Number.isInteger(label) && label >= 0 && label <= MAX_LABEL;
}

/** Adds (replacing all paths), or deletes, one of the two routes of a label; resolves with the index of its counters. */
export async function addDelMplsRoute(
  client: VppApiClient,
  change: MplsRouteChange,
  options?: CallOptions,
): Promise<number> {
  return (await client.request(api.mplsRouteAddDel, mplsRouteBody(change), options)).statsIndex;
}

/** All routes of a table, VPP's own for the labels 0, 1 and 2 among them; empty for a table that VPP does not have. */
export async function dumpMplsRoutes(
  client: VppApiClient,
  table: TableId,
  options?: CallOptions,
): Promise<MplsRoute[]> {
  const all = await client.dump(api.mplsRouteDump, { table: { mtTableId: table, mtName: '' } }, options);
  return all.map(({ mrRoute }) => ({
    tableId: tableId(mrRoute.mrTableId),
    label: mrRoute.mrLabel,
    isEndOfStack: mrRoute.mrEos !== 0,
    payload: mrRoute.mrEosProto,
    paths: mrRoute.mrPaths,
  }));
}

/** Makes or removes an MPLS table; made again it is the same. VPP has none, not even table 0, until one is made. */
export async function addDelMplsTable(
  client: VppApiClient,
  table: TableId,
  isAdd: boolean,
  options?: CallOptions,
): Promise<void> {
  const mtTable = { mtTableId: table, mtName: '' };
  await client.request(api.mplsTableAddDel, { mtIsAdd: isAdd, mtTable }, options);
}

/** The MPLS tables. */
export async function dumpMplsTables(client: VppApiClient, options?: CallOptions): Promise<TableId[]> {
  return (await client.dump(api.mplsTableDump, {}, options)).map(({ mtTable }) => mtTable.mtTableId);
}

/** The interfaces on which MPLS is enabled. */
export async function dumpMplsInterfaces(
  client: VppApiClient,
  options?: CallOptions,
): Promise<ReadonlySet<SwIfIndex>> {
  const all = await client.dump(api.mplsInterfaceDump, { swIfIndex: NO_INTERFACE }, options);
  return new Set(all.map(({ swIfIndex }) => swIfIndex));
}

/**
 * Switches MPLS on an interface; NO_SUCH_FIB without MPLS table 0. VPP counts the enables of an interface
 * (mpls_sw_interface_enable_disable, src/vnet/mpls/interface.c): ask `dumpMplsInterfaces` before, and change only
 * what differs.
 */
export async function setMplsEnabled(
  client: VppApiClient,
  index: SwIfIndex,
  enable: boolean,
  options?: CallOptions,
): Promise<void> {
  await client.request(api.swInterfaceSetMplsEnable, { swIfIndex: index, enable }, options);
}
