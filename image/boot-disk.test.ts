import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFatLabel } from '../src/disk/fat-label.ts';
import { writeBootDisk } from './boot-disk.ts';
import { findTool, runCommand } from './run-command.ts';

const TOOLS = ['mkfs.fat', 'mcopy', 'mtype', 'fsck.fat'];
const missing = TOOLS.filter((tool) => findTool(tool) === undefined);

describe.skipIf(missing.length > 0)(
  `writeBootDisk${missing.length > 0 ? ` (no ${missing.join(', ')})` : ''}`,
  () => {
    let scratch: string;
    let disk: string;
    beforeEach(() => {
      scratch = mkdtempSync(join(tmpdir(), 'appliance-disk-test-'));
      disk = join(scratch, 'boot.img');
    });
    afterEach(() => rmSync(scratch, { recursive: true, force: true }));

    it('makes a FAT file system that fsck.fat accepts, with our label and the file', async () => {
      const ini = '\ufeff[system]\r\nhostname = box\r\n';
      await writeBootDisk(disk, { ini });
      await runCommand('fsck.fat', ['-n', disk]);
      expect(await readFatLabel(disk)).toBe('APPLIANCE');
      expect(await runCommand('mtype', ['-i', disk, '::/appliance.ini'])).toBe(ini);
    });

    it('makes the same in the first partition of a master boot record', async () => {
      await writeBootDisk(disk, { ini: '[vpp]\n', layout: 'mbr' });
      expect(await runCommand('mtype', ['-i', `${disk}@@1M`, '::/appliance.ini'])).toBe('[vpp]\n');
      const record = readFileSync(disk).subarray(0, 512);
      expect(record.readUInt16BE(510)).toBe(0x55aa);
      expect(record[450], 'type').toBe(0x0c);
      expect([record.readUInt32LE(454), record.readUInt32LE(458)], 'start and sectors').toEqual([
        2048, 129_024,
      ]);
      expect(await readFatLabel(disk), 'the disk itself is not a file system').toBeUndefined();
    });

    it('makes a disk without a configuration, and one with another label', async () => {
      await writeBootDisk(disk, { ini: undefined, label: 'OTHER' });
      expect(await readFatLabel(disk)).toBe('OTHER');
      await expect(runCommand('mtype', ['-i', disk, '::/appliance.ini'])).rejects.toThrow('not found');
    });

    it('writes equal bytes for equal text', async () => {
      const other = join(scratch, 'other.img');
      await writeBootDisk(disk, { ini: '[vpp]\n', sizeMiB: 40 });
      await writeBootDisk(other, { ini: '[vpp]\n', sizeMiB: 40 });
      expect(readFileSync(disk).equals(readFileSync(other))).toBe(true);
    });
  },
);
