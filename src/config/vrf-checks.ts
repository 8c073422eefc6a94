/** VRFs: their numbers and names, and those who refer to them. */
import { interfaceNames } from './object-names.ts';
import { suggestion } from './nearest.ts';
import { quote } from './problems.ts';
import type { Review } from './review.ts';
import type { Config } from './types.ts';

/** `default`, `main` and `local` of Linux (rt_tables). */
const KERNEL_TABLES: ReadonlySet<number> = new Set([253, 254, 255]);

/** Name of the VRF that everything without a VRF is in, for routes of others that lead there. */
export const DEFAULT_VRF = 'default';

/** The number of a VRF's table; undefined when the configuration has none of that name. */
export function tableOfVrf({ vrfs }: Pick<Config, 'vrfs'>, name: string): number | undefined {
  return vrfs.find((vrf) => vrf.name === name)?.table;
}

/** `"blu" is not a VRF …: did you mean blue?` */
export function unknownVrf(name: string, { vrfs }: Pick<Config, 'vrfs'>): string {
  const names = vrfs.map((vrf) => vrf.name);
  const otherwise =
    names.length === 0
      ? `add a section [vrf.${name}] with a table`
      : `the VRFs are ${names.slice(0, 12).join(', ')}`;
  return `${quote(name)} is not a VRF of this configuration: ${suggestion(name, names, otherwise)}`;
}

/** Reports tables that two VRFs have, names that are an interface's, and VRFs that do not exist. */
export function checkVrfs(review: Review): void {
  const { config } = review;
  const { vrfs, interfaces, fib, services, vpp } = config;
  const names = interfaceNames(config);
  const byTable = new Map<number, string>();
  for (const { name, table, line } of vrfs) {
    const path = `vrf.${name}.table` as const;
    const report = (message: string): void => review.error(path, message);
    const other = byTable.get(table);
    byTable.set(table, other ?? name);
    if (other !== undefined) report(`${table} is already the table of ${other}: choose another number`);
    else if (KERNEL_TABLES.has(table)) {
      report(`${table} is a table that Linux has itself (253–255): choose another number`);
    } else if (table === fib.vpp.tableId) {
      report(`${table} is the table of the routes without a VRF (fib.vpp.table-id): choose another number`);
    }
    if (name === DEFAULT_VRF) {
      const message = `${quote(name)} is the VRF of everything without one: choose another name`;
      review.errorAt(line, `vrf.${name}`, message);
    } else if (names.has(name)) {
      review.errorAt(line, `vrf.${name}`, `${quote(name)} is the name of an interface: choose another one`);
    }
  }
  for (const { name, vrf, netns } of services) {
    if (vrf === undefined) continue;
    const path = `service.${name}.vrf` as const;
    if (tableOfVrf(config, vrf) === undefined) {
      review.error(path, unknownVrf(vrf, config));
    } else if (netns !== vpp.lcp.netns) {
      const message = `the VRF device of ${vrf} is in another namespace: write netns = ${vpp.lcp.netns}`;
      review.error(path, message);
    }
  }
  for (const { name, vrf } of interfaces) {
    if (vrf === undefined || tableOfVrf(config, vrf) !== undefined) continue;
    review.error(`interface.${name}.vrf`, unknownVrf(vrf, config));
  }
}
