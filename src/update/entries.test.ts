import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  compareEntries,
  type EntryName,
  entryState,
  formatEntryName,
  inLoaderOrder,
  listEntries,
  parseEntryName,
} from './entries.ts';

const version = fc
  .tuple(
    fc.nat(20),
    fc.nat(20),
    fc.nat(20),
    fc.option(fc.constantFrom('rc.1', 'a', 'b2'), { nil: undefined }),
  )
  .map(([a, b, c, suffix]) => `${a}.${b}.${c}${suffix === undefined ? '' : `-${suffix}`}`);
const counter = fc.option(fc.record({ left: fc.nat(4), done: fc.nat(4) }), { nil: undefined });
const entryName: fc.Arbitrary<EntryName> = fc.record({ version, counter });

function order(...files: string[]): string[] {
  const names = files.map((file) => {
    const name = parseEntryName(file);
    if (name === undefined) throw new Error(`${file} is not an entry`);
    return { ...name, file };
  });
  return inLoaderOrder(names).map(({ file }) => file);
}

describe('the name of an entry', () => {
  it.each([
    ['appliance-0.1.0.efi', '0.1.0', undefined],
    ['appliance-0.2.0+3.efi', '0.2.0', { left: 3, done: 0 }],
    ['appliance-0.2.0+2-1.efi', '0.2.0', { left: 2, done: 1 }],
    ['appliance-0.2.0-rc.1+0-3.efi', '0.2.0-rc.1', { left: 0, done: 3 }],
    ['APPLIANCE-0.2.0-RC.1+0.EFI', '0.2.0-rc.1', { left: 0, done: 0 }],
  ])('%s', (file, expectedVersion, expectedCounter) => {
    expect(parseEntryName(file)).toEqual({ version: expectedVersion, counter: expectedCounter });
  });

  it.each([
    ...['appliance.efi', 'appliance-0.1.efi', 'appliance-0.1.0.efi.new', 'appliance-0.1.0+.efi'],
    ...['appliance-0.1.0+3-.efi', 'appliance-0.1.0+x.efi', 'other-0.1.0.efi', 'appliance-0.1.0+3+2.efi', ''],
  ])('%j is not one of ours', (file) => {
    expect(parseEntryName(file)).toBeUndefined();
  });

  it('survives formatting and parsing', () => {
    fc.assert(
      fc.property(entryName, (name) => {
        expect(parseEntryName(formatEntryName(name))).toEqual(name);
      }),
    );
  });

  it('shows the state of the entry', () => {
    const stateOf = (file: string) => entryState(parseEntryName(file) as EntryName);
    expect(stateOf('appliance-0.1.0.efi')).toBe('good');
    expect(stateOf('appliance-0.1.0+1-2.efi')).toBe('trial');
    expect(stateOf('appliance-0.1.0+0-3.efi')).toBe('failed');
    expect(stateOf('appliance-0.1.0+0.efi')).toBe('aside');
  });
});

describe('the order of systemd-boot', () => {
  it('puts the newest version first, on trial or not', () => {
    expect(order('appliance-0.9.0.efi', 'appliance-0.10.0+3.efi', 'appliance-0.10.0-a.efi')).toEqual([
      'appliance-0.10.0-a.efi',
      'appliance-0.10.0+3.efi',
      'appliance-0.9.0.efi',
    ]);
  });

  it('puts entries without boots left last, by version among them', () => {
    expect(
      order(
        'appliance-0.3.0+0-3.efi',
        'appliance-0.1.0.efi',
        'appliance-0.4.0+0.efi',
        'appliance-0.2.0+1-2.efi',
      ),
    ).toEqual([
      'appliance-0.2.0+1-2.efi',
      'appliance-0.1.0.efi',
      'appliance-0.4.0+0.efi',
      'appliance-0.3.0+0-3.efi',
    ]);
  });

  it('puts a counted entry before the uncounted one of its version', () => {
    expect(order('appliance-0.2.0.efi', 'appliance-0.2.0+3.efi')[0]).toBe('appliance-0.2.0+3.efi');
  });

  it('is a total order', () => {
    fc.assert(
      fc.property(entryName, entryName, entryName, (a, b, c) => {
        expect(compareEntries(a, b) + compareEntries(b, a)).toBe(0);
        if (compareEntries(a, b) < 0 && compareEntries(b, c) < 0)
          expect(compareEntries(a, c)).toBeLessThan(0);
      }),
    );
  });
});

describe('listEntries', () => {
  it('lists ours with their sizes, in order, and nothing else', async () => {
    const root = mkdtempSync(`${tmpdir()}/entries-`);
    onTestFinished(() => rmSync(root, { recursive: true }));
    expect(await listEntries(root)).toEqual([]);
    mkdirSync(`${root}/EFI/Linux`, { recursive: true });
    for (const file of ['appliance-0.1.0.efi', 'appliance-0.2.0+3.efi', 'appliance-0.3.0.efi.new', 'x.efi']) {
      writeFileSync(`${root}/EFI/Linux/${file}`, file);
    }
    expect(await listEntries(root)).toEqual([
      { file: 'appliance-0.2.0+3.efi', version: '0.2.0', counter: { left: 3, done: 0 }, sizeBytes: 21 },
      { file: 'appliance-0.1.0.efi', version: '0.1.0', counter: undefined, sizeBytes: 19 },
    ]);
  });
});
