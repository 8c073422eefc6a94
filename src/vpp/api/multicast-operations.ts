/** Typed operations over a client: multicast FIBs. */

import type { Prefix } from '../../config/mod.ts';
import type { VppApiClient } from './client.ts';
import { FibPathProto, FibPathType, fibPath, MfibFlag } from './fib-path.ts';
import { ipMrouteAddDel, ipMrouteDump } from './messages/ip.ts';
import { fromApiPrefix, toApiPrefix } from './address-values.ts';
import type { FibTable } from './route-operations.ts';
import { NO_INTERFACE, type SwIfIndex, swIfIndex, type TableId } from './types.ts';

/** How packets to the groups of a prefix are handled. */
export interface MulticastEntry {
  readonly prefix: Prefix;
  /** VPP consumes them, or passes them to the host. */
  readonly isLocal: boolean;
  /** Interfaces that accept them. */
  readonly accepted: readonly SwIfIndex[];
}

/**
 * Adds one path to the entry of `group`, or removes it; the entry is created with its first path and deleted with its
 * last. `to`: VPP itself, or an interface that accepts packets. Repeating it changes nothing.
 */
export async function addDelMulticastPath(
  client: VppApiClient,
  { tableId, group }: { readonly tableId: TableId; readonly group: Prefix },
  to: 'local' | SwIfIndex,
  isAdd: boolean,
): Promise<void> {
  const proto = group.family === 4 ? FibPathProto.ip4 : FibPathProto.ip6;
  const isLocal = to === 'local';
  const path = fibPath(isLocal ? { type: FibPathType.local, proto } : { swIfIndex: to, proto });
  const itfFlags = isLocal ? MfibFlag.forward : MfibFlag.accept;
  const prefix = toApiPrefix(group);
  const route = { tableId, entryFlags: 0, rpfId: 0, prefix, paths: [{ itfFlags, path }] };
  await client.request(ipMrouteAddDel, { isAdd, isMultipath: true, route });
}

/** All entries of a table, including VPP's own; empty for a table that VPP does not have. */
export async function dumpMulticast(
  client: VppApiClient,
  { tableId, family }: FibTable,
): Promise<MulticastEntry[]> {
  const table = { tableId, isIp6: family === 6, name: '' };
  const all = await client.dump(ipMrouteDump, { table });
  return all.map(({ route: { prefix, paths } }) => ({
    prefix: fromApiPrefix(prefix),
    isLocal: paths.some(({ path }) => path.type === FibPathType.local),
    accepted: paths
      .filter(({ itfFlags, path }) => itfFlags === MfibFlag.accept && path.swIfIndex !== NO_INTERFACE)
      .map(({ path }) => swIfIndex(path.swIfIndex)),
  }));
}
