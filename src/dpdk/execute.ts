/**
 * The sysfs writes that move one device between drivers, each followed by a check of its effect.
 *
 * Source: Documentation/ABI/testing/sysfs-bus-pci (driver_override, unbind, drivers_probe, rescan).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readText, writeText, reasonOf } from '../linux/mod.ts';
import { currentDriver, devicePath } from './inventory.ts';

/** Where and how to write; the defaults are for a running system. */
export interface ExecuteOptions {
  readonly sysfs?: string;
  /** Directory of the record. */
  readonly runDir?: string;
  readonly devVfio?: string;
  /** Writes one value to one sysfs file; throws the kernel's error. */
  readonly write?: (path: string, text: string) => void;
  /** How long to wait for the effect of one change (default 2 s). */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** `ExecuteOptions` with its defaults filled in. */
export interface Kernel {
  readonly sysfs: string;
  readonly devVfio: string;
  readonly write: (path: string, text: string) => void;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const DEFAULT_TIMEOUT_MS = 2_000;
const POLL_MS = 20;

export function kernelOf(options: ExecuteOptions): Kernel {
  return {
    sysfs: options.sysfs ?? '/sys',
    devVfio: options.devVfio ?? '/dev/vfio',
    write: options.write ?? writeText,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    signal: options.signal,
  };
}

/** Polls until `probe` is true; false on timeout. Rejects when the signal aborts. */
export async function waitUntil(kernel: Kernel, probe: () => boolean): Promise<boolean> {
  const deadline = performance.now() + kernel.timeoutMs;
  for (;;) {
    if (probe()) return true;
    if (performance.now() >= deadline) return false;
    await sleep(POLL_MS, undefined, kernel.signal === undefined ? {} : { signal: kernel.signal });
  }
}

/** A newline clears it: the kernel then matches drivers by id again. */
const NO_OVERRIDE = '\n';

/** Restricts the device to one driver; undefined: any that matches. Throws the write's error. */
export function overrideDriver(kernel: Kernel, pciAddress: string, driver: string | undefined): void {
  const path = `${devicePath(kernel.sysfs, pciAddress)}/driver_override`;
  // The kernel shows an absent override as "(null)"; skipping the write keeps restoring an unchanged device silent.
  if (driver === undefined && (readText(path) ?? '(null)') === '(null)') return;
  kernel.write(path, driver ?? NO_OVERRIDE);
}

/** Unbinds the device from its driver, if any. Throws the write's error. */
export function unbind(kernel: Kernel, pciAddress: string): void {
  if (currentDriver(kernel.sysfs, pciAddress) === undefined) return;
  kernel.write(`${devicePath(kernel.sysfs, pciAddress)}/driver/unbind`, pciAddress);
}

/** Makes the kernel probe drivers for the device. Throws the write's error. */
export function probeDrivers(kernel: Kernel, pciAddress: string): void {
  kernel.write(`${kernel.sysfs}/bus/pci/drivers_probe`, pciAddress);
}

/** `on driver igc`, `without a driver`. */
export function describeDriver(driver: string | undefined): string {
  return driver === undefined ? 'without a driver' : `on driver ${driver}`;
}

/** Runs `step`; returns the reason when it threw. */
export function attempt(step: () => void): string | undefined {
  try {
    step();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
