/** Sub-interfaces: what VPP takes and breaks by it, so that it is never sent. */
import { encapsulationOf, MAX_VLAN } from './encapsulation.ts';
import { suggestion } from './nearest.ts';
import { interfaceNames } from './object-names.ts';
import { quote } from './problems.ts';
import type { Review } from './review.ts';
import { LOOPBACK_NAME } from './sections/interfaces.ts';
import { subInterfaceName } from './sub-interface-name.ts';
import type { InterfaceConfig } from './types.ts';
import type { KeyOf } from './values.ts';

/** Reports about a key of an interface, or about its section. */
type Report = (one: InterfaceConfig, key: KeyOf<'interface'> | '', message: string) => void;

/** Reports sub-interfaces without a parent, with tags that are not possible, or with those of another. */
export function checkSubInterfaces(review: Review): void {
  const { config, layer3Tunnels } = review;
  const parents = interfaceNames(config);
  const report: Report = ({ name, line }, key, message) => {
    if (key === '') review.errorAt(line, `interface.${name}`, message);
    else review.error(`interface.${name}.${key}`, message);
  };
  const byTags = new Map<string, InterfaceConfig>();
  for (const one of config.interfaces) {
    const { name, vlan } = one;
    const sub = subInterfaceName(name);
    if (sub === undefined) {
      checkKeys(one, report);
      continue;
    }
    if (layer3Tunnels.has(sub.parent)) {
      const message = `${sub.parent} carries IP packets, which have no VLANs: expected a NIC, a bond, a VXLAN tunnel or one of GRE with type = teb`;
      report(one, '', message);
      continue;
    }
    if (!checkParent(one, sub.parent, parents, report)) continue;
    if (vlan === undefined && (sub.number < 1 || sub.number > MAX_VLAN)) {
      const message = `${sub.number} is no VLAN (1–${MAX_VLAN}): write the VLAN as vlan = 100 in this section`;
      report(one, '', message);
      continue;
    }
    const { tags, outer, inner, isDot1ad, isDefault, isExact } = encapsulationOf(one)!;
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
  const message = `${name} is no sub-interface: VLANs are sections of their own such as [interface.${name}.100]`;
  if (vlan !== undefined) report(one, 'vlan', message);
  if (innerVlan !== undefined) report(one, 'inner-vlan', message);
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
    const message = `a sub-interface has none of its own: write [interface.${outer.parent}.${outer.number}${number}] with vlan = ${outer.number} and inner-vlan = ${number}`;
    report(one, '', message);
  } else if (parents.has(parent)) return true;
  else {
    const all = [...parents].slice(0, 12).join(', ');
    const otherwise =
      parents.size === 0 ? 'the configuration has none' : `the interfaces that may have VLANs are ${all}`;
    const hint = suggestion(parent, parents, otherwise);
    report(one, '', `${quote(parent)} is not an interface of this configuration: ${hint}`);
  }
  return false;
}
