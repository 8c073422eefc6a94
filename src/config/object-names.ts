/** The names that a configuration gives, for those who refer to them. */
import { subInterfaceName } from './sub-interface-name.ts';
import { tunnelsOf } from './tunnels.ts';
import type { Config } from './types.ts';

/** Interfaces that a VPP of ours has: NICs, and what sections make; without loopbacks and sub-interfaces. */
export function ownInterfaceNames(config: Config): ReadonlySet<string> {
  const all = [config.vpp.dpdk.interfaces, config.bonds, config.bridges, tunnelsOf(config)];
  return new Set(all.flatMap((some) => some.map(({ name }) => name)));
}

/**
 * Interfaces that may have sub-interfaces: NICs and others that the configuration makes or names, without the
 * sub-interfaces. An external VPP has interfaces that are only named.
 */
export function interfaceNames(config: Config): ReadonlySet<string> {
  const named = config.interfaces.map(({ name }) => name);
  return ownInterfaceNames(config).union(
    new Set(named.filter((name) => subInterfaceName(name) === undefined)),
  );
}
