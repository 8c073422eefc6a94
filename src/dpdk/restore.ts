/**
 * Restores the original drivers of NICs, from the record on disk: at shutdown, when VPP loops, or in a new process
 * after a crash of this one.
 *
 * Invariants: idempotent; a device already restored is not touched; each device has its own outcome.
 */
import { existsSync } from 'node:fs';
import {
  attempt,
  describeDriver,
  type ExecuteOptions,
  type Kernel,
  kernelOf,
  overrideDriver,
  probeDrivers,
  unbind,
  waitUntil,
} from './execute.ts';
import { currentDriver, currentKernelName, devicePath, takeInventory } from './inventory.ts';
import { DEFAULT_RUN_DIR, type NicRecord, type OriginalNic, tryLoadRecord } from './record.ts';

export interface RestoreOptions extends ExecuteOptions {
  /** Only these; the whole record otherwise. */
  readonly pciAddresses?: readonly string[];
}

/** Outcome for one recorded NIC. */
export interface RestoreOutcome {
  readonly pciAddress: string;
  /** `unchanged`: it was on its original driver. */
  readonly state: 'restored' | 'unchanged' | 'failed';
  readonly driver: string | undefined;
  /** The kernel interface now; its name may be another one than before, since the kernel assigns names again. */
  readonly kernelName: string | undefined;
  readonly mac: string | undefined;
  /** Why it failed, or a remark on how it was restored. */
  readonly reason?: string;
}

/**
 * Restores each recorded NIC, in the order of their kernel names, so that the kernel assigns the same names. With an
 * unreadable record, every NIC on a user-space driver is released to any driver that matches. Rejects only for the
 * signal.
 */
export async function restoreNics(options: RestoreOptions = {}): Promise<RestoreOutcome[]> {
  const kernel = kernelOf(options);
  const record = tryLoadRecord(options.runDir ?? DEFAULT_RUN_DIR) ?? guessRecord(kernel);
  const wanted = options.pciAddresses === undefined ? undefined : new Set(options.pciAddresses);
  const originals = Object.values(record.nics)
    .filter((nic) => wanted === undefined || wanted.has(nic.pciAddress))
    .sort(byKernelName);
  await rescanIfMissing(kernel, originals);
  const outcomes: RestoreOutcome[] = [];
  for (const original of originals) outcomes.push(await restoreOne(kernel, original));
  return outcomes;
}

/**
 * Unbinds the device and makes the kernel bind a matching driver, `driver` if given. Returns undefined, or why that
 * failed.
 */
export async function returnToKernel(
  kernel: Kernel,
  pciAddress: string,
  driver: string | undefined,
): Promise<string | undefined> {
  const now = (): string | undefined => currentDriver(kernel.sysfs, pciAddress);
  const override = attempt(() => overrideDriver(kernel, pciAddress, undefined));
  if (override !== undefined) return override;
  if (driver !== undefined && now() === driver) return undefined;
  const failures = [
    attempt(() => unbind(kernel, pciAddress)),
    attempt(() => probeDrivers(kernel, pciAddress)),
  ].filter((failure) => failure !== undefined);
  if (driver === undefined)
    return isUserDriver(now()) ? (failures[0] ?? describeBinding(pciAddress, now())) : undefined;
  if (await waitUntil(kernel, () => now() === driver)) return undefined;
  // Another driver matched first, or none: bind the original one by name.
  failures.push(
    ...[
      attempt(() => unbind(kernel, pciAddress)),
      attempt(() => kernel.write(`${kernel.sysfs}/bus/pci/drivers/${driver}/bind`, pciAddress)),
    ].filter((failure) => failure !== undefined),
  );
  if (await waitUntil(kernel, () => now() === driver)) return undefined;
  return [`${describeBinding(pciAddress, now())}, not on ${driver}`, ...new Set(failures)].join('; ');
}

async function restoreOne(kernel: Kernel, original: OriginalNic): Promise<RestoreOutcome> {
  const { pciAddress } = original;
  const report = (state: RestoreOutcome['state'], reason?: string): RestoreOutcome => ({
    pciAddress,
    state,
    driver: currentDriver(kernel.sysfs, pciAddress),
    kernelName: currentKernelName(kernel.sysfs, pciAddress),
    mac: original.mac ?? undefined,
    ...(reason === undefined ? {} : { reason }),
  });
  if (!existsSync(devicePath(kernel.sysfs, pciAddress))) {
    return report('failed', `${pciAddress} is no longer on the PCI bus, even after a rescan`);
  }
  const before = currentDriver(kernel.sysfs, pciAddress);
  const isBack = original.driver === null ? !isUserDriver(before) : before === original.driver;
  const problem = isBack
    ? attempt(() => overrideDriver(kernel, pciAddress, undefined))
    : await returnToKernel(kernel, pciAddress, original.driver ?? undefined);
  if (problem !== undefined) return report('failed', problem);
  if (isBack) return report('unchanged');
  if (original.kernelName === null) return report('restored');
  const named = await waitUntil(kernel, () => currentKernelName(kernel.sysfs, pciAddress) !== undefined);
  return named
    ? report('restored')
    : report(
        'restored',
        `its driver ${original.driver} created no network interface within ${kernel.timeoutMs} ms`,
      );
}

/** A device that fell off the bus returns by a rescan, or not at all. */
async function rescanIfMissing(kernel: Kernel, originals: readonly OriginalNic[]): Promise<void> {
  const isPresent = (nic: OriginalNic): boolean => existsSync(devicePath(kernel.sysfs, nic.pciAddress));
  if (originals.every(isPresent)) return;
  // A failure shows as the device still missing.
  attempt(() => kernel.write(`${kernel.sysfs}/bus/pci/rescan`, '1'));
  await waitUntil(kernel, () => originals.every(isPresent));
}

/** Replaces an unreadable record: any NIC on a user-space driver once belonged to the kernel. */
function guessRecord(kernel: Kernel): NicRecord {
  const nics = takeInventory({ sysfs: kernel.sysfs, runDir: '/nonexistent' }).nics.filter((nic) =>
    isUserDriver(nic.driver),
  );
  const entries = nics.map(({ pciAddress, pciId }): [string, OriginalNic] => [
    pciAddress,
    { pciAddress, pciId, driver: null, mac: null, kernelName: null },
  ]);
  return { version: 1, nics: Object.fromEntries(entries) };
}

function isUserDriver(driver: string | undefined): boolean {
  return driver === 'vfio-pci' || driver === 'uio_pci_generic';
}

function describeBinding(pciAddress: string, driver: string | undefined): string {
  return `${pciAddress} is ${describeDriver(driver)}`;
}

function byKernelName(a: OriginalNic, b: OriginalNic): number {
  const key = (nic: OriginalNic): string => nic.kernelName ?? `~${nic.pciAddress}`;
  return key(a).localeCompare(key(b), 'en', { numeric: true });
}
