/** The image as it is flashed: firmware → systemd-boot → unified image → PID 1, from a stick and from an internal disk. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage } from '../../image/build-image.ts';
import { runCommand } from '../../image/run-command.ts';
import { verifyManifest } from '../../src/update/mod.ts';
import { guestLine } from '../fixtures/console-lines.ts';
import {
  ADDED,
  BUILT_AT,
  DiskGuest,
  TEST_KEY,
  TEST_PUBLIC_KEY,
  testImage,
  whyNoDiskGuest,
} from './disk-harness.ts';

const why = whyNoDiskGuest();
if (why !== undefined) process.stdout.write(`skipped: ${why}\n`);

const BOOT_MS = 240_000;
const INI = '\ufeff[system]\r\nhostname = from-the-drive\r\n';

describe.skipIf(why !== undefined).each(['nvme', 'usb'] as const)(
  'the image on a disk attached as %s',
  (bus) => {
    let box: DiskGuest;
    beforeAll(async () => {
      box = await DiskGuest.create({ bus, ini: INI });
      await box.powerOn();
    });
    afterAll(() => box?.[Symbol.asyncDispose]());

    it('boots to PID 1, which answers over HTTP and has read the file on the drive', async () => {
      const status = await box.until('the status page answers', () => true);
      expect(status).toMatchObject({ pid: 1, version: box.image.version, hostname: 'from-the-drive' });
    });

    it('was started by the boot loader with our command line', () => {
      // The kernel says it twice: the serial line of a busy machine loses a character now and then.
      const lines = box.guest.console.lines.filter(({ text }) => /command line:/i.test(text));
      const said = lines.map(({ text }) => text.replace(/^.*command line: /i, ''));
      expect(said).toContain('intel_iommu=on iommu=pt panic=10 console=ttyS0,115200 console=tty0');
    });

    it('shuts down at the power button, and leaves a disk without faults', async () => {
      const exit = await box.powerOff();
      expect(exit.reason).toBe('guest-shutdown');
      const files = await box.listBootFiles();
      expect(files).toEqual(
        expect.arrayContaining([
          'EFI/BOOT/BOOTX64.EFI',
          `EFI/Linux/appliance-${box.image.version}.efi`,
          'README.txt',
          'appliance.ini',
        ]),
      );
      expect((await box.readBootFile('appliance.ini'))?.toString()).toBe(INI);
      expect(await box.findFaults()).toEqual([]);
    });
  },
);

describe.skipIf(why !== undefined)('the power button', () => {
  it('is heard while the box still boots, and ends it in order', async () => {
    await using box = await DiskGuest.create({ ini: INI });
    const guest = await box.powerOn();
    await guestLine(guest, /power-button/, BOOT_MS);
    const exit = await box.powerOff();
    expect(exit.reason).toBe('guest-shutdown');
    expect(guest.console.lines.some(({ text }) => /the power button was pressed/.test(text))).toBe(true);
    expect((await box.readBootFile('appliance.ini'))?.toString()).toBe(INI);
  });
});

describe.skipIf(why !== undefined)('a built image', () => {
  const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

  it('is the same when it is built again, elsewhere and in another time zone', async () => {
    const first = await testImage();
    const scratch = mkdtempSync(join(tmpdir(), 'appliance-again-'));
    const zone = process.env['TZ'];
    process.env['TZ'] = 'Asia/Tokyo';
    try {
      const again = await buildImage({
        out: join(scratch, 'b.img'),
        key: TEST_KEY,
        builtAt: BUILT_AT,
        add: ADDED,
      });
      for (const name of ['image', 'unified', 'signature'] as const) {
        expect(sha256(again[name]), name).toBe(sha256(first[name]));
      }
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
      rmSync(scratch, { recursive: true, force: true });
    }
  });

  it('has sections that objdump reads, one behind the other', async () => {
    const { unified } = await testImage();
    const listing = await runCommand('objdump', ['-h', unified]);
    const sections = [...listing.matchAll(/^ +\d+ (\S+) +([0-9a-f]{8}) +([0-9a-f]{16}) /gm)].map((match) => ({
      name: match[1] ?? '',
      size: Number.parseInt(match[2] ?? '', 16),
      address: Number.parseInt(match[3] ?? '', 16),
    }));
    const names = sections.map(({ name }) => name);
    expect(names.slice(-5)).toEqual(['.osrel', '.cmdline', '.uname', '.linux', '.initrd']);
    for (const [index, { name, address }] of sections.entries()) {
      const before = sections[index - 1];
      if (before !== undefined) expect(address, name).toBeGreaterThanOrEqual(before.address + before.size);
      if (index >= sections.length - 5) expect(address % 4096, name).toBe(0);
    }
  });

  it('comes with a manifest of its unified image that its key has signed', async () => {
    const { unified, signature, version } = await testImage();
    const manifest = verifyManifest(readFileSync(signature, 'utf8'), [readFileSync(TEST_PUBLIC_KEY, 'utf8')]);
    const size = statSync(unified).size;
    expect(manifest).toEqual({
      version,
      architecture: 'x86_64',
      size,
      sha256: sha256(unified),
      builtAt: BUILT_AT,
    });
  });

  it('weighs less than 150 MB, and says of every part how much', async () => {
    const { unified, weights } = await testImage();
    const { size } = statSync(unified);
    expect(size).toBeLessThan(150e6);
    expect(weights.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0)).toBe(size);
    expect(weights.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'executable',
        'kernel modules',
        'libraries',
        'programs',
        'VPP emulator',
        'boot stub',
      ]),
    );
  });
});
