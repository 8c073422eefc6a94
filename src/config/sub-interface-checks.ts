/** Sub-interfaces: what VPP takes and breaks by it, so that it is never sent. */
import { encapsulationOf, MAX_VLAN } from './encapsulation.ts';
import { suggestion } from './nearest.ts';
import { type Problems, quote } from './problems.ts';
import { LOOPBACK_NAME } from './sections/interfaces.ts';
import { subInterfaceName } from './sub-interface-name.ts';
import { tunnelsOf } from './tunnels.ts';
import type { Config, InterfaceConfig } from './types.ts';
import type { FilePath, Values } from './values.ts';

/** Reports about a key of an interface, or about its section. */
type Report = (one: InterfaceConfig, key: string, message: string) => void;

/** Reports sub-interfaces without a parent, with tags that are not possible, or with those of another. */
export function checkSubInterfaces(
  config: Config,
  parents: ReadonlySet<string>,
  values: Values,
  problems: Problems,
): void {
  const report: Report = ({ name, line }, key, message) => {
    const path = `interface.${name}${key === '' ? '' : `.${key}`}`;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are those of the section
    problems.error(key === '' ? line : values.line(path as FilePath), path, message);
  };
  const layer3 = new Map(
    tunnelsOf(config)
      .filter(({ isEthernet }) => !isEthernet)
      .map((tunnel) => [tunnel.name, tunnel]),
  );
  const byTags = new Map<string, InterfaceConfig>();
  for (const one of config.interfaces) {
    const { name, vlan } = one;
    const sub = subInterfaceName(name);
    if (sub === undefined) {
      checkKeys(one, report);
      continue;
    }
    const tunnel = layer3.get(sub.parent);
    if (tunnel !== undefined) {
      const message = `${sub.parent} carries IP packets, which have no VLANs: expected a NIC, a bond, a VXLAN tunnel or one of GRE with type = teb`;
      report(one, '', message);
      continue;
    }
    if (!checkParent(one, sub.parent, parents, report)) continue;
    if (vlan === undefined && (sub.number < 1 || sub.number > MAX_VLAN)) {
      report(
        one,
        '',
        `${sub.number} is no VLAN (1–${MAX_VLAN}): write the VLAN as vlan = 100 in this section`,
      );
      continue;
    }
    const encapsulation = encapsulationOf(one);
    const { tags, outer, inner, isDot1ad, isDefault, isExact } = encapsulation!;
    const key = `${sub.parent} ${isDefault ? 'default' : `${isDot1ad} ${outer} ${tags === 2 ? inner : ''}`}`;
    const other = byTags.get(key);
    if (other === undefined) byTags.set(key, one);
    else {
      report(one, '', `its frames are those of ${other.name} on line ${other.line}: give each its own VLAN`);
    }
    if (!isExact && one.addresses.length > 0) {
      const why = isDefault
        ? 'vlan = default'
        : one.innerVlan === 'any'
          ? 'inner-vlan = any'
          : 'exact-match = false';
      report(one, 'addresses', `a sub-interface with ${why} carries no IP: remove the addresses`);
    }
  }
}

function checkKeys(one: InterfaceConfig, report: Report): void {
  const { name, vlan, innerVlan } = one;
  const keys = { vlan, 'inner-vlan': innerVlan } as const;
  for (const [key, value] of Object.entries(keys)) {
    if (value === undefined) continue;
    const example = `[interface.${name}.100]`;
    report(one, key, `${name} is no sub-interface: VLANs are sections of their own such as ${example}`);
  }
}

function checkParent(
  one: InterfaceConfig,
  parent: string,
  parents: ReadonlySet<string>,
  report: Report,
): boolean {
  const { name } = one;
  const outer = subInterfaceName(parent);
  if (LOOPBACK_NAME.test(parent)) {
    report(one, '', `${parent} is a loopback, which has no VLANs: expected a NIC, a bond or a tunnel`);
  } else if (outer !== undefined && parents.has(outer.parent)) {
    const number = name.slice(parent.length + 1);
    report(
      one,
      '',
      `a sub-interface has none of its own: write [interface.${outer.parent}.${outer.number}${number}] with vlan = ${outer.number} and inner-vlan = ${number}`,
    );
  } else if (parents.has(parent)) return true;
  else {
    const all = [...parents].slice(0, 12).join(', ');
    const otherwise =
      parents.size === 0 ? 'the configuration has none' : `the interfaces that may have VLANs are ${all}`;
    report(
      one,
      '',
      `${quote(parent)} is not an interface of this configuration: ${suggestion(parent, parents, otherwise)}`,
    );
  }
  return false;
}
