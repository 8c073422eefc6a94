/**
 * VPP's plugins that this product uses: what each is for, from which release it is a plugin, and which configurations
 * need it. The one table for startup.conf, for what an image carries, and for what is said of one that is missing.
 *
 * Every other plugin stays disabled (`plugin default { disable }`). What is loaded is named even where VPP would load it
 * by itself: linux_cp and linux_nl are off by their own default (lcp_api.c, lcp_nl.c: `default_disabled = 1`), under
 * `plugin default { enable }` too.
 *
 * Sources: src/plugins and src/vnet of the releases 25.02, 25.06, 25.10, 26.02 and 26.06. What left the core for a plugin
 * meanwhile: VXLAN-GPE (25.06; nothing here makes such tunnels), taps (26.02), policers (26.06). The drivers of VPP's own
 * (`dev_*_plugin.so` up to 25.10) are no plugins any more: `native-driver.ts`.
 */
import { existsSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAtLeast, type VppVersion } from './version.ts';

/** What of a configuration decides about plugins. */
export interface PluginNeeds {
  /** NICs are given to DPDK. */
  readonly dpdk: boolean;
  /** Interfaces have TAPs in Linux (`vpp.lcp.enabled`). */
  readonly linuxCp: boolean;
  /** VPP takes the kernel's routes from the namespace of the TAPs by itself (`fib.kernel.import = false`). */
  readonly linuxNl: boolean;
}

export interface VppPlugin {
  /** Its file in the plugin directory, which is its name in startup.conf. */
  readonly file: string;
  /** Which configurations need it; `always`: it is loaded whatever the configuration says, and VPP works without. */
  readonly need: keyof PluginNeeds | 'always';
  /** The leaf, or section, that asks for it. */
  readonly leaf: string;
  /** First release in which it is a plugin; before, VPP's core has what it does. */
  readonly since?: { readonly year: number; readonly month: number };
  /** Files of those that it must not be loaded without, where they are plugins. */
  readonly after?: readonly string[];
  /** What does not work without it, as the end of a sentence. */
  readonly without: string;
  /** Few need it: a box says nothing when it is missing. */
  readonly isOptional?: boolean;
}

export const PLUGINS: readonly VppPlugin[] = [
  {
    file: 'dpdk_plugin.so',
    need: 'dpdk',
    leaf: 'vpp.dpdk',
    without: 'no NIC can be given to VPP by DPDK',
  },
  {
    file: 'tap_plugin.so',
    need: 'linuxCp',
    leaf: 'vpp.lcp.enabled',
    since: { year: 26, month: 2 },
    without: 'interfaces have no TAPs in Linux, and routing daemons nothing to run on',
  },
  {
    file: 'linux_cp_plugin.so',
    need: 'linuxCp',
    leaf: 'vpp.lcp.enabled',
    // 26.02 dies of a pair without it (SIGSEGV), 26.06 refuses each with -30.
    after: ['tap_plugin.so'],
    without: 'interfaces have no TAPs in Linux, and routing daemons nothing to run on',
  },
  {
    file: 'linux_nl_plugin.so',
    need: 'linuxNl',
    leaf: 'fib.kernel.import',
    // VPP ends with SIGSEGV when it has linux_nl without linux_cp.
    after: ['linux_cp_plugin.so'],
    without: 'routes that daemons install in the namespace of the TAPs do not reach VPP',
  },
  {
    file: 'ping_plugin.so',
    need: 'always',
    leaf: 'vpp.binary',
    without: "VPP's own addresses do not answer to ping",
  },
  {
    file: 'policer_plugin.so',
    need: 'always',
    leaf: 'vpp.binary',
    since: { year: 26, month: 6 },
    without: 'VPP has no policers',
  },
  {
    file: 'ppp_plugin.so',
    need: 'linuxCp',
    leaf: 'vpp.lcp.enabled',
    since: { year: 25, month: 6 },
    after: ['linux_cp_plugin.so'],
    without: 'osi_plugin.so has nothing to stand on, and IS-IS does not reach Linux',
    isOptional: true,
  },
  {
    // linux_cp hands on IS-IS by it.
    file: 'osi_plugin.so',
    need: 'linuxCp',
    leaf: 'vpp.lcp.enabled',
    since: { year: 25, month: 6 },
    after: ['ppp_plugin.so'],
    without: 'IS-IS does not reach Linux',
    isOptional: true,
  },
];

/** Those of the table that a VPP of this version has as plugins. */
export function pluginsOf(version: VppVersion): VppPlugin[] {
  return PLUGINS.filter(({ since }) => since === undefined || isAtLeast(version, since.year, since.month));
}

/** What is loaded, and what should be and is not there. */
export interface PluginChoice {
  readonly enabled: readonly VppPlugin[];
  /** Only those whose file is missing: what cannot be loaded without them is not `enabled` either. */
  readonly missing: readonly VppPlugin[];
}

/** Chooses for a version and a configuration, of the files that are there; in the table's order. */
export function choosePlugins(
  version: VppVersion,
  needs: PluginNeeds,
  isThere: (file: string) => boolean = () => true,
): PluginChoice {
  const wanted = pluginsOf(version).filter(({ need }) => need === 'always' || needs[need]);
  const absent = wanted.filter(({ file }) => !isThere(file));
  const missing = absent.filter(({ isOptional }) => isOptional !== true);
  const unusable = new Set(absent.map(({ file }) => file));
  // The table has each behind those that it needs.
  const enabled = wanted.filter(({ file, after = [] }) => {
    if (after.some((other) => unusable.has(other))) unusable.add(file);
    return !unusable.has(file);
  });
  return { enabled, missing };
}

/** What to say of one that is missing: `VPP 26.06-release lacks tap_plugin.so: …`. */
export function missingWords(
  { file, without }: Pick<VppPlugin, 'file' | 'without'>,
  version: VppVersion,
  directory?: string,
): string {
  const where = directory === undefined ? '' : ` (looked for in ${directory})`;
  return `VPP ${version.text} lacks ${file}${where}: ${without}`;
}

/** Debian's and the plain layout, relative to the directory above the binary's. */
const LIBRARY_DIRS = ['lib/x86_64-linux-gnu', 'lib', 'lib64'];

/** The directory of that name among this binary's libraries; undefined when there is none. */
export function findBeside(binary: string, name: 'vpp_plugins' | 'vpp_drivers'): string | undefined {
  let prefix: string;
  try {
    prefix = dirname(dirname(realpathSync(binary)));
  } catch {
    return undefined; // no such binary: its start reports it
  }
  return LIBRARY_DIRS.map((dir) => `${prefix}/${dir}/${name}`).find((dir) => existsSync(dir));
}

/** The directory in which this binary's plugins are; undefined when there is none beside it. */
export function findPluginDir(binary: string): string | undefined {
  return findBeside(binary, 'vpp_plugins');
}

/** Whether a directory has a plugin; of an unknown directory nothing is missed. */
export function hasPlugin(directory: string | undefined): (file: string) => boolean {
  return (file) => directory === undefined || existsSync(`${directory}/${file}`);
}
