import { execFileSync } from 'node:child_process';
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
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LoopDisk, whyNoLoopDisk } from '../linux/loop-disk.fixture.ts';
import { mount, MountFlag, unmount } from '../linux/mod.ts';
import { bootTexts } from './boot-files.ts';
import { directoryBootPartition, directoryDataPartition } from './directory-partitions.ts';
import { discardFree } from './discard.ts';
import { factoryReset, finishFactoryReset, type ResetPlace } from './factory-reset.ts';
import { MountedBootPartition } from './mounted-partitions.ts';
import { describeReset } from './reset-report.ts';

const CONFIG = '[management]\r\naddress = 192.0.2.10/24\r\n';
const VERSION = '1.0.0';
const isImage = (path: string): boolean => /^efi\/linux\/appliance-[^/]*\.efi$/.test(path);

/** The image's files; a computer may have changed the case of names. */
const OURS = {
  'EFI/BOOT/bootx64.efi': 'loader',
  'EFI/systemd/systemd-bootx64.efi': 'loader',
  'EFI/Linux/appliance-1.0.0.efi': 'image',
  'EFI/Linux/Appliance-0.9.0+0.EFI': 'the other image',
  'loader/loader.conf': 'timeout 30\ndefault other.efi\n',
  'README.TXT': 'my own notes',
  'appliance.ini': '[system]\nhostname = mine\n',
};
/** Other files. */
const THEIRS = {
  'bird.conf': 'secret of bird',
  'bgpd.conf': 'secret of bgpd',
  'appliance.ini.bak': '[system]\nhostname = mine\n',
  'appliance.errors.txt': 'old',
  'update.pub': 'somebody’s key',
  'https.crt': 'x',
  'https.key': 'x',
  'photos/2026/a.jpg': 'x',
  'EFI/Linux/other.efi': 'x',
  'EFI/Linux/appliance-2.0.0.efi.new': 'half',
  'EFI/other/boot.efi': 'x',
  'loader/entries/other.conf': 'x',
};
const KNOWN = {
  'password.json': '{}',
  'last-good.ini': '[system]\n',
  'log/appliance.log': 'x',
  'crash/core.vpp.1.2': 'x',
  'lost+found/#12': 'a password, once',
  'password.json.new': '{',
};

