import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileTree } from './file-tree.ts';
import { addModules, moduleName } from './modules.ts';

/** A relocatable ELF file with one section, `.modinfo`: the smallest valid module. */
function encodeModule(info: readonly string[]): Buffer {
  const modinfo = Buffer.from(info.map((text) => `${text}\0`).join(''));
  const names = Buffer.from('\0.modinfo\0.shstrtab\0');
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(1, 16);
  header.writeUInt16LE(62, 18);
  header.writeBigUInt64LE(BigInt(64 + modinfo.length + names.length), 40);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(3, 60);
  header.writeUInt16LE(2, 62);
  const section = (name: number, offset: number, size: number) => {
    const entry = Buffer.alloc(64);
    entry.writeUInt32LE(name, 0);
    entry.writeBigUInt64LE(BigInt(offset), 24);
    entry.writeBigUInt64LE(BigInt(size), 32);
    return entry;
  };
  const table = [
    section(0, 0, 0),
    section(1, 64, modinfo.length),
    section(10, 64 + modinfo.length, names.length),
  ];
  return Buffer.concat([header, modinfo, names, ...table]);
}

describe('addModules', () => {
  let root: string;
  let directory: string;

  function put(path: string, info: readonly string[]): void {
    const file = join(directory, 'kernel', path);
    mkdirSync(dirname(file), { recursive: true });
    const bytes = encodeModule(info);
    writeFileSync(file, file.endsWith('.zst') ? zstdCompressSync(bytes) : bytes);
  }

  async function tables(wanted: readonly string[]): Promise<Map<string, string>> {
    const tree = new FileTree();
    await addModules(tree, directory, wanted);
    const texts = tree.entries().flatMap(([path, entry]) => {
      const text = entry.kind === 'data' ? Buffer.from(entry.data).toString() : '';
      return [[path.replace('usr/lib/modules/9.9.9/', ''), text] as const];
    });
    return new Map(texts);
  }

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'appliance-modules-'));
    directory = join(root, '9.9.9');
    mkdirSync(directory);
    writeFileSync(join(directory, 'modules.builtin'), 'kernel/net/packet/af_packet.ko\n');
    writeFileSync(join(directory, 'modules.builtin.modinfo'), '');
    writeFileSync(join(directory, 'modules.order'), '');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('adds the dependencies of a module, deepest last, in depmod’s format', async () => {
    put('a/top.ko', ['depends=mid-dle,other', 'alias=pci:v1*', 'license=GPL']);
    put('b/mid-dle.ko', ['depends=base']);
    put('b/other.ko', ['depends=base']);
    put('c/base.ko', ['depends=']);
    put('d/unused.ko', ['depends=']);
    const found = await tables(['top', 'af_packet']);
    expect(found.get('modules.dep')).toBe(
      [
        'kernel/a/top.ko: kernel/b/other.ko kernel/b/mid-dle.ko kernel/c/base.ko',
        'kernel/b/mid-dle.ko: kernel/c/base.ko',
        'kernel/b/other.ko: kernel/c/base.ko',
        'kernel/c/base.ko:',
        '',
      ].join('\n'),
    );
    expect(found.get('modules.alias')).toBe('alias pci:v1* top\n');
    expect([...found.keys()]).not.toContain('kernel/d/unused.ko');
  });

  it('follows soft dependencies, each of which may be missing', async () => {
    put('a/vfat.ko', ['depends=', 'softdep=pre: nls_x nowhere post: late']);
    put('a/nls_x.ko', []);
    put('a/late.ko', []);
    const found = await tables(['vfat']);
    expect(found.get('modules.softdep')).toBe('softdep vfat pre: nls_x nowhere post: late\n');
    expect([...found.keys()]).toEqual(expect.arrayContaining(['kernel/a/nls_x.ko', 'kernel/a/late.ko']));
  });

  it('adds the driver of the disk with that of its controller', async () => {
    put('a/usb-storage.ko', ['depends=']);
    put('a/sd_mod.ko', ['depends=']);
    const found = await tables(['usb_storage']);
    expect(found.get('modules.softdep')).toBe('softdep usb_storage post: sd_mod\n');
    expect([...found.keys()]).toContain('kernel/a/sd_mod.ko');
  });

  it('unpacks compressed modules', async () => {
    put('a/packed.ko.zst', ['depends=', 'alias=usb:x']);
    const found = await tables(['packed']);
    expect(found.get('modules.dep')).toBe('kernel/a/packed.ko:\n');
    expect(found.get('modules.alias')).toBe('alias usb:x packed\n');
  });

  it('names a requested module that the kernel lacks', async () => {
    await expect(tables(['igc'])).rejects.toThrow(/has no module igc$/);
  });

  it('treats - and _ as equal', () => {
    expect(moduleName('kernel/drivers/vfio/pci/vfio-pci.ko.xz')).toBe('vfio_pci');
  });
});
