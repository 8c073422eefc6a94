import { mkdirSync, mkdtempSync, openSync, rmSync, writeSync, closeSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listDisks } from './block-devices.ts';
import { addDisk, imageTable, MIB, placesOf, tableBytes } from './disks.fixture.ts';
import { bootDeviceOf, findBootDisk, findTwin } from './find-boot-disk.ts';
import { readFatLabel } from './fat-label.ts';
import { IMAGE_DISK_GUID } from './layout.ts';

const BOOT_GUID = '0e8c5a7f-5f3b-4b1a-9c39-0a4cf6f0b6d1';
const OTHER_GUID = '5b0b8c38-6f0c-4d0e-8a2f-1b5f0ec1c9a7';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'appliance-find-'));
  mkdirSync(join(root, 'efi'));
  mkdirSync(join(root, 'sys/class/block'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const options = () => ({ ...placesOf(root), efiVariables: join(root, 'efi'), waitMs: 0, twinWaitMs: 0 });

function loaderSays(guid: string): void {
  const text = Buffer.from(`${guid}\0`, 'utf16le');
  const file = 'LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f';
  writeFileSync(join(root, 'efi', file), Buffer.concat([Buffer.from([6, 0, 0, 0]), text]));
}

function write(path: string, ...pieces: readonly (readonly [bytes: Buffer, at: number])[]): void {
  const fd = openSync(path, 'r+');
  for (const [bytes, at] of pieces) writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

/** A disk with a table, as large as the table says; `copies` of the table are on it. */
function diskWithTable(
  name: string,
  bootGuid: string,
  {
    diskGuid = OTHER_GUID,
    model = 'Stick',
    copies = 'both',
  }: { readonly diskGuid?: string; readonly model?: string; readonly copies?: 'both' | 'backup' } = {},
): string {
  const sizes = { bootBytes: 4 * MIB, dataBytes: 2 * MIB };
  const path = addDisk(root, {
    name,
    sizeBytes: 16 * MIB,
    bus: 'usb',
    model,
    partitions: [sizes.bootBytes, sizes.dataBytes],
  });
  const gpt = imageTable({ ...sizes, diskGuid, bootGuid, dataGuid: OTHER_GUID, diskBytes: 16 * MIB });
  const { head, tail, tailAt } = tableBytes(gpt);
  write(path, [copies === 'both' ? head : Buffer.alloc(512), 0], [tail, tailAt]);
  return path;
}

function fatSector(kind: 'FAT32' | 'FAT16', label: string): Buffer {
  const sector = Buffer.alloc(512);
  const [typeAt, labelAt] = kind === 'FAT32' ? [82, 71] : [54, 43];
  sector.write(kind.padEnd(8), typeAt, 'latin1');
  sector.write(label.padEnd(11), labelAt, 'latin1');
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

describe('the disks of a machine', () => {
  it('list their partitions by number, whatever the nodes’ names, and whether they are on USB', () => {
    addDisk(root, { name: 'nvme0n1', sizeBytes: 8 * MIB, model: 'Fast  One', partitions: [MIB, 2 * MIB] });
    addDisk(root, { name: 'sda', sizeBytes: 4 * MIB, bus: 'usb' });
    addDisk(root, { name: 'sr0', sizeBytes: 4 * MIB });
    addDisk(root, { name: 'sdb', sizeBytes: 0 });
    const disks = listDisks(placesOf(root));
    expect(
      disks.map(({ name }) => name),
      'no CD drive, no empty card reader',
    ).toEqual(['nvme0n1', 'sda']);
    expect(disks[0]).toMatchObject({ model: 'Fast One', removable: false, sizeBytes: 8 * MIB });
    expect(disks[0]?.partitions).toEqual([
      { name: 'nvme0n1p1', device: join(root, 'dev/nvme0n1p1'), number: 1, sizeBytes: MIB },
      { name: 'nvme0n1p2', device: join(root, 'dev/nvme0n1p2'), number: 2, sizeBytes: 2 * MIB },
    ]);
    expect(disks[1]).toMatchObject({ model: undefined, removable: true, partitions: [] });
  });
});

describe('the boot disk', () => {
  it('is the one with the partition that the loader names, in upper or lower case', async () => {
    diskWithTable('nvme0n1', OTHER_GUID);
    diskWithTable('sda', BOOT_GUID);
    loaderSays(BOOT_GUID.toUpperCase());
    const found = await findBootDisk(options());
    expect(found).toMatchObject({ kind: 'table', bootNumber: 1, foundBy: 'loader', disk: { name: 'sda' } });
    expect(bootDeviceOf(found)).toBe(join(root, 'dev/sda1'));
  });

  it('is found by the backup of a torn table', async () => {
    diskWithTable('sda', BOOT_GUID, { copies: 'backup' });
    loaderSays(BOOT_GUID);
    expect(await findBootDisk(options())).toMatchObject({ disk: { name: 'sda' } });
  });

  it('is never guessed: two matches are named with what to do', async () => {
    diskWithTable('sda', BOOT_GUID, { diskGuid: IMAGE_DISK_GUID, model: 'Red' });
    diskWithTable('sdb', BOOT_GUID, { diskGuid: IMAGE_DISK_GUID, model: 'Blue' });
    loaderSays(BOOT_GUID);
    const error = await findBootDisk(options()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ambiguous' });
    expect(String(error)).toMatch(/dev\/sda1 \(Red\) and .*dev\/sdb1 \(Blue\) both have.*remove all but one/);
  });

  it('waits for the twin of a stick freshly written from its image', async () => {
    diskWithTable('sda', BOOT_GUID, { diskGuid: IMAGE_DISK_GUID });
    loaderSays(BOOT_GUID);
    const finding = findBootDisk({ ...options(), twinWaitMs: 300 });
    finding.catch(() => {}); // checked below
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    diskWithTable('sdb', BOOT_GUID, { diskGuid: IMAGE_DISK_GUID });
    await expect(finding).rejects.toMatchObject({ code: 'ambiguous' });
  });

  it('is waited for', async () => {
    loaderSays(BOOT_GUID);
    const finding = findBootDisk({ ...options(), waitMs: 20_000 });
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    diskWithTable('sda', BOOT_GUID);
    expect(await finding).toMatchObject({ disk: { name: 'sda' } });
  });

  it('is not the labelled one when the loader names another', async () => {
    const path = diskWithTable('sda', OTHER_GUID);
    write(`${path}1`, [fatSector('FAT32', 'APPLIANCE'), 0]);
    loaderSays(BOOT_GUID);
    const error = await findBootDisk(options()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'not-found' });
    expect(String(error)).toContain(BOOT_GUID);
  });

  it('is the labelled one for a kernel without a loader, with or without a table', async () => {
    const path = diskWithTable('sda', BOOT_GUID);
    write(`${path}1`, [fatSector('FAT32', 'APPLIANCE'), 0]);
    const withTable = await findBootDisk(options());
    expect(withTable).toMatchObject({ kind: 'table', bootNumber: 1, foundBy: 'label' });
    expect(await findTwin(options())).toBeUndefined();

    const plain = addDisk(root, { name: 'vda', sizeBytes: MIB });
    write(plain, [fatSector('FAT16', 'APPLIANCE'), 0]);
    await expect(findBootDisk(options())).rejects.toMatchObject({ code: 'ambiguous' });
    expect(await findTwin(options())).toMatch(/sda1 .*and .*vda both have the label APPLIANCE/);

    rmSync(path);
    rmSync(`${path}1`);
    expect(await findBootDisk(options())).toEqual({ kind: 'plain', device: plain, foundBy: 'label' });
  });
});

describe('a FAT label', () => {
  it('is read from FAT32 and FAT16, and undefined for other content', async () => {
    const file = (name: string, bytes: Buffer): string => {
      writeFileSync(join(root, name), bytes);
      return join(root, name);
    };
    expect(await readFatLabel(file('a', fatSector('FAT32', 'APPLIANCE')))).toBe('APPLIANCE');
    expect(await readFatLabel(file('b', fatSector('FAT16', 'OTHER')))).toBe('OTHER');
    expect(await readFatLabel(file('short', Buffer.from('x')))).toBeUndefined();
    expect(await readFatLabel(file('empty', Buffer.alloc(4096)))).toBeUndefined();
    expect(await readFatLabel(join(root, 'missing'))).toBeUndefined();
  });
});
