/**
 * VPP's native driver for a NIC (`driver = native`): `ige`, for Intel's I225 and I226 (and the I211), from 26.02 on.
 *
 * It is not a plugin: VPP loads every file of `vpp_drivers`, at the place among its libraries that it was built for,
 * and a NIC is attached by the section `devices` of startup.conf. A process of VPP reads that section after the main
 * loop began (vnet/dev/config.c), so a mistake does not end VPP: it is logged, the device has no interface, and neither
 * has anything named after it. What VPP would refuse is therefore refused here, before VPP is started.
 *
 * Sources: src/drivers/ige/ige.c, src/vnet/dev/config.c, api.c and dev.c of VPP 26.02 and 26.06.
 */
import { existsSync } from 'node:fs';
import type { DpdkInterfaceConfig } from '../config/types.ts';
import { findBeside, findPluginDir } from './plugins.ts';
import { isAtLeast, type VppVersion } from './version.ts';

export const NATIVE_DRIVER = {
  /** Its name in startup.conf. */
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
  /** Per direction. */
  maxQueues: 4,
} as const;

/** What is known of the VPP and the NIC; an unknown fact is no objection. */
export interface NativeFacts {
  readonly version?: VppVersion;
  /** Whether VPP's files have the driver. */
  readonly hasFile?: boolean | undefined;
  /** `8086:125c` */
  readonly pciId?: string | undefined;
}

/** Whether this version of VPP has native drivers. */
export function hasNativeDriver(version: VppVersion): boolean {
  const { year, month } = NATIVE_DRIVER.since;
  return isAtLeast(version, year, month);
}

/** Whether the driver is beside a binary; undefined when the plugins are not there either: its files are elsewhere. */
export function hasDriverFile(binary: string): boolean | undefined {
  if (findPluginDir(binary) === undefined) return undefined;
  const directory = findBeside(binary, 'vpp_drivers');
  return directory !== undefined && existsSync(`${directory}/${NATIVE_DRIVER.file}`);
}

/** Why a NIC with `driver = native` cannot have VPP's native driver; undefined: it can. */
export function whyNotNative(
  nic: Pick<DpdkInterfaceConfig, 'rxQueues' | 'txQueues'>,
  facts: NativeFacts,
): string | undefined {
  const why = objection(nic, facts);
  return why === undefined ? undefined : `cannot use "native": ${why}`;
}

function objection(
  { rxQueues = 1, txQueues = 1 }: Pick<DpdkInterfaceConfig, 'rxQueues' | 'txQueues'>,
  { version, hasFile, pciId }: NativeFacts,
): string | undefined {
  const { name, file, pciIds, maxQueues } = NATIVE_DRIVER;
  if (version !== undefined && !hasNativeDriver(version)) {
    return `VPP ${version.text} has no native driver, expected 26.02 or later (26.06 is recommended)`;
  }
  if (hasFile === false) return `this VPP lacks vpp_drivers/${file}`;
  if (pciId !== undefined && !pciIds.has(pciId)) {
    return `VPP's driver ${name} does not support ${pciId}, only Intel's I225 and I226 (${[...pciIds].join(', ')}): use driver = dpdk`;
  }
  const queues = Math.max(rxQueues, txQueues);
  if (queues > maxQueues) {
    return `${queues} queues exceed the ${maxQueues} per direction of VPP's driver ${name}`;
  }
  return undefined;
}
