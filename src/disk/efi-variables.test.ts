import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLoaderVariable } from './efi-variables.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'appliance-efi-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const put = (name: string, hex: string): void =>
  writeFileSync(join(dir, `${name}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f`), Buffer.from(hex, 'hex'));

describe('a variable of the boot loader', () => {
  it('is attributes and then UTF-16 text up to its NUL', () => {
    // "systemd-boot 252" in efivarfs: attributes 6 (boot service and runtime access).
    put('LoaderInfo', '06000000730079007300740065006d0064002d0062006f006f00740020003200350032000000');
    expect(readLoaderVariable('LoaderInfo', dir)).toBe('systemd-boot 252');
  });

  it('is undefined when not set, and without EFI variables', () => {
    expect(readLoaderVariable('LoaderBootCountPath', dir)).toBeUndefined();
    expect(readLoaderVariable('LoaderBootCountPath', join(dir, 'nowhere'))).toBeUndefined();
  });

  it('is refused when it is not such text', () => {
    put('LoaderDevicePartUUID', '0600');
    expect(() => readLoaderVariable('LoaderDevicePartUUID', dir)).toThrow('2 bytes');
    put('LoaderDevicePartUUID', '06000000410042');
    expect(() => readLoaderVariable('LoaderDevicePartUUID', dir)).toThrow('LoaderDevicePartUUID');
  });

  it('needs no NUL at its end', () => {
    put('LoaderEntrySelected', '0700000061002b003100');
    expect(readLoaderVariable('LoaderEntrySelected', dir)).toBe('a+1');
  });
});
