import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listDisks } from './block-devices.ts';
import { addDisk, imageTable, MIB, placesOf, tableBytes } from './disks.fixture.ts';
import { encodeGpt } from './gpt.ts';
import { IMAGE_BOOT_GUID, IMAGE_DATA_GUID, IMAGE_DISK_GUID } from './layout.ts';
import { readTable, writeTable } from './partition-table.ts';
import { planTable, settleDisk } from './settle-disk.ts';

const SGDISK = '/usr/sbin/sgdisk';
const hasSgdisk = spawnSync(SGDISK, ['--version']).status === 0;
const IMAGE_BYTES = 16 * MIB;
const DISK_BYTES = 64 * MIB;
const SIZES = { bootBytes: 8 * MIB, dataBytes: 4 * MIB };
const GUIDS = { diskGuid: IMAGE_DISK_GUID, bootGuid: IMAGE_BOOT_GUID, dataGuid: IMAGE_DATA_GUID };
/** From the first MiB after the boot partition to the last whole one before the backup. */
const GROWN_BYTES = DISK_BYTES - 9 * MIB - MIB;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'appliance-settle-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const image = () => imageTable({ ...GUIDS, ...SIZES, diskBytes: IMAGE_BYTES });

/** An image on a larger USB stick; its partitions already have their final sizes. */
function flashedStick(): string {
  const path = addDisk(root, {
    name: 'sda',
    sizeBytes: DISK_BYTES,
    partitions: [SIZES.bootBytes, GROWN_BYTES],
  });
  const { head, tail, tailAt } = tableBytes(image());
  put(path, head, 0);
  put(path, tail, tailAt);
  return path;
}

function put(path: string, bytes: Buffer, at: number): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

async function settle(): Promise<readonly string[]> {
  const [disk] = listDisks(placesOf(root));
  if (disk === undefined) throw new Error('no disk in the tree');
  return (await settleDisk(disk, placesOf(root))).changes;
}

describe('the first boot', () => {
  it('renews every GUID, extends the data partition to the end and moves the backup there', async () => {
    const path = flashedStick();
    expect(await settle()).toEqual(['new GUIDs', 'data partition 50 MiB larger']);
    const table = await readTable(path);
    expect(table).toMatchObject({ source: 'primary', fault: undefined });
    const guids = [table?.gpt.diskGuid, ...(table?.gpt.partitions.map(({ guid }) => guid) ?? [])];
    expect(new Set(guids).size).toBe(3);
    for (const old of Object.values(GUIDS)) expect(guids).not.toContain(old);
    for (const guid of guids) expect(guid, 'version 4').toMatch(/^.{8}-.{4}-4.{3}-[89ab]/);
    expect(table?.gpt.partitions.map(({ name }) => name)).toEqual(['boot', 'data']);
  });

  it.skipIf(!hasSgdisk)('leaves a table without problems for sgdisk', async () => {
    const path = flashedStick();
    expect(execFileSync(SGDISK, ['-v', path], { encoding: 'utf8' }), 'before').toMatch(
      /backup|end of the disk/i,
    );
    await settle();
    const verdict = execFileSync(SGDISK, ['-v', path], { encoding: 'utf8' });
    expect(verdict).toContain('No problems found');
    const data = execFileSync(SGDISK, ['-i', '2', path], { encoding: 'utf8' });
    expect(data).toContain("Partition name: 'data'");
    expect(data).toContain(`Partition size: ${GROWN_BYTES / 512} sectors`);
  });

  it('changes nothing at the next boot', async () => {
    const path = flashedStick();
    await settle();
    const before = readFileSync(path);
    expect(await settle()).toEqual([]);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is completed after a power cut before, during and after the write of the head', async () => {
    const path = flashedStick();
    const planned = planTable({
      gpt: image(),
      source: 'primary',
      fault: undefined,
      diskSectors: DISK_BYTES / 512,
    });
    const { head, tail, tailLba } = encodeGpt(planned.gpt);
    const sectors = head.length / 512;
    for (let cut = 0; cut <= sectors; cut += 1) {
      const old = tableBytes(image());
      put(path, old.head, 0);
      put(path, old.tail, old.tailAt);
      put(path, tail, tailLba * 512);
      put(path, head.subarray(0, cut * 512), 0);
      const seen = await readTable(path);
      expect(seen, `${cut} sectors of the head written: a whole table`).toBeDefined();
      await settle();
      const table = await readTable(path);
      expect(table, `${cut} sectors`).toMatchObject({ source: 'primary', fault: undefined });
      expect(table?.gpt.diskGuid).not.toBe(IMAGE_DISK_GUID);
      expect(table?.gpt.diskSectors).toBe(DISK_BYTES / 512);
      expect(await settle(), `${cut} sectors, once more`).toEqual([]);
    }
  });
});

describe('a later boot', () => {
  it('grows the table of a disk that grew, and keeps its GUIDs', async () => {
    const path = flashedStick();
    await settle();
    const before = await readTable(path);
    truncateSync(path, DISK_BYTES + 8 * MIB);
    const sys = join(root, 'sys/class/block');
    writeFileSync(join(sys, 'sda/size'), `${(DISK_BYTES + 8 * MIB) / 512}\n`);
    writeFileSync(join(sys, 'sda2/size'), `${(GROWN_BYTES + 8 * MIB) / 512}\n`);
    expect(await settle()).toEqual(['data partition 8 MiB larger']);
    expect((await readTable(path))?.gpt.diskGuid).toBe(before?.gpt.diskGuid);
  });

  it('rewrites a damaged copy', async () => {
    const path = flashedStick();
    await settle();
    put(path, Buffer.alloc(512), DISK_BYTES - 512);
    expect((await settle())[0]).toMatch(/^partition table rewritten \(backup table/);
    expect(await readTable(path)).toMatchObject({ fault: undefined });
  });

  it('does not change a disk whose last partition is not ours', async () => {
    const path = flashedStick();
    const gpt = image();
    const foreign = { ...gpt, diskGuid: IMAGE_BOOT_GUID };
    await writeTable(path, {
      ...foreign,
      partitions: gpt.partitions.map((each) => (each.number === 2 ? { ...each, name: 'mine' } : each)),
    });
    const before = readFileSync(path);
    expect(await settle()).toEqual([]);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('reports a disk that is too small for its image', async () => {
    const path = flashedStick();
    truncateSync(path, 12 * MIB);
    await expect(settle()).rejects.toThrow('too small');
  });

  it('does not change a disk without a table', async () => {
    addDisk(root, { name: 'sda', sizeBytes: DISK_BYTES });
    expect(await settle()).toEqual([]);
  });
});
