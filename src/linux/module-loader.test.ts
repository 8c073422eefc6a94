import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LinuxError } from './errors.ts';
import { insertModule } from './insert-module.ts';
import { ModuleLoader } from './module-loader.ts';

const EEXIST = 17;
const ENOEXEC = 8;

let dir: string;
let inserted: string[];
let refuse: Map<string, number>;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'linux-modules-'));
  inserted = [];
  refuse = new Map();
  const table = (name: string, lines: string[], separator = '\n'): void =>
    writeFileSync(join(dir, name), lines.join(separator) + separator);
  table('modules.dep', [
    'kernel/fs/ext4/ext4.ko.xz: kernel/fs/jbd2/jbd2.ko.xz kernel/lib/crc16.ko.xz',
    'kernel/fs/jbd2/jbd2.ko.xz: kernel/lib/crc16.ko.xz',
    'kernel/lib/crc16.ko.xz:',
    'kernel/crypto/crc32c-generic.ko:',
    'kernel/drivers/vfio/pci/vfio-pci.ko.zst: kernel/drivers/vfio/pci/vfio-pci-core.ko.zst kernel/drivers/vfio/vfio.ko.zst',
    'kernel/drivers/vfio/pci/vfio-pci-core.ko.zst: kernel/drivers/vfio/vfio.ko.zst',
    'kernel/drivers/vfio/vfio.ko.zst:',
    'kernel/drivers/net/e1000e.ko:',
    'kernel/drivers/net/late.ko:',
    'kernel/drivers/net/loop-a.ko:',
    'kernel/drivers/net/loop-b.ko:',
  ]);
  table('modules.softdep', [
    '# Soft dependencies extracted from modules themselves.',
    'softdep ext4 pre: crypto-crc32c',
    'softdep e1000e post: late pre: nowhere',
    'softdep loop_a pre: loop-b',
    'softdep loop_b pre: loop-a',
  ]);
  table('modules.alias', [
    'alias fs-ext4 ext4',
    'alias crypto-crc32c crc32c-generic',
    'alias pci:v00008086d000010D3sv*sd*bc*sc*i* e1000e',
    'alias pci:v00008086d0000[0-9]*sv*sd*bc02sc*i* late',
    'alias usb:v*p*d*dc*dsc*dp*ic08isc06ip50in* vfio-pci',
  ]);
  table('modules.builtin', ['kernel/drivers/block/virtio-blk.ko', 'kernel/fs/fat/vfat.ko']);
  table('modules.builtin.modinfo', ['virtio_blk.license=GPL', 'virtio_blk.alias=virtio:d00000002v*'], '\0');
  writeFileSync(join(dir, 'proc-modules'), 'vfio 45056 1 vfio_pci_core, Live 0x0000000000000000\n');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function loader(): ModuleLoader {
  return new ModuleLoader({
    modulesDir: dir,
    procModules: join(dir, 'proc-modules'),
    insert(file, parameters) {
      const name = file.slice(dir.length + 1).replace(/^.*\//, '');
      const errno = refuse.get(name);
      if (errno !== undefined) throw new LinuxError('finit_module', errno, [file]);
      inserted.push(parameters === '' ? name : `${name} ${parameters}`);
    },
  });
}

describe('ModuleLoader', () => {
  it('loads soft dependencies, then dependencies from the farthest, then the module', () => {
    expect(loader().load('ext4')).toEqual({ name: 'ext4', result: 'loaded' });
    expect(inserted).toEqual(['crc32c-generic.ko', 'crc16.ko.xz', 'jbd2.ko.xz', 'ext4.ko.xz']);
  });

  it('loads soft dependencies marked post afterwards, and ignores a missing one', () => {
    expect(loader().load('e1000e').result).toBe('loaded');
    expect(inserted).toEqual(['e1000e.ko', 'late.ko']);
  });

  it('treats - and _ alike, skips modules in the kernel, passes parameters to the module only', () => {
    expect(loader().load('vfio_pci', 'ids=1')).toEqual({ name: 'vfio_pci', result: 'loaded' });
    expect(inserted).toEqual(['vfio-pci-core.ko.zst', 'vfio-pci.ko.zst ids=1']);
    expect(loader().load('vfio')).toEqual({ name: 'vfio', result: 'already-loaded' });
  });

  it('inserts each module once', () => {
    const modules = loader();
    modules.load('ext4');
    const count = inserted.length;
    expect(modules.load('jbd2')).toEqual({ name: 'jbd2', result: 'already-loaded' });
    expect(modules.load('ext4').result).toBe('already-loaded');
    expect(inserted).toHaveLength(count);
  });

  it('takes EEXIST as already loaded, and continues', () => {
    refuse.set('crc16.ko.xz', EEXIST);
    const modules = loader();
    expect(modules.load('jbd2').result).toBe('loaded');
    expect(modules.load('crc16').result).toBe('already-loaded');
  });

  it('reports which dependency failed and why, and retries on the next call', () => {
    refuse.set('crc16.ko.xz', ENOEXEC);
    const modules = loader();
    const outcome = modules.load('ext4');
    expect(outcome.result).toBe('failed');
    expect(outcome.error).toMatch(/needs crc16: finit_module\(".*crc16\.ko\.xz"\): ENOEXEC/);
    expect(inserted).not.toContain('ext4.ko.xz');
    refuse.clear();
    expect(modules.load('ext4').result).toBe('loaded');
  });

  it('recognises built-in and missing modules', () => {
    expect(loader().load('virtio-blk')).toEqual({ name: 'virtio_blk', result: 'built-in' });
    expect(loader().load('nosuch')).toEqual({
      name: 'nosuch',
      result: 'missing',
      error: `no module nosuch in ${dir}`,
    });
    expect(new ModuleLoader({ modulesDir: '/does/not/exist' }).load('x').result).toBe('missing');
  });

  it('finds modules by alias and by modalias, built-in ones too', () => {
    expect(loader().load('fs-ext4').result).toBe('loaded');
    const nic = 'pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00';
    expect(
      loader()
        .loadByModalias(nic)
        .map(({ name, result }) => `${name} ${result}`),
    ).toEqual(['e1000e loaded', 'late already-loaded']);
    expect(loader().loadByModalias('virtio:d00000002v00001AF4')).toEqual([
      { name: 'virtio_blk', result: 'built-in' },
    ]);
    expect(loader().loadByModalias('acpi:PNP0C0C:')).toEqual([]);
  });

  it('terminates on a cycle of soft dependencies', () => {
    expect(loader().load('loop-a').result).toBe('loaded');
    expect(inserted.toSorted()).toEqual(['loop-a.ko', 'loop-b.ko']);
  });
});

describe('insertModule', () => {
  for (const [suffix, content] of [
    ['.ko', Buffer.from('no module')],
    ['.ko.zst', zstdCompressSync('no module')],
    ['.ko.gz', gzipSync('no module')],
    ['.ko.xz', Buffer.from('no module')],
  ] as const) {
    it(`fails with a coded error on a ${suffix} that is not a module`, () => {
      const file = join(dir, `junk${suffix}`);
      writeFileSync(file, content);
      // Which code depends on the kernel (ENOSYS without modules) and on privilege.
      expect(() => insertModule(file, '')).toThrow(LinuxError);
      expect(() => insertModule(file, '')).toThrow(/(finit|init)_module\(".*"(, .*)?\): E[A-Z]+/);
    });
  }

  it('names a missing file', () => {
    expect(() => insertModule(join(dir, 'none.ko'), '')).toThrow(/finit_module\(".*none\.ko"\): ENOENT/);
  });
});
