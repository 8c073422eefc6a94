/** The names that a configuration gives, for those who refer to them. */
import { subInterfaceName } from './sub-interface-name.ts';
import { tunnelsOf } from './tunnels.ts';
import type { Config } from './types.ts';

/**
 * Interfaces that may have sub-interfaces: NICs and others that the configuration makes or names, without the
 * sub-interfaces. An external VPP has interfaces that are only named.
 */
export function interfaceNames(config: Config): ReadonlySet<string> {
  return new Set([
    ...config.vpp.dpdk.interfaces.map(({ name }) => name),
    ...config.bonds.map(({ name }) => name),
    ...tunnelsOf(config).map(({ name }) => name),
    ...config.interfaces.map(({ name }) => name).filter((name) => subInterfaceName(name) === undefined),
  ]);
}
