import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listDisks } from './block-devices.ts';
import { copyBlocks } from './copy-blocks.ts';
import { directoryBootPartition, directoryDataPartition } from './directory-partitions.ts';
import { LoopDisk, whyNoLoopDisk } from '../linux/loop-disk.fixture.ts';
import { addDisk, imageTable, MIB, placesOf } from './disks.fixture.ts';
import { readExt4 } from './ext4-superblock.ts';
import { Installer, type InstallProgress, planTarget } from './install.ts';
import { readTable, writeTable } from './partition-table.ts';
import { Tool } from './run-tool.ts';

const BOOT_BYTES = 5 * MIB;
const TARGET_BYTES = 256 * MIB;
const GUIDS = {
  diskGuid: '0e8c5a7f-5f3b-4b1a-9c39-0a4cf6f0b6d1',
  bootGuid: '1e8c5a7f-5f3b-4b1a-9c39-0a4cf6f0b6d1',
  dataGuid: '2e8c5a7f-5f3b-4b1a-9c39-0a4cf6f0b6d1',
};
const hasMke2fs = existsSync(Tool.mke2fs);
const hasSgdisk = spawnSync('/usr/sbin/sgdisk', ['--version']).status === 0;

let root: string;
/** The directory used as the target's mounted data partition. */
let mounted: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'appliance-install-'));
  mounted = join(root, 'mounted');
  mkdirSync(mounted);
  const stick = addDisk(root, {
    name: 'sda',
    sizeBytes: 16 * MIB,
    bus: 'usb',
    model: 'Stick',
    partitions: [BOOT_BYTES, 4 * MIB],
  });
  const sizes = { diskBytes: 16 * MIB, bootBytes: BOOT_BYTES, dataBytes: 4 * MIB };
  await writeTable(stick, imageTable({ ...GUIDS, ...sizes }));
  writeFileSync(`${stick}1`, randomBytes(BOOT_BYTES));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const dataBytesOf = (diskBytes: number): number => diskBytes - 6 * MIB - MIB;

function addTarget(name = 'nvme0n1', sizeBytes = TARGET_BYTES): string {
  const partitions = [BOOT_BYTES, dataBytesOf(sizeBytes)].filter((bytes) => bytes > 0);
  return addDisk(root, { name, sizeBytes, model: 'Internal', partitions });
}

async function installer(): Promise<Installer> {
  const disk = listDisks(placesOf(root)).find(({ name }) => name === 'sda');
  if (disk === undefined) throw new Error('no stick in the tree');
  const data = directoryDataPartition(join(root, 'data'), true);
  for (const name of ['last-good.ini', 'password.json', 'random-seed', 'log/kernel'])
    await data.writeFile(name, name);
  mkdirSync(join(root, 'boot'), { recursive: true });
  return new Installer({
    bootDisk: { kind: 'table', disk, bootNumber: 1, foundBy: 'loader' },
    boot: directoryBootPartition(join(root, 'boot')),
    data,
    places: placesOf(root),
    withMounted: (_device, work) => work(mounted),
  });
}

describe('the targets of an installation', () => {
  it('are all disks except the running one, unsuitable ones with the reason', async () => {
    addTarget();
    addDisk(root, { name: 'sdb', sizeBytes: 8 * MIB, bus: 'usb' });
    const targets = await (await installer()).targets();
    expect(targets).toEqual([
      {
        name: 'nvme0n1',
        device: join(root, 'dev/nvme0n1'),
        model: 'Internal',
        sizeBytes: TARGET_BYTES,
        removable: false,
        partitions: ['nvme0n1p1', 'nvme0n1p2'],
      },
      {
        name: 'sdb',
        device: join(root, 'dev/sdb'),
        sizeBytes: 8 * MIB,
        removable: true,
        partitions: [],
        refusal: 'too small: 8 MB, needs at least 142 MB',
      },
    ]);
  });
});

