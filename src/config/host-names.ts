/** The names of interfaces in Linux: of their TAPs, and of the links that stand for them while the kernel forwards. */
import { portsOf } from './ports.ts';
import { quote } from './problems.ts';
import type { Review } from './review.ts';
import { subInterfaceName } from './sub-interface-name.ts';
import { ownInterfaceNames } from './object-names.ts';
import type { Config } from './types.ts';

/** Those that have another name than the interface, by that. */
export function hostNamesOf({ interfaces }: Pick<Config, 'interfaces'>): ReadonlyMap<string, string> {
  return new Map(
    interfaces.flatMap(({ name, hostName }) =>
      hostName === undefined || hostName === name ? [] : [[name, hostName] as const],
    ),
  );
}

/** Reports names that two links in Linux would have, and those of interfaces without one. */
export function checkHostNames(review: Review): void {
  const { config } = review;
  const { interfaces, vrfs } = config;
  const hostNames = hostNamesOf(config);
  const ports = portsOf(config);
  const off = new Set(interfaces.filter(({ hasTap }) => !hasTap).map(({ name }) => name));
  const owners = new Map(vrfs.map(({ name }) => [name, `the VRF device of [vrf.${name}]`]));
  owners.set('lo', 'the loopback of Linux');
  const others = new Set([...ownInterfaceNames(config), ...interfaces.map(({ name }) => name)]);
  for (const name of others) {
    const hasLink = !hostNames.has(name) && !ports.has(name);
    if (hasLink && !owners.has(name)) owners.set(name, `the TAP of ${name}`);
  }
  for (const { name, hostName } of interfaces) {
    if (hostName === undefined) continue;
    const report = (message: string): void => review.error(`interface.${name}.host-name`, message);
    const owner = owners.get(hostName);
    const port = ports.get(name);
    if (port !== undefined) report(`${name} is a member of ${port.owner}, and has no TAP: remove the line`);
    else if (off.has(name) || off.has(subInterfaceName(name)?.parent ?? '')) {
      report(`${name} has no TAP (lcp = false): remove one of both lines`);
    } else if (hostName !== name && owner !== undefined) {
      report(`${quote(hostName)} is the name of ${owner}: choose another one`);
    } else owners.set(hostName, `the TAP of ${name}`);
  }
}
