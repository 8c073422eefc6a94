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
 * Weights are compared as they stand: VPP gives them back as they were set, 0 as 1.
 */
export function pathsKey(paths: readonly FibPath[]): string {
  return paths.map(pathKey).sort().join(' ');
}

function pathKey({ type, swIfIndex, tableId, nextHop, weight, labels }: FibPath): string {
  if (type !== FibPathType.normal) return `type ${type}`;
  const hop = Buffer.from(nextHop).toString('hex').replace(/^0+$/, '0');
  // Of a path over an interface the table says nothing.
  const over = swIfIndex === NO_INTERFACE ? `table ${tableId}` : `index ${swIfIndex}`;
  const stack = labels.map(({ label }) => label).join('/');
  return `${hop} ${over} @${weight || 1} ${stack}`;
}
