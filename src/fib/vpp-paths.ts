/** Paths of VPP's FIB, told and answered, in one form for comparison. */
import {
  type FibPath,
  FibPathType,
  ipRouteAddDel,
  NO_INTERFACE,
  REQUEST_HEADER_BYTES,
} from '../vpp/api/mod.ts';

/** The paths of a template of ip_route_add_del. */
export function pathsOf(template: Uint8Array): readonly FibPath[] {
  const view = new DataView(template.buffer, template.byteOffset, template.byteLength);
  const cursor = { bytes: template, view, offset: REQUEST_HEADER_BYTES, end: template.length };
  return ipRouteAddDel.codec.read(cursor).route.paths;
}

/**
 * The same for paths that do the same: their order makes no difference, and of a path that drops nothing else counts.
 * Weights are compared as they stand: VPP gives them back as they were set, 0 as 1. Of a host that is attached to an
 * interface VPP makes the host itself the next hop (src/vnet/fib/fib_table.c, fib_table_route_path_fixup).
 *
 * @param address of the destination
 */
export function pathsKey(paths: readonly FibPath[], address: Uint8Array): string {
  return paths
    .map((path) => pathKey(path, address))
    .sort()
    .join(' ');
}

function pathKey(path: FibPath, address: Uint8Array): string {
  const { type, swIfIndex, tableId, nextHop, weight, labels } = path;
  if (type !== FibPathType.normal) return `type ${type}`;
  const isItself = swIfIndex !== NO_INTERFACE && Buffer.compare(nextHop, address) === 0;
  const hop = isItself ? '0' : Buffer.from(nextHop).toString('hex').replace(/^0+$/, '0');
  // Of a path over an interface the table says nothing.
  const over = swIfIndex === NO_INTERFACE ? `table ${tableId}` : `index ${swIfIndex}`;
  const stack = labels.map(({ label }) => label).join('/');
  return `${hop} ${over} @${weight || 1} ${stack}`;
}
