/** Bonds: what VPP refuses or is broken by, and what members cannot have. */
import { interfaceNames } from './object-names.ts';
import { suggestion } from './nearest.ts';
import { type Problems, quote } from './problems.ts';
import { LOOPBACK_NAME } from './sections/interfaces.ts';
import { subInterfaceName } from './sub-interface-name.ts';
import { tunnelsOf } from './tunnels.ts';
import type { Config } from './types.ts';
import type { FilePath, Values } from './values.ts';

/** Reports at the line of a leaf. */
type Report = (path: FilePath, message: string) => void;

/** A name that is refused for an interface which the configuration makes, and why; undefined when it is free. */
export function madeNameRefusal(name: string, { vpp }: Config): string | undefined {
  const nic = vpp.dpdk.interfaces.find((one) => one.name === name);
  const sub = subInterfaceName(name);
  if (nic !== undefined) return `${quote(name)} is already the name of the NIC on line ${nic.line}`;
  if (name === 'local0' || LOOPBACK_NAME.test(name)) return `${quote(name)} is a name that VPP uses itself`;
  if (sub !== undefined) return `${quote(name)} would be VLAN ${sub.number} of ${sub.parent}`;
  return undefined;
}

/** Reports bonds whose members or names are not possible, and what their modes do not use. */
export function checkPorts(config: Config, values: Values, problems: Problems): void {
  const report: Report = (path, message) => problems.error(values.line(path), path, message);
  const owners = new Map<string, { readonly owner: string; readonly line: number }>();
  for (const bond of config.bonds) {
    const { name, line } = bond;
    const refusal = madeNameRefusal(name, config);
    if (refusal !== undefined)
      problems.error(line, `bond.${name}`, `${refusal}: choose another, such as bond0`);
    checkMode(bond, values, report);
    const path = `bond.${name}.members` as const;
    for (const member of bond.members) {
      const other = owners.get(member);
      if (other !== undefined && other.owner !== name) {
        report(path, `${quote(member)} is already a member of ${other.owner} on line ${other.line}`);
        continue;
      }
      owners.set(member, { owner: name, line: values.line(path) });
      const reason = memberRefusal(member, config);
      if (reason !== undefined) report(path, reason);
      else checkMember(member, `a member of ${name}`, config, { report, problems });
    }
  }
}

function checkMode({ name, mode }: Config['bonds'][number], values: Values, report: Report): void {
  const refuse = (key: 'load-balance' | 'lacp-timeout' | 'lacp-passive', modes: readonly string[]): void => {
    const path = `bond.${name}.${key}` as const;
    if (values.line(path) === 0 || modes.includes(mode)) return;
    report(path, `the mode ${mode} has none: remove the line, or write mode = ${modes.join(' or ')}`);
  };
  refuse('load-balance', ['lacp', 'xor']);
  refuse('lacp-timeout', ['lacp']);
  refuse('lacp-passive', ['lacp']);
}

/** Why an interface cannot be a member of a bond. */
function memberRefusal(member: string, config: Config): string | undefined {
  const shown = quote(member);
  if (config.bonds.some(({ name }) => name === member))
    return `${shown} is a bond: expected a NIC as a member`;
  if (LOOPBACK_NAME.test(member)) return `${shown} is a loopback: expected a NIC as a member`;
  if (subInterfaceName(member) !== undefined) {
    return `${shown} is a sub-interface: bond the NICs, and write the VLAN as a section such as [interface.bond0.100]`;
  }
  const tunnel = tunnelsOf(config).find(({ name }) => name === member);
  if (tunnel !== undefined) return `${shown} is a tunnel: expected a NIC as a member`;
  const made = new Set([...config.bonds, ...tunnelsOf(config)].map(({ name }) => name));
  const known = [...interfaceNames(config)].filter((name) => !made.has(name) && !LOOPBACK_NAME.test(name));
  if (known.includes(member)) return undefined;
  const otherwise =
    known.length === 0 ? 'the configuration has none' : `expected one of ${known.slice(0, 12).join(', ')}`;
  return `${shown} is not an interface of this configuration: ${suggestion(member, known, otherwise)}`;
}

/** A port has no IP, and one of a bond no VLANs. */
function checkMember(
  member: string,
  what: string,
  { interfaces }: Config,
  { report, problems }: { readonly report: Report; readonly problems: Problems },
): void {
  for (const { name, line, addresses, mpls } of interfaces) {
    if (subInterfaceName(name)?.parent === member) {
      problems.error(
        line,
        `interface.${name}`,
        `${member} is ${what}, and has no VLANs: write them on the bond`,
      );
    }
    if (name === member && addresses.length > 0)
      report(
        `interface.${name}.addresses`,
        `${name} is ${what}, and carries no IP: move the addresses there`,
      );
    if (name === member && mpls)
      report(`interface.${name}.mpls`, `${name} is ${what}, and carries no MPLS: remove the line`);
  }
}
