/** The lines of appliance.ini that assign a NIC to VPP: how a user learns PCI addresses. */
import type { VppConfig } from '../config/types.ts';
import type { Nic } from './inventory.ts';

/**
 * The section for `nic`: `[vpp.dpdk.interface.0000:03:00.0]` and `name = xe0`. The name is the configured one, or
 * the first of xe0, xe1, … that neither the configuration nor an earlier NIC of `nics` uses.
 */
export function iniLineFor(
  nic: Pick<Nic, 'pciAddress'>,
  nics: readonly Pick<Nic, 'pciAddress'>[],
  vpp: Pick<VppConfig, 'dpdk'>,
): string {
  const configured = new Map(vpp.dpdk.interfaces.map((entry) => [entry.pciAddress, entry.name]));
  const used = new Set(configured.values());
  let next = 0;
  const freeName = (): string => {
    while (used.has(`xe${next}`)) next++;
    return `xe${next++}`;
  };
  let name = configured.get(nic.pciAddress);
  if (name === undefined) {
    for (const other of nics) {
      if (configured.has(other.pciAddress)) continue;
      name = freeName();
      if (other.pciAddress === nic.pciAddress) break;
      name = undefined;
    }
    name ??= freeName();
  }
  return `[vpp.dpdk.interface.${nic.pciAddress}]\nname = ${name}`;
}
