/**
 * VPP's own driver for a NIC (`driver = native`): `ige`, for Intel's I225 and I226 (and the I211), from 26.02 on.
 *
 * It is no plugin: VPP loads every file of `vpp_drivers`, at the place among its libraries that it was built for, and a NIC is attached by the section
 * `devices` of startup.conf. That is read by a process of VPP's after its main loop began (vnet/dev/config.c), so a
 * mistake does not end VPP: it is logged, the device has no interface, and neither has any that is named after it. What
 * VPP would refuse is therefore refused here, before VPP is started.
 *
 * Sources: src/drivers/ige/ige.c, src/vnet/dev/config.c, api.c and dev.c of VPP 26.02 and 26.06.
 */
import { existsSync } from 'node:fs';
import type { DpdkInterfaceConfig } from '../config/types.ts';
import { findBeside, findPluginDir } from './plugins.ts';
import { isAtLeast, type VppVersion } from './version.ts';

export const NATIVE_DRIVER = {
  /** What startup.conf calls it. */
  name: 'ige',
  /** In the directory `vpp_drivers`. */
  file: 'ige_driver.so',
  since: { year: 26, month: 2 },
  /** `ige_dev_types`: vendor and device, as sysfs has them. */
  pciIds: new Set([
    '8086:1539',
    '8086:15f2',
    '8086:15f3',
    '8086:0d9f',
    '8086:125b',
    '8086:125c',
    '8086:125d',
  ]),
  /** Of each direction. */
  maxQueues: 4,
} as const;

/** What is known of the VPP and the NIC; what is not known refuses nothing. */
export interface NativeFacts {
  readonly version?: VppVersion;
  /** Whether VPP's files have the driver. */
  readonly hasFile?: boolean | undefined;
  /** `8086:125c` */
  readonly pciId?: string | undefined;
}

/** Whether a VPP of this version has drivers of its own for NICs of this kind. */
export function hasNativeDriver(version: VppVersion): boolean {
  const { year, month } = NATIVE_DRIVER.since;
  return isAtLeast(version, year, month);
}

/** Whether the driver is beside a binary; undefined where not even plugins are: its files are elsewhere. */
export function hasDriverFile(binary: string): boolean | undefined {
  if (findPluginDir(binary) === undefined) return undefined;
  const directory = findBeside(binary, 'vpp_drivers');
  return directory !== undefined && existsSync(`${directory}/${NATIVE_DRIVER.file}`);
}

/** Why a NIC with `driver = native` cannot have VPP's driver, in words; undefined: nothing speaks against it. */
export function whyNotNative(
  nic: Pick<DpdkInterfaceConfig, 'rxQueues' | 'txQueues'>,
  facts: NativeFacts,
): string | undefined {
  const why = objection(nic, facts);
  return why === undefined ? undefined : `"native" cannot be: ${why}`;
}

function objection(
  { rxQueues = 1, txQueues = 1 }: Pick<DpdkInterfaceConfig, 'rxQueues' | 'txQueues'>,
  { version, hasFile, pciId }: NativeFacts,
): string | undefined {
  const { name, file, pciIds, maxQueues } = NATIVE_DRIVER;
  if (version !== undefined && !hasNativeDriver(version)) {
    return `VPP ${version.text} has no driver of its own for it, 26.02 and later have (26.06 is recommended)`;
  }
  if (hasFile === false) return `this VPP lacks ${file} in its directory vpp_drivers`;
  if (pciId !== undefined && !pciIds.has(pciId)) {
    return `VPP's driver ${name} does not know ${pciId}, it is for Intel's I225 and I226 (${[...pciIds].join(', ')}): driver = dpdk is right`;
  }
  const queues = Math.max(rxQueues, txQueues);
  if (queues > maxQueues) {
    return `${queues} queues, and VPP's driver ${name} has ${maxQueues} of each direction at most`;
  }
  return undefined;
}
