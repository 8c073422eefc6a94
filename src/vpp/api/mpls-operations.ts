/**
 * Typed operations over a client: MPLS tables, their routes and their interfaces.
 *
 * A label has two routes, one for packets in which it is the last label of the stack (EOS) and one for the others; a
 * caller that wants both sends both. How VPP 25.02 and 26.06 forward a packet to a next hop with an interface
 * (fib_entry_src.c, fib_path_ext.c, mpls_label_dpo.c; test/conformance/mpls.test.ts checks it with `show mpls fib`):
 *
 *   labels of the path   EOS                                    not EOS
 *   [50]                 swap to 50                             swap to 50
 *   [50, 51]             swap to 51 and push 50 on it           the same
 *   none                 pop, forward as `payload` says         drop: the payload is unknown
 *   [3] implicit null    pop, forward as `payload` says         pop, forward with the remaining labels
 *   13 and more          drop                                   drop
 *
 * A path's protocol is that of its next hop, which may differ from that of the payload. A route keeps the payload of
 * its first add: delete it before adding one with another payload. VPP's own routes for 0, 1 and 2 win over the API's.
 *
 * A recursive next hop (no interface) works for a pop at EOS with no label. Packets that leave with a label, by an IP
 * route's push too, are dropped unless the route to the next hop has a label itself (implicit null suffices); and every
 * path list with that next hop alone, also of routes without labels, then counts as unresolved until the last of these
 * routes is deleted: give such paths their interface. A next hop of zeros without an interface looks the payload up in
 * the path's table (EOS), or the next label in MPLS table 0 (not EOS).
 *
 * MPLS tables have no mark and sweep: `dumpMplsRoutes` finds the routes that an earlier connection left. Deleting a
 * table deletes its routes.
 */

import type { VppApiClient } from './client.ts';
import type { CallOptions } from './client-types.ts';
import { VppApiError } from './errors.ts';
import type { FibPath, MplsLabel } from './fib-path.ts';
import * as api from './messages/mpls.ts';
import { NO_INTERFACE, type SwIfIndex, type TableId, tableId } from './types.ts';

/** Largest label: 20 bits (RFC 3032). */
export const MAX_LABEL = 0xf_ffff;
/** The outgoing label of a pop: it is removed instead of pushed (RFC 3032). */
export const IMPLICIT_NULL = 3;
/**
 * Labels that VPP pushes on one packet (MPLS_LABEL_DPO_MAX_N_LABELS); it accepts longer stacks, and drops the packets.
 */
export const MAX_IMPOSED_LABELS = 12;
/** Lower labels are reserved by the IETF; VPP has its own entries for 0, 1 and 2. */
export const FIRST_FREE_LABEL = 16;

/** The payload below the last label: VPP's dpo_proto. */
export const MplsPayload = { ip4: 0, ip6: 1, mpls: 2 } as const;
export type MplsPayload = (typeof MplsPayload)[keyof typeof MplsPayload];

/** One change of one of the two routes of a label; an add replaces all paths, a delete removes the route. */
export interface MplsRouteChange {
  readonly isAdd: boolean;
  readonly tableId: TableId;
  readonly label: number;
  /** Whether this is the route for packets in which the label is the last one. */
  readonly isEndOfStack: boolean;
  /** The payload after the last label is popped; without meaning when not at the end of the stack. */
  readonly payload: MplsPayload;
  /** Empty for a delete. VPP refuses an add without paths. */
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
  if (!isLabel(label)) throw new VppApiError('encode', `label ${label} is out of range (0–${MAX_LABEL})`);
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
 * The labels of a path, outermost first; throws VppApiError `encode` for one that does not fit. TTL 0 means VPP's
 * default (64) where a packet gets its first label; on a swap, the innermost label gets the packet's TTL minus one.
 */
export function labelStack(labels: readonly number[]): MplsLabel[] {
  return labels.map((label) => {
    if (!isLabel(label)) throw new VppApiError('encode', `label ${label} is out of range (0–${MAX_LABEL})`);
    return { label, ttl: 0, exp: 0, isUniform: 0 };
  });
}

function isLabel(label: number): boolean {
  return Number.isInteger(label) && label >= 0 && label <= MAX_LABEL;
}

/**
 * Adds (replacing all paths), or deletes, one of the two routes of a label; resolves with the index of its counters.
 */
export async function addDelMplsRoute(client: VppApiClient, change: MplsRouteChange): Promise<number> {
  return (await client.request(api.mplsRouteAddDel, mplsRouteBody(change))).statsIndex;
}

/** All routes of a table, including VPP's own for the labels 0, 1 and 2; empty for a table that VPP does not have. */
export async function dumpMplsRoutes(client: VppApiClient, table: TableId): Promise<MplsRoute[]> {
  const all = await client.dump(api.mplsRouteDump, { table: { mtTableId: table, mtName: '' } });
  return all.map(({ mrRoute }) => ({
    tableId: tableId(mrRoute.mrTableId),
    label: mrRoute.mrLabel,
    isEndOfStack: mrRoute.mrEos !== 0,
    payload: mrRoute.mrEosProto,
    paths: mrRoute.mrPaths,
  }));
}

/**
 * Adds or deletes an MPLS table; adding it again changes nothing. VPP has none, not even table 0, until one is added.
 */
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
export async function dumpMplsTables(client: VppApiClient): Promise<TableId[]> {
  return (await client.dump(api.mplsTableDump, {})).map(({ mtTable }) => mtTable.mtTableId);
}

/** The interfaces on which MPLS is enabled. */
export async function dumpMplsInterfaces(client: VppApiClient): Promise<ReadonlySet<SwIfIndex>> {
  const all = await client.dump(api.mplsInterfaceDump, { swIfIndex: NO_INTERFACE });
  return new Set(all.map(({ swIfIndex }) => swIfIndex));
}

/**
 * Enables or disables MPLS on an interface; NO_SUCH_FIB without MPLS table 0. VPP counts the enables of an interface
 * (mpls_sw_interface_enable_disable, src/vnet/mpls/interface.c): call `dumpMplsInterfaces` first, and change only
 * what differs.
 */
export async function setMplsEnabled(client: VppApiClient, index: SwIfIndex, enable: boolean): Promise<void> {
  await client.request(api.swInterfaceSetMplsEnable, { swIfIndex: index, enable });
}
