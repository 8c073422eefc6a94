import {
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LinuxError } from '../linux/mod.ts';
import { cleanBoot } from './clean-boot.ts';
import { directoryBootPartition, directoryDataPartition } from './directory-partitions.ts';
import { readLastGood, saveLastGood } from './last-good.ts';
import { MountedBootPartition } from './mounted-partitions.ts';
import { updateInventory } from './nic-inventory.ts';
import { replaceFile } from './replace-file.ts';

const EBUSY = 16;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'appliance-partitions-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Replaces the kernel's mount: counts calls, and is busy as often as configured. */
class Mount {
  writable = false;
  readonly said: (string | undefined)[] = [];
  busy = 0;
  refused = 0;

  readonly boot = new MountedBootPartition({
    device: join(root, 'device'),
    root,
    remounter: {
      setReadOnly: () => {
        if (this.busy > 0) {
          this.busy -= 1;
          this.refused += 1;
          throw new LinuxError('mount', EBUSY, ['/boot']);
        }
        this.writable = false;
      },
      setWritable: () => {
        this.writable = true;
      },
    },
    onProblem: (reason) => this.said.push(reason),
  });

  constructor() {
    writeFileSync(join(root, 'device'), '');
  }
}

describe('the mounted boot partition', () => {
  it('is writable only during a write', async () => {
    const mount = new Mount();
    const seen = await mount.boot.writable(async (at) => {
      await writeFile(join(at, 'a'), 'x');
      return mount.writable;
    });
    expect(seen).toBe(true);
    expect(mount.writable).toBe(false);
    await mount.boot.writeFile('EFI/Linux/b', 'y');
    expect(readFileSync(join(root, 'EFI/Linux/b'), 'utf8')).toBe('y');
    await mount.boot.removeFile('a');
    await mount.boot.removeFile('a');
    expect(existsSync(join(root, 'a'))).toBe(false);
    expect(mount.said).toEqual([]);
  });

  it('is read-only again when the work fails', async () => {
    const mount = new Mount();
    await expect(mount.boot.writable(() => Promise.reject(new Error('no space')))).rejects.toThrow(
      'no space',
    );
    expect(mount.writable).toBe(false);
    await mount.boot.writeFile('a', 'x');
  });

  it('serialises writes, and a write inside another joins it', async () => {
    const mount = new Mount();
    const order: string[] = [];
    const first = mount.boot.writable(async () => {
      order.push('first');
      await mount.boot.writeFile('inner', 'x');
      expect(mount.writable, 'the inner one has not ended the outer').toBe(true);
      order.push('first ends');
    });
    const second = mount.boot.writable(async () => void order.push('second'));
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'first ends', 'second']);
    expect(readFileSync(join(root, 'inner'), 'utf8')).toBe('x');
  });

  it('allows no write while it is read as blocks', async () => {
    const mount = new Mount();
    const order: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const reading = mount.boot.unchanged(async () => {
      await promise;
      order.push(mount.writable ? 'read while writable' : 'read');
    });
    const writing = mount.boot.writable(async () => void order.push('written'));
    resolve();
    await Promise.all([reading, writing]);
    expect(order).toEqual(['read', 'written']);
  });

  it('is retried while it is busy', async () => {
    const mount = new Mount();
    mount.busy = 2;
    await mount.boot.writeFile('a', 'x');
    expect([mount.writable, mount.refused]).toEqual([false, 2]);
    expect(mount.said).toEqual([]);
  });

  it('reports staying writable, and clears that when it is read-only after the next write', async () => {
    const mount = new Mount();
    mount.busy = 5;
    await mount.boot.writeFile('a', 'x');
    expect(mount.writable).toBe(true);
    expect(mount.said[0]).toMatch(/stays writable: .*EBUSY/);
    await mount.boot.writeFile('a', 'y');
    expect(mount.writable).toBe(false);
    expect(mount.said.slice(1)).toEqual([undefined]);
  });
});

describe('a replaced file', () => {
  it('is the old one until it is the new one, without leftovers', async () => {
    const data = directoryDataPartition(join(root, 'data'));
    expect(data.readFile('a')).toBeUndefined();
    await data.writeFile('a', 'old');
    writeFileSync(join(data.root, 'a.new'), 'half of something longer');
    await data.writeFile('a', 'new');
    expect(data.readFile('a')).toBe('new');
    expect(readdirSync(data.root)).toEqual(['a']);
  });

  it('keeps its old text when the new one cannot be written', async () => {
    const data = directoryDataPartition(join(root, 'data'));
    mkdirSync(join(data.root, 'directory/inside'), { recursive: true });
    await expect(data.writeFile('directory', 'x')).rejects.toThrow(/could not write .*directory: /);
    expect(readdirSync(data.root)).toEqual(['directory']);
  });

  it('keeps its old text when the disk returns other data, and reports that', async () => {
    writeFileSync(join(root, 'a'), 'old');
    const bytes = Buffer.from('new');
    const writing = replaceFile(join(root, 'a'), bytes);
    // The digest is taken here; the write copies this memory a moment later.
    bytes[0] = 0x78;
    await expect(writing).rejects.toThrow(
      /could not write .*\/a: verification of .*\/a\.new failed: read back 3 bytes with/,
    );
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('old');
    expect(readdirSync(root)).toEqual(['a']);
  });

  it('is never outside the partition', async () => {
    const boot = directoryBootPartition(root);
    await expect(boot.writeFile('../x', '')).rejects.toThrow('is not below');
    await expect(boot.removeFile('/etc/passwd')).rejects.toThrow('is not below');
    await expect(boot.writeFile('.', '')).rejects.toThrow('is not below');
  });

  it('is readable by its owner only', async () => {
    const data = directoryDataPartition(join(root, 'data'));
    await data.writeFile('https.key', 'secret');
    const { statSync } = await import('node:fs');
    expect(statSync(join(data.root, 'https.key')).mode & (constants.S_IRWXG | constants.S_IRWXO)).toBe(0);
  });
});

