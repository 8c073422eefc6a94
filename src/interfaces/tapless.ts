/** Interfaces that are to have no TAP in Linux. Pure. */
import { subInterfaceName } from '../config/mod.ts';
import type { InterfaceConfig } from '../config/types.ts';

/** Those with `lcp = false`, and their sub-interfaces: the TAP of a VLAN is a VLAN of the parent's TAP. */
export function taplessOf(interfaces: readonly InterfaceConfig[]): ReadonlySet<string> {
  const off = new Set(interfaces.filter(({ hasTap }) => !hasTap).map(({ name }) => name));
  const subs = interfaces.filter(({ name }) => off.has(subInterfaceName(name)?.parent ?? ''));
  return new Set([...off, ...subs.map(({ name }) => name)]);
}
