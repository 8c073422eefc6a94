/** Fake disks: a sysfs tree with links as the kernel creates them, and sparse files for the devices. */
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DevicePlaces } from './block-devices.ts';
import { encodeGpt, emptyGpt, type Gpt, GptType } from './gpt.ts';

export const MIB = 2 ** 20;

export interface FakeDisk {
  readonly name: string;
  readonly sizeBytes: number;
  readonly bus?: 'pci' | 'usb';
  readonly model?: string;
  /** Partition sizes by number; the nodes are files of that size. */
  readonly partitions?: readonly number[];
}

/** Adds a disk to the tree below `root` and returns its device's path. */
export function addDisk(root: string, disk: FakeDisk): string {
  const bus = disk.bus === 'usb' ? 'pci0000:00/0000:00:14.0/usb2/2-1' : 'pci0000:00/0000:00:1d.0';
  const directory = join(root, 'sys/devices', bus, 'block', disk.name);
  const classes = join(root, 'sys/class/block');
  for (const each of [join(directory, 'device'), classes, join(root, 'dev')]) {
    mkdirSync(each, { recursive: true });
  }
  const add = (name: string, at: string, sizeBytes: number): void => {
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, 'size'), `${sizeBytes / 512}\n`);
    symlinkSync(at, join(classes, name));
    writeFileSync(join(root, 'dev', name), '');
    truncateSync(join(root, 'dev', name), sizeBytes);
  };
  add(disk.name, directory, disk.sizeBytes);
  writeFileSync(join(directory, 'removable'), '0\n');
  if (disk.model !== undefined) writeFileSync(join(directory, 'device/model'), `${disk.model}   \n`);
  for (const [index, sizeBytes] of (disk.partitions ?? []).entries()) {
    const name = `${disk.name}${/\d$/.test(disk.name) ? 'p' : ''}${index + 1}`;
    add(name, join(directory, name), sizeBytes);
    writeFileSync(join(directory, name, 'partition'), `${index + 1}\n`);
  }
  return join(root, 'dev', disk.name);
}

export function placesOf(root: string): DevicePlaces {
  return { sysfs: join(root, 'sys'), dev: join(root, 'dev') };
}

export interface FakeTable {
  readonly diskGuid: string;
  readonly bootGuid: string;
  readonly dataGuid: string;
  /** Disk size that the table was made for. */
  readonly diskBytes: number;
  readonly bootBytes: number;
  readonly dataBytes: number;
}

/** A table as the image builder writes it. */
export function imageTable(table: FakeTable): Gpt {
  const sectors = (bytes: number): number => bytes / 512;
  const dataLba = 2048 + sectors(table.bootBytes);
  return {
    ...emptyGpt(512, sectors(table.diskBytes), table.diskGuid),
    partitions: [
      {
        number: 1,
        typeGuid: GptType.efiSystem,
        guid: table.bootGuid,
        firstLba: 2048,
        lastLba: dataLba - 1,
        attributes: 0n,
        name: 'boot',
      },
      {
        number: 2,
        typeGuid: GptType.linuxFilesystem,
        guid: table.dataGuid,
        firstLba: dataLba,
        lastLba: dataLba + sectors(table.dataBytes) - 1,
        attributes: 0n,
        name: 'data',
      },
    ],
  };
}

/** The output of `encodeGpt`, at its offsets. */
export function tableBytes(gpt: Gpt): {
  readonly head: Buffer;
  readonly tail: Buffer;
  readonly tailAt: number;
} {
  const { head, tail, tailLba } = encodeGpt(gpt);
  return { head, tail, tailAt: tailLba * gpt.sectorBytes };
}
