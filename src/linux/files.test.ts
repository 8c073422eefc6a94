import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readInt, readLinkName, readNames, readText, writeSysctl, writeText } from './files.ts';
import { cpuCount, memInfo, onlineCpus, parseCpuList } from './machine.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'linux-files-'));
  mkdirSync(join(dir, 'net/core'), { recursive: true });
  mkdirSync(join(dir, 'net/ipv4/conf/eth0.100'), { recursive: true });
  writeFileSync(join(dir, 'net/core/rmem_max'), '212992\n');
  writeFileSync(join(dir, 'net/ipv4/conf/eth0.100/forwarding'), '0\n');
  writeFileSync(join(dir, 'class'), '0x020000\n');
  writeFileSync(
    join(dir, 'meminfo'),
    'MemTotal:  8 kB\nMemFree: 2 kB\nHugePages_Total:  600\nHugepagesize: 2048 kB\n',
  );
  symlinkSync('../../bus/pci/drivers/igc', join(dir, 'driver'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('small files', () => {
  it('are read trimmed, as text, number, names and links', () => {
    expect(readText(join(dir, 'class'))).toBe('0x020000');
    expect(readInt(join(dir, 'class'))).toBe(0x020000);
    expect(readText(join(dir, 'none'))).toBeUndefined();
    expect(readInt(join(dir, 'meminfo'))).toBeUndefined();
    expect(readLinkName(join(dir, 'driver'))).toBe('igc');
    expect(readLinkName(join(dir, 'class'))).toBeUndefined();
    expect(readNames(join(dir, 'net'))).toEqual(['core', 'ipv4']);
    expect(readNames(join(dir, 'none'))).toEqual([]);
  });

  it('are written but never created, and a failure names path and value', () => {
    writeText(join(dir, 'class'), 'ab');
    expect(readFileSync(join(dir, 'class'), 'utf8')).toBe('ab');
    expect(() => writeText(join(dir, 'none'), 'vfio-pci')).toThrow(/write\(".*none", "vfio-pci"\): ENOENT/);
    expect(existsSync(join(dir, 'none'))).toBe(false);
  });

  it('are sysctls by dotted name, or by slashes when a part has a dot', () => {
    writeSysctl('net.core.rmem_max', 67108864, dir);
    expect(readText(`${dir}/net/core/rmem_max`)).toBe('67108864');
    expect(readText(`${dir}/net/ipv4/conf/eth0.100/forwarding`)).toBe('0');
    expect(() => writeSysctl('net.core.none', 1, dir)).toThrow(/net\/core\/none", "1"\): ENOENT/);
  });
});

describe('facts of the machine', () => {
  it('reads meminfo in bytes', () => {
    expect(memInfo(dir)).toEqual({
      totalBytes: 8192,
      freeBytes: 2048,
      availableBytes: 0,
    });
    expect(memInfo().totalBytes).toBeGreaterThan(0);
  });

  it('reads CPU lists', () => {
    expect(parseCpuList('0-3,5, 8-7')).toEqual([0, 1, 2, 3, 5]);
    expect(parseCpuList('')).toEqual([]);
    expect(onlineCpus(dir)).toEqual([0]);
    expect(cpuCount()).toBeGreaterThan(0);
  });
});