function put(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

function filesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

function makePlace(): ResetPlace {
  const root = mkdtempSync(join(tmpdir(), 'appliance-reset-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'boot'));
  const place = {
    boot: directoryBootPartition(join(root, 'boot')),
    data: directoryDataPartition(join(root, 'data')),
    version: VERSION,
    isImage,
  };
  put(place.boot.root, { ...OURS, ...THEIRS });
  put(place.data.root, KNOWN);
  return place;
}

/** Only the image's files, as delivered. */
function expectDelivered({ boot, data }: ResetPlace, config = CONFIG): void {
  // On a case-sensitive file system the text files exist beside those in other case; FAT replaces them.
  const lower = (names: readonly string[]): Set<string> => new Set(names.map((name) => name.toLowerCase()));
  expect(lower(filesIn(boot.root))).toEqual(lower(Object.keys(OURS)));
  for (const name of [
    'EFI/BOOT/bootx64.efi',
    'EFI/Linux/appliance-1.0.0.efi',
    'EFI/Linux/Appliance-0.9.0+0.EFI',
  ] as const) {
    expect(readFileSync(join(boot.root, name), 'utf8')).toBe(OURS[name]);
  }
  for (const [name, text] of bootTexts(VERSION))
    expect(readFileSync(join(boot.root, name), 'utf8')).toBe(text);
  expect(readFileSync(join(boot.root, 'appliance.ini'), 'utf8')).toBe(config);
  expect(filesIn(data.root)).toEqual([]);
}

describe('a factory reset', () => {
  it('keeps the image’s files, as delivered, and reports what it erased', async () => {
    const place = makePlace();
    const { boot, data } = place;
    const report = await factoryReset(place, CONFIG);
    rmSync(join(boot.root, 'factory-reset.ini'));
    expectDelivered(place);
    expect(readdirSync(boot.root).sort()).toEqual([
      'EFI',
      'README.TXT',
      'README.txt',
      'appliance.ini',
      'loader',
    ]);
    expect(readdirSync(data.root), 'e2fsck requires it').toEqual(['lost+found']);
    expect(report).toEqual({
      restored: ['appliance.ini', 'loader/loader.conf', 'README.txt'].map((name) => join(boot.root, name)),
      erased: expect.arrayContaining([
        ...[
          'bird.conf',
          'bgpd.conf',
          'appliance.ini.bak',
          'update.pub',
          'photos',
          'EFI/other',
          'loader/entries',
        ].map((name) => join(boot.root, name)),
        ...['password.json', 'log', 'crash', 'lost+found/#12'].map((name) => join(data.root, name)),
      ]),
      notErased: [],
      discards: [],
    });
    expect(report.erased).toHaveLength(Object.keys(THEIRS).length + Object.keys(KNOWN).length);
    expect(describeReset(report)[0]).toMatch(/^restored: .*\/appliance\.ini, /);
    expect(describeReset(report)[1]).toMatch(/^erased: .*\/bird\.conf/);
  });

  it('is finished by the next boot, including later writes of the box', async () => {
    const place = makePlace();
    await factoryReset(place, CONFIG);
    put(place.data.root, { clock: '1795000000', 'log/appliance.log': 'the restart' });
    put(place.boot.root, { 'appliance.ini': '[system]\nhostname = confirmed-late\n' });
    const report = await finishFactoryReset(place);
    expectDelivered(place);
    expect(report?.erased).toEqual([join(place.data.root, 'clock'), join(place.data.root, 'log')]);
    expect(await finishFactoryReset(place), 'and the boot after that does nothing').toBeUndefined();
  });

  it('that was not begun erases nothing at boot', async () => {
    const place = makePlace();
    expect(await finishFactoryReset(place)).toBeUndefined();
    expect(filesIn(place.boot.root)).toHaveLength(Object.keys({ ...OURS, ...THEIRS }).length);
    expect(filesIn(place.data.root)).toHaveLength(Object.keys(KNOWN).length);
  });

  it('that is interrupted anywhere leaves a box that boots, and is finished by the next boot', async () => {
    const everything = [
      ...Object.keys({ ...OURS, ...THEIRS }).map((name) => `boot/${name}`),
      ...Object.keys(KNOWN).map((name) => `data/${name}`),
    ].filter(
      (path) =>
        !/^boot\/(EFI\/(BOOT|systemd|Linux\/appliance-1)|loader\/loader|README|appliance\.ini$)/i.test(path),
    );
    await fc.assert(
      fc.asyncProperty(fc.subarray(everything), fc.boolean(), async (erased, isConfigWritten) => {
        const place = makePlace();
        const root = dirname(place.boot.root);
        // The state after the first step and some of the others.
        put(place.boot.root, {
          'factory-reset.ini': CONFIG,
          ...(isConfigWritten && { 'appliance.ini': CONFIG }),
        });
        for (const path of erased) if (!/Appliance-0/.test(path)) rmSync(join(root, path));
        await finishFactoryReset(place);
        expectDelivered(place);
      }),
      { numRuns: 15 },
    );
  });

  it('never touches images and loader, whenever writes start to fail', async () => {
    const gone = new Error('EIO');
    for (let writes = 0; writes < 8; writes += 1) {
      const place = makePlace();
      const { boot } = place;
      let left = writes;
      const fails = (): boolean => (left -= 1) < 0;
      const failing: ResetPlace = {
        ...place,
        boot: {
          ...boot,
          writeFile: (name, data) => (fails() ? Promise.reject(gone) : boot.writeFile(name, data)),
          writable: (work) => (fails() ? Promise.reject(gone) : boot.writable(work)),
        },
      };
      const outcome = await factoryReset(failing, CONFIG).catch((error: unknown) => error);
      for (const name of ['EFI/BOOT/bootx64.efi', 'EFI/Linux/appliance-1.0.0.efi'] as const) {
        expect(readFileSync(join(boot.root, name), 'utf8')).toBe(OURS[name]);
      }
      if (writes < 2) {
        expect(outcome, 'it was refused completely').toBe(gone);
        expect(filesIn(place.data.root)).toHaveLength(Object.keys(KNOWN).length);
        expect(existsSync(join(boot.root, 'factory-reset.ini')), 'and no boot resumes it').toBe(false);
      } else {
        expect(filesIn(place.data.root), 'what can be erased is').toEqual([]);
        await finishFactoryReset(place);
        expectDelivered(place);
      }
    }
  });

  it('keeps what the box may boot from where no image has a known name', async () => {
    const place = makePlace();
    const { root } = place.boot;
    rmSync(join(root, 'EFI'), { recursive: true });
    put(root, { 'EFI/Linux/my-own-name.efi': 'image', 'loader/entries/mine.conf': 'x' });
    const { notErased } = await factoryReset(place, CONFIG);
    expect(filesIn(root)).toEqual(
      expect.arrayContaining(['EFI/Linux/my-own-name.efi', 'loader/entries/mine.conf']),
    );
    expect(existsSync(join(root, 'bird.conf'))).toBe(false);
    expect(notErased.map(({ path }) => path).sort()).toEqual([
      join(root, 'EFI'),
      join(root, 'loader/entries'),
    ]);
  });

  it('lists what could not be erased, with the reason, and erases the rest', async (ctx) => {
    if (process.getuid?.() !== 0) ctx.skip('a mount needs root');
    const place = makePlace();
    const busy = join(place.data.root, 'crash');
    mount('scratch', busy, 'tmpfs', MountFlag.noExec, 'size=1m');
    onTestFinished(() => unmount(busy));
    const report = await factoryReset(place, CONFIG);
    expect(report.notErased).toEqual([{ path: busy, reason: expect.stringContaining('EBUSY') }]);
    expect(describeReset(report)).toContainEqual(expect.stringMatching(/^not erased: .*\/crash: EBUSY/));
    expect(readdirSync(place.data.root).sort()).toEqual(['crash', 'lost+found']);
  });
});

describe('the disk', () => {
  const why = whyNoLoopDisk();

  it('discards what was erased', async (ctx) => {
    if (why !== undefined) ctx.skip(why);
    using disk = new LoopDisk();
    using other = new LoopDisk();
    const remount = (flags: number): void =>
      mount(disk.device, disk.root, disk.fileSystem, MountFlag.remount | flags);
    const place: ResetPlace = {
      boot: new MountedBootPartition({
        device: disk.device,
        root: disk.root,
        remounter: { setReadOnly: () => remount(MountFlag.readOnly), setWritable: () => remount(0) },
        onProblem: (reason) => expect(reason).toBeUndefined(),
      }),
      data: { ...directoryDataPartition(other.root, true), discardFree: () => discardFree(other.root) },
      version: VERSION,
      isImage,
    };
    const secrets = [randomBytes(8192), randomBytes(8192), randomBytes(8192)] as const;
    put(place.boot.root, OURS);
    writeFileSync(join(place.boot.root, 'bird.conf'), secrets[0]);
    writeFileSync(join(place.boot.root, 'appliance.ini'), secrets[1]);
    writeFileSync(join(place.data.root, 'password.json'), secrets[2]);
    execFileSync('sync', ['--file-system', place.boot.root, place.data.root]);
    expect([disk.holds(secrets[0]), disk.holds(secrets[1]), other.holds(secrets[2])]).toEqual([
      true,
      true,
      true,
    ]);
    remount(MountFlag.readOnly);
    const report = await factoryReset(place, CONFIG);
    expect(report.discards.map(({ root, state }) => [root, state])).toEqual([
      [disk.root, 'done'],
      [other.root, 'done'],
    ]);
    expect(describeReset(report).at(-1)).toMatch(/^discarded: \d+ MiB of free space on /);
    expect([disk.holds(secrets[0]), disk.holds(secrets[1]), other.holds(secrets[2])]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('without discard support is no error, and is reported', async () => {
    const discard = await discardFree('/dev/shm');
    expect(discard).toEqual({ root: '/dev/shm', state: 'unsupported' });
    const lines = describeReset({ restored: [], erased: [], notErased: [], discards: [discard] });
    expect(lines.at(-1)).toBe(
      'not discarded: the disk of /dev/shm does not support discard, erased data may still be readable',
    );
  });

  it('that fails is reported', async () => {
    expect(await discardFree('/nonexistent')).toMatchObject({ state: 'failed', reason: /ENOENT/ });
  });
});
