/** What a configuration asks of a VPP that this VPP has not: for `appliance check` and `appliance image`. */
import { basename } from 'node:path';
import type { Config, ConfigProblem } from '../config/types.ts';
import { startsVpp } from '../config/mod.ts';
import { hasDriverFile, whyNotNative } from './native-driver.ts';
import { findPluginDir, hasPlugin, missingWords } from './plugins.ts';
import { startupPlugins } from './startup-conf.ts';
import { isAtLeast, type VppVersion } from './version.ts';

/** What of VPP is there beside the program. */
export interface VppFiles {
  /** Whether a plugin is, by its file's name. */
  hasPlugin(file: string): boolean;
  /** Whether VPP's own driver is; undefined: not known. */
  readonly hasDriver: boolean | undefined;
}

/** The files beside a binary. */
export function filesBeside(binary: string): VppFiles {
  return { hasPlugin: hasPlugin(findPluginDir(binary)), hasDriver: hasDriverFile(binary) };
}

export interface VppFacts {
  readonly version: VppVersion;
  /** Its files; undefined: not known, and none is missed. */
  readonly files?: VppFiles | undefined;
  /** Vendor and device of the NIC at a PCI address (`8086:125c`), where there is one. */
  readonly pciIdOf?: (pciAddress: string) => string | undefined;
}

/**
 * One problem for each plugin that is missing, and for each NIC that VPP's own driver cannot have. An error is what keeps
 * the configuration from being in force; nothing is said of a VPP that this product does not start.
 */
export function vppProblems(config: Config, { version, files, pciIdOf }: VppFacts): ConfigProblem[] {
  if (!startsVpp(config)) return [];
  // As on a box, where the namespace is made before VPP starts.
  const startup = { version, runDir: '/run/vpp', netnsPresent: true };
  const hasFile = files?.hasDriver;
  const plugins = startupPlugins(config, { ...startup, ...files }).missing.map(
    (plugin): ConfigProblem => ({
      severity: plugin.need === 'always' ? 'warning' : 'error',
      line: 0,
      leaf: plugin.leaf,
      message: missingWords(plugin, version),
    }),
  );
  const nics = config.vpp.dpdk.interfaces.flatMap((nic): ConfigProblem[] => {
    if (nic.driver !== 'native') return [];
    const message = whyNotNative(nic, { version, hasFile, pciId: pciIdOf?.(nic.pciAddress) });
    const leaf = `vpp.dpdk.interface.${nic.pciAddress}.driver`;
    return message === undefined ? [] : [{ severity: 'error', line: nic.line, leaf, message }];
  });
  return [...plugins, ...nics, ...unheard(config, version, files)];
}

/** Programs whose packets are no IP: VPP hands them on to Linux from 25.06 on (`interfaces/hand-on.ts`). */
const NOT_IP: Readonly<Record<string, { readonly protocol: string; readonly plugin?: string }>> = {
  isisd: { protocol: 'IS-IS', plugin: 'osi_plugin.so' },
  fabricd: { protocol: 'OpenFabric', plugin: 'osi_plugin.so' },
  lldpd: { protocol: 'LLDP' },
};

function unheard(
  { services, vpp }: Config,
  version: VppVersion,
  files: VppFiles | undefined,
): ConfigProblem[] {
  if (!vpp.lcp.enabled) return [];
  return services.flatMap(({ name, command: [program = ''], netns, line }): ConfigProblem[] => {
    const daemon = basename(program);
    const needed = NOT_IP[daemon];
    if (needed === undefined || netns !== vpp.lcp.netns) return [];
    const { protocol, plugin } = needed;
    const isOld = !isAtLeast(version, 25, 6);
    if (!isOld && (plugin === undefined || files?.hasPlugin(plugin) !== false)) return [];
    const reason = isOld ? 'VPP can from 25.06 on' : `it lacks ${plugin}`;
    const message = `VPP ${version.text} does not hand ${protocol} on to Linux, ${daemon} hears nothing: ${reason}`;
    return [{ severity: 'warning', line, leaf: `service.${name}.command`, message }];
  });
}
