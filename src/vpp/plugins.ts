/**
 * VPP's plugins that this product uses: what each is for, from which release it is a plugin, and which configurations
 * need it. The one table for startup.conf, for an image's contents, and for reports of a missing plugin.
 *
 * Every other plugin stays disabled (`plugin default { disable }`). A plugin is named even where VPP would load it
 * by default: linux_cp and linux_nl are off by their own default (lcp_api.c, lcp_nl.c: `default_disabled = 1`), under
 * `plugin default { enable }` too.
 *
 * Sources: src/plugins and src/vnet of the releases 25.02, 25.06, 25.10, 26.02 and 26.06. Moved from the core to a
 * plugin meanwhile: VXLAN-GPE (25.06; not used here), taps (26.02), policers (26.06). VPP's native drivers
 * (`dev_*_plugin.so` up to 25.10) are no longer plugins: `native-driver.ts`.
 */
import { existsSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAtLeast, type VppVersion } from './version.ts';

/** The facts of a configuration that decide about plugins. */
export interface PluginNeeds {
  /** Some NICs use DPDK. */
  readonly dpdk: boolean;
  /** Interfaces have TAPs in Linux (`vpp.lcp.enabled`). */
  readonly linuxCp: boolean;
  /** VPP itself takes the kernel's routes from the namespace of the TAPs (`fib.kernel.import = false`). */
  readonly linuxNl: boolean;
}

export interface VppPlugin {
  /** Its file in the plugin directory, which is also its name in startup.conf. */
  readonly file: string;
  /** Which configurations need it; `always`: every configuration loads it, and VPP works without. */
  readonly need: keyof PluginNeeds | 'always';
  /** The leaf, or section, that needs it. */
  readonly leaf: string;
  /** First release in which it is a plugin; earlier, its function is in VPP's core. */
  readonly since?: { readonly year: number; readonly month: number };
  /** Files of the plugins that it must not be loaded without, where they are plugins. */
  readonly after?: readonly string[];
  /** What does not work without it, as the end of a sentence. */
  readonly without: string;
  /** Few need it: a box does not report it missing. */
  readonly isOptional?: boolean;
}

/**
 * Those of one feature each: always loaded, so that it can be configured while VPP runs. A VPP without one refuses the
 * feature alone.
 */
export const FEATURE_PLUGINS: readonly VppPlugin[] = (
  [
    ['acl_plugin.so', 'acl.NAME', 'VPP has no filters'],
    ['gre_plugin.so', 'gre.NAME', 'VPP has no GRE tunnels'],
    ['lacp_plugin.so', 'bond.NAME.mode', 'bonds cannot have the mode lacp'],
    ['mss_clamp_plugin.so', 'interface.NAME.mss-clamp', 'VPP clamps no MSS'],
    ['nat_plugin.so', 'nat44', 'VPP translates no addresses'],
    ['urpf_plugin.so', 'interface.NAME.urpf', 'VPP checks no sources'],
    ['vxlan_plugin.so', 'vxlan.NAME', 'VPP has no VXLAN tunnels'],
  ] as const
).map(([file, leaf, without]) => ({ file, leaf, without, need: 'always', isOptional: true }));

export const PLUGINS: readonly VppPlugin[] = [
  {
    file: 'dpdk_plugin.so',
    need: 'dpdk',
    leaf: 'vpp.dpdk',
    without: 'VPP cannot drive NICs with DPDK',
  },
  {
    file: 'tap_plugin.so',
    need: 'linuxCp',
    leaf: 'vpp.lcp.enabled',
    since: { year: 26, month: 2 },
    without: 'interfaces have no TAPs in Linux, and routing daemons no interfaces',
  },
  {
    file: 'linux_cp_plugin.so',
    need: 'linuxCp',
    leaf: 'vpp.lcp.enabled',
    // Without it 26.02 crashes on a pair (SIGSEGV), 26.06 refuses each with -30.
    after: ['tap_plugin.so'],
    without: 'interfaces have no TAPs in Linux, and routing daemons no interfaces',
  },
  {
    file: 'linux_nl_plugin.so',
    need: 'linuxNl',
    leaf: 'fib.kernel.import',
    // VPP crashes (SIGSEGV) when it has linux_nl without linux_cp.
    after: ['linux_cp_plugin.so'],
    without: 'routes that daemons install in the namespace of the TAPs do not reach VPP',
  },
  {
    file: 'ping_plugin.so',
    need: 'always',
    leaf: 'vpp.binary',
    without: "VPP's own addresses do not answer pings",
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
    without: 'osi_plugin.so cannot be loaded, and IS-IS does not reach Linux',
    isOptional: true,
  },
  {
    // linux_cp passes IS-IS to Linux through it.
    file: 'osi_plugin.so',
    need: 'linuxCp',
    leaf: 'vpp.lcp.enabled',
    since: { year: 25, month: 6 },
    after: ['ppp_plugin.so'],
    without: 'IS-IS does not reach Linux',
    isOptional: true,
  },
  ...FEATURE_PLUGINS,
];

/** The plugins of the table that this version of VPP has as plugins. */
export function pluginsOf(version: VppVersion): VppPlugin[] {
  return PLUGINS.filter(({ since }) => since === undefined || isAtLeast(version, since.year, since.month));
}

/** The plugins that are loaded, and those that should be and are missing. */
export interface PluginChoice {
  readonly enabled: readonly VppPlugin[];
  /** Only plugins whose own file is missing: those that depend on them are not `enabled` either. */
  readonly missing: readonly VppPlugin[];
}

/** Chooses the plugins for a version and a configuration from the files that exist; in the table's order. */
export function choosePlugins(
  version: VppVersion,
  needs: PluginNeeds,
  isThere: (file: string) => boolean = () => true,
): PluginChoice {
  const wanted = pluginsOf(version).filter(({ need }) => need === 'always' || needs[need]);
  const absent = wanted.filter(({ file }) => !isThere(file));
  const missing = absent.filter(({ isOptional }) => isOptional !== true);
  const unusable = new Set(absent.map(({ file }) => file));
  // The table lists each after those that it needs.
  const enabled = wanted.filter(({ file, after = [] }) => {
    if (after.some((other) => unusable.has(other))) unusable.add(file);
    return !unusable.has(file);
  });
  return { enabled, missing };
}

/** The text for a missing plugin: `VPP 26.06-release lacks tap_plugin.so: …`. */
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

/** The directory of that name among this binary's libraries; undefined when it does not exist. */
export function findBeside(binary: string, name: 'vpp_plugins' | 'vpp_drivers'): string | undefined {
  let prefix: string;
  try {
    prefix = dirname(dirname(realpathSync(binary)));
  } catch {
    return undefined; // no such binary: its start reports it
  }
  return LIBRARY_DIRS.map((dir) => `${prefix}/${dir}/${name}`).find((dir) => existsSync(dir));
}

/** This binary's plugin directory; undefined when there is none beside it. */
export function findPluginDir(binary: string): string | undefined {
  return findBeside(binary, 'vpp_plugins');
}

/** Whether a directory has a plugin; an unknown directory counts as having all. */
export function hasPlugin(directory: string | undefined): (file: string) => boolean {
  return (file) => directory === undefined || existsSync(`${directory}/${file}`);
}
