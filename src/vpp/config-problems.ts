/** Checks what a configuration needs of VPP against what this VPP has: for `appliance check` and `appliance image`. */
import { basename } from 'node:path';
import type { Config, ConfigProblem } from '../config/types.ts';
import { startsVpp } from '../config/mod.ts';
import { hasDriverFile, whyNotNative } from './native-driver.ts';
import { findPluginDir, hasPlugin, missingWords } from './plugins.ts';
import { startupPlugins } from './startup-conf.ts';
import { isAtLeast, type VppVersion } from './version.ts';

/** Which files VPP has beside its binary. */
export interface VppFiles {
  /** Whether it has a plugin, by its file name. */
  hasPlugin(file: string): boolean;
  /** Whether it has the native driver; undefined: unknown. */
  readonly hasDriver: boolean | undefined;
}

/** The files beside a binary. */
export function filesBeside(binary: string): VppFiles {
  return { hasPlugin: hasPlugin(findPluginDir(binary)), hasDriver: hasDriverFile(binary) };
}

export interface VppFacts {
  readonly version: VppVersion;
  /** Its files; undefined: unknown, and none is reported missing. */
  readonly files?: VppFiles | undefined;
  /** Vendor and device of the NIC at a PCI address (`8086:125c`), if there is one. */
  readonly pciIdOf?: (pciAddress: string) => string | undefined;
}

/**
 * One problem for each missing plugin, and for each NIC that VPP's native driver cannot have. An error keeps the
 * configuration from being applied. A VPP that this product does not start is not checked.
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

/** Programs whose packets are not IP: VPP passes them to Linux from 25.06 on (`interfaces/pass-protocols.ts`). */
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
    const reason = isOld ? 'VPP 25.06 and later do' : `it lacks ${plugin}`;
    const message = `VPP ${version.text} does not pass ${protocol} to Linux, ${daemon} receives no packets: ${reason}`;
    return [{ severity: 'warning', line, leaf: `service.${name}.command`, message }];
  });
}
