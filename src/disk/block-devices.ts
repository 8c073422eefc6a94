/**
 * Owns listing disks and their partitions from sysfs. Reads attributes only, never a disk.
 *
 * Source: Documentation/ABI/stable/sysfs-block. Only partitions have `partition`; a partition's directory is
 * inside its disk's. `size` and `start` count units of 512 bytes whatever the sector size.
 */
import { realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { readInt, readNames, readText } from '../linux/mod.ts';

/** Roots of sysfs and /dev; those of the running system by default. */
export interface DevicePlaces {
  readonly sysfs?: string;
  readonly dev?: string;
}

export interface DiskPartition {
  /** `nvme0n1p1` */
  readonly name: string;
  /** `/dev/nvme0n1p1` */
  readonly device: string;
  /** Position in the partition table, from 1. */
  readonly number: number;
  readonly sizeBytes: number;
}

export interface Disk {
  /** `nvme0n1` */
  readonly name: string;
  /** `/dev/nvme0n1` */
  readonly device: string;
  readonly sizeBytes: number;
  /** The maker's name; undefined where the kernel has none (virtio). */
  readonly model: string | undefined;
  /** Removable medium, or a disk on USB. */
  readonly removable: boolean;
  readonly partitions: readonly DiskPartition[];
}

/** Never boot devices; opening a floppy or an empty CD drive can take seconds. */
export const NOT_A_DISK = /^(loop|ram|zram|dm-|md|sr|fd|nbd|mtdblock)|boot\d+$|rpmb$/;
const SIZE_UNIT_BYTES = 512;

/** Disks with a medium, by name, with their partitions by number. Never throws. */
export function listDisks({ sysfs = '/sys', dev = '/dev' }: DevicePlaces = {}): Disk[] {
  const directory = `${sysfs}/class/block`;
  const names = readNames(directory).filter((name) => !NOT_A_DISK.test(name));
  const partitions = new Map<string, DiskPartition[]>();
  const disks: string[] = [];
  for (const name of names) {
    const number = readInt(`${directory}/${name}/partition`);
    if (number === undefined) {
      disks.push(name);
      continue;
    }
    const parent = parentOf(`${directory}/${name}`);
    if (parent === undefined) continue;
    const siblings = partitions.get(parent) ?? [];
    siblings.push({ name, device: `${dev}/${name}`, number, sizeBytes: sizeOf(`${directory}/${name}`) });
    partitions.set(parent, siblings);
  }
  return disks
    .map((name) => ({
      name,
      device: `${dev}/${name}`,
      sizeBytes: sizeOf(`${directory}/${name}`),
      model: modelOf(`${directory}/${name}`),
      removable: isRemovable(`${directory}/${name}`),
      partitions: (partitions.get(name) ?? []).toSorted((a, b) => a.number - b.number),
    }))
    .filter(({ sizeBytes }) => sizeBytes > 0);
}

function parentOf(path: string): string | undefined {
  try {
    return basename(dirname(realpathSync(path)));
  } catch {
    return undefined; // unplugged meanwhile
  }
}

function sizeOf(path: string): number {
  return (readInt(`${path}/size`) ?? 0) * SIZE_UNIT_BYTES;
}

/** SCSI and NVMe name it `model`, SD and eMMC `name`. */
function modelOf(path: string): string | undefined {
  const text = readText(`${path}/device/model`) ?? readText(`${path}/device/name`);
  return text === undefined || text === '' ? undefined : text.replaceAll(/\s+/g, ' ');
}

function isRemovable(path: string): boolean {
  if (readInt(`${path}/removable`) === 1) return true;
  try {
    return /\/usb\d+\//.test(realpathSync(path));
  } catch {
    return false; // unplugged meanwhile
  }
}
