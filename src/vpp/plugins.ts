/**
 * Which of VPP's plugins this product loads, by configuration and version, and where they are.
 *
 * Every other plugin stays disabled. Source: the plugins' registrations and src/plugins of the releases 25.02 to
 * 26.06: the tap driver is part of the core up to 25.10 and a plugin from 26.02 on.
 */
import { existsSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAtLeast, type VppVersion } from './version.ts';

/** What decides about plugins. */
export interface PluginNeeds {
  readonly dpdk: boolean;
  readonly linuxCp: boolean;
  readonly linuxNl: boolean;
}

/** File names of the plugins to enable, in a fixed order. */
export function pluginsFor(version: VppVersion, needs: PluginNeeds): string[] {
  const plugins = [
    needs.dpdk && 'dpdk_plugin.so',
    needs.linuxCp && 'linux_cp_plugin.so',
    // VPP ends with SIGSEGV when it has linux_nl without linux_cp.
    needs.linuxCp && needs.linuxNl && 'linux_nl_plugin.so',
    needs.linuxCp && isAtLeast(version, 26, 2) && 'tap_plugin.so',
    // Answers echo requests to VPP's own addresses.
    'ping_plugin.so',
  ];
  return plugins.filter((plugin) => plugin !== false);
}

/** Debian's and the plain layout, relative to the directory above the binary's. */
const PLUGIN_DIRS = ['lib/x86_64-linux-gnu/vpp_plugins', 'lib/vpp_plugins', 'lib64/vpp_plugins'];

/** The directory in which this binary's plugins are; undefined when there is none beside it. */
export function findPluginDir(binary: string): string | undefined {
  let prefix: string;
  try {
    prefix = dirname(dirname(realpathSync(binary)));
  } catch {
    return undefined; // no such binary: its start reports it
  }
  return PLUGIN_DIRS.map((dir) => `${prefix}/${dir}`).find((dir) => existsSync(dir));
}

/**
 * Those of `plugins` that are not in the directory. VPP starts without a missing plugin, and then ends at its
 * section in startup.conf as at an unknown one.
 */
export function missingPlugins(pluginDir: string, plugins: readonly string[]): string[] {
  return plugins.filter((plugin) => !existsSync(`${pluginDir}/${plugin}`));
}
