/**
 * The lines of [route]: `PREFIX = …` and `mpls LABEL = …`; what may stand there is route-value.ts.
 */

import type { Read } from './network-values.ts';
import { type Problems } from './problems.ts';
import { unknownInterface } from './resolve.ts';
import { formatDestination } from './route-difference.ts';
import { readDestination, readRouteValue, subjectOf } from './route-value.ts';
import type { ScannedEntry } from './scan.ts';
import type { Destination, StaticRoute } from './types.ts';
import { DEFAULT_VRF } from './vrf-checks.ts';

export interface InterfaceNames {
  /** Names that the configuration gives: NICs for VPP and [interface.NAME]. */
  readonly known: ReadonlySet<string>;
  /** Names of its VRFs. */
  readonly vrfs: ReadonlySet<string>;
  /** Names in lines that were refused already: no second problem for them. */
  readonly tolerated: ReadonlySet<string>;
  /** The number of a VRF's table, or why there is none. */
  readonly tableOf: (vrf: string) => Read<number>;
}

/** Reads all routes; a route with a problem is left out. */
export function readRoutes(
  entries: readonly ScannedEntry[],
  names: InterfaceNames,
  problems: Problems,
): StaticRoute[] {
  const routes: StaticRoute[] = [];
  const lines = new Map<string, number>();
  const known = names.known.union(names.vrfs);
  const isVrf = (name: string): boolean => name === DEFAULT_VRF || names.vrfs.has(name);
  const refuseInterface = (name: string): string | undefined =>
    known.has(name) || isVrf(name) || names.tolerated.has(name) ? undefined : unknownInterface(name, known);
  for (const { key, value, line } of entries) {
    const leaf = `route.${key}`;
    const destination = readDestination(key);
    // A line that was reported may have lost its key with the rest.
    if (value === undefined && 'error' in destination) continue;
    const report = (message: string): void => problems.error(line, leaf, message);
    if ('error' in destination) report(destination.error);
    const read =
      value === undefined
        ? undefined
        : readRouteValue(value, subjectOf(key, destination), {
            refuseInterface,
            isVrf,
            report,
            tableOf: names.tableOf,
          });
    const canonical = canonicalKey(key, destination, read?.tableId);
    const firstLine = lines.get(canonical);
    if (firstLine !== undefined) {
      const also = canonical === key || read?.tableId !== undefined ? '' : ` (as ${canonical})`;
      report(
        `${key} is already on line ${firstLine}${also}: write one line per prefix, and separate next hops by commas`,
      );
      continue;
    }
    lines.set(canonical, line);
    if (read !== undefined && !('error' in destination)) {
      routes.push({ destination: destination.value, ...read, line });
    }
  }
  return routes;
}

/** A prefix may be there once in each table. */
function canonicalKey(key: string, destination: Read<Destination>, tableId: number | undefined): string {
  const text = 'error' in destination ? key : formatDestination(destination.value);
  return tableId === undefined ? text : `${text} table ${tableId}`;
}