describe('the leftovers of a power cut on the boot partition', () => {
  it('is removed: our unfinished files and fsck.fat’s files of lost clusters; nothing else', async () => {
    const mount = new Mount();
    mkdirSync(join(root, 'EFI/Linux'), { recursive: true });
    mkdirSync(join(root, 'photos'));
    for (const name of ['appliance.ini', 'appliance.ini.new', 'FSCK0000.REC', 'fsck0001.rec', 'fsck.rec'])
      writeFileSync(join(root, name), '');
    for (const name of ['EFI/Linux/x.efi.new', 'EFI/Linux/x.efi', 'photos/a.new'])
      writeFileSync(join(root, name), '');
    expect(await cleanBoot(mount.boot)).toEqual([
      'FSCK0000.REC',
      'appliance.ini.new',
      'fsck0001.rec',
      'EFI/Linux/x.efi.new',
    ]);
    expect(readdirSync(root).sort()).toEqual(['EFI', 'appliance.ini', 'device', 'fsck.rec', 'photos']);
    expect(readdirSync(join(root, 'EFI/Linux'))).toEqual(['x.efi']);
    expect(readdirSync(join(root, 'photos'))).toEqual(['a.new']);
  });

  it('is usually nothing: then the partition is not made writable', async () => {
    const boot = directoryBootPartition(root);
    const never = { ...boot, writable: () => Promise.reject(new Error('was made writable')) };
    expect(await cleanBoot(never)).toEqual([]);
  });
});

describe('the last good configuration', () => {
  it('is saved with its evidence', async () => {
    const data = directoryDataPartition(root);
    expect(readLastGood(data)).toBeUndefined();
    await saveLastGood(data, '[system]\n', { routes: 12 });
    expect(readLastGood(data)).toMatchObject({ text: '[system]\n', evidence: { routes: 12 } });
  });

  it('has no evidence after a power cut between the two writes, or when that is not JSON', async () => {
    const data = directoryDataPartition(root);
    await saveLastGood(data, '[system]\n', { routes: 12 });
    writeFileSync(join(root, 'last-good.ini'), '[vpp]\n');
    expect(readLastGood(data)).toEqual({ text: '[vpp]\n', evidence: undefined });
    writeFileSync(join(root, 'last-good.json'), '{"routes":');
    expect(readLastGood(data)).toEqual({ text: '[vpp]\n', evidence: undefined });
  });
});

describe('the inventory of NICs', () => {
  const [A, B, C] = ['00:00:5e:00:53:01', '00:00:5e:00:53:02', '00:00:5e:00:53:03'] as const;
  const nic = (slot: number, mac: string | undefined) => ({ pciAddress: `0000:0${slot}:00.0`, mac });

  it('reports new, moved and removed NICs since the last boot, and nothing at the first', async () => {
    const data = directoryDataPartition(root);
    expect(await updateInventory(data, [nic(1, A), nic(2, B)])).toEqual([]);
    expect(await updateInventory(data, [nic(1, A), nic(2, B)])).toEqual([]);
    expect(
      await updateInventory(data, [nic(1, A), nic(3, B), { ...nic(4, C), description: 'Intel I226-V' }]),
    ).toEqual([
      `NIC ${B} moved from 0000:02:00.0 to 0000:03:00.0: check the addresses in appliance.ini`,
      `NIC ${C} (Intel I226-V) is new at 0000:04:00.0`,
    ]);
    expect(await updateInventory(data, [nic(1, A), nic(3, B)])).toEqual([
      `NIC ${C} was removed from 0000:04:00.0`,
    ]);
    expect(await updateInventory(data, [nic(1, A), nic(3, B)])).toEqual([]);
  });

  it('takes a NIC without a MAC address for the previous one at its address', async () => {
    const data = directoryDataPartition(root);
    await updateInventory(data, [nic(1, A), nic(2, B)]);
    expect(await updateInventory(data, [nic(1, A), nic(2, undefined)])).toEqual([]);
    expect(await updateInventory(data, [nic(1, A), nic(2, B)])).toEqual([]);
  });

  it('starts over when the record is unreadable', async () => {
    const data = directoryDataPartition(root);
    writeFileSync(join(root, 'inventory.json'), '[{"mac":');
    expect(await updateInventory(data, [nic(1, A)])).toEqual([]);
    expect(await updateInventory(data, [nic(1, B)])).toHaveLength(2);
  });
});
