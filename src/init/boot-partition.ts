/**
 * The partition labelled APPLIANCE: found, mounted read-only, read.
 *
 * The label of a FAT file system stands in its boot sector (offset 43 for FAT12 and FAT16, 71 for FAT32, 11 bytes,
 * blank padded; Microsoft's FAT specification, section 3.1), so it is read from the block device itself: no
 * udev, no blkid. Two partitions with that label are an error that names both, never a guess.
 */
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { mount, MountFlag } from '../linux/mod.ts';

export const BOOT_LABEL = 'APPLIANCE';
export const BOOT_MOUNT_POINT = '/boot';
export const CONFIG_FILE = `${BOOT_MOUNT_POINT}/appliance.ini`;
/** USB disks appear seconds after the kernel started. */
const WAIT_MS = 10_000;
const POLL_MS = 100;
const MAX_CONFIG_BYTES = 1024 * 1024;

/** Reads the label of the FAT file system on a block device or image; undefined when it holds none. */
export function readFatLabel(device: string): string | undefined {
  const sector = Buffer.alloc(512);
  let fd: number;
  try {
    fd = openSync(device, 'r');
  } catch {
    // No medium, or gone between the listing and here.
    return undefined;
  }
  try {
    if (readSync(fd, sector, 0, 512, 0) < 512) return undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
  if (sector.readUInt16LE(510) !== 0xaa55) return undefined;
  const text = (start: number, length: number): string => sector.toString('latin1', start, start + length);
  if (text(82, 5) === 'FAT32') return text(71, 11).trimEnd();
  if (/^FAT1[26]/.test(text(54, 5))) return text(43, 11).trimEnd();
  return undefined;
}

/** All block devices (disks and partitions) whose FAT label is `label`, as paths. */
export function findByLabel(label: string, sysfs = '/sys', dev = '/dev'): string[] {
  let names: string[];
  try {
    names = readdirSync(`${sysfs}/class/block`);
  } catch {
    return [];
  }
  return names
    .filter((name) => !/^(loop|ram|zram|dm-)/.test(name))
    .sort()
    .map((name) => `${dev}/${name}`)
    .filter((path) => readFatLabel(path) === label);
}

/** Waits for the boot partition, mounts it read-only at /boot and returns its device. */
export async function mountBootPartition(waitMs = WAIT_MS): Promise<string> {
  const deadline = performance.now() + waitMs;
  let found = findByLabel(BOOT_LABEL);
  while (found.length === 0 && performance.now() < deadline) {
    await sleep(POLL_MS);
    found = findByLabel(BOOT_LABEL);
  }
  const [device, ...others] = found;
  if (device === undefined) {
    throw new Error(`no partition with the label ${BOOT_LABEL} appeared within ${waitMs / 1000} s`);
  }
  if (others.length > 0) {
    throw new Error(`${found.join(' and ')} all have the label ${BOOT_LABEL}: take out all but one`);
  }
  mkdirSync(BOOT_MOUNT_POINT, { recursive: true });
  mount(
    device,
    BOOT_MOUNT_POINT,
    'vfat',
    MountFlag.readOnly | MountFlag.noSuid | MountFlag.noDev | MountFlag.noExec,
    'utf8,errors=remount-ro',
  );
  return device;
}

/** Reads a configuration file whole, bounded. Throws with the path and the reason. */
export function readConfigFile(path: string): Uint8Array {
  const size = statSync(path).size;
  if (size > MAX_CONFIG_BYTES) {
    throw new Error(`${path} has ${size} bytes: a configuration has at most ${MAX_CONFIG_BYTES}`);
  }
  return readFileSync(path);
}
