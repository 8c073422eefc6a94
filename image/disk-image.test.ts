import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOOT_OFFSET_BYTES, DATA_OFFSET_BYTES, writeDiskImage } from './disk-image.ts';
import { findTool, runCommand } from './run-command.ts';

const MIB = 1 << 20;
const TOOLS = [
  'mkfs.fat',
  'fsck.fat',
  'mke2fs',
  'e2fsck',
  'mcopy',
  'mmd',
  'mdir',
  'mtype',
  'sgdisk',
  'dumpe2fs',
];
const missing = TOOLS.filter((tool) => findTool(tool) === undefined);

describe.skipIf(missing.length > 0)(
  `writeDiskImage${missing.length > 0 ? ` (no ${missing.join(', ')})` : ''}`,
  () => {
    let scratch: string;
    let image: string;
    const write = (path: string) => {
      const source = join(scratch, 'loader');
      writeFileSync(source, 'x'.repeat(100_000));
      return writeDiskImage(path, [
        { path: 'appliance.ini', data: '[system]\r\n' },
        { path: 'EFI/Linux/appliance-1.2.3-rc.1.efi', source },
        { path: 'EFI/BOOT/BOOTX64.EFI', source },
      ]);
    };
    beforeAll(async () => {
      scratch = mkdtempSync(join(tmpdir(), 'appliance-image-test-'));
      image = join(scratch, 'appliance.img');
      await write(image);
    });
    afterAll(() => rmSync(scratch, { recursive: true, force: true }));

    /** One partition's bytes as a separate file, for tools without an offset option. */
    const partition = (name: string, start: number, length: number) => {
      const path = join(scratch, name);
      writeFileSync(path, readFileSync(image).subarray(start, start + length));
      return path;
    };

    it('has a partition table that sgdisk accepts, with both partitions', async () => {
      expect(await runCommand('sgdisk', ['-v', image])).toContain('No problems found');
      const table = await runCommand('sgdisk', ['-p', image]);
      expect(table).toMatch(/^ +1 +2048 +1050623 +512\.0 MiB +EF00 +boot$/m);
      expect(table).toMatch(/^ +2 +1050624 +1181695 +64\.0 MiB +8300 +data$/m);
    });

    it('has a boot partition that fsck.fat accepts, with the files', async () => {
      const boot = partition('boot.fat', BOOT_OFFSET_BYTES, 512 * MIB);
      const said = await runCommand('fsck.fat', ['-n', '-v', boot]);
      expect(said).not.toMatch(/differences|dirty|error/i);
      const listing = await runCommand('mdir', ['-/', '-b', '-i', `${image}@@${BOOT_OFFSET_BYTES}`, '::/']);
      expect(listing.trim().split('\n').sort()).toEqual([
        '::/EFI/',
        '::/EFI/BOOT/',
        '::/EFI/BOOT/BOOTX64.EFI',
        '::/EFI/Linux/',
        '::/EFI/Linux/appliance-1.2.3-rc.1.efi',
        '::/appliance.ini',
      ]);
      expect(await runCommand('mdir', ['-i', `${image}@@${BOOT_OFFSET_BYTES}`, '::/'])).toMatch(
        /Volume in drive : is APPLIANCE/,
      );
      const text = await runCommand('mtype', ['-i', `${image}@@${BOOT_OFFSET_BYTES}`, '::/appliance.ini']);
      expect(text).toBe('[system]\r\n');
    });

    it('has a data partition that e2fsck accepts, with room to grow to 4 TiB', async () => {
      const data = partition('data.ext4', DATA_OFFSET_BYTES, 64 * MIB);
      await runCommand('e2fsck', ['-f', '-n', data]);
      const about = await runCommand('dumpe2fs', ['-h', data]);
      expect(about).toMatch(/Filesystem volume name: +appliance-data/);
      expect(about).toMatch(/Block size: +4096/);
      expect(about).toMatch(/Reserved GDT blocks: +511/);
    });

    it('is sparse', () => {
      expect(statSync(image).blocks * 512).toBeLessThan(20 * MIB);
    });

    it('is the same when it is made again later', async () => {
      // FAT keeps times in steps of two seconds.
      await sleep(2100);
      const other = join(scratch, 'other.img');
      await write(other);
      expect(readFileSync(other).equals(readFileSync(image))).toBe(true);
    });
  },
);
