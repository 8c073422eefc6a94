/**
 * `parseConfig`: scan → resolve → convert, judge by the schema and read → check what must hold between leaves →
 * Config. Every step adds to one list of problems and goes on with what is usable, so that the user sees all mistakes
 * at once and none of them twice.
 */
import { checkTogether } from './checks.ts';
import { ownInterfaceNames } from './object-names.ts';
import { portsOf } from './ports.ts';
import { Problems } from './problems.ts';
import { type Resolved, resolve } from './resolve.ts';
import { Review } from './review.ts';
import { readRoutes } from './routes.ts';
import { scan } from './scan.ts';
import { placeOf, REPEATED, SINGLE, valueAt, withValueAt } from './sections.ts';
import { defaultMtuBytes, tunnelsOf } from './tunnels.ts';
import { subInterfaceName } from './sub-interface-name.ts';
import type { Config, InterfaceConfig, ParseResult } from './types.ts';
import { readValues, type Values } from './values.ts';
import { tableOfVrf, unknownVrf } from './vrf-checks.ts';
import { warnTogether } from './warnings.ts';

/**
 * Reads the text of an appliance.ini.
 *
 * Never throws: what is wrong is in `problems` (not ok) or `warnings` (ok), sorted by line. Warnings are looked for
 * only when there is no error. `fileName` is used in messages about the file as a whole; bytes are decoded as UTF-8.
 */
export function parseConfig(text: string | Uint8Array, fileName: string): ParseResult {
  const problems = new Problems();
  const resolved = resolve(scan(text, fileName, problems), problems);
  const values = readValues(resolved, problems);
  const config = readConfig(resolved, values, problems);
  checkTogether(new Review(config, values, problems));
  if (problems.hasErrors) return { ok: false, problems: problems.sorted() };
  const warnings = new Problems();
  warnTogether(new Review(config, values, warnings));
  return { ok: true, config, warnings: warnings.sorted() };
}

/** What an empty file means: every leaf at its default, no interface, no route. */
export function defaultConfig(): Config {
  const problems = new Problems();
  const resolved = resolve([], problems);
  return readConfig(resolved, readValues(resolved, problems), problems);
}

function readConfig(resolved: Resolved, values: Values, problems: Problems): Config {
  let read = {};
  for (const section of SINGLE) {
    const place = placeOf(section);
    const own = values.ofSection({ id: section.name, section });
    // [vpp.cpu] is inside [vpp].
    read = withValueAt(read, place, { ...(valueAt(read, place) as object | undefined), ...own });
  }
  for (const { section, as } of REPEATED) {
    const list = resolved.sections.flatMap((instance) => {
      const own = instance.section === section ? values.ofSection(instance) : undefined;
      return own === undefined ? [] : [{ [as]: instance.instance, ...own, line: instance.line }];
    });
    read = withValueAt(read, placeOf(section), list);
  }
  // The rows have made it so: `SectionValues` is computed from them.
  const given = withServiceNamespaces(read as Omit<Config, 'routes'>);
  const config = withTunnelMtus(withParents(given, values), values);
  const named = [...config.vpp.dpdk.interfaces, ...config.interfaces, ...tunnelsOf(config)];
  const tableOf = (vrf: string) => {
    const table = tableOfVrf(config, vrf);
    return table === undefined ? { error: unknownVrf(vrf, config) } : { value: table };
  };
  const names = {
    known: new Set(named.map(({ name }) => name)),
    vrfs: new Set(config.vrfs.map(({ name }) => name)),
    tolerated: resolved.toleratedNames,
    tableOf,
  };
  return { ...config, routes: readRoutes(resolved.lines.get('route') ?? [], names, problems) };
}

/** VRF devices are in the namespace of the TAPs: a service of a VRF is there unless it says otherwise. */
function withServiceNamespaces(config: Omit<Config, 'routes'>): Omit<Config, 'routes'> {
  const { netns } = config.vpp.lcp;
  const services = config.services.map((one) =>
    one.vrf === undefined || one.netns !== undefined ? one : { ...one, netns },
  );
  return { ...config, services };
}

/** A parent of sub-interfaces without a section of its own has the defaults: it is up, since they could not be. */
function withParents(config: Omit<Config, 'routes'>, values: Values): Omit<Config, 'routes'> {
  const section = REPEATED.find(({ prefix }) => prefix === 'interface.')?.section;
  if (section === undefined) return config;
  const interfaces = [...config.interfaces];
  const whole = { ...config, routes: [] };
  const ports = portsOf(whole);
  const own = ownInterfaceNames(whole);
  for (const { name, line } of config.interfaces) {
    const parent = subInterfaceName(name)?.parent;
    if (parent === undefined || ports.has(parent) || !own.has(parent)) continue;
    if (interfaces.some((one) => one.name === parent)) continue;
    const defaults = values.ofSection({ id: `interface.${parent}`, section });
    // The rows of the section have made it so.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    interfaces.push({ name: parent, ...defaults, line } as unknown as InterfaceConfig);
  }
  return interfaces.length === config.interfaces.length ? config : { ...config, interfaces };
}

/** Tunnels have another default MTU: what fits in their packets. */
function withTunnelMtus(config: Omit<Config, 'routes'>, values: Values): Omit<Config, 'routes'> {
  const tunnels = new Map(tunnelsOf(config).map((one) => [one.name, one]));
  if (tunnels.size === 0) return config;
  const interfaces = config.interfaces.map((one) => {
    const isGiven = values.line(`interface.${one.name}.mtu`) > 0;
    const mtuBytes = isGiven ? undefined : defaultMtuBytes(one, tunnels);
    return mtuBytes === undefined ? one : { ...one, mtuBytes };
  });
  return { ...config, interfaces };
}
