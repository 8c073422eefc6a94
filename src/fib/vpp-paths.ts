/** Paths of VPP's FIB, told and answered, in one form for comparison. */
import { FIB_PATH_BYTES, type FibPath, FibPathType, fibPathCodec, NO_INTERFACE } from '../vpp/api/mod.ts';
import { IP_PATHS } from './vpp-templates.ts';

/** The paths of a template of ip_route_add_del. */
export function pathsOf(template: Uint8Array): FibPath[] {
  const view = new DataView(template.buffer, template.byteOffset, template.byteLength);
  const cursor = { bytes: template, view, offset: IP_PATHS, end: template.length };
  const count = (template.length - IP_PATHS) / FIB_PATH_BYTES;
  return Array.from({ length: count }, () => fibPathCodec.read(cursor));
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
