/** What the interfaces of VPP are told of its NICs and of its TAPs; both change only with a restart of VPP. */
import { readFileSync } from 'node:fs';
import type { Config } from '../config/types.ts';
import type { LcpSettings, NicSettings } from '../interfaces/mod.ts';

/** An external VPP's NICs are not ours; VPP's native drivers do not report their numbers of queues. */
export function nicSettingsOf({ vpp }: Config): NicSettings[] {
  if (vpp.external) return [];
  return vpp.dpdk.interfaces.map(({ name, pciAddress, driver, rxQueues, txQueues }) => {
    const filtersVlans = isVirtio(pciAddress);
    return driver === 'native'
      ? { name, rxQueues: undefined, txQueues: undefined, filtersVlans }
      : { name, rxQueues, txQueues, filtersVlans };
  });
}

/** By its vendor, Red Hat's for virtio (virtio 1.2, section 4.1.2); false for a NIC that does not exist. */
function isVirtio(pciAddress: string): boolean {
  try {
    return readFileSync(`/sys/bus/pci/devices/${pciAddress}/vendor`, 'utf8').trim() === '0x1af4';
  } catch {
    return false;
  }
}

/** An external VPP's settings are not changed, and its NICs may differ from the configured ones. */
export function lcpSettingsOf({ vpp }: Config): LcpSettings | undefined {
  const { enabled, sync, netns } = vpp.lcp;
  if (!enabled) return undefined;
  if (vpp.external) return { netns, isSync: false, nics: [] };
  return { netns, isSync: sync, nics: vpp.dpdk.interfaces.map(({ name }) => name) };
}