describe('an installation', () => {
  it.skipIf(!hasMke2fs)('creates a second disk that boots beside the first', async () => {
    const target = addTarget();
    const steps: InstallProgress[] = [];
    await (await installer()).install('nvme0n1', (progress) => steps.push(progress));

    const table = await readTable(target);
    expect(table).toMatchObject({ source: 'primary', fault: undefined });
    expect(table?.gpt.partitions.map(({ name }) => name)).toEqual(['boot', 'data']);
    const guids = [table?.gpt.diskGuid, ...(table?.gpt.partitions.map(({ guid }) => guid) ?? [])];
    for (const guid of Object.values(GUIDS)) expect(guids).not.toContain(guid);
    expect(new Set(guids).size).toBe(3);
    if (hasSgdisk) {
      const verdict = spawnSync('/usr/sbin/sgdisk', ['-v', target], { encoding: 'utf8' });
      expect(verdict.stdout).toContain('No problems found');
    }

    expect(readFileSync(`${target}p1`).equals(readFileSync(join(root, 'dev/sda1')))).toBe(true);
    expect(await readExt4(`${target}p2`)).toEqual({
      sizeBytes: dataBytesOf(TARGET_BYTES),
      label: 'appliance-data',
    });
    expect(readdirSync(mounted).sort(), 'neither seed nor logs').toEqual(['last-good.ini', 'password.json']);
    expect([...new Set(steps.map(({ step }) => step))]).toEqual(['table', 'data', 'copy', 'verify', 'done']);
    expect(steps.at(-1)).toEqual({ step: 'done', doneBytes: BOOT_BYTES, totalBytes: BOOT_BYTES });
  });

  it('is refused with the reason for the running disk, an unknown one and one that is too small', async () => {
    addTarget('nvme0n1', 64 * MIB);
    const one = await installer();
    await expect(one.install('sda')).rejects.toMatchObject({
      code: 'refused',
      message: 'sda: the box runs from this disk',
    });
    await expect(one.install(join(root, 'dev/sda'))).rejects.toMatchObject({ code: 'refused' });
    await expect(one.install('nvme0n1')).rejects.toMatchObject({ code: 'refused' });
    await expect(one.install('sdz')).rejects.toMatchObject({
      code: 'not-found',
      message: 'no disk "sdz": expected one of nvme0n1',
    });
  });

  it.skipIf(!hasMke2fs)('that is aborted leaves nothing bootable, and another one may follow', async () => {
    const target = addTarget();
    const one = await installer();
    const installing = one.install('nvme0n1', ({ step }) => {
      if (step === 'copy') one.abort();
    });
    await expect(one.install('nvme0n1')).rejects.toMatchObject({ code: 'busy' });
    await expect(installing).rejects.toMatchObject({ code: 'aborted' });
    expect(readFileSync(`${target}p1`).subarray(0, 512).equals(Buffer.alloc(512))).toBe(true);
    await one.install('nvme0n1');
    expect(readFileSync(`${target}p1`).equals(readFileSync(join(root, 'dev/sda1')))).toBe(true);
  });
});

describe('the table of a target', () => {
  it('has a boot partition as large as the source and the rest for data, also with odd sizes', () => {
    const gpt = planTarget(BOOT_BYTES + 4096, { sizeBytes: TARGET_BYTES + 5 * 512, sectorBytes: 512 });
    expect(gpt.partitions).toMatchObject([
      { number: 1, firstLba: 2048, lastLba: 2048 + (BOOT_BYTES + 4096) / 512 - 1 },
      { number: 2, firstLba: 7 * 2048, lastLba: (TARGET_BYTES - MIB) / 512 - 1 },
    ]);
  });
});

describe('a copy of blocks', () => {
  it('fails when the source ends early', async () => {
    const [from, to] = [join(root, 'from'), join(root, 'to')];
    writeFileSync(from, randomBytes(MIB));
    writeFileSync(to, Buffer.alloc(2 * MIB));
    await expect(copyBlocks(from, to, { lengthBytes: 2 * MIB })).rejects.toThrow(`ends at byte ${MIB}`);
    expect(readFileSync(to).subarray(0, 512).equals(Buffer.alloc(512)), 'no first block').toBe(true);
  });

  const why = whyNoLoopDisk();
  it('fails when the disk returns other data, and is not a boot partition', async (ctx) => {
    if (why !== undefined) ctx.skip(why);
    using disk = new LoopDisk({ sizeMib: 4, mounted: false });
    const from = join(root, 'from');
    const bytes = randomBytes(4 * MIB);
    writeFileSync(from, bytes);
    let isSpoilt = false;
    const copying = copyBlocks(from, disk.device, {
      lengthBytes: bytes.length,
      onProgress({ step }) {
        if (step !== 'verify' || isSpoilt) return;
        isSpoilt = true;
        disk.spoil(bytes.subarray(3 * MIB, 3 * MIB + 4096));
      },
    });
    await expect(copying).rejects.toMatchObject({ code: 'verification' });
    expect(readFileSync(disk.image).subarray(0, 512).equals(Buffer.alloc(512)), 'no first block').toBe(true);
  });
});
